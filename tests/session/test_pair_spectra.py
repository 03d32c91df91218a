"""Range spectra of a pair: levels, the fringes' line, what a distance means for the baseline."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.interferometry import simulate_pair
from workbench.session.explorers import CoherenceExplorer
from workbench.session.explorers.fringes import Fringes
from workbench.session.explorers.pair_spectra import BINS, fringes_frame, pair_spectra, spectra_frame


@given(st.floats(-0.45, 0.45), st.floats(0.1, 10.0))
def test_a_fringe_frequency_is_found_at_coherence_one_whatever_the_amplitudes(fringe, gain):
    first = np.exp(2j * np.pi * fringe * np.arange(64)) * np.ones((4, 1))
    line = pair_spectra(first, np.full((4, 64), gain + 0j)).interferogram
    assert abs(float(line.idxmax()) - fringe) <= 0.51 / BINS
    assert float(line.max()) == pytest.approx(0.0, abs=0.03)


def test_white_noise_lies_at_zero_and_the_line_at_the_square_of_the_coherence():
    pair = simulate_pair(temporal=0.8, baseline=0.0, snr_db=60.0)
    spectra = pair_spectra(pair.first.values, pair.second.values)
    assert 10 * np.log10(np.mean(10 ** (spectra.x / 10))) == pytest.approx(0.0, abs=0.3)
    assert float(spectra.interferogram.sel(frequency=0)) == pytest.approx(20 * np.log10(0.8), abs=0.7)


def test_a_baseline_leaves_the_band_and_moves_the_line_by_its_share_of_the_bandwidth():
    pair = simulate_pair(temporal=1.0, baseline=1365.6, oversampling=2.0, snr_db=40.0)
    spectra = pair_spectra(pair.first.values, pair.second.values)
    power = 10 ** (spectra[["x", "y"]] / 10)
    centre = [float((spectra.frequency * power[name]).sum() / power[name].sum()) for name in ("x", "y")]
    assert centre[1] - centre[0] == pytest.approx(0.0, abs=0.02)
    assert float(spectra.interferogram.idxmax()) == pytest.approx(0.1, abs=1 / 128)


def test_a_marker_on_the_line_reads_the_baseline_and_none_is_left_once_it_is_flat():
    explorer = CoherenceExplorer(baseline=1200.0, temporal=0.9)
    explorer.mark((1200.0 / 6828 + 0.003,))
    metres = explorer.marker_words().split("baseline of +")[1].split(" m")[0]
    assert float(metres) == pytest.approx(1200, abs=15)
    assert "the model has +0.176" in explorer.picture().frames["spectra"].caption
    flat = CoherenceExplorer(baseline=1200.0, temporal=0.9, flatten=True)
    words = "no fringes; they were removed, the baseline of 1200 m is 17.6 % of the critical one"
    assert f"{words}; the model has +0.000" in flat.picture().frames["spectra"].caption
    assert flat.picture().frames["peaks"].data["name"].values[0].startswith(words)
    flat.mark((0.0,))
    assert words in flat.marker_words()


def read_line(**settings):
    """Read what the strongest line of a pair says: its frequency, the caption, the table, a marker on it."""
    explorer = CoherenceExplorer(temporal=1.0, **settings)
    frames = explorer.picture().frames
    at = float(frames["spectra"].data.interferogram.idxmax())
    explorer.mark((at,))
    words = [frames["spectra"].caption, str(frames["peaks"].data["name"].values[0]), explorer.marker_words()]
    return at, frames["spectra"].data.attrs["expected"], words


@pytest.mark.parametrize("oversampling", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("baseline", [0.0, 1200.0, 3300.0, 4000.0])
def test_what_a_line_says_of_a_baseline_is_true_whatever_the_sampling(baseline, oversampling):
    at, expected, words = read_line(baseline=baseline, oversampling=oversampling)
    assert abs((at - expected + 0.5) % 1 - 0.5) < 0.006
    assert -0.5 <= expected < 0.5
    for line in words:
        assert ("no fringes, no baseline" in line) == (baseline == 0)
        told = [float(metres) for metres in re.findall(r"([+-]\d+) m\b", line.replace("−", "-"))]
        assert min([abs(metres - baseline) for metres in told], default=baseline) < 40 * oversampling
        assert ("modulo 1" in line) == (len(told) > 1)
        assert len(told) > 1 or oversampling > 1 or baseline == 0, "a pixel per cell leaves two"


def test_a_line_beyond_half_a_cycle_is_drawn_where_it_is_seen():
    at, expected, words = read_line(baseline=5000.0)
    assert at == pytest.approx(expected, abs=0.006)
    assert round(expected, 3) == -0.268
    assert "the model has +0.732, drawn at −0.268" in words[0]
    for line in words:
        seen, other = (float(metres) for metres in re.findall(r"([+-]\d+) m\b", line.replace("−", "-")))
        assert seen == pytest.approx(5000 - 6828, abs=40)
        assert other == pytest.approx(5000, abs=40)


def test_where_no_line_is_seen_the_words_say_what_was_done_to_it():
    explorer = CoherenceExplorer(temporal=0.0, baseline=6000.0, flatten=True)
    words = "they were removed, the baseline of 6000 m is 87.9 % of the critical one; the model has +0.000."
    assert explorer.picture().frames["spectra"].caption.endswith(words)


@pytest.mark.parametrize("flatten", [False, True])
def test_an_offset_of_the_second_image_is_not_taken_for_a_baseline(flatten):
    at, expected, words = read_line(
        baseline=150.0, disturbance="frequency offset", amount=2.0, flatten=flatten
    )
    assert at == pytest.approx(expected, abs=0.005)
    for line in words:
        assert "the second image is +0.250 cycles/sample off" in line
        assert "the baseline of 150 m is 2.2 % of the critical one" in line
        assert ("removed" in line) == flatten


def test_a_marker_is_drawn_to_the_line_but_not_to_noise():
    explorer = CoherenceExplorer(baseline=1200.0, temporal=0.9)
    explorer.mark((0.0,))
    assert explorer.places() == [(0.0,)]
    line = explorer.picture().frames["spectra"].data.interferogram.idxmax().item()
    explorer.mark((line + 0.006,))
    assert explorer.places()[1] == (line,)


def test_an_offset_of_the_second_image_moves_the_line_as_the_model_says():
    data = CoherenceExplorer(
        baseline=0.0, temporal=0.95, disturbance="frequency offset", amount=0.15
    ).picture().frames["spectra"].data  # fmt: skip
    assert data.attrs["expected"] == pytest.approx(-0.15)
    assert float(data.interferogram.idxmax()) == pytest.approx(-0.15, abs=1 / 256)


def test_of_unrelated_images_no_fringes_are_told():
    noise = np.random.default_rng(3).normal(size=(2, 64, 64, 2)) @ [1, 1j]
    assert "as of unrelated images" in spectra_frame(*noise, Fringes()).caption
    for oversampling in (1.0, 2.0, 3.0):  # coloured noise has a spectrum with a hill
        explorer = CoherenceExplorer(temporal=0.0, oversampling=oversampling)
        frame = explorer.picture().frames["spectra"]
        assert "as of unrelated images" in frame.caption
        over = 10 ** ((frame.data.interferogram - frame.data.unrelated) / 10)
        assert float(over.mean()) == pytest.approx(1.0, abs=0.2)


def test_the_table_lists_the_lines_with_their_baselines_strongest_first():
    explorer = CoherenceExplorer(baseline=1200.0, temporal=0.9)
    first = explorer.picture().frames["peaks"].data.isel(peak=0)
    assert float(first.frequency_x) == pytest.approx(1200 / 6828, abs=1 / BINS)
    assert "of +1" in str(first["name"].values)
    noise = CoherenceExplorer(temporal=0.0)
    assert noise.picture().frames["peaks"].data.sizes["peak"] == 0


@given(st.integers(-12, 0), st.integers(4, 12), st.floats(0.5, 0.8))
def test_two_fringes_are_two_lines(one, other, weaker):
    f = [16 * one / BINS, 16 * other / BINS]
    tones = [np.exp(2j * np.pi * at * np.arange(64)) for at in f]
    y = np.random.default_rng(7).normal(size=(64, 64, 2)) @ [1, 1j]
    data = pair_spectra(y * (tones[0] + weaker * tones[1]), y)
    found = fringes_frame(data.assign_attrs(Fringes().attrs())).data
    assert found.level.values[0] - found.level.values[1] == pytest.approx(-20 * np.log10(weaker), abs=1.0)
    np.testing.assert_allclose(found.frequency_x.values[:2], f, atol=2 / BINS)
