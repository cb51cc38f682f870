"""The target answers prompts, and drafters are asked what they would have said at every position."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .acceptance import chosen, summary
from .generate import Writer
from .llama import Llama
from .noise import shared_gumbel
from .rows import ANSWER, IGNORED
from .teaching import Vocabulary


@dataclass(frozen=True)
class Answered:
    tokens: Tensor  # [rows, length]
    counted: Tensor  # [rows, length] bool: written by the target, up to and with its end token
    seed: Tensor  # [rows]


def answer(
    target: Llama, prompts: list[list[int]], new_tokens: int, temperature: float, ends: tuple[int, ...],
    rows_at_once: int = 128, seed: int = 7,
) -> list[Answered]:  # fmt: skip
    """In groups of prompts of similar length, with the engine's shared noise."""
    device = target.model.embed_tokens.weight.device
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    ids = torch.arange(target.config.vocab_size, device=device)
    groups = []
    for at in range(0, len(order), rows_at_once):
        group = [prompts[index] for index in order[at : at + rows_at_once]]
        seeds = torch.tensor([seed * 1_000_003 + index for index in order[at : at + rows_at_once]], device=device)
        length = max(map(len, group)) + new_tokens

        def noise(logits: Tensor, position: Tensor, seeds: Tensor = seeds) -> Tensor:
            return shared_gumbel(seeds, position.expand_as(seeds), ids) if temperature else torch.zeros_like(logits)

        given = torch.full((len(group), length), -1, dtype=torch.int64)
        for row, prompt in enumerate(group):
            given[row, : len(prompt)] = torch.tensor(prompt)
        text = Writer(target, len(group), length, noise=noise).write(given, torch.full((len(group),), temperature))
        kinds = text.kinds.clone()
        for row, prompt in enumerate(group):
            stop = len(prompt) + new_tokens
            written = text.tokens[row, len(prompt) : stop].tolist()
            first = next((place for place, token in enumerate(written) if token in ends), None)
            kinds[row, stop if first is None else len(prompt) + first + 1 :] = IGNORED
        groups.append(Answered(text.tokens.to(device), (kinds == ANSWER).to(device), seeds))
    return groups


def measure(
    target: Llama, drafters: dict[str, tuple[Llama, Vocabulary]], groups: list[Answered], temperature: float
) -> dict[str, dict]:
    found: dict[str, list[tuple[Tensor, Tensor]]] = {name: [] for name in drafters}
    for group in groups:
        counted = group.counted[:, 1:].cpu()
        # float32 on the device, but not bit for bit the step-by-step forward: compare choices on equal terms.
        wanted = chosen(target, group.tokens, temperature, group.seed)[:, :-1]
        for name, (drafter, rows) in drafters.items():
            mine = chosen(drafter, group.tokens, temperature, group.seed, rows.row_of_id, rows.id_of_row)[:, :-1]
            found[name].append(((mine == wanted).cpu(), counted))
    return {name: summary_of(parts) for name, parts in found.items()}


def summary_of(parts: list[tuple[Tensor, Tensor]]) -> dict:
    longest = max(match.shape[1] for match, _ in parts)

    def padded(tensor: Tensor) -> Tensor:
        return torch.nn.functional.pad(tensor, (0, longest - tensor.shape[1]))

    return summary(torch.cat([padded(m) for m, _ in parts]), torch.cat([padded(c) for _, c in parts]))
