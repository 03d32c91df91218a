import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from workbench.training import Plan, Trainer
from workbench.training.bench import Bench
from workbench.training.instruments import INSTRUMENTS
from workbench.training.passes import network_passes
from workbench.training.probing import SMALL_SIGNAL, fitting_tone, layers, orders, pass_layers, pass_orders
from workbench.training.records import template_of, values_of

PLAN = Plan(steps=6, device="cpu", evaluated=4, shown=2, probe_phases=8)


@pytest.fixture
def bench(toy, patches):
    return Bench(toy, patches, PLAN, torch.device("cpu"))


def test_spectra_are_those_of_the_layers_on_the_shown_conditions(bench):
    tree = layers(bench)()
    with torch.no_grad():
        output = bench.generator.eval()(bench.patches.heldout.condition[:2])
    expected = np.abs(np.fft.fft2(output.numpy(), norm="forward")) ** 2
    expected = np.fft.fftshift(expected.mean((0, 1)))
    np.testing.assert_allclose(tree["4"].power, expected, rtol=1e-4, atol=1e-9)
    assert tree["4"].power.dtype == np.float32
    assert tree["4"].attrs["recorded"] == ["power"]
    assert set(values_of(tree)) == {f"{name}/power" for name in tree.children}
    assert {"frequency_y", "input_frequency_x"} <= set(tree["4"].coords)


def test_orders_of_the_plans_tone_are_recorded(bench):
    analysis = orders(bench)()
    assert analysis.attrs["tone"] == [1, 2]
    assert analysis.attrs["shape"] == [3, 16, 16]
    assert analysis.attrs["phases"] == 8
    recorded = values_of(analysis)
    assert set(recorded) == {"power", "theory", "order_tail", "largest_spur", "folded_at"}
    first = analysis.power.sel(layer="0").sum(("order", "cause"))
    frames = np.arange(16)
    phases = 2 * np.pi * np.arange(8) / 8
    tone = np.cos(2 * np.pi * (frames[:, None] + 2 * frames) / 16 + phases[:, None, None])
    batch = torch.tensor(np.repeat(tone[:, None], 3, axis=1), dtype=torch.float32)
    with torch.no_grad():
        output = bench.generator[0](batch)
    assert float(first) == pytest.approx(float(output.square().mean((0, 2, 3)).sum()), rel=1e-4)


def test_the_schema_does_not_change_while_training(make_toy, patches):
    toy, records = make_toy(), []
    trainer = Trainer(toy, patches, dataclasses.replace(PLAN, probe_every=2), records.append)
    templates = trainer.templates()
    assert set(templates) == {"scalars", *INSTRUMENTS}
    trainer.observe()
    while not trainer.done:
        trainer.advance()
    for record in records:
        template = templates[record.group]
        assert list(record.values) == template.attrs["recorded"]
        for name, value in record.values.items():
            assert value.shape == template[name].shape, (record.group, name)
            assert value.dtype == template[name].dtype, (record.group, name)
    for group in INSTRUMENTS:
        assert [record.step for record in records if record.group == group] == [0, 2, 4, 6]


def test_templates_hold_what_is_static(bench):
    analysis = orders(bench)()
    template = template_of(analysis)
    assert list(template.layer.values) == list(analysis.layer.values)
    assert list(template.module_type.values) == list(analysis.module_type.values)
    assert float(template.power.sum()) == 0


@pytest.mark.parametrize(
    ("size", "tone"), [((64, 64), (5, 11)), ((32, 16), (2, 2)), ((8, 8), (1, 1)), ((128, 128), (5, 11))]
)
def test_the_default_tone_fits_any_size(size, tone):
    assert fitting_tone((5, 11), size) == tone
    assert all(4 * m < n for m, n in zip(tone, size, strict=True))  # below Nyquist behind one decimation


def test_a_tone_that_was_asked_for_is_not_changed(toy, patches):
    bench = Bench(toy, patches, dataclasses.replace(PLAN, probe_tone=(5, 9)), torch.device("cpu"))
    with pytest.raises(ValueError, match="not below Nyquist"):
        orders(bench)()


