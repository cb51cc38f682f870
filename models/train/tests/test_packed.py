"""Packing a snapped model loses nothing, in one part or in many."""

import torch

from slipstream_train import packed
from slipstream_train.hf_folder import save_hf_folder
from slipstream_train.packed import load_packed, save_packed
from slipstream_train.quantise import quantised, rules_for


def test_unpacks_to_the_very_weights(model, tmp_path, monkeypatch):
    monkeypatch.setattr(packed, "PART_BYTES", 20_000)
    rules = rules_for(model, layers="q4_0", embedding="q8_0")
    with quantised(model, rules):
        snapped = {name: weight.clone() for name, weight in model.state_dict().items()}
    extra = {"row_of_id": torch.arange(5, dtype=torch.int32)}
    parts = save_packed(tmp_path, "some-model", model, rules, extra, score=1.5)
    assert len(parts) > 1 and all(part.stat().st_size < 30_000 for part in parts)
    loaded, tensors, about = load_packed(tmp_path, "some-model")
    assert about["score"] == 1.5 and torch.equal(tensors["row_of_id"], extra["row_of_id"])
    for name, weight in loaded.state_dict().items():
        assert weight.dtype == torch.float32 and torch.equal(weight, snapped[name]), name
    again = save_packed(tmp_path / "again", "some-model", loaded, rules, extra, score=1.5)
    assert [part.read_bytes() for part in parts] == [part.read_bytes() for part in again]


def test_writes_files_that_everybody_may_read(model, tmp_path):
    save_packed(tmp_path, "some-model", model, rules_for(model, layers="q4_0", embedding="q8_0"))
    save_hf_folder(tmp_path, model.config, model.state_dict(), bos=0, eos=0)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.safetensors")} == {0o644}
