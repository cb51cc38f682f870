"""Where written text stops being worth learning from."""

from __future__ import annotations

import numpy as np

from .rows import ANSWER, IGNORED

NGRAM, REPEATS = 16, 3


def loop_starts(tokens: np.ndarray) -> np.ndarray:
    """Per row the end of the first n-gram seen for the third time (where it loops for certain), or the length."""
    rows, length = tokens.shape
    if length < NGRAM:
        return np.full(rows, length)
    hashes = np.zeros((rows, length - NGRAM + 1), dtype=np.uint64)
    for offset in range(NGRAM):
        window = tokens[:, offset : length - NGRAM + 1 + offset].astype(np.uint64)
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + window + np.uint64(1)
    order = np.argsort(hashes, axis=1, kind="stable")
    ordered = np.take_along_axis(hashes, order, axis=1)
    third = np.zeros_like(ordered, dtype=bool)
    gap = REPEATS - 1
    third[:, gap:] = ordered[:, gap:] == ordered[:, :-gap]
    starts = np.where(third, order, length - NGRAM).min(axis=1)
    found = third.any(axis=1)
    return np.where(found, starts + NGRAM, length)


def cut(tokens: np.ndarray, kinds: np.ndarray, ends: tuple[int, ...] = (), from_row: np.ndarray | None = None) -> np.ndarray:
    """`kinds` with everything ignored after a loop and, in the rows `from_row` names, after a written end token."""
    stop = loop_starts(tokens)
    if ends:
        ended = np.isin(tokens, ends) & (kinds == ANSWER)
        if from_row is not None:
            ended &= from_row[:, None]
        first = np.where(ended.any(axis=1), ended.argmax(axis=1) + 1, tokens.shape[1])
        stop = np.minimum(stop, first)
    return np.where(np.arange(tokens.shape[1]) < stop[:, None], kinds, IGNORED).astype(np.uint8)
