"""The model is Hugging Face's Llama, and decoding token by token gives what a whole forward gives."""

import json

import pytest
import torch

from slipstream_train.generate import Writer
from slipstream_train.hf_folder import load_hf_folder, save_hf_folder
from slipstream_train.rows import ANSWER, PROMPT


def test_saves_and_loads_equal(model, tmp_path):
    save_hf_folder(tmp_path, model.config, model.state_dict(), bos=0, eos=0)
    loaded = load_hf_folder(tmp_path)
    assert loaded.config == model.config
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, loaded.state_dict()[name])
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"] and config["tie_word_embeddings"] is True


def test_agrees_with_transformers(model, tmp_path):
    transformers = pytest.importorskip("transformers")
    save_hf_folder(tmp_path, model.config, model.state_dict(), bos=0, eos=0)
    theirs = transformers.LlamaForCausalLM.from_pretrained(tmp_path)
    ids = torch.randint(96, (2, 40), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.allclose(theirs(ids).logits, model(ids), atol=1e-4)


def test_writing_with_a_cache_equals_whole_forwards(model):
    prompts = torch.full((3, 150), -1)
    prompts[0, :5] = torch.tensor([1, 2, 3, 4, 5])
    prompts[1, 0] = 9
    prompts[2, :140] = torch.arange(140) % 90
    prompts[2, 145] = 7  # given in the middle
    text = Writer(model, 3, 150).write(prompts, torch.zeros(3))
    with torch.no_grad():
        greedy = model(text.tokens.long()).argmax(-1)
    written = prompts == -1
    assert torch.equal(text.tokens[~written].long(), prompts[~written])
    assert torch.equal(text.tokens[:, 1:][written[:, 1:]].long(), greedy[:, :-1][written[:, 1:]])
    assert torch.equal(text.kinds == ANSWER, written) and torch.equal(text.kinds == PROMPT, ~written)


def test_refuses_rows_longer_than_the_context(model):
    with pytest.raises(ValueError, match="161"):
        Writer(model, 1, 161)
