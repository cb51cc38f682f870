"""Step: measures the target on held-out text, each drafter's acceptance on held-out prompts, and writes samples.

    python -m slipstream_train.evaluate RUN/out --corpus RUN/corpus --tokenizer RUN/tokenizer \\
        --drafter drafter-128x2 --drafter drafter-192x3 --out RUN/out

Writes evaluation.json and samples.txt.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from .devices import for_inference, pick_device
from .log import say
from .measuring import answer, measure
from .packed import load_packed
from .target import mean_loss
from .teaching import Vocabulary

OPENINGS = ["Once upon a time", "The old sailor", '"Good gracious!" said the Rabbit,', "It was a dark night, and"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with the packed models")
    parser.add_argument("--target", default="target")
    parser.add_argument("--drafter", action="append", default=[])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--prompts", type=int, default=128)
    parser.add_argument("--prompt-file", type=Path, help="one a line, instead of cuts of the held-out text")
    parser.add_argument("--new-tokens", type=int, default=256)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--device")
    options = parser.parse_args()
    device = pick_device(options.device)
    options.out.mkdir(parents=True, exist_ok=True)
    target = for_inference(load_packed(options.folder, options.target)[0], device, exact=True)
    tokenizer = Tokenizer.from_file(str(options.tokenizer / "tokenizer.json"))
    heldout = np.fromfile(options.corpus / "heldout.bin", dtype=np.uint16)
    on_device = torch.from_numpy(heldout.astype(np.int32)).to(device)
    with torch.no_grad():
        nats = mean_loss(target, on_device, target.config.max_position_embeddings, 8)
    size = (options.corpus / "heldout.txt").stat().st_size
    report: dict = {
        "nats_per_token": nats, "bits_per_byte": nats * len(heldout) / size / math.log(2), "acceptance": {},
    }  # fmt: skip
    say("held-out text", **{key: value for key, value in report.items() if key != "acceptance"})

    if options.prompt_file is not None:
        lines = options.prompt_file.read_text(encoding="utf-8").splitlines()[: options.prompts]
        prompts = [tokenizer.encode(line).ids for line in lines]
    else:
        random = np.random.default_rng(options.seed)
        starts = random.integers(len(heldout) - 64, size=options.prompts)
        prompts = [heldout[start : start + int(random.integers(32, 65))].tolist() for start in starts]
    drafters = {
        name: (for_inference(load_packed(options.folder, name)[0], device, exact=True), Vocabulary())
        for name in options.drafter
    }
    for temperature in (0.0, 0.8):
        groups = answer(target, prompts, options.new_tokens, temperature, ends=(0,))
        found = measure(target, drafters, groups, temperature)
        report["acceptance"][f"temperature {temperature:g}"] = found
        for name, numbers in found.items():
            say(name, temperature=temperature, **numbers)
    (options.out / "evaluation.json").write_text(json.dumps(report, indent=2) + "\n")

    openings = [tokenizer.encode(text).ids for text in OPENINGS]
    with (options.out / "samples.txt").open("w", encoding="utf-8") as file:
        for temperature in (0.0, 0.8):
            for group in answer(target, [[0, *ids] for ids in openings], options.new_tokens, temperature, ends=(0,)):
                for row, counted in zip(group.tokens.tolist(), group.counted.tolist()):
                    last = max((at for at, is_new in enumerate(counted) if is_new), default=0)
                    text = tokenizer.decode(row[1 : last + 1])
                    file.write(f"== temperature {temperature:g}\n{text}\n\n")


if __name__ == "__main__":
    main()
