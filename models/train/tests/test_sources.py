"""Nouns and functions are read with what belongs to them; prompts come out filled, whatever is drawn."""

import re
from random import Random

import pytest

from slipstream_train.smollm2_prompts import KINDS, Sources, make_prompt
from slipstream_train.sources import Function, Terms, read_functions

NOUNS = """  1 This software and database is being provided
00002137 03 n 02 abstraction 0 abstract_entity 0 010 @ 00001740 n 0000 | a general concept formed by extraction; "an example"
02084071 05 n 03 domestic_dog 0 dog 0 Canis_familiaris 0 001 @ 02083346 n 0000 | a member of the genus Canis; "the dog barked"
"""  # noqa: E501


def nouns(folder):
    path = folder / "data.noun"
    path.write_text(NOUNS)
    return Terms(path)


def test_reads_nouns_by_field_with_their_definition(tmp_path):
    terms = nouns(tmp_path)
    drawn = {terms.draw(Random(seed)).name for seed in range(20)}
    assert drawn == {"abstraction", "domestic dog"}
    assert terms.fields[1][0].definition == "a member of the genus Canis"


def test_refuses_a_file_without_nouns(tmp_path):
    (tmp_path / "empty").write_text("  1 licence\n")
    with pytest.raises(ValueError, match="no nouns"):
        Terms(tmp_path / "empty")


def test_reads_functions_up_to_the_end_of_their_docstring(tmp_path):
    (tmp_path / "a.py").write_text(
        'class A:\n    def f(self, x):\n        """Double what is given.\n\n        More."""\n        return 2 * x\n'
        "\n\ndef bare(x):\n    return x\n"
    )
    (tmp_path / "broken.py").write_text("def (")
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "t.py").write_text('def t():\n    """Is a test and nothing else."""\n')
    head = 'def f(self, x):\n    """Double what is given.\n\n    More."""\n'
    assert read_functions(tmp_path) == [Function(head, "Double what is given")]


def test_a_head_begins_at_the_margin_whatever_its_docstring_does(tmp_path):
    (tmp_path / "a.py").write_text(
        'class A:\n    @cached\n    def f(self, x):\n        """Double what is given.\n\nAt the margin.\n  Near it."""\n'
        "        return 2 * x\n"
    )
    head = 'def f(self, x):\n    """Double what is given.\n\nAt the margin.\nNear it."""\n'
    assert [function.head for function in read_functions(tmp_path)] == [head]


def test_every_prompt_is_filled(tmp_path):
    functions = [Function('def f(x):\n    """Double what is given."""\n', "Double what is given")]
    sources = Sources(["It was late.\nNobody came."], nouns(tmp_path), functions)
    prompts = [make_prompt(Random(seed), sources) for seed in range(600)]
    assert {prompt.kind for prompt in prompts} == set(range(len(KINDS)))
    assert not [prompt.text for prompt in prompts if re.search(r"\{\w+\}", prompt.text)]
