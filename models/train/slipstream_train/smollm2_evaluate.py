"""Step: acceptance of SmolLM2's drafters on prompts that nothing was trained on.

    python -m slipstream_train.smollm2_evaluate RUN/smollm2 RUN/out --drafter smollm2-drafter-4 \\
        --prompts PROMPTS --out RUN/out/smollm2-evaluation.json

PROMPTS is a folder with mt_bench.jsonl (first turns, as chats) and humaneval.jsonl (raw, and as chats). SmolLM2
answers greedily, or at temperature 0.8 with the engine's shared noise; see measuring.py.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tokenizers import Tokenizer

from .devices import for_inference, pick_device
from .hf_folder import load_hf_folder
from .log import say
from .measuring import answer, measure
from .packed import load_packed
from .smollm2_tokenizer import chat_start
from .teaching import Vocabulary


def read_prompts(folder: Path) -> dict[str, list[str]]:
    chats = [json.loads(line)["turns"][0] for line in (folder / "mt_bench.jsonl").read_text().splitlines()]
    code = [json.loads(line)["prompt"] for line in (folder / "humaneval.jsonl").read_text().splitlines()]
    request = "Complete the following Python function:\n\n{}"
    return {
        "mt_bench chat": [chat_start(text) for text in chats],
        "humaneval raw": code,
        "humaneval chat": [chat_start(request.format(text.strip())) for text in code],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of smollm2_weights")
    parser.add_argument("folder", type=Path, help="folder with the packed drafters")
    parser.add_argument("--drafter", action="append", required=True)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="JSON file")
    parser.add_argument("--new-tokens", type=int, default=128)
    parser.add_argument("--limit", type=int, help="only so many prompts of each set")
    parser.add_argument("--temperature", type=float, action="append", help="default: 0 and 0.8")
    parser.add_argument("--device")
    options = parser.parse_args()
    device = pick_device(options.device)
    tokenizer = Tokenizer.from_file(str(options.model / "tokenizer.json"))
    ends = tuple(tokenizer.token_to_id(token) for token in ("<|endoftext|>", "<|im_end|>"))
    target = for_inference(load_hf_folder(options.model), device, exact=True)
    drafters = {}
    for name in options.drafter:
        model, extra, _ = load_packed(options.folder, name)
        rows = Vocabulary(extra["row_of_id"].long().to(device), extra["id_of_row"].long().to(device))
        drafters[name] = (for_inference(model, device, exact=True), rows)
    report: dict = {}
    for kind, texts in read_prompts(options.prompts).items():
        prompts = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts[: options.limit])]
        for temperature in options.temperature or (0.0, 0.8):
            groups = answer(target, prompts, options.new_tokens, temperature, ends)
            for name, numbers in measure(target, drafters, groups, temperature).items():
                report.setdefault(name, {}).setdefault(f"temperature {temperature:g}", {})[kind] = numbers
                say(name, prompts=kind, temperature=temperature, **numbers)
            # Rewritten after every set, so that an interrupted run keeps what it measured.
            options.out.parent.mkdir(parents=True, exist_ok=True)
            options.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
