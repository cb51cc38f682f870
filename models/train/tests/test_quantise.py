"""Weights on a grid of GGUF stay there, and the grid is GGUF's."""

import numpy as np
import pytest
import torch

from slipstream_train.quantise import quantise, quantised, rules_for, snap


def random_weights() -> torch.Tensor:
    """Blocks of all sizes: usual, tiny (float16 subnormal scales), vanishing, zero, and with ties of magnitude."""
    make = torch.Generator().manual_seed(3)
    weights = torch.randn(400, 96, generator=make)
    weights *= 10.0 ** torch.linspace(-9, 1, 400).unsqueeze(1)
    weights[7] = 0
    weights[8, :32] = torch.tensor([0.5, -0.5] * 16)
    weights[9, :32] = torch.tensor([-0.5, 0.5] * 16)
    return weights


def ggml_q4_0(block: np.ndarray) -> np.ndarray:
    """quantize_row_q4_0_ref and dequantize_row_q4_0 of ggml, element by element."""
    largest, magnitude = np.float32(0), np.float32(0)
    for value in block:
        if magnitude < abs(value):
            magnitude, largest = abs(value), value
    scale = largest / np.float32(-8)
    inverse = np.float32(1) / scale if scale else np.float32(0)
    levels = [min(15, int(np.float32(value * inverse) + np.float32(8.5))) for value in block]
    return np.array([np.float32(np.float16(scale)) * np.float32(level - 8) for level in levels], dtype=np.float32)


def ggml_q8_0(block: np.ndarray) -> np.ndarray:
    scale = np.abs(block).max() / np.float32(127)
    inverse = np.float32(1) / scale if scale else np.float32(0)
    ratios = (np.float32(value * inverse) for value in block)
    levels = [int(np.sign(ratio) * np.floor(abs(ratio) + np.float32(0.5))) for ratio in ratios]
    return np.array([np.float32(np.float16(scale)) * np.float32(level) for level in levels], dtype=np.float32)


@pytest.mark.parametrize(("rule", "reference"), [("q4_0", ggml_q4_0), ("q8_0", ggml_q8_0)])
def test_matches_ggml(rule, reference):
    weights = random_weights()
    wanted = np.concatenate([reference(block) for block in weights.numpy().reshape(-1, 32)]).reshape(400, 96)
    assert np.array_equal(snap(weights, rule).numpy(), wanted)


@pytest.mark.parametrize("rule", ["q4_0", "q8_0"])
def test_snapping_twice_changes_nothing(rule):
    once = snap(random_weights(), rule)
    assert torch.equal(snap(once, rule), once)
    levels, scales = quantise(once, rule)
    assert torch.equal(scales.float().repeat_interleave(32, dim=1) * levels, once)


def test_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="q5_0"):
        quantise(torch.zeros(1, 32), "q5_0")


def test_quantised_model_learns_through_its_snapped_weights(model):
    rules = rules_for(model, layers="q4_0", embedding="q8_0")
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    with quantised(model, rules):
        inside = {name: weight.clone() for name, weight in model.state_dict().items()}
        model(torch.tensor([[1, 2, 3]])).square().sum().backward()
    for name, weight in model.named_parameters():
        assert torch.equal(weight, before[name])
        assert weight.grad is not None and weight.grad.abs().sum() > 0
        wanted = snap(before[name], rules[name]) if name in rules else before[name]
        assert torch.equal(inside[name], wanted)
