"""Blocks hold the very weights that were snapped, in GGUF's layout, and their folder says that it holds blocks."""

import json

import pytest
import torch
from safetensors.torch import load_file

from slipstream_train.blocks import as_blocks, from_blocks
from slipstream_train.gguf import BLOCK_BYTES, dequantise_bytes
from slipstream_train.hf_folder import save_hf_folder
from slipstream_train.quantise import rules_for, snap


@pytest.mark.parametrize("rule", ["q4_0", "q8_0"])
def test_read_back_as_the_snapped_weights(rule):
    weight = snap(torch.randn(24, 96, generator=torch.Generator().manual_seed(1)), rule)
    blocks = as_blocks(weight, rule)
    assert blocks.dtype == torch.uint8 and blocks.shape == (24, 3, BLOCK_BYTES[rule])
    assert torch.equal(torch.from_numpy(dequantise_bytes(blocks.numpy(), rule)).reshape(24, 96), weight)


def test_a_folder_of_blocks_says_so_and_keeps_norms_as_floats(model, tmp_path):
    rules = rules_for(model, layers="q4_0", embedding="q8_0")
    save_hf_folder(tmp_path, model.config, model.state_dict(), bos=0, eos=0, rules=rules)
    assert json.loads((tmp_path / "config.json").read_text())["quantization_config"] == {"quant_method": "gguf-blocks"}
    tensors = load_file(tmp_path / "model.safetensors")
    for name, weight in model.state_dict().items():
        if name in rules:
            assert torch.equal(tensors[name], as_blocks(weight, rules[name])), name
        else:
            assert torch.equal(tensors[name], weight), name


@pytest.mark.parametrize("rule", ["q4_0", "q8_0"])
def test_weights_come_back_from_blocks(rule):
    weight = snap(torch.randn(24, 96, generator=torch.Generator().manual_seed(2)), rule)
    assert torch.equal(from_blocks(as_blocks(weight, rule), rule), weight)
