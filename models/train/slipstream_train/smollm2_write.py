"""Step: SmolLM2 writes the text its drafters learn from.

    python -m slipstream_train.smollm2_write RUN/smollm2 --corpus CORPUS.txt.xz --wordnet data.noun \\
        --rows-out RUN/smollm2-rows --budget-seconds 200

WordNet's nouns and the functions of Python's own library (whichever runs this) give the prompts variety. Half
of the answers are greedy, 30 % at temperature 0.8, 20 % at 1.0. Conversations go on by themselves (turns.py) until a
row is full. The corpus' held-out part is not used.
"""

from __future__ import annotations

import argparse
import sysconfig
from pathlib import Path
from random import Random

import numpy as np
import torch
from tokenizers import Tokenizer

from . import smollm2_words as words
from .budget import Budget
from .corpus import read_chapters, split
from .devices import for_inference, pick_device
from .generate import Writer
from .hf_folder import load_hf_folder
from .log import say, seconds
from .loops import cut
from .rows import ANSWER, IGNORED, Rows, append_rows
from .smollm2_prompts import KINDS, Prompt, Sources, make_prompt
from .sources import Terms, read_functions
from .turns import NOBODY, Turns


def make_turns(tokenizer: Tokenizer) -> Turns:
    """What the chat template puts between an end of turn and what the next speaker writes."""
    def ids(text: str) -> list[int]:
        return tokenizer.encode(text).ids

    assistant = "\n<|im_start|>assistant\n"
    follow_ups = [ids(f"\n<|im_start|>user\n{request}<|im_end|>{assistant}") for request in words.FOLLOW_UPS]
    return Turns(tokenizer.token_to_id("<|im_end|>"), ids(assistant), ids("\n<|im_start|>user\n"), follow_ups)


def fill(prompts: list[Prompt], tokenizer: Tokenizer, length: int) -> np.ndarray:
    """[rows, length], -1 where the model writes, which is at least half of a row."""
    filled = np.full((len(prompts), length), -1, dtype=np.int32)
    for row, encoding in enumerate(tokenizer.encode_batch_fast([prompt.text for prompt in prompts])):
        # A prompt too long loses its beginning, so what follows it still fits.
        ids = encoding.ids[-(length // 2) :]
        filled[row, : len(ids)] = ids
    return filled


def write_samples(path: Path, tokenizer: Tokenizer, rows: Rows, of_each_kind: int = 6) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for kind, name in enumerate(KINDS):
            some = rows[np.flatnonzero(rows.about[:, 0] == kind)[:of_each_kind]]
            for tokens, kinds, (_, tenths) in zip(some.tokens, some.kinds, some.about):
                text = tokenizer.decode(tokens[kinds != IGNORED].tolist(), skip_special_tokens=False)
                file.write(f"== {name}, temperature {tenths / 10}\n{text}\n\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of smollm2_weights")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, required=True, help="data.noun of WordNet 3.0")
    parser.add_argument("--rows-out", type=Path, required=True)
    parser.add_argument("--budget-seconds", type=float, required=True)
    parser.add_argument("--rows", type=int, default=2048, help="rows at once")
    parser.add_argument("--length", type=int, default=768)
    parser.add_argument("--samples", type=Path, help="file for a few rows as text")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--device")
    options = parser.parse_args()
    budget = Budget(options.budget_seconds)
    device = pick_device(options.device)
    torch.manual_seed(options.seed)
    random = Random(options.seed)
    chapters, _ = split(read_chapters(options.corpus))
    functions = read_functions(Path(sysconfig.get_paths()["stdlib"]))
    sources = Sources(chapters, Terms(options.wordnet), functions)
    say("sources", chapters=len(chapters), functions=len(functions))
    tokenizer = Tokenizer.from_file(str(options.model / "tokenizer.json"))
    end_of_text, end_of_turn = tokenizer.token_to_id("<|endoftext|>"), tokenizer.token_to_id("<|im_end|>")
    model = for_inference(load_hf_folder(options.model), device)
    writer = Writer(model, options.rows, options.length, turns=make_turns(tokenizer))
    say("ready", kernel=writer.cache.kernel is not None, graphs=len(writer.graphs))
    longest = 0.0
    while budget.left > longest * 1.1:
        began = seconds()
        prompts = [make_prompt(random, sources) for _ in range(options.rows)]
        tenths = np.array(random.choices([0, 8, 10], [5, 3, 2], k=options.rows))
        speakers = torch.tensor([prompt.speaker for prompt in prompts])
        scripts = torch.tensor([prompt.after_answer for prompt in prompts])
        filled = torch.from_numpy(fill(prompts, tokenizer, options.length))
        text = writer.write(filled, torch.from_numpy(tenths / 10).float(), (speakers, scripts))
        tokens, kinds = text.tokens.numpy(), text.kinds.numpy()
        # Raw text is over with any end; a conversation only with the end of the text.
        kinds = cut(tokens, kinds, ends=(end_of_text,))
        kinds = cut(tokens, kinds, ends=(end_of_turn,), from_row=speakers.numpy() == NOBODY)
        about = np.stack((np.array([prompt.kind for prompt in prompts]), tenths), axis=1)
        if options.samples is not None and longest == 0.0:
            write_samples(options.samples, tokenizer, Rows(tokens, kinds, about))
        total = append_rows(options.rows_out, Rows(tokens, kinds, about))
        longest = max(longest, seconds() - began)
        answered = {name: float((kinds[about[:, 0] == kind] == ANSWER).mean()) for kind, name in enumerate(KINDS)}
        rate = options.rows * options.length / (seconds() - began)
        say("wrote", rows=total, answers=answered, tokens_per_second=rate)


if __name__ == "__main__":
    main()
