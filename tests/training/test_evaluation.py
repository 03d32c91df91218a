import dataclasses

import numpy as np
import pytest
import torch

from workbench.interferometry import coherence
from workbench.mappings import MAPPINGS, to_network
from workbench.training import Plan, make_patches
from workbench.training.bench import Bench
from workbench.training.evaluation import heldout_coherence
from workbench.training.samples import images

PLAN = Plan(evaluated=5, shown=2, device="cpu")


@pytest.fixture
def make_bench(make_toy, make_scene):
    """A bench whose generator answers as told, held-out patches first, then training ones."""

    def make(answer, mapping="nyquist", plan=PLAN, size=16):
        toy = make_toy()
        patches = make_patches(make_scene(8, 1, size), make_scene(6, 2, size), mapping, scale=20.0)
        known = {}
        for samples in (patches.heldout, patches.training):
            for one in range(len(samples)):
                known[samples.condition[one].numpy().tobytes()] = samples.target[one], samples.reference[one]

        def generate(condition):
            return torch.stack([answer(*known[one.numpy().tobytes()]) for one in condition])

        toy.generate = generate
        return Bench(toy, patches, plan, torch.device("cpu"))

    return make


def encode(image, mapping="nyquist"):
    return to_network(MAPPINGS[mapping].encode(image, edge="drop"), 20.0)[0]


@pytest.mark.parametrize("mapping", ["nyquist", "real_imag", "real_imag_2x"])
def test_a_perfect_generator_has_full_coherence(make_bench, mapping):
    measured = heldout_coherence(make_bench(lambda target, reference: target, mapping))()
    assert float(measured["mean"]) > 0.995
    assert float(measured.training_mean) > 0.995
    assert float(measured.area_above_0_8) == 1
    assert float(measured.histogram[-5:].sum()) == pytest.approx(1)
    assert abs(float(measured.power_ratio_db)) < 0.1
    assert bool(measured.significant.all())


def test_phases_and_amplitudes_do_not_matter_mirrors_do(make_bench):
    turned = heldout_coherence(make_bench(lambda target, reference: encode(0.3j * reference)))()
    assert float(turned["mean"]) > 0.995
    assert float(turned.power_ratio_db) == pytest.approx(20 * np.log10(0.3), abs=0.1)
    assert float(np.abs(turned.phase).median()) == pytest.approx(np.pi / 2, abs=0.05)
    conjugate = heldout_coherence(make_bench(lambda target, reference: encode(reference.conj())))()
    assert float(conjugate["mean"]) < 0.5


def test_figures_are_those_of_the_evaluated_patches(make_bench):
    answers = iter(torch.randn(40, 1, 32, 32, generator=torch.Generator().manual_seed(0)).clamp(-1, 1))
    given = []

    def answer(target, reference):
        given.append((next(answers), reference))
        return given[-1][0]

    measured = heldout_coherence(make_bench(answer))()
    fake = torch.stack([MAPPINGS["nyquist"].decode(image * 20.0, edge="drop") for image, _ in given])
    real = torch.stack([reference for _, reference in given])
    assert len(given) == 10
    expected = coherence(real[:5], fake[:5], 5)
    assert float(measured["mean"]) == pytest.approx(float(expected.magnitude.mean()), abs=1e-5)
    assert float(measured.null_level) == pytest.approx(expected.attrs["null_level"], abs=1e-5)
    np.testing.assert_allclose(measured.magnitude, expected.magnitude[:2], atol=1e-5)
    training = coherence(real[5:], fake[5:], 5).magnitude.mean()
    assert float(measured.training_mean) == pytest.approx(float(training), abs=1e-5)
    assert measured.histogram.size == 50
    assert float(measured.histogram.sum()) == pytest.approx(1)
    assert float(measured.out_of_band_ratio) == pytest.approx(0.5, abs=0.05)


def test_the_out_of_band_ratio_belongs_to_the_nyquist_mapping(make_bench):
    bench = make_bench(lambda target, reference: target)
    assert float(heldout_coherence(bench)().out_of_band_ratio) < 1e-6
    bench = make_bench(lambda target, reference: target, "real_imag_2x")
    assert np.isnan(float(heldout_coherence(bench)().out_of_band_ratio))


def test_all_of_it_is_recorded_and_labelled(make_bench):
    measured = heldout_coherence(make_bench(lambda target, reference: target))()
    assert measured.attrs["recorded"] == list(measured.data_vars)
    assert set(measured.data_vars) == {
        *("magnitude", "phase", "corrected", "significant"),
        *("null_level", "mean", "corrected_mean", "area_above_0_8", "mirror_ratio_db"),
        *("frequency_error_bins", "power_ratio_db", "phase_std", "out_of_band_ratio"),
        *("histogram", "training_mean"),
    }
    assert measured.magnitude.dims == measured.significant.dims == ("sample", "y", "x")
    assert measured.sizes["sample"] == 2
    assert measured.magnitude.dtype == np.float32
    for name, variable in measured.data_vars.items():
        assert {"long_name", "units"} <= variable.attrs.keys(), name


def test_a_silent_generator_is_judged_without_warnings(make_bench):
    measured = heldout_coherence(make_bench(lambda target, reference: torch.zeros_like(target)))()
    assert float(measured.power_ratio_db) == -np.inf
    assert float(measured.histogram.sum()) in (0.0, 1.0)


def test_small_patches_take_a_smaller_window(make_bench):
    measured = heldout_coherence(make_bench(lambda target, reference: target, size=4))()
    assert measured.attrs["window"] == 3


def test_fewer_patches_than_asked_for_are_all_evaluated(make_bench):
    plan = dataclasses.replace(PLAN, evaluated=50, shown=40)
    measured = heldout_coherence(make_bench(lambda target, reference: target, plan=plan))()
    assert (measured.attrs["evaluated"], measured.attrs["evaluated_training"]) == (6, 8)
    assert measured.sizes["sample"] == 6


@pytest.mark.parametrize("mapping", list(MAPPINGS))
def test_images_show_the_same_heldout_samples(make_bench, mapping):
    bench = make_bench(lambda target, reference: target, mapping)
    shown = images(bench)()
    heldout = bench.patches.heldout
    assert shown.attrs["recorded"] == ["fake", "fake_mapped"]
    np.testing.assert_array_equal(shown["real"], heldout.reference[:2])
    np.testing.assert_array_equal(shown.fake_mapped, heldout.target[:2])
    np.testing.assert_array_equal(shown.real_mapped, heldout.target[:2])
    assert shown.condition.shape == (2, 3, 16, 16)
    assert shown.fake.dims == ("sample", "y", "x")
    assert shown.fake.dtype == np.complex64
    method = MAPPINGS[mapping]
    back = method.decode(method.encode(heldout.reference[:2].numpy(), edge="drop"), edge="drop")
    np.testing.assert_allclose(shown.fake, back, atol=1e-4)
    for name, variable in shown.data_vars.items():
        assert {"long_name", "units"} <= variable.attrs.keys(), name
