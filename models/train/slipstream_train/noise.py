"""Noise for choosing tokens: score = logits + temperature * noise, so temperature 0 is argmax.

`shared_gumbel` is the engine's own counter-based noise (src/core/noise.ts), a pure function of seed, position and
id, for measuring acceptance as the engine will see it. `gumbel_like` is the device's fast one, for writing text.
"""

from __future__ import annotations

import torch
from torch import Tensor

MASK = 0xFFFFFFFF


def gumbel_like(logits: Tensor) -> Tensor:
    return torch.empty_like(logits).exponential_().clamp_(min=1e-20).log_().neg_()


def shared_gumbel(seed: Tensor, position: Tensor, ids: Tensor) -> Tensor:
    """`seed` and `position` broadcast together, int64; the result has one more dimension, that of `ids`. float32."""
    low, high = seed & MASK, seed >> 32
    first = mix(position + mix(high + mix(low ^ 0x3C6EF372)))
    second = mix(position ^ mix(high ^ mix(low + 0x6A09E667)))
    x = multiply(ids ^ first.unsqueeze(-1), 0x7FEB352D)
    x = x ^ (x >> 15)
    x = multiply(x ^ second.unsqueeze(-1), 0x846CA68B)
    x = x ^ (x >> 16)
    x = multiply(x, 0x31848BAB)
    x = x ^ (x >> 14)
    uniform = (x.double() + 0.5) * 2.0**-32
    return -torch.log(-torch.log(uniform)).float()


def mix(value: Tensor) -> Tensor:
    x = value & MASK
    x = multiply(x ^ (x >> 16), 0x7FEB352D)
    x = multiply(x ^ (x >> 15), 0x846CA68B)
    return x ^ (x >> 16)


def multiply(x: Tensor, factor: int) -> Tensor:
    """The low 32 bits of the product; x is below 2^32, and int64 would overflow in one go."""
    return (x * (factor & 0xFFFF) + (((x * (factor >> 16)) & 0xFFFF) << 16)) & MASK
