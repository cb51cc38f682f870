import pytest
import torch

from slipstream_train.llama import Llama, LlamaConfig


@pytest.fixture
def model() -> Llama:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=96, hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, max_position_embeddings=160,
    )  # fmt: skip
    made = Llama(config).eval()
    with torch.no_grad():
        for weight in made.parameters():
            weight.mul_(4)  # far enough from zero for choices to differ
    return made
