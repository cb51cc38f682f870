"""Models as Hugging Face folders: config.json and model.safetensors, in float32 or in blocks; embedding tied."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import load_file

from .blocks import QUANT_METHOD, as_blocks
from .files import save_tensors
from .llama import Llama, LlamaConfig
from .quantise import Rules


def config_json(config: LlamaConfig, bos: int, eos: int) -> dict:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "bos_token_id": bos,
        "eos_token_id": eos,
        **asdict(config),
    }


def parse_config(json_config: dict) -> LlamaConfig:
    names = LlamaConfig.__dataclass_fields__
    return LlamaConfig(**{name: json_config[name] for name in names if name in json_config})


def save_hf_folder(
    folder: Path, config: LlamaConfig, state: dict[str, torch.Tensor], bos: int, eos: int, rules: Rules | None = None
) -> None:
    """With `rules` the matrices that follow one are written as blocks."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: weight.detach().float().contiguous().cpu() for name, weight in state.items()}
    about = config_json(config, bos, eos)
    if rules is not None:
        about["quantization_config"] = {"quant_method": QUANT_METHOD}
        weights.update({name: as_blocks(weights[name], rule) for name, rule in rules.items()})
    save_tensors(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(about, indent=2) + "\n")
    generation = {"bos_token_id": bos, "eos_token_id": eos}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n")


def load_hf_folder(folder: Path, device: str | torch.device = "cpu") -> Llama:
    model = Llama(parse_config(json.loads((folder / "config.json").read_text())))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    return model.to(device).eval()
