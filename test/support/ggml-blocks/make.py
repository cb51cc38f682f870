"""Makes blocks.json: random blocks of every format that is read, and what gguf-py, llama.cpp's own reader, makes of them.

python -m venv env && env/bin/pip install gguf==0.19.0 && env/bin/python test/support/ggml-blocks/make.py
"""

import base64
import json
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

# Where in a block the binary16 scales (and minima) lie: random bytes there could be infinite.
HALVES = {
    "F16": [0],
    "BF16": [0],
    "Q8_0": [0],
    "Q4_0": [0],
    "Q4_1": [0, 2],
    "Q5_0": [0],
    "Q5_1": [0, 2],
    "Q2_K": [80, 82],
    "Q3_K": [108],
    "Q4_K": [0, 2],
    "Q5_K": [0, 2],
    "Q6_K": [208],
    "IQ4_NL": [0],
    "IQ4_XS": [0],
}


def text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


random = np.random.default_rng(1)
formats = {}
for name, halves in HALVES.items():
    kind = GGMLQuantizationType[name]
    weights, size = GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, size=(512 // weights, size), dtype=np.uint8)
    for at in halves:
        # Clears a bit of the exponent.
        blocks[:, at + 1] &= 0xBF
    values = dequantize(blocks.reshape(-1), kind).astype("<f4")
    formats[name] = {"bytes": text(blocks), "values": text(values)}
Path(__file__).with_name("blocks.json").write_text(json.dumps(formats, indent=2) + "\n")
