"""Written text on disk: rows of one length, each position with its kind, each row with what it is about.

FOLDER/tokens.bin uint16 [rows, length], FOLDER/kinds.bin uint8 [rows, length], FOLDER/about.bin uint8 [rows, 2]
(kind of prompt, temperature x 10), FOLDER/rows.json. Appending is safe at any moment: what rows.json does not count
is not there.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

IGNORED, PROMPT, ASKED, ANSWER = 0, 1, 2, 3  # what a position is: after the end, given, the user's turn, the answer
PLACES = {"tokens": np.uint16, "kinds": np.uint8, "about": np.uint8}


@dataclass(frozen=True)
class Rows:
    tokens: np.ndarray
    kinds: np.ndarray
    about: np.ndarray

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: slice | np.ndarray) -> Rows:
        return Rows(self.tokens[index], self.kinds[index], self.about[index])


def append_rows(folder: Path, rows: Rows) -> int:
    """Returns how many rows the folder holds now."""
    folder.mkdir(parents=True, exist_ok=True)
    count, length = counted(folder)
    if count and length != rows.tokens.shape[1]:
        raise ValueError(f"{folder} holds rows of {length} tokens, not {rows.tokens.shape[1]}")
    for name, kind in PLACES.items():
        data = np.ascontiguousarray(getattr(rows, name), dtype=kind)
        path = folder / f"{name}.bin"
        path.touch()
        with path.open("r+b") as file:
            file.truncate(count * data.nbytes // len(rows))
            file.seek(0, os.SEEK_END)
            file.write(data.tobytes())
    total = count + len(rows)
    draft = folder / "rows.json.new"
    draft.write_text(json.dumps({"rows": total, "length": rows.tokens.shape[1]}))
    os.replace(draft, folder / "rows.json")
    return total


def counted(folder: Path) -> tuple[int, int]:
    path = folder / "rows.json"
    about = json.loads(path.read_text()) if path.exists() else {"rows": 0, "length": 0}
    return about["rows"], about["length"]


def read_rows(folder: Path) -> Rows:
    count, length = counted(folder)
    if not count:
        raise FileNotFoundError(f"no rows in {folder}")
    shapes = {"tokens": (count, length), "kinds": (count, length), "about": (count, 2)}
    return Rows(**{
        name: np.fromfile(folder / f"{name}.bin", dtype=kind, count=int(np.prod(shapes[name]))).reshape(shapes[name])
        for name, kind in PLACES.items()
    })  # fmt: skip
