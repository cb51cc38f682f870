"""Step: trains the target on the corpus, the last quarter of the time with snapped weights.

    python -m slipstream_train.target RUN/corpus --work RUN/target --out RUN/out --budget-seconds 220

Killed at any moment, the same command goes on from the last checkpoint.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .batches import Batch, crops
from .budget import Budget
from .compiling import compile_blocks
from .devices import pick_device
from .llama import Llama, LlamaConfig
from .log import say
from .optimiser import Optimiser
from .quantise import rules_for
from .training import Course, Options, Trainee, casting, train


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="folder with training.bin and heldout.bin")
    parser.add_argument("--work", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--out", type=Path, required=True, help="folder for what is kept")
    parser.add_argument("--name", default="target")
    parser.add_argument("--budget-seconds", type=float, required=True)
    parser.add_argument("--entries", type=int, default=4096)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--layers", type=int, default=10)
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--kv-heads", type=int, default=4)
    parser.add_argument("--ffn", type=int, default=1536)
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--rows", type=int, default=48, help="sequences a step")
    parser.add_argument("--dropout", type=float, default=0.25)
    parser.add_argument("--optimiser", choices=("muon", "adamw"), default="muon")
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--weight-decay", type=float, default=0.5)
    parser.add_argument("--quantise-from", type=float, default=0.75, help="share of the time")
    parser.add_argument("--evaluate-every", type=float, default=12.0, help="seconds")
    parser.add_argument("--checkpoint-every", type=float, default=60.0, help="seconds")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device")
    return parser


def mean_loss(model: Llama, tokens: Tensor, context: int, rows: int) -> float:
    """Nats per token over the text in crops that follow one another."""
    total, count = 0.0, (len(tokens) - 1) // context
    for at in range(0, count, rows):
        starts = torch.arange(at, min(at + rows, count), device=tokens.device) * context
        cut = tokens[starts.unsqueeze(1) + torch.arange(context + 1, device=tokens.device)].long()
        logits = model(cut[:, :-1])
        total += F.cross_entropy(logits.flatten(0, 1), cut[:, 1:].flatten(), reduction="sum").item()
    return total / (count * context)


def main() -> None:
    options = arguments().parse_args()
    budget = Budget(options.budget_seconds, reserve=min(8.0, options.budget_seconds / 10))
    torch.manual_seed(options.seed)
    device = pick_device(options.device)
    config = LlamaConfig(
        vocab_size=options.entries, hidden_size=options.width, intermediate_size=options.ffn,
        num_hidden_layers=options.layers, num_attention_heads=options.heads, num_key_value_heads=options.kv_heads,
        head_dim=options.width // options.heads, max_position_embeddings=options.context,
    )  # fmt: skip
    model = Llama(config, options.dropout).to(device)
    rules = rules_for(model, layers="q4_0", embedding="q8_0")
    trainee = Trainee(
        options.name, model, rules, Optimiser(model, options.optimiser, options.weight_decay), options.rate
    )
    corpus = np.fromfile(options.corpus / "training.bin", dtype=np.uint16)
    heldout = torch.from_numpy(np.fromfile(options.corpus / "heldout.bin", dtype=np.uint16).astype(np.int32)).to(device)
    text = options.corpus / "heldout.txt"
    bits_per_nat = len(heldout) / text.stat().st_size / math.log(2) if text.exists() else float("nan")
    batches = crops(corpus, options.rows, options.context, device, options.seed)
    say("target", parameters=model.parameter_count(), tokens=len(corpus), device=str(device))

    def loss(_: Trainee, batch: Batch) -> Tensor:
        return F.cross_entropy(model(batch.inputs).flatten(0, 1), batch.labels.flatten())

    def evaluate(_: Trainee) -> dict[str, float]:
        nats = mean_loss(model, heldout, options.context, options.rows)
        return {"score": nats, "nats_per_token": nats, "bits_per_byte": nats * bits_per_nat}

    def try_out() -> None:
        model.train()
        with casting(device, True):
            value = loss(trainee, next(batches))
        value.backward()
        model.zero_grad(set_to_none=True)

    if options.compile:
        compile_blocks([model], try_out)
    train(
        [trainee],
        Course(batches, lambda batch: batch, loss, evaluate, options.rows * options.context),
        Options(
            options.work, options.out, options.quantise_from, options.evaluate_every, options.checkpoint_every
        ),
        budget,
    )


if __name__ == "__main__":
    main()
