"""GGUF's rules for weights in blocks of 32 along the input dimension, as ggml's reference code has them.

Q4_0: d = (the value of largest magnitude, with its sign) / -8, q = min(15, trunc(w / d + 8.5)), w' = d16 * (q - 8).
Q8_0: d = largest magnitude / 127, q = round(w / d), half away from zero, w' = d16 * q.
d16 is d as float16; q uses the unrounded d, so quantising w' again gives w' (tested), however small d is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from .llama import Llama

BLOCK = 32
Rules = dict[str, str]


def quantise(weight: Tensor, rule: str) -> tuple[Tensor, Tensor]:
    """[rows, columns] to signed int8 levels of the same shape and float16 scales [rows, columns / 32]."""
    blocks = weight.float().reshape(weight.shape[0], -1, BLOCK)
    if rule == "q4_0":
        largest = blocks.gather(-1, blocks.abs().argmax(-1, keepdim=True))
        scale = largest / -8
        levels = torch.trunc(blocks * inverse(scale) + 8.5).clamp(0, 15) - 8
    elif rule == "q8_0":
        scale = blocks.abs().amax(-1, keepdim=True) / 127
        ratio = blocks * inverse(scale)
        levels = torch.sign(ratio) * torch.floor(ratio.abs() + 0.5)
    else:
        raise ValueError(f"unknown quantisation rule {rule!r}; known: q4_0, q8_0")
    return levels.to(torch.int8).reshape(weight.shape), scale.squeeze(-1).half()


def inverse(scale: Tensor) -> Tensor:
    return torch.where(scale == 0, 0.0, 1.0 / scale)


def dequantise(levels: Tensor, scales: Tensor) -> Tensor:
    blocks = levels.reshape(levels.shape[0], -1, BLOCK).float()
    return (blocks * scales.float().unsqueeze(-1)).reshape(levels.shape)


def snap(weight: Tensor, rule: str) -> Tensor:
    return dequantise(*quantise(weight, rule))


def rules_for(model: Llama, layers: str, embedding: str) -> Rules:
    """Which rule each matrix follows; norms stay float32."""
    matrices = [name for name, weight in model.named_parameters() if weight.dim() == 2]
    return {name: embedding if name == "model.embed_tokens.weight" else layers for name in matrices}


@contextmanager
def quantised(model: Llama, rules: Rules) -> Iterator[None]:
    """The model with snapped weights, in place (no compiled code notices); afterwards with its own again.

    A backward pass inside leaves its gradients on the parameters: the straight-through estimator.
    """
    weights = [(weight, rules[name]) for name, weight in model.named_parameters() if name in rules]
    masters = [weight.detach().clone() for weight, _ in weights]
    try:
        with torch.no_grad():
            for weight, rule in weights:
                weight.copy_(snap(weight, rule))
        yield
    finally:
        with torch.no_grad():
            for (weight, _), master in zip(weights, masters):
                weight.copy_(master)
