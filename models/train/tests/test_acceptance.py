"""Acceptance counts what the engine would confirm and refute."""

import torch

from slipstream_train.acceptance import chosen, summary


def test_counts_runs_and_rounds():
    match = torch.tensor([[1, 1, 0, 1, 1, 1, 1, 1, 0, 9]], dtype=torch.int64) == 1
    counted = torch.tensor([[True] * 9 + [False]])
    found = summary(match, counted, depths=(4,))
    assert found["positions"] == 9 and found["acceptance"] == 7 / 9
    # Runs of 2 and 5: mean 3.5.
    assert abs(found["by_runs"] - (1 - 1 / 4.5)) < 1e-12
    # Rounds: 1 1 0 | 1 1 1 1 (then the target's own token) | 0: the draft at the place of the own token counts not.
    assert found["free_running"]["4"] == {"by_position": [0.6667, 1.0, 0.5, 1.0], "tokens_per_round": 3.0}


def test_a_drafter_equal_to_its_target_always_agrees(model):
    tokens = torch.randint(96, (3, 20), generator=torch.Generator().manual_seed(2))
    seed, everything = torch.arange(3), torch.arange(96)
    for temperature in (0.0, 0.8):
        mine = chosen(model, tokens, temperature, seed, everything, everything, rows_at_once=2)
        assert torch.equal(mine, chosen(model, tokens, temperature, seed))
    assert not torch.equal(chosen(model, tokens, 0.8, seed), chosen(model, tokens, 0.8, seed + 1))
