"""The noise is the engine's (src/core/noise.ts)."""

import torch

from slipstream_train.noise import shared_gumbel

# From src/core/noise.ts: (seed, position, id, gumbel(noiseBits(key.first, key.second, id))).
ENGINE = [
    (0, 0, 0, 1.4325338978684135),
    (1, 5, 17, 2.1159694474605892),
    (9007199254740991, 1000, 49151, 1.6815337034583566),
    (123456789012, 77, 4095, 1.2956661935591378),
]


def test_equals_the_engines_noise():
    for seed, position, token, wanted in ENGINE:
        found = shared_gumbel(torch.tensor([seed]), torch.tensor([position]), torch.tensor([token]))
        assert abs(found.item() - wanted) < 1e-5, (seed, position, token)
