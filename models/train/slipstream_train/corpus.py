"""Step: splits the corpus by chapters and, once there is a tokenizer, turns it into tokens.

    python -m slipstream_train.corpus CORPUS.txt.xz --out RUN/corpus [--tokenizer RUN/tokenizer]

Writes training.txt and heldout.txt (the last 2 %, whole chapters), or training.bin and heldout.bin (uint16).
"""

from __future__ import annotations

import argparse
import lzma
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from .log import say

SEPARATOR = "<|endoftext|>"


def read_chapters(path: Path) -> list[str]:
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        chapters = [chapter.strip("\n") for chapter in file.read().split(f"\n{SEPARATOR}\n")]
    return [chapter for chapter in chapters if chapter.strip()]


def split(chapters: list[str], heldout_share: float = 0.02) -> tuple[list[str], list[str]]:
    """The last chapters that together make up at most that share of the characters, but at least one."""
    allowed = heldout_share * sum(map(len, chapters))
    first = len(chapters) - 1
    while first > 1 and sum(map(len, chapters[first - 1 :])) <= allowed:
        first -= 1
    return chapters[:first], chapters[first:]


def encode(chapters: list[str], tokenizer: Tokenizer) -> np.ndarray:
    """Each chapter after an end-of-text token."""
    end = tokenizer.token_to_id(SEPARATOR)
    parts = [[end, *encoding.ids] for encoding in tokenizer.encode_batch_fast(chapters, add_special_tokens=False)]
    return np.fromiter((token for part in parts for token in part), dtype=np.uint16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, help="folder with tokenizer.json")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, chapters in zip(("training", "heldout"), split(read_chapters(options.corpus))):
        text = f"\n{SEPARATOR}\n".join(chapters)
        if options.tokenizer is None:
            (options.out / f"{name}.txt").write_text(text, encoding="utf-8")
            say(name, chapters=len(chapters), characters=len(text))
            continue
        tokens = encode(chapters, Tokenizer.from_file(str(options.tokenizer / "tokenizer.json")))
        tokens.tofile(options.out / f"{name}.bin")
        size = len(text.encode())
        say(name, chapters=len(chapters), tokens=len(tokens), bytes_per_token=size / len(tokens))


if __name__ == "__main__":
    main()
