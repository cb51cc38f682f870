"""Step: PyTorch's float32 logits along some texts, for comparing other runtimes with (bench/logits.ts).

    python -m slipstream_train.reference_logits RUN/target-hf --texts models/fable/prompts.txt --out reference.safetensors

Texts are spread evenly over the file. For the text of line i, counted from 0: `ids.i` [tokens] int32 and `logits.i`
[tokens, vocabulary] float32.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from tokenizers import Tokenizer

from .files import save_tensors
from .hf_folder import load_hf_folder
from .log import say


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="exported model")
    parser.add_argument("--texts", type=Path, required=True, help="one text a line")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(options.folder / "tokenizer.json"))
    lines = options.texts.read_text(encoding="utf-8").splitlines()
    chosen = [number * len(lines) // options.count for number in range(options.count)]
    model = load_hf_folder(options.folder)
    tensors, tokens = {}, 0
    with torch.no_grad():
        for line in chosen:
            ids = torch.tensor(tokenizer.encode(lines[line]).ids)
            tensors[f"ids.{line}"] = ids.int()
            tensors[f"logits.{line}"] = model(ids.unsqueeze(0)).squeeze(0)
            tokens += len(ids)
    save_tensors(tensors, options.out)
    say("reference", texts=len(chosen), tokens=tokens)


if __name__ == "__main__":
    main()
