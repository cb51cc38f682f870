"""Snapped matrices as GGUF lays their blocks out, which Slipstream's importer reads from safetensors.

uint8 [rows, columns / 32, bytes]: the scale as float16, then for Q8_0 (34 bytes) the levels, for Q4_0 (18 bytes)
levels + 8, of which byte j holds elements j (low) and j + 16 (high).
"""

from __future__ import annotations

import torch
from torch import Tensor

from .gguf import dequantise_bytes
from .quantise import BLOCK, quantise

QUANT_METHOD = "gguf-blocks"


def as_blocks(weight: Tensor, rule: str) -> Tensor:
    """Loses nothing of a weight that lies on the rule's grid."""
    levels, scales = quantise(weight, rule)
    scale_bytes = scales.contiguous().view(torch.uint8).reshape(*scales.shape, 2)
    blocks = levels.reshape(len(levels), -1, BLOCK)
    if rule == "q8_0":
        return torch.cat((scale_bytes, blocks.contiguous().view(torch.uint8)), dim=-1)
    shifted = (blocks + 8).to(torch.uint8)
    low, high = shifted.split(BLOCK // 2, dim=-1)
    return torch.cat((scale_bytes, low | (high << 4)), dim=-1)


def from_blocks(blocks: Tensor, rule: str) -> Tensor:
    """The float32 weights of `as_blocks`."""
    weights = dequantise_bytes(blocks.contiguous().numpy().reshape(-1), rule)
    return torch.from_numpy(weights).reshape(len(blocks), -1)
