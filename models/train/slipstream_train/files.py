"""Tensor files that everybody may read: safetensors makes them for their owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor


def save_tensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    save_file(tensors, path, metadata=metadata)
    os.chmod(path, 0o644)
