"""Step: the target writes the text its drafters learn from.

    python -m slipstream_train.write RUN/out --name target --corpus RUN/corpus --rows-out RUN/rows --budget-seconds 60

Of the rows 40 % are greedy, 40 % at temperature 0.8, 20 % at 1.0. They begin with 8 to 64 tokens of the training
corpus or, a quarter of the sampled ones, with nothing (greedy text from nothing would always be the same). Greedy
text soon loops, so a greedy row begins anew every 256 tokens.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from .budget import Budget
from .devices import for_inference, pick_device
from .generate import Writer
from .log import say, seconds
from .loops import cut
from .packed import load_packed
from .rows import ANSWER, Rows, append_rows

FROM_NOTHING, FROM_PREFIX = 0, 1
GREEDY_SEGMENT = 256
END_OF_TEXT = 0


def make_prompts(corpus: np.ndarray, rows: int, length: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """[rows, length] prompts, -1 where the target writes, and [rows, 2] what they are about (rows.py)."""
    temperature = np.resize(np.repeat([0, 8, 10], [2, 2, 1]), rows)
    prompts = np.full((rows, length), -1, dtype=np.int32)
    about = np.empty((rows, 2), dtype=np.uint8)
    for row in range(rows):
        nothing = temperature[row] > 0 and random.random() < 0.25
        about[row] = (FROM_NOTHING if nothing else FROM_PREFIX, temperature[row])
        for at in range(0, length, segment(temperature[row], length)):
            size = 0 if nothing else int(random.integers(8, min(65, length // 2)))
            start = int(random.integers(len(corpus) - size))
            prompts[row, at] = END_OF_TEXT
            prompts[row, at + 1 : at + 1 + size] = corpus[start : start + size]
    return prompts, about


def segment(temperature: int, length: int) -> int:
    """How many tokens of a row belong together."""
    return GREEDY_SEGMENT if temperature == 0 and length % GREEDY_SEGMENT == 0 else length


def cut_segments(tokens: np.ndarray, kinds: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    result = kinds.copy()
    for group in (temperature == 0, temperature > 0):
        if group.any():
            size = segment(0 if temperature[group][0] == 0 else 1, tokens.shape[1])
            parts = cut(tokens[group].reshape(-1, size), kinds[group].reshape(-1, size))
            result[group] = parts.reshape(-1, tokens.shape[1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder with the packed target")
    parser.add_argument("--name", default="target")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--rows-out", type=Path, required=True)
    parser.add_argument("--budget-seconds", type=float, required=True)
    parser.add_argument("--rows", type=int, default=2048, help="rows at once")
    parser.add_argument("--length", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--device")
    options = parser.parse_args()
    budget = Budget(options.budget_seconds)
    device = pick_device(options.device)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    corpus = np.fromfile(options.corpus / "training.bin", dtype=np.uint16)
    model = for_inference(load_packed(options.model, options.name)[0], device)
    writer = Writer(model, options.rows, options.length)
    say("ready", kernel=writer.cache.kernel is not None, graphs=len(writer.graphs))
    longest = 0.0
    while budget.left > longest * 1.1:
        began = seconds()
        prompts, about = make_prompts(corpus, options.rows, options.length, random)
        text = writer.write(torch.from_numpy(prompts), torch.from_numpy(about[:, 1] / 10.0).float())
        tokens = text.tokens.numpy()
        kinds = cut_segments(tokens, text.kinds.numpy(), about[:, 1])
        total = append_rows(options.rows_out, Rows(tokens, kinds, about))
        longest = max(longest, seconds() - began)
        rate = options.rows * options.length / (seconds() - began)
        say("wrote", rows=total, usable=float((kinds == ANSWER).mean()), tokens_per_second=rate)


if __name__ == "__main__":
    main()
