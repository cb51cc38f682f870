"""Step: trains the byte-level BPE tokenizer on the training part of the corpus.

    python -m slipstream_train.tokenizer RUN/corpus/training.txt --out RUN/tokenizer
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from .corpus import SEPARATOR, read_chapters
from .log import say


def train_tokenizer(chapters: list[str], entries: int) -> Tokenizer:
    """GPT-2's split and all 256 bytes: nothing is ever unknown. The separator is token 0."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=entries, special_tokens=[SEPARATOR], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    tokenizer.train_from_iterator(chapters, trainer)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path, longest: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    about = {
        "tokenizer_class": "GPT2Tokenizer",
        "bos_token": SEPARATOR,
        "eos_token": SEPARATOR,
        "unk_token": SEPARATOR,
        "add_prefix_space": False,
        "model_max_length": longest,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(about, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--entries", type=int, default=4096)
    parser.add_argument("--longest", type=int, default=1024, help="the models' context")
    options = parser.parse_args()
    tokenizer = train_tokenizer(read_chapters(options.text), options.entries)
    save_tokenizer(tokenizer, options.out, options.longest)
    say("tokenizer", entries=tokenizer.get_vocab_size(), folder=str(options.out))


if __name__ == "__main__":
    main()
