import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.training import Plan, linear_decay, resolve_device


def test_linear_decay_of_100_and_100_epochs_has_the_reference_values():
    factors = [linear_decay(epoch, 100, 100) for epoch in (0, 99, 100, 150)]
    assert factors == pytest.approx([1, 1, 100 / 101, 50 / 101], abs=1e-12)
    assert [round(factor, 5) for factor in factors[2:]] == [0.9901, 0.49505]


@given(st.integers(1, 500))
def test_decay_is_one_then_falls_evenly_and_stays_positive(steps):
    plan = Plan(steps=steps)
    factors = [plan.decay_factor(step) for step in range(steps)]
    steady = steps - steps // 2
    assert factors[:steady] == [1.0] * steady
    falls = [a - b for a, b in zip(factors[steady - 1 :], factors[steady:], strict=False)]
    assert falls == pytest.approx([1 / (steps // 2 + 1)] * len(falls))
    assert factors[-1] > 0


def test_no_decay_keeps_the_rate():
    assert {Plan(steps=10, decay="none").decay_factor(step) for step in range(10)} == {1.0}


def test_a_plan_survives_json():
    plan = Plan(steps=12, probe_tone=(2, 3), probe_every=4, observing_budget=0.5)
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"steps": 0}, "steps must be at least 1; found 0"),
        ({"steps": 2.5}, "steps must be an integer; found 2.5"),
        ({"steps": True}, "steps must be an integer"),
        ({"batch_size": -1}, "batch_size must be at least 1"),
        ({"device": "tpu"}, "device must be one of auto, cpu, cuda; found 'tpu'"),
        ({"precision": "8"}, "precision must be one of 32-true, bf16-mixed"),
        ({"decay": "cosine"}, "decay must be one of linear_second_half, none"),
        ({"observing_budget": 1.0}, "0 <= share < 1; found 1.0"),
        ({"observing_budget": float("nan")}, "0 <= share < 1; found nan"),
        ({"probe_tone": 5}, "two integers"),
        ({"probe_tone": (5, 1.5)}, r"probe_tone\[1\] must be an integer"),
        ({"probe_amplitude": 0}, "positive number; found 0"),
        ({"evaluated": 3}, r"evaluated must be at least 4 \(shown is 4\); found 3"),
        ({"probe_every": 0}, "probe_every must be at least 1"),
    ],
)
def test_wrong_values_are_named(values, said):
    with pytest.raises(ValueError, match=said):
        Plan(**values)


def test_unknown_fields_list_the_known_ones():
    with pytest.raises(ValueError, match="a plan has no epochs; its fields are steps, batch_size"):
        Plan.from_dict({"epochs": 3})


def test_cuda_without_a_gpu_says_what_to_do(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == resolve_device("cpu") == "cpu"
    with pytest.raises(RuntimeError, match=r"no GPU here .* use device='cpu' or 'auto'"):
        resolve_device("cuda")


def test_auto_takes_the_gpu_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == resolve_device("cuda") == "cuda"
    assert resolve_device("cpu") == "cpu"


def test_unknown_devices_list_the_known_ones():
    with pytest.raises(ValueError, match="one of auto, cpu, cuda; found 'gpu'"):
        resolve_device("gpu")


def test_numpy_numbers_are_taken_as_pythons():
    plan = Plan(
        steps=np.int64(5),
        evaluated=np.int32(8),
        probe_tone=np.array([3, 4]),
        observing_budget=np.float32(0.5),
    )
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
