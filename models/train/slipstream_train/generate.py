"""Writes many rows of text at once: one token per row and step, whole rows of a fixed length.

A row's prompt is fed token by token in the same loop (no prefill), so rows with prompts of any length share one
static shape. On CUDA a step is captured once as a graph and replayed; nothing waits for the device until the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .cache import Cache, best_attend
from .llama import Llama
from .log import say
from .noise import gumbel_like
from .rows import ANSWER, PROMPT
from .turns import Turns

BUCKET = 128

Noise = Callable[[Tensor, Tensor], Tensor]  # (logits [rows, vocabulary], position of the chosen token [1])


@dataclass(frozen=True)
class Text:
    tokens: Tensor  # [rows, length] int32
    kinds: Tensor  # [rows, length] uint8


class Writer:
    def __init__(
        self, model: Llama, rows: int, length: int, *,
        noise: Noise = lambda logits, position: gumbel_like(logits), turns: Turns | None = None,
    ):  # fmt: skip
        weight = model.model.embed_tokens.weight
        device = weight.device
        if length > model.config.max_position_embeddings:
            raise ValueError(f"length {length} exceeds the model's {model.config.max_position_embeddings} positions")
        self.model, self.noise, self.turns, self.length = model, noise, turns, length
        self.cache = Cache(model.config, rows, length, weight, best_attend(model.config, weight))
        self.prompt = torch.full((rows, length), -1, dtype=torch.int64, device=device)
        self.temperature = torch.zeros(rows, device=device)
        self.current = torch.zeros(rows, dtype=torch.int64, device=device)
        self.tokens = torch.zeros((rows, length), dtype=torch.int32, device=device)
        self.kinds = torch.zeros((rows, length), dtype=torch.uint8, device=device)
        if turns is not None:
            turns.allocate(rows, device)
        self.graphs: list[tuple[int, torch.cuda.CUDAGraph]] = []
        if device.type == "cuda":
            try:
                self.capture()
            except Exception as error:  # launching each kernel by itself gives the same text, only slower
                self.graphs = []
                torch.cuda.synchronize()
                say("going on without CUDA graphs", error=f"{type(error).__name__}: {str(error)[:500]}")

    @torch.no_grad()
    def write(self, prompts: Tensor, temperature: Tensor, turns: tuple[Tensor, Tensor] | None = None) -> Text:
        """`prompts` [rows, length] int with -1 where the model writes; the first column is always given.

        `turns` (speakers, scripts after the first answer) when the writer follows turns (turns.py).
        """
        self.prompt.copy_(prompts)
        self.temperature.copy_(temperature)
        self.current.copy_(self.prompt[:, 0])
        self.tokens[:, 0] = self.current.int()
        self.kinds[:, 0] = PROMPT
        self.cache.position.zero_()
        if self.turns is not None:
            self.turns.reset(*turns)
        for step in range(self.length - 1):
            if self.graphs:
                next(graph for visible, graph in self.graphs if visible > step).replay()
            else:
                self.cache.visible = self.rounded(step + 1)
                self.step()
        return Text(self.tokens.cpu(), self.kinds.cpu())

    def step(self) -> None:
        hidden = self.model.hidden(self.current.unsqueeze(1), self.cache).squeeze(1)
        logits = self.model.logits(hidden)
        position = self.cache.position + 1
        prompt = self.prompt.index_select(1, position).squeeze(1)
        given = prompt >= 0
        temperature = self.temperature if self.turns is None else self.turns.temperature(self.temperature)
        scores = torch.addcmul(logits, self.noise(logits, position), temperature.unsqueeze(1))
        chosen = torch.where(given, prompt, scores.argmax(-1))
        # masked_fill, not `where` with a number: that would copy the number from the host, which no graph captures.
        kind = torch.full_like(chosen, ANSWER).masked_fill_(given, PROMPT)
        if self.turns is not None:
            chosen, kind = self.turns.follow(chosen, kind, given)
        self.tokens.index_copy_(1, position, chosen.int().unsqueeze(1))
        self.kinds.index_copy_(1, position, kind.to(torch.uint8).unsqueeze(1))
        self.current.copy_(chosen)
        self.cache.position.add_(1)

    def rounded(self, filled: int) -> int:
        return min(self.length, -(-filled // BUCKET) * BUCKET)

    @torch.no_grad()
    def capture(self) -> None:
        """One graph for all lengths with the kernel, which reads the length; else one per bucket of lengths."""
        step_size = self.length if self.cache.kernel is not None else BUCKET
        pool = None
        for end in range(step_size, self.length + step_size, step_size):
            self.cache.visible = min(end, self.length)
            self.cache.position.zero_()
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(3):
                    self.step()
            torch.cuda.current_stream().wait_stream(side)
            torch.cuda.synchronize()
            self.cache.position.zero_()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=pool):
                self.step()
            pool = pool or graph.pool()
            self.graphs.append((self.cache.visible, graph))
