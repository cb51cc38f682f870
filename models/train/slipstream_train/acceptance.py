"""Acceptance of drafts, measured without running the two models against each other.

A draft at a position is a pure function of the path before it (argmax, or argmax with shared noise). So whether the
draft at position p is confirmed, when everything before p was right, is whether drafter and target choose alike there
on the target's own text; and drafting k ahead freely is that sequence of matches, cut at the first miss. One forward
of each model over the target's text therefore gives every number, free-running ones included, exactly.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .llama import Llama
from .noise import shared_gumbel


@torch.no_grad()
def chosen(
    model: Llama, tokens: Tensor, temperature: float, seed: Tensor,
    row_of_id: Tensor | None = None, id_of_row: Tensor | None = None, rows_at_once: int = 8,
) -> Tensor:  # fmt: skip
    """[rows, length] ids of a text to the ids the model chooses *after* each position, seeing the text up to it.

    A drafter that knows only some ids has `row_of_id` [ids] and `id_of_row` [its rows]; `seed` [rows].
    """
    parts = []
    ids = torch.arange(model.config.vocab_size, device=tokens.device) if id_of_row is None else id_of_row
    positions = torch.arange(1, tokens.shape[1] + 1, device=tokens.device)
    for at in range(0, len(tokens), rows_at_once):
        rows = tokens[at : at + rows_at_once].long()
        logits = model(rows if row_of_id is None else row_of_id[rows])
        for index in range(len(rows)):  # the noise of one row is large enough
            scores = logits[index]
            if temperature:
                scores = scores + temperature * shared_gumbel(seed[at + index].expand_as(positions), positions, ids)
            parts.append(ids[scores.argmax(-1)])
    return torch.stack(parts)


def summary(match: Tensor, counted: Tensor, depths: tuple[int, ...] = (4, 8)) -> dict[str, object]:
    """`match`, `counted` [rows, length] bool; the counted positions of a row are taken as one sequence.

    `acceptance` = confirmed / (confirmed + first refuted); `by_runs` the paper's 1 - 1 / (1 + mean run of matches);
    `free_running[k]`: rounds of k drafts, each beginning after the token that ended the one before: the share
    confirmed at each draft position among those reached, and tokens per round (the target's own included).
    """
    sequences = [row[mask].tolist() for row, mask in zip(match.cpu(), counted.cpu()) if mask.any()]
    total = sum(map(len, sequences))
    if total == 0:
        return {"positions": 0}
    confirmed = sum(map(sum, sequences))
    runs = total - confirmed + sum(row[-1] for row in sequences)  # a run ends at a miss or with its row
    return {
        "positions": total,
        "acceptance": confirmed / total,
        "by_runs": 1 - 1 / (1 + confirmed / max(1, runs)),
        "free_running": {str(k): free_running(sequences, k) for k in depths},
    }


def free_running(sequences: list[list[bool]], k: int) -> dict[str, object]:
    reached, right, rounds, tokens = [0] * k, [0] * k, 0, 0
    for row in sequences:
        at = 0
        while at < len(row):
            ahead = row[at : at + k]
            hits = ahead.index(False) if False in ahead else len(ahead)
            for draft in range(min(hits + 1, len(ahead))):
                reached[draft] += 1
                right[draft] += draft < hits
            rounds += 1
            tokens += min(hits + 1, len(row) - at)
            at += hits + 1
    by_position = [round(r / n, 4) if n else None for r, n in zip(right, reached)]
    return {"by_position": by_position, "tokens_per_round": round(tokens / max(1, rounds), 4)}
