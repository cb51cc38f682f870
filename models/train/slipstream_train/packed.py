"""Snapped models in a compact lossless form, in parts below a size limit.

Each part is a safetensors file. A quantised matrix is `NAME.levels` (two 4-bit levels a byte, element 2j low, or
int8) and `NAME.scales` (float16); everything else keeps its type. The header holds the configuration and the rules.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from .files import save_tensors
from .llama import Llama, LlamaConfig
from .quantise import Rules, dequantise, quantise

PART_BYTES = 15_000_000


def pack_nibbles(levels: Tensor) -> Tensor:
    shifted = (levels + 8).to(torch.uint8)
    return shifted[:, 0::2] | (shifted[:, 1::2] << 4)


def unpack_nibbles(packed: Tensor) -> Tensor:
    pairs = torch.stack((packed & 15, packed >> 4), dim=-1)
    return pairs.reshape(packed.shape[0], -1).to(torch.int8) - 8


def save_packed(
    folder: Path, name: str, model: Llama, rules: Rules, extra: dict[str, Tensor] | None = None, **header: object
) -> list[Path]:
    """Writes NAME-1.safetensors, NAME-2.safetensors, ...; `extra` tensors travel along as they are."""
    tensors: dict[str, Tensor] = dict(extra or {})
    for parameter, weight in model.state_dict().items():
        if rule := rules.get(parameter):
            levels, scales = quantise(weight, rule)
            tensors[f"{parameter}.levels"] = pack_nibbles(levels) if rule == "q4_0" else levels
            tensors[f"{parameter}.scales"] = scales
        else:
            tensors[parameter] = weight.float()
    parts: list[dict[str, Tensor]] = [{}]
    for key, tensor in tensors.items():
        used = sum(other.nbytes for other in parts[-1].values())
        if used and used + tensor.nbytes > PART_BYTES:
            parts.append({})
        parts[-1][key] = tensor.detach().cpu().contiguous()
    about = {"config": asdict(model.config), "rules": rules, "parts": len(parts), **header}
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}-{number}.safetensors" for number in range(1, len(parts) + 1)]
    for path, part in zip(paths, parts):
        # The temporary name is hidden from `NAME-*` patterns, so a copier never meets half a file.
        save_tensors(part, folder / f".{path.name}", metadata={"about": json.dumps(about)})
    for path in paths:
        os.replace(folder / f".{path.name}", path)
    return paths


def holds_packed(folder: Path, name: str) -> bool:
    return (folder / f"{name}-1.safetensors").exists()


def load_packed(folder: Path, name: str) -> tuple[Llama, dict[str, Tensor], dict]:
    """The model with the very float32 weights that were packed, the extra tensors, and the header."""
    tensors: dict[str, Tensor] = {}
    number, about = 1, {"parts": 1}
    while number <= about["parts"]:
        with safe_open(folder / f"{name}-{number}.safetensors", framework="pt") as part:
            about = json.loads(part.metadata()["about"])
            tensors.update({key: part.get_tensor(key) for key in part.keys()})
        number += 1
    model = Llama(LlamaConfig(**about["config"]))
    state: dict[str, Tensor] = {}
    for parameter in model.state_dict():
        if rule := about["rules"].get(parameter):
            levels, scales = tensors.pop(f"{parameter}.levels"), tensors.pop(f"{parameter}.scales")
            state[parameter] = dequantise(unpack_nibbles(levels) if rule == "q4_0" else levels, scales)
        else:
            state[parameter] = tensors.pop(parameter)
    model.load_state_dict(state)
    return model.eval(), tensors, about
