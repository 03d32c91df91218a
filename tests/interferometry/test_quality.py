"""Figures of a comparison, on fakes whose faults are known."""

import numpy as np
import pytest
import torch

from workbench.interferometry import (
    area_above,
    coherence,
    frequency_error_bins,
    magnitude_histogram,
    mean_coherence,
    mirror_ratio_db,
    phase_std,
    power_ratio_db,
    quality_figures,
)

NAMES = {
    "mean",
    "corrected_mean",
    "area_above_0_8",
    "null_level",
    "mirror_ratio_db",
    "frequency_error_bins",
    "power_ratio_db",
    "phase_std",
}


def rows(*bins, width=32):
    return np.exp(2j * np.pi * np.array(bins)[:, None] * np.arange(width) / width)


def test_the_figures_have_names_and_units(onetone):
    x = onetone(4)
    figures = quality_figures(x, x)
    assert set(figures) == NAMES
    assert all(figure.attrs["long_name"] and figure.attrs["units"] for figure in figures.values())
    assert float(figures["mean"]) == pytest.approx(1)
    assert float(figures.area_above_0_8) == 1
    assert float(figures.frequency_error_bins) == 0
    assert float(figures.power_ratio_db) == pytest.approx(0)
    assert float(figures.phase_std) == pytest.approx(0, abs=1e-7)
    assert float(figures.mirror_ratio_db) < -60


def test_the_figures_are_those_of_the_single_functions(onetone, speckle):
    x = onetone(6)
    fake = x + 0.3 * speckle(*x.shape) + 0.2 * x.conj()
    figures = quality_figures(torch.from_numpy(x), torch.from_numpy(fake), window=3)
    maps = coherence(x, fake, 3)
    assert figures.identical(quality_figures(x, fake, 3, maps=maps))
    assert float(figures["mean"]) == pytest.approx(float(maps.magnitude.mean()))
    assert float(figures.null_level) == maps.attrs["null_level"]
    assert float(figures.area_above_0_8) == area_above(maps.magnitude, 0.8)
    for function in (mirror_ratio_db, frequency_error_bins, power_ratio_db):
        assert float(figures[function.__name__]) == pytest.approx(function(x, fake))
    assert float(figures.phase_std) == pytest.approx(phase_std(x, fake, 3))


@pytest.mark.parametrize("level", [0.01, 0.1, 0.5, 1.0])
def test_mirror_ratio_is_that_of_the_energies(level):
    x = rows(5, -7.3, 11)
    assert mirror_ratio_db(x, x + level * x.conj()) == pytest.approx(20 * np.log10(level), abs=0.1)


def test_mirror_ratio_leaves_out_rows_that_are_their_own_mirror():
    near = rows(1, -3.5, 13, -15)
    assert np.isnan(mirror_ratio_db(near, near.real + 0j))
    both = np.concatenate([near, rows(6)])
    assert mirror_ratio_db(both, rows(1, 1, 1, 1, 6)) < -60


def test_mirror_ratio_of_the_real_part_is_zero_decibel(onetone):
    x = onetone(16)
    assert mirror_ratio_db(x, x.real + 0j) == pytest.approx(0, abs=1e-9)


def test_frequency_error_is_taken_around_the_circle():
    assert frequency_error_bins(rows(15.75), rows(-15.75)) == 0.5
    assert frequency_error_bins(rows(0), rows(16)) == 16
    assert frequency_error_bins(rows(1, 2, 3), rows(1, 2.25, 9)) == 0.25


def test_rows_without_power_do_not_count():
    silent = rows(3, 4) * [[1], [0]]
    assert frequency_error_bins(silent, rows(3, 9)) == 0
    assert frequency_error_bins(rows(3, 9), silent) == 0
    assert np.isnan(frequency_error_bins(0 * silent, silent))
    assert np.isnan(mirror_ratio_db(0 * silent, silent))


def test_power_ratio_of_silence():
    x = rows(3, 4)
    assert power_ratio_db(x, 0 * x) == -np.inf
    assert power_ratio_db(0 * x, x) == np.inf
    assert np.isnan(power_ratio_db(0 * x, 0 * x))


def test_phase_std_measures_phase_noise(rng):
    """25 pixels share the local mean: it takes 1/25 of a small noise's variance."""
    x = np.exp(1j * 0.3 * np.arange(400)) * np.ones((400, 1))
    noisy = x * np.exp(1j * rng.normal(scale=0.2, size=x.shape))
    assert phase_std(x, noisy) == pytest.approx(0.2 * np.sqrt(1 - 1 / 25), rel=0.01)


def test_phase_std_of_strangers_is_near_that_of_any_phase(speckle):
    found = phase_std(speckle(64, 64), speckle(64, 64))
    assert 1.5 < found < np.pi / np.sqrt(3)


def test_phase_std_without_power_is_unknown():
    assert np.isnan(phase_std(np.zeros((8, 8), complex), np.ones((8, 8), complex)))


def test_area_counts_what_is_known():
    assert area_above([np.nan, 0.8, 0.81, 0.1]) == pytest.approx(1 / 3)
    assert np.isnan(area_above([np.nan]))


def test_histogram_is_normalised(rng):
    magnitude = rng.uniform(size=(4, 32, 32))
    magnitude[0, 0, 0] = np.nan
    histogram = magnitude_histogram(magnitude)
    assert histogram.dims == ("bin",)
    assert histogram.sizes["bin"] == 50
    assert float(histogram.sum()) == pytest.approx(1)
    assert histogram.bin.values[[0, -1]].tolist() == [0.01, 0.99]
    assert float((histogram * histogram.bin).sum()) == pytest.approx(0.5, abs=0.01)
    assert float(magnitude_histogram([np.nan]).sum()) == 0


def test_bad_pairs_are_refused():
    x = rows(3, 4)
    for function in (mirror_ratio_db, frequency_error_bins, power_ratio_db, phase_std, quality_figures):
        with pytest.raises(ValueError, match="complex needed"):
            function(x, x.real)


def test_the_mean_coherence_is_the_mean_of_the_maps(rng):
    x, y = rng.normal(size=(2, 3, 12, 14)) + 1j * rng.normal(size=(2, 3, 12, 14))
    x[0, :7, :7] = 0
    expected = float(coherence(x, y, window=3).magnitude.mean())
    assert mean_coherence(x, y, window=3) == pytest.approx(expected, rel=1e-12)
    assert np.isnan(mean_coherence(0 * x, y))
