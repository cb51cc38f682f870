"""Step: drafters for SmolLM2, made of some of its own layers and the commonest rows of its embedding.

    python -m slipstream_train.smollm2_drafter RUN/smollm2 --rows RUN/smollm2-rows --corpus CORPUS.txt.xz \\
        --work RUN/smollm2-drafters --out RUN/out --budget-seconds 300

A candidate is NAME:layers=0-1-28-29,rows=16384,embedding=q4_0; layers end on Q4_0's grid, the embedding on the grid
named. Give --vocabulary-from along with --start-from: what was learned holds for those rows only.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from .budget import Budget
from .corpus import encode, read_chapters, split
from .devices import for_inference, pick_device
from .drafter import add_teaching_arguments, teach
from .hf_folder import load_hf_folder
from .llama import Llama
from .log import say
from .optimiser import Optimiser
from .packed import holds_packed, load_packed
from .quantise import rules_for
from .row_subset import choose_rows
from .rows import ANSWER, Rows, read_rows
from .smollm2_prompts import KINDS
from .teaching import Vocabulary
from .training import Trainee

CANDIDATES = [
    "smollm2-drafter-4:layers=0-1-28-29,rows=16384,embedding=q4_0",
    "smollm2-drafter-3:layers=0-1-29,rows=16384,embedding=q4_0",
]


def student_of(target: Llama, layers: list[int], id_of_row: torch.Tensor) -> Llama:
    """These layers of the target, its final norm, and these rows of its embedding."""
    student = Llama(replace(target.config, vocab_size=len(id_of_row), num_hidden_layers=len(layers)))
    theirs, state = target.state_dict(), {}
    for name in student.state_dict():
        if name == "model.embed_tokens.weight":
            state[name] = theirs[name][id_of_row]
        elif name.startswith("model.layers."):
            number, _, rest = name.removeprefix("model.layers.").partition(".")
            state[name] = theirs[f"model.layers.{layers[int(number)]}.{rest}"]
        else:
            state[name] = theirs[name]
    student.load_state_dict(state)
    return student


def count_ids(rows: Rows, ids: int) -> torch.Tensor:
    written = rows.tokens[rows.kinds == ANSWER]
    everything = rows.tokens[rows.kinds != 0]
    # What is written matters most: only that must be predicted; the rest at least is read.
    counts = 4 * np.bincount(written, minlength=ids) + np.bincount(everything, minlength=ids)
    return torch.from_numpy(counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of smollm2_weights")
    parser.add_argument("--corpus", type=Path)
    add_teaching_arguments(parser)
    parser.set_defaults(corpus_rows=2)
    parser.add_argument("--vocabulary-from", type=Path, help="folder with packed candidates whose rows to take")
    parser.add_argument("--written-rows", type=int, default=30, help="rows of a step that SmolLM2 wrote")
    parser.add_argument("--rate", type=float, default=2e-3)
    options = parser.parse_args()
    budget = Budget(options.budget_seconds, reserve=min(12.0, options.budget_seconds / 10))
    torch.manual_seed(options.seed)
    device = pick_device(options.device)
    original = load_hf_folder(options.model)
    tokenizer = Tokenizer.from_file(str(options.model / "tokenizer.json"))
    rows = read_rows(options.rows)
    counts = count_ids(rows, original.config.vocab_size)
    longest = rows.tokens.shape[1]
    original.config = replace(original.config, max_position_embeddings=max(2048, longest))
    always = list(range(17 + 256))  # control tokens and single bytes, the first entries of the vocabulary
    trainees, vocabularies = [], {}
    made: dict[int | str, Vocabulary] = {}
    for text in options.candidate or CANDIDATES:
        name, _, rest = text.partition(":")
        wanted = dict(pair.split("=") for pair in rest.split(","))
        size: int | str = int(wanted["rows"])
        if options.vocabulary_from is not None and holds_packed(options.vocabulary_from, name):
            size = name
            _, extra, _ = load_packed(options.vocabulary_from, name)
            made[size] = Vocabulary(extra["row_of_id"].long().to(device), extra["id_of_row"].long().to(device))
        if size not in made:
            embedding = original.model.embed_tokens.weight.detach().to(device)
            made[size] = Vocabulary(*choose_rows(counts.to(device), embedding, size, always))
            kept = counts[made[size].id_of_row.cpu()].sum() / counts.sum()
            say("vocabulary", rows=size, share_of_text=kept.item())
        vocabulary = vocabularies[name] = made[size]
        layers = [int(layer) for layer in wanted["layers"].split("-")]
        student = student_of(original, layers, vocabulary.id_of_row.cpu()).to(device)
        rules = rules_for(student, layers="q4_0", embedding=wanted["embedding"])
        extra = {"row_of_id": vocabulary.row_of_id.int(), "id_of_row": vocabulary.id_of_row.int()}
        optimiser = Optimiser(student, options.optimiser, options.weight_decay)
        trainees.append(Trainee(name, student, rules, optimiser, options.rate, extra))
        say(name, parameters=student.parameter_count(), layers=layers)
    target = for_inference(original, device)
    corpus = None
    if options.corpus is not None and options.corpus_rows:
        chapters, _ = split(read_chapters(options.corpus))
        corpus = encode(chapters[:: max(1, len(chapters) // 400)], tokenizer)
    teach(options, budget, target, trainees, vocabularies, corpus, KINDS)


if __name__ == "__main__":
    main()
