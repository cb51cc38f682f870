"""Step: a folder that `export --blocks` wrote becomes a packed model again, to go on from without its checkpoint.

    python -m slipstream_train.pack ../smollm2-drafter smollm2-drafter-3 --out RUN/before
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from safetensors.torch import load_file

from .blocks import from_blocks
from .hf_folder import parse_config
from .llama import Llama
from .log import say
from .packed import save_packed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("--out", type=Path, required=True, help="folder for the packed model")
    options = parser.parse_args()
    rules = json.loads((options.folder / "training.json").read_text())["rules"]
    model = Llama(parse_config(json.loads((options.folder / "config.json").read_text())))
    state = load_file(options.folder / "model.safetensors")
    model.load_state_dict({name: from_blocks(w, rules[name]) if name in rules else w for name, w in state.items()})
    rows = options.folder / "vocabulary_rows.safetensors"
    save_packed(options.out, options.name, model, rules, load_file(rows) if rows.exists() else None)
    say("packed", folder=str(options.out), parameters=model.parameter_count())


if __name__ == "__main__":
    main()
