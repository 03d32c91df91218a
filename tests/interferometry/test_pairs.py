import numpy as np
import pytest
import torch

from workbench.interferometry import coherence, coherence_loss, interferogram
from workbench.interferometry.pairs import (
    DISTURBANCES,
    disturb_pair,
    expected_loss,
    simulate_pair,
    tone_coherence,
    tone_fit,
)


def whole(x, y):
    """Coherence over the whole image."""
    return abs(np.vdot(x, y)) / np.sqrt(np.vdot(x, x).real * np.vdot(y, y).real)


@pytest.mark.parametrize(
    "settings",
    [
        {"temporal": 0.5, "baseline": 0.0, "snr_db": 60.0},
        {"temporal": 1.0, "baseline": 2000.0, "snr_db": 60.0},
        {"temporal": 1.0, "baseline": 0.0, "snr_db": 3.0},
        {"temporal": 0.7, "baseline": -900.0, "snr_db": 8.0, "oversampling": 1.5},
    ],
)
def test_a_pair_has_the_coherence_its_causes_leave(settings):
    pair = simulate_pair(256, **settings)
    ramp = np.exp(-2j * np.pi * pair.attrs["fringe_frequency"] * np.arange(256))
    found = whole(pair.first.values * ramp, pair.second.values)
    assert found == pytest.approx(pair.attrs["coherence"], abs=0.02)
    assert np.mean(np.abs(pair.first) ** 2) == pytest.approx(1 + 10 ** (-settings["snr_db"] / 10), rel=0.03)


def test_fringes_have_the_frequency_of_their_baseline():
    pair = simulate_pair(256, temporal=1.0, baseline=700.0, snr_db=40.0)
    fringes = interferogram(pair.first, pair.second).values.sum(axis=0)
    spectrum = np.abs(np.fft.fft(fringes, 4096))
    peak = np.fft.fftfreq(4096)[spectrum.argmax()]
    wavelength, reach, spacing, tangent = 0.0555, 850e3, 2.33, np.tan(np.deg2rad(34.0))
    assert peak == pytest.approx(2 * 700.0 * spacing / (wavelength * reach * tangent), abs=5e-4)


@pytest.mark.parametrize("oversampling", [1.0, 1.25, 2.0, 3.0])
@pytest.mark.parametrize("baseline", [1500.0, -1500.0, 3400.0, 6000.0])
def test_oversampling_leaves_the_critical_baseline_and_slows_the_fringes(oversampling, baseline):
    pair = simulate_pair(256, temporal=0.9, baseline=baseline, snr_db=60.0, oversampling=oversampling)
    share = baseline / simulate_pair(16).attrs["critical_baseline"]
    assert pair.attrs["fringe_frequency"] == pytest.approx(share / oversampling)
    turns = np.exp(2j * np.pi * pair.attrs["fringe_frequency"] * np.arange(256))
    found = whole(pair.first.values, pair.second.values * turns)
    assert found == pytest.approx(0.9 * (1 - abs(share)), abs=0.02)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_baseline_of_half_a_bin_costs_its_share(sign):
    baseline = sign * 0.5 / 8 * simulate_pair(8).attrs["critical_baseline"]
    pairs = [simulate_pair(8, 1.0, baseline, snr_db=60.0, seed=seed) for seed in range(60)]
    turns = np.exp(2j * np.pi * pairs[0].attrs["fringe_frequency"] * np.arange(8))
    first = np.stack([pair.first.values for pair in pairs])
    second = np.stack([pair.second.values * turns for pair in pairs])
    assert whole(first, second) == pytest.approx(1 - 0.5 / 8, abs=0.01)


def test_both_images_have_one_band_and_share_the_ground_where_their_spectra_overlap():
    """A shift of 12 of 33 bins: 12 bins of the second image are new, 21 are the first's, moved."""
    critical = simulate_pair(16).attrs["critical_baseline"]
    pair = simulate_pair(64, 1.0, 24 / 64 * critical, oversampling=2.0, snr_db=300.0)
    assert pair.attrs["fringe_frequency"] * 64 == pytest.approx(12.0)
    first, second = (
        np.fft.fftshift(np.fft.fft(pair[name].values, axis=1), axes=1) for name in ("first", "second")
    )
    power = [np.mean(np.abs(image) ** 2, axis=0) for image in (first, second)]
    for level in power:
        assert np.flatnonzero(level > 1e-9 * level.max()).tolist() == list(range(16, 49))
    np.testing.assert_allclose(second[:, 17:37], first[:, 29:49], atol=1e-9)
    new = np.abs(np.sum(second[:, 37:49] * first[:, 37:49].conj(), axis=0))
    assert np.all(new < 0.6 * 64 * np.sqrt(power[0] * power[1])[37:49])


