import math

import pytest
import torch

from workbench.runs.checkpoints import (
    CheckpointError,
    list_checkpoints,
    load_checkpoint,
    load_newest,
    save_checkpoint,
)


def save(run, step, score=math.nan, **options):
    tensors = {"weights": torch.arange(5.0) * step, "rng": torch.tensor([step], dtype=torch.uint8)}
    tensors["images/seen"] = torch.tensor(step)
    return save_checkpoint(run, tensors, {"step": step, "draws": {"position": 3}}, score=score, **options)


def steps(run):
    return [checkpoint.step for checkpoint in list_checkpoints(run)]


def test_a_checkpoint_comes_back_bit_for_bit(run):
    values = {
        "f": torch.randn(3, 4),
        "b": torch.randn(5).to(torch.bfloat16),
        "d": torch.randn(2, dtype=torch.float64),
        "i": torch.tensor([1, -2]),
        "u": torch.arange(9, dtype=torch.uint8),
        "t": torch.tensor([True, False]),
        "scalar": torch.tensor(3.5),
        "empty": torch.zeros(0),
    }
    meta = {"step": 7, "random": {"python": [1, 2, "ä"]}}
    tensors, read = load_checkpoint(save_checkpoint(run, values, meta))
    assert read == meta
    assert tensors.keys() == values.keys()
    for name, value in values.items():
        assert tensors[name].dtype == value.dtype
        assert torch.equal(tensors[name], value)


def test_last_two_best_and_pinned_are_kept(run):
    for step, score in enumerate([0.1, 0.9, 0.3, 0.4, math.nan, 0.5]):
        save(run, 10 * step, score, pinned=step == 2)
    assert steps(run) == [10, 20, 40, 50]
    save(run, 20, 0.3)  # written again, still kept
    save(run, 60, 0.95)
    assert steps(run) == [20, 50, 60]


def damage(path, where):
    content = bytearray(path.read_bytes())
    if where == "cut":
        content = content[: len(content) // 2]
    elif where == "empty":
        content = bytearray()
    else:
        content[4 if where == "header" else -3] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("where", ["cut", "empty", "header", "values"])
def test_a_damaged_last_checkpoint_falls_back_to_the_one_before(run, where):
    save(run, 10)
    damage(save(run, 20).path, where)
    checkpoint, tensors, meta, problems = load_newest(run)
    assert (checkpoint.step, meta["step"]) == (10, 10)
    assert torch.equal(tensors["weights"], torch.arange(5.0) * 10)
    assert len(problems) == 1
    assert "000000020.safetensors is damaged" in problems[0]


def test_if_all_are_damaged_that_is_said(run):
    assert load_newest(run) is None
    for step in (10, 20):
        damage(save(run, step).path, "values")
    with pytest.raises(
        CheckpointError, match=r"no checkpoint of run toy can be read: .*000000020.*000000010"
    ):
        load_newest(run)


def test_a_failed_write_leaves_the_old_ones(run, monkeypatch):
    save(run, 10)

    def full(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(OSError, match="No space left"):
        save(run, 20)
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["000000010.safetensors"]
    assert steps(run) == [10]
