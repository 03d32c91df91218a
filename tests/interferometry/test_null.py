"""The level of no coherence is passed by 5 % of incoherent pixels."""

import numpy as np
import pytest

from workbench.interferometry import coherence, effective_looks, null_hypothesis


def low_pass(image, share):
    """Keep the central ``share`` of the band of both axes."""
    spectrum = np.fft.fft2(image)
    for axis in (-2, -1):
        outside = np.abs(np.fft.fftfreq(image.shape[axis])) > share / 2
        spectrum[(..., outside, slice(None)) if axis == -2 else (..., outside)] = 0
    return np.fft.ifft2(spectrum)


def test_white_images_have_as_many_looks_as_pixels(speckle):
    assert effective_looks(speckle(1, 128, 128), speckle(1, 128, 128), (5, 5)) == pytest.approx(25, rel=0.03)


def test_repeated_pixels_have_the_looks_of_the_formula(speckle):
    """Pixel pairs: rho = 1/2 at lag 1, so the sum over lags is 1 + 2 * (1 - 1/5) / 4."""
    x, y = speckle(1, 200, 100).repeat(2, axis=-1), speckle(1, 200, 100).repeat(2, axis=-1)
    assert effective_looks(x, y, (5, 5)) == pytest.approx(25 / 1.4, rel=0.03)


def test_looks_see_only_what_the_images_share(speckle):
    """An oversampled image against a white one: the product of autocorrelations is white."""
    assert effective_looks(low_pass(speckle(1, 99, 99), 0.4), speckle(1, 99, 99), (5, 5)) > 24


def test_a_common_fringe_does_not_cost_looks(speckle):
    ramp = np.exp(2.2j * np.arange(128))
    x, y = low_pass(speckle(2, 1, 128, 128), 0.6)
    assert effective_looks(x * ramp, y * ramp, (5, 5)) == pytest.approx(
        effective_looks(x, y, (5, 5)), rel=0.03
    )


@pytest.mark.parametrize("share", [1.0, 0.8, 0.6, 0.4])
@pytest.mark.parametrize("window", [(3, 3), (5, 5), (3, 11)])
def test_one_in_twenty_incoherent_pixels_passes_the_level(share, window, speckle):
    """Fewer do where there are few looks: the level is careful there, never the other way."""
    x, y = low_pass(speckle(256, 256), share), low_pass(speckle(256, 256), share)
    maps = coherence(x, y, window, border="valid")
    assert maps.attrs["null_method"] == "analytic"
    lowest = 0.04 if maps.attrs["effective_looks"] > 8 else 0.01
    assert lowest < float(maps.significant.mean()) < 0.06


def test_a_bright_scatterer_does_not_rule_the_looks(speckle):
    x, y = low_pass(speckle(2, 1, 128, 128), 0.6)
    rows, columns = np.ogrid[-64:64, -64:64]
    point = 1e3 * np.exp(-(rows**2 + columns**2) / 18)
    assert effective_looks(x + point, y + point, (5, 5)) > 0.75 * effective_looks(x, y, (5, 5))


def test_tones_are_compared_with_other_samples(onetone):
    x, y = onetone(32), onetone(32)
    maps = coherence(x, y)
    assert maps.attrs["null_method"] == "empirical"
    assert float(maps.significant.mean()) == pytest.approx(0.05, abs=0.02)
    assert maps.attrs["null_level"] > 0.7
    assert 2 <= maps.attrs["effective_looks"] < 6


@pytest.mark.parametrize("bands", [1, 4, 8, 16])
def test_tones_are_recognised_however_many_there_are(bands, onetone):
    x = onetone(8, bands)
    assert null_hypothesis(x, x, (5, 5)).method == "empirical"
    columns = np.swapaxes(x, -1, -2)
    assert null_hypothesis(columns, columns, (5, 5)).method == "empirical"


def test_speckle_is_not_taken_for_tones(speckle):
    for shape in ((8, 32, 32), (4, 16, 16)):
        x = low_pass(speckle(*shape), 0.6)
        assert null_hypothesis(x, x, (5, 5)).method == "analytic"


def test_a_tone_against_noise_has_the_looks_of_noise(onetone, speckle):
    found = null_hypothesis(onetone(16), speckle(16, 32, 32), (5, 5))
    assert found.method == "analytic"
    assert found.effective_looks > 22


def test_a_single_tone_image_gets_the_fewest_looks(onetone):
    x = onetone(1)[0]
    found = coherence(x, x).attrs
    assert found["null_method"] == "conservative"
    assert found["effective_looks"] == 2
    assert found["null_level"] == pytest.approx(np.sqrt(0.95))


def test_the_null_can_be_chosen(speckle, onetone):
    x, y = speckle(16, 32, 32), speckle(16, 32, 32)
    chosen = null_hypothesis(x, y, (5, 5), border="valid", null="empirical")
    assert chosen.method == "empirical"
    assert chosen.null_level == pytest.approx(null_hypothesis(x, y, (5, 5)).null_level, abs=0.03)
    assert chosen.effective_looks == pytest.approx(25, rel=0.15)
    assert null_hypothesis(onetone(4), onetone(4), (5, 5), null="analytic").method == "analytic"
    with pytest.raises(ValueError, match="needs two samples or more, found 1"):
        null_hypothesis(x[0], y[0], (5, 5), null="empirical")


def test_an_empirical_null_without_power_is_unknown():
    found = null_hypothesis(
        np.zeros((2, 8, 8), complex), np.zeros((2, 8, 8), complex), (3, 3), null="empirical"
    )
    assert np.isnan(found.null_level)


def test_null_levels_on_onetone(onetone, speckle, rng):
    """Mean 5 x 5 coherence of fakes that are wrong in one way, from a small study (8 bands of 32 x 32)."""
    frequency, amplitude = rng.uniform(-np.pi, np.pi, (64, 8)), rng.uniform(0.5, 1, (64, 8))
    x = onetone(64, frequency=frequency, amplitude=amplitude)
    noise = speckle(*x.shape)
    fakes = {
        "white noise": (noise, 0.18),
        "random tones": (onetone(64), 0.31),
        "full mirror": (x.real + 0j, 0.75),
        "10 dB": (x + noise * np.sqrt(np.mean(np.abs(x) ** 2) / 10), 0.95),
    }
    for name, (fake, expected) in fakes.items():
        found = float(coherence(x, fake).magnitude.mean())
        assert found == pytest.approx(expected, abs=0.02), name
