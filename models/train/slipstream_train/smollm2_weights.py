"""Step: SmolLM2-135M-Instruct out of its GGUF file into a Hugging Face folder, float32.

    python -m slipstream_train.smollm2_weights SmolLM2-135M-Instruct.Q4_1.gguf --out RUN/smollm2
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from .gguf import Gguf
from .hf_folder import save_hf_folder
from .llama import LlamaConfig
from .log import say
from .smollm2_tokenizer import tokenizer_from

NAMES = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}  # fmt: skip


def config_from(metadata: dict) -> LlamaConfig:
    width, heads = metadata["llama.embedding_length"], metadata["llama.attention.head_count"]
    return LlamaConfig(
        vocab_size=len(metadata["tokenizer.ggml.tokens"]), hidden_size=width,
        intermediate_size=metadata["llama.feed_forward_length"], num_hidden_layers=metadata["llama.block_count"],
        num_attention_heads=heads, num_key_value_heads=metadata["llama.attention.head_count_kv"],
        head_dim=width // heads, max_position_embeddings=metadata["llama.context_length"],
        rope_theta=metadata["llama.rope.freq_base"],
        rms_norm_eps=float(f"{metadata['llama.attention.layer_norm_rms_epsilon']:.6g}"),
    )  # fmt: skip


def to_half_split(weight: np.ndarray, heads: int) -> np.ndarray:
    """Undoes GGUF's order of q and k rows, in which rotated pairs are neighbours."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def state_from(gguf: Gguf, config: LlamaConfig) -> dict[str, torch.Tensor]:
    state = {}
    for name in gguf.infos:
        weight = gguf.tensor(name)
        if name.startswith("blk."):
            _, layer, part, _ = name.split(".")
            if part in ("attn_q", "attn_k"):
                weight = to_half_split(
                    weight, config.num_attention_heads if part == "attn_q" else config.num_key_value_heads
                )
            key = f"model.layers.{layer}.{NAMES[part]}.weight"
        else:
            key = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}[name]
        state[key] = torch.from_numpy(np.ascontiguousarray(weight))
    return state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    gguf = Gguf(options.gguf)
    config = config_from(gguf.metadata)
    bos, eos = gguf.metadata["tokenizer.ggml.bos_token_id"], gguf.metadata["tokenizer.ggml.eos_token_id"]
    save_hf_folder(options.out, config, state_from(gguf, config), bos, eos)
    tokenizer = tokenizer_from(gguf.metadata)
    tokenizer.save(str(options.out / "tokenizer.json"))
    tokens = gguf.metadata["tokenizer.ggml.tokens"]
    template = gguf.metadata["tokenizer.chat_template"]
    about = {
        "tokenizer_class": "GPT2Tokenizer", "bos_token": tokens[bos], "eos_token": tokens[eos],
        "add_prefix_space": False, "model_max_length": config.max_position_embeddings, "chat_template": template,
    }  # fmt: skip
    (options.out / "tokenizer_config.json").write_text(json.dumps(about, indent=2) + "\n")
    (options.out / "chat_template.jinja").write_text(template)
    say("SmolLM2", config=vars(config), folder=str(options.out))


if __name__ == "__main__":
    main()
