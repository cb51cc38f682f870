"""Attention of one new token per row over a preallocated cache, as a Triton kernel.

One program per row and key-value head; the heads of its group share each read of keys and values. The number of
positions is read on the device, so one captured CUDA graph serves every length.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

PADDED_GROUP = 16  # the least number of rows a matrix instruction takes


@triton.jit
def attend_kernel(
    queries, keys, values, out, position, scale, capacity,
    GROUP: tl.constexpr, PADDED: tl.constexpr, SIZE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64)
    last = tl.load(position).to(tl.int32)
    heads = tl.arange(0, PADDED)[:, None]
    dims = tl.arange(0, SIZE)[None, :]
    query_at = row * GROUP * SIZE + heads * SIZE + dims
    query = tl.load(queries + query_at, mask=heads < GROUP, other=0.0)
    highest = tl.full([PADDED], -1e30, tl.float32)
    total = tl.zeros([PADDED], tl.float32)
    mixed = tl.zeros([PADDED, SIZE], tl.float32)
    base = row * capacity * SIZE
    for start in range(0, last + 1, BLOCK):
        slots = start + tl.arange(0, BLOCK)
        inside = slots <= last
        at = base + slots[:, None] * SIZE + dims
        key = tl.load(keys + at, mask=inside[:, None], other=0.0)
        score = tl.dot(query, tl.trans(key)) * scale
        score = tl.where(inside[None, :], score, -1e30)
        new_highest = tl.maximum(highest, tl.max(score, 1))
        share = tl.exp(score - new_highest[:, None])
        shrink = tl.exp(highest - new_highest)
        total = total * shrink + tl.sum(share, 1)
        value = tl.load(values + at, mask=inside[:, None], other=0.0)
        mixed = mixed * shrink[:, None] + tl.dot(share.to(value.dtype), value)
        highest = new_highest
    result = mixed / total[:, None]
    tl.store(out + query_at, result.to(out.dtype.element_ty), mask=heads < GROUP)


def attend(query: Tensor, keys: Tensor, values: Tensor, position: Tensor) -> Tensor:
    """query [batch, heads, 1, size], keys and values [batch, kv heads, capacity, size], position [1]."""
    batch, heads, _, size = query.shape
    kv_heads, capacity = keys.shape[1], keys.shape[2]
    query = query.contiguous()
    out = torch.empty_like(query)
    attend_kernel[(batch * kv_heads,)](
        query, keys, values, out, position, size**-0.5, capacity,
        GROUP=heads // kv_heads, PADDED=PADDED_GROUP, SIZE=size, BLOCK=64, num_warps=4,
    )  # fmt: skip
    return out
