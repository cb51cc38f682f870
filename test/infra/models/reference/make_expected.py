"""
What transformers computes with the folders of write-folders-main.ts, and config.json as it saves it itself:

    npx tsx test/infra/models/reference/write-folders-main.ts /tmp/reference
    python test/infra/models/reference/make_expected.py /tmp/reference > test/infra/models/reference/expected.json
    npx biome format --write test/infra/models/reference/expected.json

Made with transformers 5.24.0 and torch 2.15.0, in float32 on a CPU.
"""
import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

root = Path(sys.argv[1])
question = json.loads((root / "question.json").read_text())
ids = torch.tensor([question["tokens"]])
lines = []
for folder in sorted(path for path in root.iterdir() if path.is_dir()):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        logits = model(ids).logits[0, question["positions"]]
    config = json.loads(model.config.to_json_string())
    config.pop("_name_or_path", None)
    expected = {
        "config": config,
        "logits": [[round(value, 3) for value in row] for row in logits.tolist()],
    }
    lines.append(f"{json.dumps(folder.name)}: {json.dumps(expected)}")
print("{\n" + ",\n".join(lines) + "\n}")
