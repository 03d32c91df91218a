"""The guard of the Nyquist band: as wide as the spectrum is narrow, spent by a spectrum off centre."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.mappings import MAPPINGS, nyquist_guard

SIZE = 64


def speckle(first, last):
    """Return speckle with the bins `first` to `last` of the shifted spectrum, per axis (y, x)."""
    bins = np.random.default_rng(4).normal(size=(SIZE, SIZE, 2)) @ [1, 1j]
    k = np.arange(SIZE)
    inside = [(k >= low) & (k <= high) for low, high in zip(first, last, strict=True)]
    return np.fft.ifft2(np.fft.ifftshift(bins * np.outer(*inside)))


@given(st.tuples(st.integers(0, 24), st.integers(0, 24)), st.tuples(st.integers(40, 63), st.integers(40, 63)))
def test_it_is_what_the_mapped_spectrum_leaves_free(first, last):
    image = speckle(first, last)
    guard = nyquist_guard(image)
    power = np.abs(np.fft.fftshift(np.fft.fft2(MAPPINGS["nyquist"].encode(image)[0]))) ** 2
    f = np.fft.fftshift(np.fft.fftfreq(2 * SIZE))
    inside = [
        (f >= low) & (f <= high) for low, high in (guard.occupied.frequency_y, guard.occupied.frequency_x)
    ]
    band = power[SIZE:, SIZE:].sum()
    found = power[np.ix_(*inside)][:SIZE, :SIZE].sum()
    assert found == pytest.approx(band, rel=1e-9), "all that the band holds"
    for axis, sides in enumerate((guard.occupied.frequency_y, guard.occupied.frequency_x)):
        assert (sides[0] == 0.0, sides[1] == 0.5) == (first[axis] == 0, last[axis] == SIZE - 1)


@given(st.integers(0, SIZE - 1))
def test_moving_the_spectrum_spends_it_and_centring_gives_it_back(shift):
    n = np.arange(SIZE)
    image = speckle((16, 0), (47, 63)) * np.exp(2j * np.pi * shift * n[:, None] / SIZE)
    guard = nyquist_guard(image)
    assert guard.centred == pytest.approx((0.125, 0.0))
    wraps = 16 < shift < 48
    assert (guard.occupied.frequency_y == (0.0, 0.5)) == wraps
    assert guard.exists != wraps


def test_what_has_no_spectrum_is_refused():
    with pytest.raises(ValueError, match="complex needed"):
        nyquist_guard(np.ones((8, 8)))
    with pytest.raises(ValueError, match=r"one image \(y, x\), found shape \(2, 8, 8\)"):
        nyquist_guard(np.ones((2, 8, 8), complex))
