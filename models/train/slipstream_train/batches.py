"""Endless batches on the device: random crops of a corpus, and written rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .rows import ANSWER, IGNORED, Rows

OTHER_WEIGHT = 0.3  # of positions that are no answer; see Batch.weight


@dataclass(frozen=True)
class Batch:
    inputs: Tensor  # [rows, length] int64
    labels: Tensor  # [rows, length] int64, what follows each input
    weight: Tensor  # [rows, length] how much learning each label counts


def crops(corpus: np.ndarray, rows: int, length: int, device: torch.device, seed: int) -> Iterator[Batch]:
    """Every epoch cuts the corpus anew, at a random offset, into crops taken in random order."""
    tokens = torch.from_numpy(corpus.astype(np.int32)).to(device)
    make = torch.Generator().manual_seed(seed)
    inside = torch.arange(length + 1, device=device)
    ones = torch.ones(rows, length, device=device)
    count = (len(tokens) - 1) // length - 1
    if count < 1:
        raise ValueError(f"a corpus of {len(tokens)} tokens has no crop of {length}")
    left = torch.zeros(0, dtype=torch.int64)
    while True:
        while len(left) < rows:
            offset = torch.randint(length, (1,), generator=make)
            left = torch.cat((left, torch.randperm(count, generator=make) * length + offset))
        starts, left = left[:rows].to(device, non_blocking=True), left[rows:]
        cut = tokens[starts.unsqueeze(1) + inside].long()
        yield Batch(cut[:, :-1], cut[:, 1:], ones)


def row_batches(source: Rows, rows: int, device: torch.device, seed: int) -> Iterator[Batch]:
    """Written rows in random order; answers weigh 1, prompts less, what follows a loop or an end nothing."""
    tokens = torch.from_numpy(source.tokens.astype(np.int32)).to(device)
    kinds = torch.from_numpy(np.array(source.kinds)).to(device)
    make = torch.Generator().manual_seed(seed)
    left = torch.zeros(0, dtype=torch.int64)
    while True:
        while len(left) < rows:
            left = torch.cat((left, torch.randperm(len(tokens), generator=make)))
        index, left = left[:rows].to(device, non_blocking=True), left[rows:]
        row, kind = tokens[index].long(), kinds[index][:, 1:]
        weight = torch.full(kind.shape, OTHER_WEIGHT, device=device)
        yield Batch(row[:, :-1], row[:, 1:], weight.masked_fill(kind == ANSWER, 1.0).masked_fill(kind == IGNORED, 0.0))


def mixed(first: Iterator[Batch], second: Iterator[Batch] | None) -> Iterator[Batch]:
    """Each batch some rows of the first and some of the second."""
    if second is None:
        yield from first
        return
    for one, other in zip(first, second):
        yield Batch(*(torch.cat(pair) for pair in zip(vars(one).values(), vars(other).values())))
