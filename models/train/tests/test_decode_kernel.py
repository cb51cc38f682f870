"""The Triton kernel, run by Triton's interpreter where there is no GPU, is plain attention."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("triton")

PROGRAM = """
import torch
from slipstream_train.cache import plain_attend
from slipstream_train.decode_kernel import attend
torch.manual_seed(0)
for heads, kv_heads, size in ((9, 3, 64), (8, 4, 64), (4, 2, 32)):
    query, keys, values = torch.randn(2, heads, 1, size), torch.randn(2, kv_heads, 150, size), torch.randn(2, kv_heads, 150, size)
    for last in (0, 63, 64, 149):
        position = torch.tensor([last])
        wanted = plain_attend(query, keys, values, torch.arange(150) <= position)
        assert torch.allclose(attend(query, keys, values, position), wanted, atol=1e-5), (heads, last)
print("equal")
"""


def test_kernel_equals_plain_attention():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, "TRITON_INTERPRET": "1"}, capture_output=True, text=True
    )
    assert done.stdout == "equal\n", done.stderr
