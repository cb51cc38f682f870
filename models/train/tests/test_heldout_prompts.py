"""Prompts are beginnings of long paragraphs, all different, spread over the text, of every length."""

import pytest

from slipstream_train.heldout_prompts import FEWEST, MOST, beginnings


def text(paragraphs: int) -> str:
    long = [" ".join(f"p{number}w{word}" for word in range(MOST + 5)) for number in range(paragraphs)]
    return "\n<|endoftext|>\n".join(f"a short one\n{paragraph}" for paragraph in long)


def test_begins_long_paragraphs_only_and_never_crosses_them():
    found = beginnings(text(100), 50)
    assert len(set(found)) == 50
    assert found[0].startswith("p0w0 p0w1") and found[-1].startswith("p98w0 ")
    assert all(f"w{len(prompt.split()) - 1}" == prompt.split()[-1].lstrip("p0123456789") for prompt in found)
    assert {len(prompt.split()) for prompt in found} == set(range(FEWEST, MOST + 1))


def test_says_how_many_there_are_when_they_are_too_few():
    with pytest.raises(ValueError, match="only 3 paragraphs"):
        beginnings(text(3), 4)
