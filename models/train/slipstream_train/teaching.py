"""The course in which drafters learn from one target: one forward of it teaches all of them in the same step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .acceptance import chosen
from .batches import Batch
from .distil import distillation_loss
from .llama import Llama, float_logits
from .rows import ANSWER, Rows
from .training import Course, Trainee


@dataclass(frozen=True)
class Vocabulary:
    """Which rows a drafter's embedding has; None: one for each id."""

    row_of_id: Tensor | None = None
    id_of_row: Tensor | None = None


@dataclass(frozen=True)
class Lesson:
    batch: Batch
    hidden: Tensor  # of the target, [rows, length, width]
    logits: dict[int, Tensor]  # of the target, over the rows of a vocabulary


class Examination:
    """Acceptance on rows that are not learned from: greedy rows at temperature 0, those of 0.8 with shared noise."""

    def __init__(self, target: Llama, rows: Rows, device: torch.device, kind_names: list[str]):
        self.groups = []
        for temperature, tenths in ((0.0, 0), (0.8, 8)):
            some = rows[rows.about[:, 1] == tenths]
            if len(some) == 0:
                continue
            tokens = torch.from_numpy(some.tokens.astype("int32")).to(device)
            seed = torch.arange(len(some), device=device)
            wanted = chosen(target, tokens, temperature, seed)[:, :-1]
            counted = torch.from_numpy(some.kinds[:, 1:] == ANSWER).to(device)
            # A kind without a counted position has no acceptance (greedy rows never begin with nothing, say).
            masks = {
                name: mask for kind, name in enumerate(kind_names)
                if (mask := counted & torch.from_numpy(some.about[:, 0] == kind).to(device).unsqueeze(1)).any()
            }  # fmt: skip
            self.groups.append((temperature, tokens, seed, wanted, counted, masks))

    def mark(self, drafter: Llama, vocabulary: Vocabulary) -> dict[str, float]:
        result: dict[str, float] = {}
        for temperature, tokens, seed, wanted, counted, masks in self.groups:
            mine = chosen(drafter, tokens, temperature, seed, vocabulary.row_of_id, vocabulary.id_of_row)[:, :-1]
            match = mine == wanted
            result[f"t{temperature:g}"] = ((match & counted).sum() / counted.sum().clamp(min=1)).item()
            for name, mask in masks.items():
                result[f"t{temperature:g}_{name}"] = ((match & mask).sum() / mask.sum()).item()
        whole = [value for key, value in result.items() if "_" not in key]
        return {"score": 1 - sum(whole) / max(1, len(whole)), **result}


def course(
    target: Llama, batches: Iterator[Batch], examination: Examination, vocabularies: dict[str, Vocabulary],
    choice_weight: float, tokens_per_step: int, compile_loss: bool,
) -> Course:  # fmt: skip
    measure = torch.compile(distillation_loss, dynamic=False) if compile_loss else distillation_loss

    def prepare(batch: Batch) -> Lesson:
        with torch.no_grad():
            return Lesson(batch, target.hidden(batch.inputs), {})

    def loss(trainee: Trainee, lesson: Lesson) -> Tensor:
        vocabulary = vocabularies[trainee.name]
        key = id(vocabulary)
        if key not in lesson.logits:
            rows = target.model.embed_tokens.weight
            with torch.no_grad():
                rows = rows if vocabulary.id_of_row is None else rows[vocabulary.id_of_row]
                lesson.logits[key] = float_logits(lesson.hidden, rows).flatten(0, 1)
        ids = lesson.batch.inputs if vocabulary.row_of_id is None else vocabulary.row_of_id[lesson.batch.inputs]
        student = trainee.model(ids).flatten(0, 1)
        return measure(student, lesson.logits[key], lesson.batch.weight.flatten(), choice_weight)

    def evaluate(trainee: Trainee) -> dict[str, float]:
        return examination.mark(trainee.model, vocabularies[trainee.name])

    return Course(batches, prepare, loss, evaluate, tokens_per_step)
