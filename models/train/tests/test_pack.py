"""What was exported with blocks is packed again without loss, and training goes on from there."""

import json

import pytest
import torch

from slipstream_train.files import save_tensors
from slipstream_train.hf_folder import save_hf_folder
from slipstream_train.llama import Llama
from slipstream_train.optimiser import Optimiser
from slipstream_train.pack import pack
from slipstream_train.packed import load_packed
from slipstream_train.quantise import quantised, rules_for
from slipstream_train.training import Trainee, start_from


@pytest.fixture
def exported(model, tmp_path):
    """A folder as `export --blocks` writes it, its rules and the weights that are in it."""
    rules = rules_for(model, layers="q4_0", embedding="q8_0")
    with quantised(model, rules):
        snapped = {name: weight.clone() for name, weight in model.state_dict().items()}
    folder = tmp_path / "exported"
    save_hf_folder(folder, model.config, snapped, bos=0, eos=0, rules=rules)
    (folder / "training.json").write_text(json.dumps({"rules": rules}))
    return folder, rules, snapped


def test_packs_the_very_weights_of_an_export(exported, model, tmp_path):
    folder, rules, snapped = exported
    rows = {"row_of_id": torch.arange(7, dtype=torch.int32), "id_of_row": torch.arange(5, dtype=torch.int32)}
    save_tensors(rows, folder / "vocabulary_rows.safetensors")
    pack(folder, "some-model", tmp_path / "packed")
    loaded, extra, about = load_packed(tmp_path / "packed", "some-model")
    assert loaded.config == model.config and about["rules"] == rules
    assert loaded.state_dict().keys() == snapped.keys()
    for name, weight in loaded.state_dict().items():
        assert torch.equal(weight, snapped[name]), name
    assert extra.keys() == rows.keys() and all(torch.equal(extra[name], rows[name]) for name in rows)


def test_training_starts_from_what_was_packed(exported, model, tmp_path):
    folder, rules, snapped = exported
    pack(folder, "some-model", tmp_path)
    fresh, other = Llama(model.config), Llama(model.config)
    untouched = {name: weight.clone() for name, weight in other.state_dict().items()}
    trainees = [
        Trainee(name, made, rules, Optimiser(made, "adamw", 0.0), 1e-3)
        for name, made in (("some-model", fresh), ("another", other))
    ]
    start_from(tmp_path, trainees)
    assert all(torch.equal(weight, snapped[name]) for name, weight in fresh.state_dict().items())
    assert all(torch.equal(weight, untouched[name]) for name, weight in other.state_dict().items())
