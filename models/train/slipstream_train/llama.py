"""A minimal Llama decoder with the names, shapes and rotary convention (half split) of Hugging Face."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from .cache import Cache


@dataclass(frozen=True)
class LlamaConfig:
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    max_position_embeddings: int
    rope_theta: float = 10000.0
    rms_norm_eps: float = 1e-5


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.eps).to(x.dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.float().chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1).to(x.dtype)


class Attention(nn.Module):
    def __init__(self, config: LlamaConfig):
        super().__init__()
        width, size = config.hidden_size, config.head_dim
        self.heads, self.kv_heads, self.size = config.num_attention_heads, config.num_key_value_heads, size
        self.q_proj = nn.Linear(width, self.heads * size, bias=False)
        self.k_proj = nn.Linear(width, self.kv_heads * size, bias=False)
        self.v_proj = nn.Linear(width, self.kv_heads * size, bias=False)
        self.o_proj = nn.Linear(self.heads * size, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: Cache | None, layer: int) -> Tensor:
        batch, length, _ = x.shape
        q = self.q_proj(x).view(batch, length, self.heads, self.size).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, self.kv_heads, self.size).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, self.kv_heads, self.size).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if cache is None:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.heads != self.kv_heads)
        else:
            y = cache.attend(layer, q, k, v)
        return self.o_proj(y.transpose(1, 2).reshape(batch, length, self.heads * self.size))


class FeedForward(nn.Module):
    def __init__(self, config: LlamaConfig):
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self, config: LlamaConfig, dropout: float):
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = FeedForward(config)
        self.dropout = dropout

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: Cache | None = None, layer: int = 0) -> Tensor:
        x = x + self.drop(self.self_attn(self.input_layernorm(x), cos, sin, cache, layer))
        return x + self.drop(self.mlp(self.post_attention_layernorm(x)))

    def drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training) if self.dropout else x


class Decoder(nn.Module):
    def __init__(self, config: LlamaConfig, dropout: float):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config, dropout) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)


def float_logits(hidden: Tensor, rows: Tensor) -> Tensor:
    with torch.autocast(hidden.device.type, enabled=False):
        return F.linear(hidden.float(), rows.float())


class Llama(nn.Module):
    """`hidden` then `logits`; apart, because most callers want logits of some positions or rows only."""

    def __init__(self, config: LlamaConfig, dropout: float = 0.0):
        super().__init__()
        self.config, self.dropout = config, dropout
        self.model = Decoder(config, dropout)
        # The value of `training` for which the blocks are compiled; see compiling.py.
        self.compiled_for: bool | None = None
        self._tables: tuple[Tensor, Tensor] | None = None
        scale = 0.02 / math.sqrt(2 * config.num_hidden_layers)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=scale if name.endswith(("o_proj.weight", "down_proj.weight")) else 0.02)

    def hidden(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        """[batch, length] ids to [batch, length, width], after the final norm. With a cache the length is 1."""
        x = self.model.embed_tokens(ids)
        if torch.is_autocast_enabled(x.device.type):
            x = x.to(torch.get_autocast_dtype(x.device.type))
        if self.training and self.dropout:
            x = F.dropout(x, self.dropout)
        cos, sin = self.rotary_tables(x.device)
        if cache is None:
            cos, sin = cos[: ids.shape[1]], sin[: ids.shape[1]]
        else:
            cos, sin = cos.index_select(0, cache.position), sin.index_select(0, cache.position)
        for layer, block in enumerate(self.model.layers):
            run = block if cache is None and self.compiled_for == self.training else block.forward
            x = run(x, cos, sin, cache, layer) if cache is not None else run(x, cos, sin)
        return self.model.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """float32: the steps of bfloat16 are so wide near 20 that first choices would be ties."""
        return float_logits(hidden, self.model.embed_tokens.weight)

    def forward(self, ids: Tensor) -> Tensor:
        return self.logits(self.hidden(ids))

    def rotary_tables(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """float32 whatever the model's own type, hence not a buffer."""
        if self._tables is None or self._tables[0].device != device:
            half = self.config.head_dim // 2
            frequency = self.config.rope_theta ** (-torch.arange(half, dtype=torch.float64) / half)
            angle = torch.arange(self.config.max_position_embeddings, dtype=torch.float64)[:, None] * frequency
            self._tables = angle.cos().float().to(device), angle.sin().float().to(device)
        return self._tables

    def parameter_count(self) -> int:
        return sum(weight.numel() for weight in self.parameters())
