"""Muon for the matrices of the layers, AdamW for the embedding and the norms; or AdamW for all.

Muon: Jordan et al. 2024, momentum orthogonalised by five Newton-Schulz steps; update scaled to AdamW's usual size
(0.2 * sqrt(longer side), Liu et al., arXiv 2502.16982), so both take the same learning rate. Matrices of one shape
are handled as one batch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def orthogonalise(batch: Tensor) -> Tensor:
    x = batch.bfloat16()
    if tall := x.shape[-2] > x.shape[-1]:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * (gram @ gram)) @ x
    return x.mT if tall else x


class Muon:
    def __init__(self, weights: list[nn.Parameter], weight_decay: float, momentum: float = 0.95):
        self.decay, self.momentum = weight_decay, momentum
        self.groups: dict[tuple[int, ...], list[nn.Parameter]] = {}
        for weight in weights:
            self.groups.setdefault(tuple(weight.shape), []).append(weight)
        self.buffers = {shape: torch.zeros(len(group), *shape, device=group[0].device) for shape, group in self.groups.items()}

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for shape, group in self.groups.items():
            gradient = torch.stack([weight.grad.float() for weight in group])
            buffer = self.buffers[shape].lerp_(gradient, 1 - self.momentum)
            update = orthogonalise(gradient.lerp(buffer, self.momentum)).float()
            torch._foreach_mul_(group, 1 - rate * self.decay)
            torch._foreach_add_(group, list(update.unbind()), alpha=-rate * 0.2 * max(shape) ** 0.5)


class Optimiser:
    def __init__(self, model: nn.Module, kind: str, weight_decay: float):
        layers = [w for name, w in model.named_parameters() if w.dim() == 2 and "embed" not in name]
        embedding = [w for name, w in model.named_parameters() if "embed" in name]
        norms = [w for w in model.parameters() if w.dim() == 1]
        self.parameters = [*layers, *embedding, *norms]
        self.muon = Muon(layers, weight_decay) if kind == "muon" else None
        # `share`: of the learning rate. Every row of a tied embedding moves at every step, hence less.
        groups = [
            {"params": embedding, "weight_decay": 0.01, "share": 0.5},
            {"params": norms, "weight_decay": 0.0, "share": 1.0},
        ]
        if kind == "adamw":
            groups.append({"params": layers, "weight_decay": weight_decay, "share": 1.0})
        elif kind != "muon":
            raise ValueError(f"unknown optimiser {kind!r}; known: muon, adamw")
        fused = embedding[0].device.type == "cuda"
        self.adam = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), eps=1e-9, fused=fused)

    def step(self, rate: float, clip: float = 1.0) -> Tensor:
        """Clips, steps, forgets the gradients; returns their norm before clipping, on the device."""
        norm = nn.utils.clip_grad_norm_(self.parameters, clip)
        if self.muon is not None:
            self.muon.step(rate)
        for group in self.adam.param_groups:
            group["lr"] = rate * group["share"]
        self.adam.step()
        for weight in self.parameters:
            weight.grad = None
        return norm

    def state(self) -> dict:
        return {"adam": self.adam.state_dict(), "muon": list(self.muon.buffers.values()) if self.muon else []}

    def load(self, state: dict) -> None:
        self.adam.load_state_dict(state["adam"])
        if self.muon:
            for buffer, saved in zip(self.muon.buffers.values(), state["muon"], strict=True):
                buffer.copy_(saved)
