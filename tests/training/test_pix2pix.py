"""The engine with the system that the workbench ships."""

import dataclasses

import numpy as np
import pytest
import torch

from workbench.scenes import SCENES
from workbench.systems import build
from workbench.training import Plan, Trainer, make_patches
from workbench.training.instruments import INSTRUMENTS

PLAN = Plan(steps=6, batch_size=2, device="cpu", evaluated=3, shown=2, probe_phases=8)


@pytest.fixture(scope="module")
def onetone():
    return make_patches(
        SCENES["onetone"](size=16, count=24, seed=0, bands=2),
        SCENES["onetone"](size=16, count=8, seed=1, bands=2),
        "nyquist",
    )


def make_trainer(patches, plan=PLAN, seed=0, instruments=None, **options):
    options = {"size": 32, "width": 4, "coherence_weight": 10.0, "coherence_window": 5} | options
    system = build("pix2pix", in_channels=3, out_channels=1, seed=seed, **options)
    records = []
    return Trainer(system, patches, plan, records.append, instruments=instruments), records


def run(trainer, steps):
    for _ in range(steps):
        trainer.advance()
    return trainer.state()[0]


def assert_same(first, second):
    assert first.keys() == second.keys()
    different = [name for name in first if not torch.equal(first[name], second[name])]
    assert not different


@pytest.mark.parametrize("options", [{}, {"gan": "lsgan", "norm": "instance"}, {"gan_weight": 0.0}])
def test_interrupted_is_uninterrupted(options):
    # six levels: the innermost blocks drop out, so the random streams matter
    patches = make_patches(
        SCENES["onetone"](size=32, count=5, seed=0, bands=2),
        SCENES["onetone"](size=32, count=3, seed=1, bands=2),
        "nyquist",
    )
    whole, half, resumed = (
        make_trainer(patches, seed=seed, instruments={}, size=64, **options)[0] for seed in (0, 0, 5)
    )
    run(half, 3)
    resumed.load_state(*half.state())
    assert_same(run(whole, 6), run(resumed, 3))


def test_watching_changes_no_weight(onetone):
    unseen, _ = make_trainer(onetone, instruments={})
    watched, records = make_trainer(onetone, dataclasses.replace(PLAN, probe_every=1))
    watched.templates()
    watched.observe()
    assert_same(run(unseen, 6), run(watched, 6))
    assert {record.group for record in records} == {"scalars", *INSTRUMENTS}


def test_every_group_is_recorded_as_its_template_says(onetone):
    trainer, records = make_trainer(onetone, dataclasses.replace(PLAN, probe_every=3))
    templates = trainer.templates()
    trainer.observe()
    run(trainer, 6)
    for record in records:
        template = templates[record.group]
        assert list(record.values) == template.attrs["recorded"]
        for name, value in record.values.items():
            assert (value.shape, value.dtype) == (template[name].shape, template[name].dtype), name
    layers = {name.rpartition("/")[0] for name in templates["layers"].attrs["recorded"]}
    assert {"down1.conv", "up1.conv", "output"} <= layers
    names = {
        "generator_gan",
        "generator_l1",
        "generator_coherence",
        "discriminator_real",
        "discriminator_fake",
    }
    assert names <= set(templates["scalars"].data_vars)


def test_heldout_coherence_rises(onetone):
    plan = dataclasses.replace(PLAN, steps=60, batch_size=3, evaluated=8, observing_budget=0.0)
    trainer, records = make_trainer(onetone, plan, width=8, learning_rate=1e-3)
    trainer.observe()
    run(trainer, 60)
    trainer.observe()
    before, after = (r.values for r in records if r.group == "coherence")
    assert before["mean"] < 0.35
    assert after["mean"] > before["mean"] + 0.2
    assert np.isfinite(after["corrected_mean"])
