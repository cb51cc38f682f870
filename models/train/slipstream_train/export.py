"""Step: a packed model becomes a Hugging Face folder, its weights bit for bit what was packed.

    python -m slipstream_train.export RUN/out target --tokenizer RUN/tokenizer --out RUN/target-hf

Weights are float32; with --blocks those that lie on a grid are written as its blocks (blocks.py), which Slipstream
imports, in a seventh or a quarter of the space.
A drafter that knows only some ids also gets vocabulary_rows.safetensors: `row_of_id` (int32, one per id of the
target) and `id_of_row` (int32, one per row of its embedding).
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from .files import save_tensors
from .hf_folder import save_hf_folder
from .log import say
from .packed import load_packed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with the packed model")
    parser.add_argument("name")
    parser.add_argument("--tokenizer", type=Path, help="folder with tokenizer.json and what goes with it")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--blocks", action="store_true", help="quantised weights, for Slipstream only")
    parser.add_argument("--bos", type=int, default=0)
    parser.add_argument("--eos", type=int, default=0)
    options = parser.parse_args()
    model, extra, about = load_packed(options.folder, options.name)
    rules = about["rules"] if options.blocks else None
    save_hf_folder(options.out, model.config, model.state_dict(), options.bos, options.eos, rules)
    measured = {key: value for key, value in about.items() if key not in ("config", "rules", "parts")}
    (options.out / "training.json").write_text(json.dumps({"rules": about["rules"], **measured}, indent=2) + "\n")
    if extra:
        save_tensors(extra, options.out / "vocabulary_rows.safetensors")
    if options.tokenizer is not None:
        for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            if (options.tokenizer / name).exists():
                shutil.copyfile(options.tokenizer / name, options.out / name)
        drop_white_space(options.out / "tokenizer.json")
    say("exported", folder=str(options.out), parameters=model.parameter_count())


def drop_white_space(path: Path) -> None:
    """Half of a tokenizer's bytes, as most programs write it."""
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
