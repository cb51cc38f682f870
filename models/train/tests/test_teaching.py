"""What a drafter is told about itself."""

import numpy as np
import torch

from slipstream_train.rows import ANSWER, PROMPT, Rows
from slipstream_train.teaching import Examination, Vocabulary


def test_marks_each_kind_that_has_answers(model):
    random = np.random.default_rng(4)
    kinds = np.full((4, 20), ANSWER, dtype=np.uint8)
    kinds[3] = PROMPT
    about = np.array([[1, 0], [0, 8], [1, 8], [2, 8]], dtype=np.uint8)
    rows = Rows(random.integers(96, size=(4, 20)).astype(np.uint16), kinds, about)
    examination = Examination(model, rows, torch.device("cpu"), ["nothing", "prefix", "unanswered"])
    assert examination.mark(model, Vocabulary()) == {
        "score": 0.0, "t0": 1.0, "t0_prefix": 1.0, "t0.8": 1.0, "t0.8_nothing": 1.0, "t0.8_prefix": 1.0,
    }  # fmt: skip
