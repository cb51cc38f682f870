"""Step: runs every path of this package for seconds on this device, at real sizes, and says PASS or FAIL.

    python -m slipstream_train.smoke --work RUN/smoke [--smollm2 RUN/smollm2] [--tiny]
"""

from __future__ import annotations

import argparse
import shutil
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from .batches import crops, row_batches
from .budget import Budget
from .cache import best_attend
from .compiling import compile_blocks, try_compiled
from .devices import for_inference, pick_device
from .generate import Writer
from .hf_folder import load_hf_folder
from .llama import Llama, LlamaConfig
from .log import say, seconds
from .optimiser import Optimiser
from .packed import load_packed, save_packed
from .quantise import quantised, rules_for, snap
from .row_subset import choose_rows
from .rows import Rows
from .smollm2_drafter import student_of
from .teaching import Examination, Vocabulary, course
from .training import Course, Options, Trainee, casting, train

FABLE = LlamaConfig(4096, 512, 1536, 10, 8, 4, 64, 1024)
SMOLLM2 = LlamaConfig(49152, 576, 1536, 30, 9, 3, 64, 2048, rope_theta=100000.0)


def spread(config: LlamaConfig) -> Llama:
    """A model of random weights, large enough for its choices to differ clearly."""
    model = Llama(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(3 if weight.dim() == 2 else 1)
    return model


class Smoke:
    def __init__(self, options: argparse.Namespace):
        self.options, self.device = options, pick_device(options.device)
        self.results: dict[str, bool] = {}
        tiny = options.tiny
        small = {"hidden_size": 64, "intermediate_size": 64, "num_attention_heads": 2, "num_key_value_heads": 1,
                 "head_dim": 32, "num_hidden_layers": 2}  # fmt: skip
        self.fable = replace(FABLE, **small) if tiny else FABLE
        self.smollm2 = replace(SMOLLM2, **small, vocab_size=512) if tiny else SMOLLM2
        self.length, self.rows = (64, 8) if tiny else (1024, 48)
        self.work: Path = options.work
        shutil.rmtree(self.work, ignore_errors=True)
        random = np.random.default_rng(0)
        # A language of sorts: steps of 1 to 8 from id to id.
        self.corpus = (np.cumsum(random.integers(1, 9, 400_000)) % 500).astype(np.uint16)

    def check(self, name: str, run: Callable[[], dict[str, object]]) -> None:
        began = seconds()
        try:
            found = run()
            self.results[name] = True
            say(f"PASS {name}", took=seconds() - began, **found)
        except Exception:
            self.results[name] = False
            say(f"FAIL {name}", took=seconds() - began)
            traceback.print_exc()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def generation(self, model: Llama, rows: int, length: int, agreement_at_least: float) -> dict[str, object]:
        model = for_inference(model, self.device)
        prompts = torch.full((rows, length), -1)
        prompts[:, :4] = torch.randint(2, 500, (rows, 4), generator=torch.Generator().manual_seed(1))
        cold = torch.zeros(rows)
        writer = Writer(model, rows, length)
        first = writer.write(prompts, cold)
        began = seconds()
        warm = writer.write(prompts, torch.full((rows,), 0.8))
        speed = rows * length / (seconds() - began)
        graphs, writer.graphs = len(writer.graphs), []
        eager = writer.write(prompts, cold)
        same = (first.tokens == eager.tokens).float().mean().item()
        if same < 0.999:
            raise ArithmeticError(f"graphs and eager agree in {same:.4f} of the tokens")
        if len(warm.tokens.unique()) < 2:
            raise ArithmeticError("sampling gave one token only")
        some = first.tokens[:8].long().to(self.device)
        with torch.no_grad():
            agreement = (model(some).argmax(-1)[:, 3:-1] == some[:, 4:]).float().mean().item()
        if agreement < agreement_at_least:
            raise ArithmeticError(f"only {agreement:.3f} of the tokens are what a whole forward says")
        kernel = writer.cache.kernel is not None
        return {"tokens_per_second": round(speed), "kernel": kernel, "graphs": graphs, "whole_forward": agreement}

    def kernel(self) -> dict[str, object]:
        like = torch.zeros(1, device=self.device, dtype=torch.bfloat16)
        found = {name: best_attend(config, like) is not None for name, config in
                 (("fable", self.fable), ("smollm2", self.smollm2))}  # fmt: skip
        if self.device.type == "cuda" and not all(found.values()):
            raise ArithmeticError(f"kernel unusable: {found}")
        return found

    def target_training(self) -> dict[str, object]:
        """Float steps, then quantised ones, checkpoint, resume and packing, through the real loop."""
        model = Llama(self.fable, dropout=0.2).to(self.device)
        rules = rules_for(model, "q4_0", "q8_0")
        trainee = Trainee("smoke-target", model, rules, Optimiser(model, "muon", 0.5), 3e-3)
        batches = crops(self.corpus, self.rows, self.length, self.device, 1)

        def loss(_: Trainee, batch) -> torch.Tensor:
            return torch.nn.functional.cross_entropy(model(batch.inputs).flatten(0, 1), batch.labels.flatten())

        def try_out() -> None:
            model.train()
            with casting(self.device, True):
                value = loss(trainee, next(batches))
            value.backward()
            model.zero_grad(set_to_none=True)

        compiled = compile_blocks([model], try_out) if self.options.compile else False

        def evaluate(_: Trainee) -> dict[str, float]:
            return {"score": loss(trainee, next(batches)).item()}

        lesson = Course(batches, lambda batch: batch, loss, evaluate, self.rows * self.length)
        plan = Options(self.work / "target", self.work / "out", 0.5, 100.0, 100.0)
        began = seconds()
        train([trainee], lesson, plan, Budget(seconds() + 6.0))
        lines = (self.work / "out" / "smoke-target.csv").read_text().splitlines()
        tokens, first, last = (float(lines[-1].split(",")[2]), *(float(lines[n].split(",")[6]) for n in (1, -1)))
        if not last < first - 0.2:
            raise ArithmeticError(f"the loss went from {first} to {last}")
        packed, _, _ = load_packed(self.work / "out", "smoke-target")
        with quantised(model, rules):
            wanted = {name: weight.detach().cpu().clone() for name, weight in model.named_parameters()}
        for name, weight in packed.named_parameters():
            again = snap(weight, rules[name]) if name in rules else weight
            if not torch.equal(weight, wanted[name]) or not torch.equal(weight, again):
                raise ArithmeticError(f"{name}: packed weights differ, or move when snapped again")
        return {"compiled": compiled, "tokens_per_second": round(tokens / (seconds() - began)), "loss": last}

    def teaching(self, target: Llama, students: dict[str, tuple[Llama, Vocabulary]], rows: int, length: int):
        ids = target.config.vocab_size
        written = Rows(
            np.resize(self.corpus, (64, length)), np.full((64, length), 3, np.uint8),
            np.tile(np.array([[0, 0], [1, 8]], np.uint8), (32, 1)),
        )  # fmt: skip
        target = for_inference(target, self.device)
        examination = Examination(target, written[:8], self.device, ["one", "other"])
        batches = row_batches(written, rows, self.device, 1)
        vocabularies = {name: vocabulary for name, (_, vocabulary) in students.items()}
        trainees = []
        for name, (student, _) in students.items():
            student.to(self.device).train()
            rules = rules_for(student, "q4_0", "q8_0")
            trainees.append(Trainee(name, student, rules, Optimiser(student, "muon", 0.05), 2e-3))

        def plan(compiled_loss: bool) -> Course:
            return course(target, batches, examination, vocabularies, 0.5, rows * length, compiled_loss)

        def try_target() -> None:
            with casting(self.device, True):
                plan(False).prepare(next(batches))

        def try_loss() -> None:
            for trainee in trainees:
                with casting(self.device, True):
                    lesson = plan(True).prepare(next(batches))
                    plan(True).loss(trainee, lesson).backward()
                trainee.model.zero_grad(set_to_none=True)

        compiled = self.options.compile and compile_blocks([target], try_target) and try_compiled(try_loss)
        name = f"teaching-{ids}"
        began = seconds()
        train(trainees, plan(compiled), Options(self.work / name, self.work / "out", 0.5, 100.0, 100.0),
              Budget(seconds() + 4.0))  # fmt: skip
        lines = (self.work / "out" / f"{trainees[0].name}.csv").read_text().splitlines()
        losses = [float(line.split(",")[5]) for line in lines[1:] if line.split(",")[5]]
        first, last = losses[0], losses[-1]
        if not last < first:
            raise ArithmeticError(f"the loss went from {first} to {last}")
        speed = float(lines[-1].split(",")[2]) / (seconds() - began)
        found: dict[str, object] = {"compiled": compiled, "tokens_per_second": round(speed), "loss": last}
        if self.device.type == "cuda":
            found["peak_gib"] = torch.cuda.max_memory_allocated() / 2**30
        return found

    def fable_teaching(self) -> dict[str, object]:
        narrow = {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32, "hidden_size": 64}
        students = {
            f"smoke-{layers}": (Llama(replace(self.fable, num_hidden_layers=layers, **narrow)), Vocabulary())
            for layers in (1, 2)
        }
        return self.teaching(spread(self.fable), students, self.rows, self.length)

    def smollm2_teaching(self, model: Llama) -> dict[str, object]:
        size = min(16384, self.smollm2.vocab_size // 2)
        counts = torch.from_numpy(np.bincount(self.corpus, minlength=self.smollm2.vocab_size))
        row_of_id, id_of_row = choose_rows(counts, model.model.embed_tokens.weight.detach(), size, [0])
        vocabulary = Vocabulary(row_of_id.to(self.device), id_of_row.to(self.device))
        last = self.smollm2.num_hidden_layers - 1
        students = {
            name: (student_of(model, layers, id_of_row), vocabulary)
            for name, layers in (("smoke-s4", [0, 1, last - 1, last]), ("smoke-s3", [0, 1, last]))
        }
        return self.teaching(model, students, 32 if not self.options.tiny else 4, 768 if not self.options.tiny else 64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--smollm2", type=Path)
    parser.add_argument("--only", choices=("fable", "smollm2"))
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--device")
    options = parser.parse_args()
    smoke = Smoke(options)
    say("device", torch=torch.__version__, device=str(smoke.device),
        name=torch.cuda.get_device_name() if smoke.device.type == "cuda" else "CPU")  # fmt: skip
    rows, length = (4, 48) if options.tiny else (2048, 192)
    smoke.check("decode kernel", smoke.kernel)
    if options.only != "smollm2":
        smoke.check("fable generation", lambda: smoke.generation(spread(smoke.fable), rows, length, 0.5))
        smoke.check("target training", smoke.target_training)
        smoke.check("fable teaching", smoke.fable_teaching)
    if options.only != "fable":
        real = options.smollm2 is not None

        def model() -> Llama:
            return load_hf_folder(options.smollm2) if real else spread(smoke.smollm2)

        smoke.check("SmolLM2 generation", lambda: smoke.generation(model(), rows, length, 0.85 if real else 0.5))
        smoke.check("SmolLM2 teaching", lambda: smoke.smollm2_teaching(model()))
    failed = [name for name, passed in smoke.results.items() if not passed]
    say("SMOKE FAILED" if failed else "SMOKE PASSED", failed=failed)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
