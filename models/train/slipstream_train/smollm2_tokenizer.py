"""SmolLM2's tokenizer out of GGUF metadata, and its chat template as token ids."""

from __future__ import annotations

from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

CONTROL = 3  # GGUF's token type of control tokens
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def tokenizer_from(metadata: dict[str, Any]) -> Tokenizer:
    tokens: list[str] = metadata["tokenizer.ggml.tokens"]
    if metadata["tokenizer.ggml.pre"] != "smollm":
        raise ValueError(f"pre-tokenizer {metadata['tokenizer.ggml.pre']!r}, expected 'smollm'")
    merges = [tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab={token: id for id, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])  # fmt: skip
    tokenizer.decoder = decoders.ByteLevel()
    control = [token for token, kind in zip(tokens, metadata["tokenizer.ggml.token_type"]) if kind == CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    return tokenizer


def turn(role: str, content: str) -> str:
    return f"<|im_start|>{role}\n{content}<|im_end|>\n"


def chat_start(content: str | None) -> str:
    """The template of the GGUF's metadata for one user message, up to where the assistant writes.

    None: up to where the user does.
    """
    system = turn("system", SYSTEM)
    if content is None:
        return f"{system}<|im_start|>user\n"
    return f"{system}{turn('user', content)}<|im_start|>assistant\n"
