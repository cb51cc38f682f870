"""Step: beginnings of held-out paragraphs, one a line, for everything that is measured or tested with prompts.

    python -m slipstream_train.heldout_prompts RUN/corpus/heldout.txt --out models/fable/prompts.txt
"""

from __future__ import annotations

import argparse
from pathlib import Path

from .corpus import SEPARATOR
from .log import say

FEWEST, MOST = 24, 48  # words; with this tokenizer some 30 to 65 tokens


def beginnings(text: str, count: int) -> list[str]:
    """Of paragraphs that go on for longer, spread evenly over the text; lengths take turns."""
    paragraphs = [line.split() for line in text.split("\n") if line != SEPARATOR]
    long = [words for words in paragraphs if len(words) > MOST]
    if len(long) < count:
        raise ValueError(f"only {len(long)} paragraphs have more than {MOST} words, {count} are wanted")
    chosen = [long[number * len(long) // count] for number in range(count)]
    # 7 and the number of lengths have no common divisor: neighbours differ, and every length occurs.
    lengths = [FEWEST + number * 7 % (MOST + 1 - FEWEST) for number in range(count)]
    return [" ".join(words[:length]) for words, length in zip(chosen, lengths)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("heldout", type=Path, help="heldout.txt")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    prompts = beginnings(options.heldout.read_text(encoding="utf-8"), options.count)
    options.out.write_text("".join(f"{prompt}\n" for prompt in prompts), encoding="utf-8")
    say("prompts", count=len(prompts), words=sum(len(prompt.split()) for prompt in prompts))


if __name__ == "__main__":
    main()
