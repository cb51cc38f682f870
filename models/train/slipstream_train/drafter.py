"""Step: trains several candidates for the target's drafter in one run.

    python -m slipstream_train.drafter RUN/out --rows RUN/rows --corpus RUN/corpus --work RUN/drafters --out RUN/out \\
        --budget-seconds 150

A candidate is NAME:width=..,layers=..,heads=..,kv=..,ffn=.. and ends as NAME-1.safetensors, 8-bit blocks throughout.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import torch

from .batches import crops, mixed, row_batches
from .budget import Budget
from .compiling import compile_blocks, try_compiled
from .devices import for_inference, pick_device
from .llama import Llama, LlamaConfig
from .log import say
from .optimiser import Optimiser
from .packed import load_packed
from .quantise import rules_for
from .rows import read_rows
from .teaching import Examination, Vocabulary, course
from .training import Options, Trainee, casting, start_from, train

CANDIDATES = [
    "drafter-128x2:width=128,layers=2,heads=4,kv=2,ffn=384",
    "drafter-192x2:width=192,layers=2,heads=6,kv=2,ffn=512",
    "drafter-192x3:width=192,layers=3,heads=6,kv=2,ffn=512",
    "drafter-256x1:width=256,layers=1,heads=4,kv=2,ffn=768",
]


def parse_candidate(text: str, entries: int, context: int) -> tuple[str, LlamaConfig]:
    name, _, rest = text.partition(":")
    sizes = {key: int(value) for key, value in (pair.split("=") for pair in rest.split(","))}
    return name, LlamaConfig(
        vocab_size=entries, hidden_size=sizes["width"], intermediate_size=sizes["ffn"],
        num_hidden_layers=sizes["layers"], num_attention_heads=sizes["heads"], num_key_value_heads=sizes["kv"],
        head_dim=sizes["width"] // sizes["heads"], max_position_embeddings=context,
    )  # fmt: skip


def add_teaching_arguments(parser: argparse.ArgumentParser) -> None:
    """What this step and smollm2_drafter have in common."""
    parser.add_argument("--rows", type=Path, required=True, help="folder with written rows")
    parser.add_argument("--work", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--out", type=Path, required=True, help="folder for what is kept")
    parser.add_argument("--budget-seconds", type=float, required=True)
    parser.add_argument("--candidate", action="append", help="may be given several times; default: see the code")
    parser.add_argument("--start-from", type=Path, help="checkpoint.pt or packed models to go on from, anew")
    parser.add_argument("--corpus-rows", type=int, default=8, help="rows of a step that come from the corpus")
    parser.add_argument("--heldout-rows", type=int, default=160, help="written rows kept for measuring")
    parser.add_argument("--optimiser", choices=("muon", "adamw"), default="muon")
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--choice-weight", type=float, default=0.5, help="of the cross entropy with the target's argmax")
    parser.add_argument("--quantise-from", type=float, default=0.75, help="share of the time")
    parser.add_argument("--evaluate-every", type=float, default=20.0, help="seconds")
    parser.add_argument("--checkpoint-every", type=float, default=60.0, help="seconds")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--device")


def teach(
    options: argparse.Namespace, budget: Budget, target: Llama, trainees: list[Trainee],
    vocabularies: dict[str, Vocabulary], corpus: np.ndarray | None, kind_names: list[str],
) -> None:  # fmt: skip
    """Trains the trainees on the written rows and the corpus; `written_rows` of a step come from the former."""
    device = target.model.embed_tokens.weight.device
    rows = read_rows(options.rows)
    heldout = min(options.heldout_rows, len(rows) // 4)
    length = rows.tokens.shape[1] - 1
    corpus_rows = options.corpus_rows if corpus is not None else 0
    written = row_batches(rows[heldout:], options.written_rows, device, options.seed)
    other = crops(corpus, corpus_rows, length, device, options.seed + 1) if corpus_rows else None
    batches = mixed(written, other)
    tokens_per_step = (options.written_rows + corpus_rows) * length
    examination = Examination(target, rows[:heldout], device, kind_names)
    say("rows", written=len(rows), heldout=heldout, length=rows.tokens.shape[1], ready_after=budget.spent)
    if options.start_from is not None and options.start_from.exists():
        start_from(options.start_from, trainees)

    def lessons(compiled_loss: bool):
        return course(
            target, batches, examination, vocabularies, options.choice_weight, tokens_per_step, compiled_loss
        )

    def try_target() -> None:
        with casting(device, True):
            lessons(False).prepare(next(batches))

    def try_loss() -> None:
        plan = lessons(True)
        for trainee in trainees:
            with casting(device, True):
                plan.loss(trainee, plan.prepare(next(batches))).backward()
            trainee.model.zero_grad(set_to_none=True)

    if options.compile:
        compile_blocks([target], try_target)
    compiled_loss = options.compile and try_compiled(try_loss)
    train(
        trainees, lessons(compiled_loss),
        Options(options.work, options.out, options.quantise_from, options.evaluate_every, options.checkpoint_every),
        budget,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder with the packed target")
    parser.add_argument("--name", default="target")
    parser.add_argument("--corpus", type=Path, help="folder with training.bin")
    add_teaching_arguments(parser)
    parser.add_argument("--written-rows", type=int, default=40, help="rows of a step that the target wrote")
    parser.add_argument("--rate", type=float, default=4e-3)
    options = parser.parse_args()
    budget = Budget(options.budget_seconds, reserve=min(8.0, options.budget_seconds / 10))
    torch.manual_seed(options.seed)
    device = pick_device(options.device)
    target = for_inference(load_packed(options.model, options.name)[0], device)
    trainees = []
    for text in options.candidate or CANDIDATES:
        name, config = parse_candidate(text, target.config.vocab_size, target.config.max_position_embeddings)
        model = Llama(config).to(device)
        rules = rules_for(model, layers="q8_0", embedding="q8_0")
        optimiser = Optimiser(model, options.optimiser, options.weight_decay)
        # Narrower matrices bear larger steps; 192 is the middle of the candidates.
        rate = options.rate * math.sqrt(192 / config.hidden_size)
        trainees.append(Trainee(name, model, rules, optimiser, rate))
        say(name, parameters=model.parameter_count())
    whole = Vocabulary()
    corpus = np.fromfile(options.corpus / "training.bin", dtype=np.uint16) if options.corpus else None
    teach(options, budget, target, trainees, {t.name: whole for t in trainees}, corpus, ["nothing", "prefix"])


if __name__ == "__main__":
    main()