def test_equal_seeds_give_equal_bits():
    first, again = simulate_pair(seed=3), simulate_pair(seed=3)
    assert first.identical(again)
    assert not first.first.equals(simulate_pair(seed=4).first)


@pytest.mark.parametrize(
    ("kind", "amount", "window"),
    [("noise", 0.7, 256), ("mirror", 0.5, 256), ("misregistration", 0.4, 256), ("frequency offset", 0.06, 9)],
)
def test_disturbances_cost_what_theory_says(kind, amount, window):
    pair = simulate_pair(256, temporal=1.0, baseline=0.0, snr_db=60.0, seed=0)
    second = disturb_pair(pair.second.values, kind, amount)
    if window == 256:
        found = whole(pair.first.values, second)
    else:
        found = float(coherence(pair.first.values, second, window=window).magnitude.mean())
    assert found == pytest.approx(float(expected_loss(kind, amount, window)), abs=0.03)


def test_a_whole_pixel_of_misregistration_leaves_nothing():
    assert float(expected_loss("misregistration", 1.0, 5)) == pytest.approx(0, abs=1e-12)
    assert float(expected_loss("misregistration", 1.0, 5, oversampling=2.0)) == pytest.approx(2 / np.pi)


def test_the_coherence_of_two_tones_and_its_gradient_are_the_losss():
    n = 16
    for offset in (0.01, 0.04, 0.09):
        delta = torch.tensor(offset, dtype=torch.float64, requires_grad=True)
        ramp = torch.arange(n, dtype=torch.float64).expand(n, n)
        y = torch.polar(torch.ones(n, n, dtype=torch.float64), 2 * torch.pi * delta * ramp)
        loss = coherence_loss(torch.ones_like(y), y, window="global")
        loss.backward()
        gamma, slope = tone_coherence(offset, n)
        assert loss.item() == pytest.approx(1 - abs(float(gamma)), abs=1e-4)
        assert delta.grad.item() == pytest.approx(-float(np.sign(gamma) * slope), rel=2e-3)


def test_a_long_window_is_trapped_by_a_side_lobe():
    assert abs(tone_fit(0.03, 64)[-1]) > 0.02
    assert abs(tone_fit(0.03, 5)[-1]) < 1e-3
    assert abs(tone_fit(0.01, 64)[-1]) < 1e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simulate_pair(4), "at least 8 pixels"),
        (lambda: simulate_pair(temporal=1.2), "between 0 and 1"),
        (lambda: simulate_pair(baseline=1e5), "critical one"),
        (lambda: simulate_pair(wavelength=0.0), "positive wavelength"),
        (lambda: simulate_pair(incidence=90.0), "incidence angle"),
        (lambda: simulate_pair(oversampling=0.5), "oversampling between 1 and 8"),
        (lambda: simulate_pair(snr_db=np.nan), "finite signal-to-noise"),
        (lambda: disturb_pair(np.ones((8, 8)), "noise", 1.0), "square complex image"),
        (lambda: disturb_pair(np.ones((8, 8), complex), "noise", np.inf), "finite amount"),
        (lambda: disturb_pair(np.ones((8, 8), complex), "rain", 1.0), "rain"),
        (lambda: tone_coherence(0.1, 0), "window of at least 1"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises((ValueError, KeyError), match=message):
        call()


@pytest.mark.parametrize("kind", DISTURBANCES)
def test_nothing_of_a_disturbance_changes_nothing(kind):
    image = simulate_pair(16).first.values
    np.testing.assert_allclose(disturb_pair(image, kind, 0.0), image, atol=1e-12)
    assert float(expected_loss(kind, 0.0, 5)) == pytest.approx(1)
