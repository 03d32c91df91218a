"""Where the Nyquist mapping puts a spectrum, what it loses, what errors become."""

import numpy as np
import pytest
from scipy.ndimage import convolve1d

from workbench.mappings import MAPPINGS, nyquist_band, out_of_band_ratio

NYQUIST = MAPPINGS["nyquist"]


def amplitudes(image):
    return np.fft.fft2(image, norm="forward")


def relative(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def carrier(rows, columns):
    return np.exp(0.5j * np.pi * np.add.outer(np.arange(rows), np.arange(columns)))


def test_dc_moves_to_a_quarter_of_the_sampling_rate():
    y = NYQUIST.encode(np.full((8, 12), 3.0 + 0j))[0]
    m, n = np.indices(y.shape)
    assert np.allclose(y, 3 * np.cos(np.pi / 2 * (m + n)), atol=1e-13)


@pytest.mark.parametrize("bins", [(0, 0), (3, -5), (-7, 2), (-8, 5), (3, -8)])
def test_a_tone_moves_by_the_carrier_with_its_mirror(bins):
    P = Q = 16
    p, q = np.indices((P, Q))
    y = NYQUIST.encode(np.exp(2j * np.pi * (bins[0] * p / P + bins[1] * q / Q)))[0]
    spectrum = np.abs(amplitudes(y))
    k, l = bins[0] + P // 2, bins[1] + Q // 2  # noqa: E741
    assert spectrum[k, l] == pytest.approx(0.5)
    assert spectrum[-k, -l] == pytest.approx(0.5)
    assert (spectrum**2).sum() == pytest.approx(0.5)


def test_interpolation_is_ideal(speckle):
    """On even pixels the carrier is +-1 or +-j: the image reappears in y as Re(x c)."""
    x = speckle(6, 10)
    y = NYQUIST.encode(x, edge="drop")[0]
    assert np.allclose(y[::2, ::2], (x * carrier(12, 20)[::2, ::2]).real)


def test_the_spectrum_fills_band_and_mirror_only(speckle):
    y = NYQUIST.encode(speckle(16, 8))[0]
    energy = np.abs(amplitudes(y)) ** 2
    frequency_y, frequency_x = np.fft.fftfreq(32)[:, None], np.fft.fftfreq(16)[None, :]
    inside = np.zeros_like(energy, dtype=bool)
    for sign in (1, -1):
        inside |= (sign * frequency_y >= 0) & (sign * frequency_x >= 0)
    inside[16, 8] = True  # where pack keeps the edge bin
    assert energy[~inside].sum() < 1e-25
    assert out_of_band_ratio(y) < 1e-25


def test_power_halves(speckle):
    x = speckle(64, 64)
    X = np.fft.fft2(x)
    edge = np.abs(X[32, 32]) ** 2 / 64**4
    power = np.mean(NYQUIST.encode(x) ** 2)
    assert power == pytest.approx(np.mean(np.abs(x) ** 2) / 2, abs=edge)


def test_the_lost_bin_is_what_the_formula_says(speckle):
    """Dropping loses 1/sqrt(2PQ) of unit-power white noise, all of it in the bin (-P/2, -Q/2)."""
    x = speckle(4000, 4, 8)
    error = NYQUIST.decode(NYQUIST.encode(x, edge="drop"), edge="drop") - x
    assert np.sqrt(np.mean(np.abs(error) ** 2)) == pytest.approx(1 / np.sqrt(2 * 4 * 8), rel=0.03)
    spectrum = np.fft.fft2(error)
    assert np.allclose(spectrum[:, 2, 4], -1j * np.fft.fft2(x)[:, 2, 4].imag)
    spectrum[:, 2, 4] = 0
    assert np.abs(spectrum).max() < 1e-12


def test_pack_keeps_the_lost_bin_as_a_checkerboard():
    p, q = np.indices((6, 4))
    x = 2j * (-1.0) ** (p + q)
    m, n = np.indices((12, 8))
    assert np.allclose(NYQUIST.encode(x)[0], 2 * (-1.0) ** (m + n))
    assert np.abs(NYQUIST.encode(x, edge="drop")).max() < 1e-14


@pytest.mark.parametrize("shape", [(5, 4), (4, 5), (5, 5)])
def test_an_odd_size_loses_nothing_in_either_mode(shape, speckle):
    x = speckle(*shape)
    assert np.allclose(NYQUIST.encode(x, edge="drop"), NYQUIST.encode(x, edge="pack"))
    assert np.allclose(NYQUIST.decode(NYQUIST.encode(x, edge="drop"), edge="drop"), x, atol=1e-13)


@pytest.mark.parametrize(("size", "share"), [(31, 0.074), (63, 0.041), (255, 0.013)])
def test_an_odd_size_spills_a_little(size, share, speckle):
    ratio = out_of_band_ratio(NYQUIST.encode(speckle(8, size, size))[:, 0])
    assert ratio.mean() == pytest.approx(share, rel=0.15)


def test_white_errors_keep_their_power(rng):
    """White noise of variance s^2 on y becomes complex noise of variance s^2; twice that for Real-Imag."""
    nyquist = NYQUIST.decode(rng.normal(size=(100, 1, 64, 64)))
    direct = MAPPINGS["real_imag"].decode(rng.normal(size=(100, 2, 32, 32)))
    assert np.mean(np.abs(nyquist) ** 2) == pytest.approx(1, rel=0.02)
    assert np.mean(np.abs(direct) ** 2) == pytest.approx(2, rel=0.02)


def test_a_dc_offset_becomes_a_tone_at_the_edge_bin():
    x = NYQUIST.decode(np.full((1, 16, 24), 0.1))
    p, q = np.indices((8, 12))
    assert np.allclose(x, 0.1 * (-1.0) ** (p + q))


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("edge", ["pack", "drop"])
def test_an_alternation_along_one_axis_is_rejected(axis, edge):
    y = (-1.0) ** np.indices((16, 24))[axis]
    assert np.abs(NYQUIST.decode(y[None], edge=edge)).max() < 1e-14


def test_a_checkerboard_is_signal_to_pack_only():
    y = ((-1.0) ** np.indices((16, 24)).sum(axis=0))[None]
    assert np.abs(NYQUIST.decode(y, edge="drop")).max() < 1e-14
    assert np.abs(NYQUIST.decode(y, edge="pack")) == pytest.approx(np.ones((8, 12)))


def test_a_gain_error_of_period_two_lands_on_the_mirror():
    P = Q = 16
    p, q = np.indices((P, Q))
    m, n = np.indices((2 * P, 2 * Q))
    y = NYQUIST.encode(np.exp(2j * np.pi * (3 * p / P + 5 * q / Q)))
    spectrum = amplitudes(NYQUIST.decode(y * (1 + 0.1 * (-1.0) ** (m + n))))
    assert spectrum[3, 5] == pytest.approx(1)
    assert spectrum[-3, -5] == pytest.approx(0.1)
    assert np.sum(np.abs(spectrum) ** 2) == pytest.approx(1.01)


def test_wrong_ways_to_upsample_are_not_invertible(speckle):
    """Zero-stuffing, bilinear, nearest instead of ideal interpolation: relative errors of a small study."""
    x = speckle(20, 64, 64)
    stuffed = np.zeros((20, 128, 128), complex)
    stuffed[:, ::2, ::2] = 4 * x
    bilinear = stuffed / 4
    for axis in (-2, -1):
        bilinear = convolve1d(bilinear, [0.5, 1, 0.5], axis=axis, mode="wrap")
    nearest = x.repeat(2, axis=-2).repeat(2, axis=-1)
    ways = {"zero-stuffing": (stuffed, 0.995), "bilinear": (bilinear, 0.385), "nearest": (nearest, 0.606)}
    for name, (u, expected) in ways.items():
        y = (u * carrier(128, 128)).real[:, None]
        assert relative(NYQUIST.decode(y, edge="drop"), x) == pytest.approx(expected, abs=0.02), name


def test_the_four_quadrants_tile_the_plane():
    regions = nyquist_band()
    assert set(regions) == {"band", "mirror", "empty_upper", "empty_lower"}
    area = sum(np.ptp(r.frequency_y) * np.ptp(r.frequency_x) for r in regions.values())
    assert area == pytest.approx(1)
    assert np.mean(regions["band"].frequency_y) == 0.25
