"""Reads a GGUF file: metadata, and tensors dequantised to float32."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
BLOCK_BYTES = {"q4_0": 18, "q4_1": 20, "q8_0": 34}
TYPES = {0: "f32", 2: "q4_0", 3: "q4_1", 8: "q8_0"}


def read(file: BinaryIO, form: str) -> Any:
    return struct.unpack(f"<{form}", file.read(struct.calcsize(f"<{form}")))[0]


def read_string(file: BinaryIO) -> str:
    return file.read(read(file, "Q")).decode("utf-8")


def read_value(file: BinaryIO, kind: int) -> Any:
    if kind == STRING:
        return read_string(file)
    if kind == ARRAY:
        inner, count = read(file, "I"), read(file, "Q")
        return [read_value(file, inner) for _ in range(count)]
    return read(file, SCALARS[kind])


def dequantise_bytes(data: np.ndarray, kind: str) -> np.ndarray:
    """Raw bytes of whole blocks of 32 to float32. In a 4-bit block byte j holds elements j (low) and j + 16."""
    if kind == "f32":
        return data.view("<f4").copy()
    blocks = data.reshape(-1, BLOCK_BYTES[kind])
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    if kind == "q8_0":
        return (blocks[:, 2:].view(np.int8) * scale).reshape(-1)
    packed = blocks[:, 2 if kind == "q4_0" else 4 :]
    levels = np.concatenate((packed & 15, packed >> 4), axis=1).astype(np.float32)
    if kind == "q4_0":
        return ((levels - 8) * scale).reshape(-1)
    return (levels * scale + blocks[:, 2:4].copy().view("<f2").astype(np.float32)).reshape(-1)


class Gguf:
    def __init__(self, path: Path):
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise ValueError(f"{path} is no GGUF file")
            version, tensors, values = read(file, "I"), read(file, "Q"), read(file, "Q")
            if version not in (2, 3):
                raise ValueError(f"{path}: GGUF version {version}, expected 2 or 3")
            self.metadata = {read_string(file): read_value(file, read(file, "I")) for _ in range(values)}
            self.infos: dict[str, tuple[list[int], int, int]] = {}
            for _ in range(tensors):
                name = read_string(file)
                shape = [read(file, "Q") for _ in range(read(file, "I"))]
                self.infos[name] = (shape[::-1], read(file, "I"), read(file, "Q"))
            alignment = self.metadata.get("general.alignment", 32)
            self.start = -(-file.tell() // alignment) * alignment
        self.bytes = np.memmap(path, dtype=np.uint8, mode="r")

    def tensor(self, name: str) -> np.ndarray:
        shape, number, offset = self.infos[name]
        if number not in TYPES:
            raise ValueError(f"{name}: tensor type {number}; known: {TYPES}")
        kind, count = TYPES[number], int(np.prod(shape))
        size = count * 4 if kind == "f32" else count // 32 * BLOCK_BYTES[kind]
        begin = self.start + offset
        return dequantise_bytes(np.asarray(self.bytes[begin : begin + size]), kind).reshape(shape)