# ------------------------------------------------------------------ the passes of the discriminator
def test_passes_are_what_the_terms_call(bench):
    batch = bench.patches.heldout.batch(slice(2))
    state = torch.get_rng_state()
    real, fake = network_passes(bench.system, batch)
    assert (real.name, fake.name) == ("discriminator_real", "discriminator_fake")
    assert real.network is fake.network is bench.system.networks["discriminator"]
    assert torch.equal(real.given, batch["target"])
    with torch.no_grad():
        assert torch.equal(fake.given, bench.generator.eval()(batch["condition"]))
    assert real.channels == (1.0,)
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(network._forward_pre_hooks for network in bench.system.networks.values())


def test_conditions_are_told_from_the_image_judged(toy, patches):
    def judge(system, context):
        return system.networks["discriminator"](
            torch.cat([context["condition"], context["target"]], 1)
        ).mean()

    toy.schedule = ("discriminator",)
    toy.networks["discriminator"][0] = torch.nn.Conv2d(4, 4, 3)
    toy.players["discriminator"].terms = (SimpleNamespace(name="real", weight=1.0, function=judge),)
    (real,) = network_passes(toy, patches.heldout.batch(slice(2)))
    assert real.channels == (0.0, 0.0, 0.0, 1.0)
    bench = Bench(toy, patches, PLAN, torch.device("cpu"))
    (analysis,) = pass_orders(bench)().children.values()
    assert analysis.attrs["channels"] == [0.0, 0.0, 0.0, 1.0]


def test_real_and_fake_passes_differ_and_are_the_layers_own(bench):
    tree = pass_layers(bench)()
    assert list(tree.children) == ["discriminator_real", "discriminator_fake"]
    real, fake = tree.children.values()
    assert list(real.children) == list(fake.children) == ["0", "1", "2", "3"]
    assert not np.allclose(real["0"].power, fake["0"].power)
    batch = bench.patches.heldout.batch(slice(2))
    with torch.no_grad():
        output = bench.system.networks["discriminator"].eval()(batch["target"])
    assert float(real["3"].power.sum()) == pytest.approx(float(output.square().mean()), rel=1e-4)
    assert set(values_of(tree)) == {f"{taken}/{layer}/power" for taken in tree.children for layer in "0123"}


def test_orders_of_a_small_tone_on_the_judged_image(bench):
    tree = pass_orders(bench)()
    real, fake = tree.children.values()
    assert real.attrs["amplitude"] == pytest.approx(SMALL_SIGNAL)
    assert real.layer.values.tolist() == ["0", "1", "2", "3"]
    assert real.inputs.values.tolist() == ["input", "0", "1", "2"]
    # A linear layer answers the tone alike whatever it is laid on; what follows the activation does not.
    first = [float(taken.power.sel(layer="0", order=1).sum()) for taken in (real, fake)]
    last = [float(taken.power.sel(layer="3", order=1).sum()) for taken in (real, fake)]
    assert first[0] == pytest.approx(first[1], rel=1e-4)
    assert last[0] != pytest.approx(last[1], rel=1e-4)
    assert {name.partition("/")[0] for name in values_of(tree)} == {
        "discriminator_real",
        "discriminator_fake",
    }


def test_a_system_without_such_passes_has_no_such_instruments(toy, patches):
    toy.schedule = ("generator",)
    bench = Bench(toy, patches, PLAN, torch.device("cpu"))
    assert network_passes(toy, patches.heldout.batch(slice(2))) == []
    assert pass_layers(bench) is None
    assert pass_orders(bench) is None
    trainer = Trainer(toy, patches, PLAN, lambda record: None)
    assert set(trainer.templates()) == {"scalars", *INSTRUMENTS} - {"pass_layers", "pass_orders"}


def test_observing_passes_does_not_disturb_the_training(make_toy, patches):
    losses = []
    for watched in (False, True):
        toy, records = make_toy(), []
        plan = dataclasses.replace(PLAN, steps=3, probe_every=1)
        bench = Bench(toy, patches, plan, torch.device("cpu"))
        instruments = {"pass_orders": pass_orders(bench), "pass_layers": pass_layers(bench)}
        trainer = Trainer(toy, patches, plan, records.append, instruments=instruments if watched else {})
        while not trainer.done:
            trainer.advance()
        losses.append([record.values for record in records if record.group == "scalars"])
    assert len(losses[0]) == len(losses[1]) == 3
    names = [name for name in losses[0][0] if name not in ("step_seconds", "observing_share")]
    assert all(plain[name] == seen[name] for plain, seen in zip(*losses, strict=True) for name in names)
    assert sum(record.group == "pass_orders" for record in records) == 3
