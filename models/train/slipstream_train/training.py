"""The one training loop: any number of models learn from the same batches until the time is spent.

From `quantise_from` of the time on the forward pass sees snapped weights (quantise.py). Everything worth keeping is
written early and again and again: a checkpoint to go on from, the snapped model (packed.py) and a CSV per model.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .budget import Budget, learning_rate
from .llama import Llama
from .log import say
from .optimiser import Optimiser
from .packed import holds_packed, load_packed, save_packed
from .quantise import Rules, quantised


@dataclass
class Trainee:
    name: str
    model: Llama
    rules: Rules
    optimiser: Optimiser
    peak_rate: float
    extra: dict[str, Tensor] = field(default_factory=dict)
    best: float = float("inf")
    loss_sum: Tensor | float = 0.0
    loss_count: int = 0


@dataclass(frozen=True)
class Course:
    """What is taught. `prepare` makes of a batch what all models need (a teacher's answers, say)."""

    batches: Iterator[Any]
    prepare: Callable[[Any], Any]
    loss: Callable[[Trainee, Any], Tensor]
    evaluate: Callable[[Trainee], dict[str, float]]  # with "score": the lower, the better
    tokens_per_step: int


@dataclass(frozen=True)
class Options:
    folder: Path  # checkpoint
    out: Path  # what is kept: packed models, CSVs
    quantise_from: float = 0.75
    evaluate_every: float = 15.0
    checkpoint_every: float = 60.0
    first_checkpoint: float = 20.0
    autocast: bool = True


def train(trainees: list[Trainee], course: Course, options: Options, budget: Budget) -> None:
    device = next(trainees[0].model.parameters()).device
    checkpoint = options.folder / "checkpoint.pt"
    options.folder.mkdir(parents=True, exist_ok=True)
    step = load_checkpoint(checkpoint, trainees, budget)
    budget.begin()
    next_evaluation = budget.spent
    next_checkpoint = budget.spent + options.first_checkpoint
    quantising = budget.share >= options.quantise_from
    for trainee in trainees:
        trainee.model.train()
    while budget.left > 0:
        share = budget.share
        if not quantising and share >= options.quantise_from:
            say("quantised phase begins", step=step)
            evaluate_all(trainees, course, options, budget, step, quantising=False)
            quantising, next_evaluation = True, budget.spent
        with casting(device, options.autocast):
            prepared = course.prepare(next(course.batches))
        for trainee in trainees:
            with quantised(trainee.model, trainee.rules) if quantising else nullcontext():
                with casting(device, options.autocast):
                    loss = course.loss(trainee, prepared)
                loss.backward()
            trainee.optimiser.step(learning_rate(share, trainee.peak_rate))
            trainee.loss_sum = trainee.loss_sum + loss.detach()
            trainee.loss_count += 1
        step += 1
        if budget.spent >= next_evaluation:
            evaluate_all(trainees, course, options, budget, step, quantising)
            next_evaluation = budget.spent + options.evaluate_every
        if budget.spent >= next_checkpoint:
            save_checkpoint(checkpoint, trainees, budget, step)
            next_checkpoint = budget.spent + options.checkpoint_every
    evaluate_all(trainees, course, options, budget, step, quantising=True, unquantised_too=True)
    save_checkpoint(checkpoint, trainees, budget, step)
    say("time is spent", steps=step, tokens=step * course.tokens_per_step)


def casting(device: torch.device, on: bool) -> torch.autocast:
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=on)


def evaluate_all(
    trainees: list[Trainee], course: Course, options: Options, budget: Budget, step: int, quantising: bool,
    unquantised_too: bool = False,
) -> None:  # fmt: skip
    """Measures each model, snapped when `quantising`, and packs it if it is the best so far of its phase."""
    device = next(trainees[0].model.parameters()).device
    for trainee in trainees:
        def measure() -> dict[str, float]:
            trainee.model.eval()
            with torch.no_grad(), casting(device, options.autocast):
                result = course.evaluate(trainee)
            trainee.model.train()
            return result

        numbers: dict[str, float] = {}
        if unquantised_too:
            numbers.update({f"unquantised_{key}": value for key, value in measure().items()})
        with quantised(trainee.model, trainee.rules) if quantising else nullcontext():
            numbers.update(measure())
        train_loss = float(trainee.loss_sum) / trainee.loss_count if trainee.loss_count else None
        trainee.loss_sum, trainee.loss_count = 0.0, 0
        row = {
            "seconds": budget.spent, "step": step, "tokens": step * course.tokens_per_step,
            "phase": "quantised" if quantising else "float",
            "rate": learning_rate(budget.share, trainee.peak_rate), "train_loss": train_loss, **numbers,
        }  # fmt: skip
        say(trainee.name, **row)
        append_csv(options.out / f"{trainee.name}.csv", row)
        # Before the quantised phase the newest is kept, snapped without training for it: better than nothing.
        if not quantising or numbers["score"] < trainee.best:
            if quantising:
                trainee.best = numbers["score"]
            save_packed(options.out, trainee.name, trainee.model, trainee.rules, trainee.extra, **row)


def append_csv(path: Path, row: dict[str, object]) -> None:
    """Columns are those of the first row; what a later row has besides goes to the log only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = list(row)
    if path.exists():
        with path.open() as file:
            columns = next(csv.reader(file))
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", restval="")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})


def save_checkpoint(path: Path, trainees: list[Trainee], budget: Budget, step: int) -> None:
    began = time.monotonic()
    models = {
        trainee.name: {
            "model": trainee.model.state_dict(), "optimiser": trainee.optimiser.state(), "best": trainee.best,
        }
        for trainee in trainees
    }  # fmt: skip
    draft = path.with_suffix(".new")
    torch.save({"models": models, "step": step, "spent": budget.spent, "began": budget.began}, draft)
    os.replace(draft, path)
    say("checkpoint", step=step, seconds=time.monotonic() - began)


def load_checkpoint(path: Path, trainees: list[Trainee], budget: Budget) -> int:
    """Restores what was interrupted, its spent time included; returns the step (0 when there is nothing)."""
    if not path.exists():
        return 0
    saved = torch.load(path, map_location=next(trainees[0].model.parameters()).device, weights_only=True)
    for trainee in trainees:
        state = saved["models"][trainee.name]
        trainee.model.load_state_dict(state["model"])
        trainee.optimiser.load(state["optimiser"])
        trainee.best = state["best"]
    budget.resume(saved["spent"])
    budget.began = saved["began"]
    say("resumed", step=saved["step"], spent=saved["spent"])
    return saved["step"]


def start_from(path: Path, trainees: list[Trainee]) -> None:
    """Weights (not those of the optimiser, nor the time spent) of an earlier run, for those it had by that name.

    `path`: its checkpoint, or a folder with packed models, whose weights lie on their grid.
    """
    if path.is_dir():
        models = {t.name: load_packed(path, t.name)[0].state_dict() for t in trainees if holds_packed(path, t.name)}
    else:
        saved = torch.load(path, map_location="cpu", weights_only=True)["models"]
        models = {name: model["model"] for name, model in saved.items()}
    for trainee in trainees:
        if trainee.name in models:
            trainee.model.load_state_dict(models[trainee.name])
            say("started from", name=trainee.name, path=str(path))
