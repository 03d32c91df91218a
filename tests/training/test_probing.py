import dataclasses

import numpy as np
import pytest
import torch

from workbench.training import Plan, Trainer
from workbench.training.bench import Bench
from workbench.training.probing import fitting_tone, layers, orders
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
    assert analysis.attrs["tone"] == [5, 2]
    assert analysis.attrs["shape"] == [3, 16, 16]
    assert analysis.attrs["phases"] == 8
    recorded = values_of(analysis)
    assert set(recorded) == {"power", "theory", "order_tail", "largest_spur", "folded_at"}
    first = analysis.power.sel(layer="0").sum(("order", "cause"))
    frames = np.arange(16)
    phases = 2 * np.pi * np.arange(8) / 8
    tone = np.cos(2 * np.pi * (5 * frames[:, None] + 2 * frames) / 16 + phases[:, None, None])
    batch = torch.tensor(np.repeat(tone[:, None], 3, axis=1), dtype=torch.float32)
    with torch.no_grad():
        output = bench.generator[0](batch)
    assert float(first) == pytest.approx(float(output.square().mean((0, 2, 3)).sum()), rel=1e-4)


def test_the_schema_does_not_change_while_training(make_toy, patches):
    toy, records = make_toy(), []
    trainer = Trainer(toy, patches, dataclasses.replace(PLAN, probe_every=2), records.append)
    templates = trainer.templates()
    assert set(templates) == {"scalars", "layers", "orders", "coherence", "images"}
    trainer.observe()
    while not trainer.done:
        trainer.advance()
    for record in records:
        template = templates[record.group]
        assert list(record.values) == template.attrs["recorded"]
        for name, value in record.values.items():
            assert value.shape == template[name].shape, (record.group, name)
            assert value.dtype == template[name].dtype, (record.group, name)
    for group in ("layers", "orders", "coherence", "images"):
        assert [record.step for record in records if record.group == group] == [0, 2, 4, 6]


def test_templates_hold_what_is_static(bench):
    analysis = orders(bench)()
    template = template_of(analysis)
    assert list(template.layer.values) == list(analysis.layer.values)
    assert list(template.module_type.values) == list(analysis.module_type.values)
    assert float(template.power.sum()) == 0


@pytest.mark.parametrize(("size", "tone"), [((64, 64), (5, 11)), ((32, 16), (5, 2)), ((8, 8), (1, 1))])
def test_the_default_tone_fits_any_size(size, tone):
    assert fitting_tone((5, 11), size) == tone
    assert all(2 * m < n for m, n in zip(tone, size, strict=True))


def test_a_tone_that_was_asked_for_is_not_changed(toy, patches):
    bench = Bench(toy, patches, dataclasses.replace(PLAN, probe_tone=(5, 9)), torch.device("cpu"))
    with pytest.raises(ValueError, match="not below Nyquist"):
        orders(bench)()
