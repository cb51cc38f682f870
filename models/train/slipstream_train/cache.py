"""A static key-value cache for decoding one token per row and step; all rows are at the same position."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .llama import LlamaConfig
from .log import say

Attend = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


class Cache:
    def __init__(self, config: LlamaConfig, batch: int, capacity: int, like: Tensor, attend: Attend | None = None):
        shape = (config.num_hidden_layers, batch, config.num_key_value_heads, capacity, config.head_dim)
        self.keys = torch.zeros(shape, dtype=like.dtype, device=like.device)
        self.values = torch.zeros_like(self.keys)
        self.position = torch.zeros(1, dtype=torch.int64, device=like.device)
        self.slots = torch.arange(capacity, device=like.device)
        self.kernel = attend
        # How many slots the plain attention looks at; at least position + 1.
        self.visible = capacity

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Stores this step's key and value, then [batch, heads, 1, size] over all positions so far."""
        self.keys[layer].index_copy_(2, self.position, key)
        self.values[layer].index_copy_(2, self.position, value)
        if self.kernel is not None:
            return self.kernel(query, self.keys[layer], self.values[layer], self.position)
        seen = slice(0, self.visible)
        keys, values = self.keys[layer][:, :, seen], self.values[layer][:, :, seen]
        return plain_attend(query, keys, values, self.slots[seen] <= self.position)


def plain_attend(query: Tensor, keys: Tensor, values: Tensor, allowed: Tensor) -> Tensor:
    batch, heads, _, size = query.shape
    grouped = query.reshape(batch, keys.shape[1], -1, size)
    scores = (grouped @ keys.transpose(2, 3)).float() * size**-0.5
    weights = scores.masked_fill(~allowed, -torch.inf).softmax(-1).to(values.dtype)
    return (weights @ values).view(batch, heads, 1, size)


def best_attend(config: LlamaConfig, like: Tensor) -> Attend | None:
    """The Triton kernel where it runs and agrees with plain attention on random input, else None."""
    if like.device.type != "cuda" or like.dtype != torch.bfloat16:
        return None
    try:
        from .decode_kernel import attend

        heads, kv_heads, size = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        make = torch.Generator(device=like.device).manual_seed(1)
        query = torch.randn(5, heads, 1, size, device=like.device, dtype=like.dtype, generator=make)
        keys, values = torch.randn(
            2, 5, kv_heads, 200, size, device=like.device, dtype=like.dtype, generator=make
        ).unbind()
        for last in (0, 63, 64, 150, 199):
            position = torch.tensor([last], device=like.device)
            allowed = torch.arange(200, device=like.device) <= position
            wanted = plain_attend(query.float(), keys.float(), values.float(), allowed)
            difference = (attend(query, keys, values, position).float() - wanted).abs().max().item()
            if not difference < 0.03:
                raise ArithmeticError(f"off by {difference} at position {last}")
        return attend
    except Exception as error:  # whatever Triton raises: decoding goes on, only slower
        say("decode kernel not used", error=f"{type(error).__name__}: {error}")
        return None
