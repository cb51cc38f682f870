"""Where things run, and the settings that go with it."""

from __future__ import annotations

import torch

from .llama import Llama


def pick_device(name: str | None) -> torch.device:
    device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
    if device.type == "cuda":
        # For what is left in float32 while training; evaluation asks for exact float32 itself.
        torch.set_float32_matmul_precision("high")
    return device


def for_inference(model: Llama, device: torch.device, exact: bool = False) -> Llama:
    """bfloat16 on CUDA; float32 on a CPU, or anywhere when `exact`."""
    if exact:
        torch.set_float32_matmul_precision("highest")
    dtype = torch.bfloat16 if device.type == "cuda" and not exact else torch.float32
    return model.to(device=device, dtype=dtype).eval().requires_grad_(False)
