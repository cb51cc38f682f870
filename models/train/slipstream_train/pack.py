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


def pack(folder: Path, name: str, out: Path) -> Llama:
    """Returns the model that it packed."""
    rules = json.loads((folder / "training.json").read_text())["rules"]
    model = Llama(parse_config(json.loads((folder / "config.json").read_text())))
    state = load_file(folder / "model.safetensors")
    model.load_state_dict({key: from_blocks(w, rules[key]) if key in rules else w for key, w in state.items()})
    rows = folder / "vocabulary_rows.safetensors"
    save_packed(out, name, model, rules, load_file(rows) if rows.exists() else None)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("--out", type=Path, required=True, help="folder for the packed model")
    options = parser.parse_args()
    model = pack(options.folder, options.name, options.out)
    say("packed", folder=str(options.out), parameters=model.parameter_count())


if __name__ == "__main__":
    main()
