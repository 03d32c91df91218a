"""The guard of a Nyquist-mapped image: frequencies that its band leaves free towards its mirror."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.mappings.arrays import require_complex
from workbench.mappings.band import Rectangle

__all__ = ["GUARD_LEVEL", "Guard", "nyquist_guard"]

GUARD_LEVEL = -20.0
"""dB re the strongest: above what the borders of a patch of band-limited speckle leak."""


@dataclass(frozen=True)
class Guard:
    """What a spectrum leaves free inside its band.

    Attributes
    ----------
    occupied : Rectangle
        Where the spectrum lies in the band [0, 1/2]², cycles per sample of the real, doubled grid; around it
        is the guard. It reaches an edge of the band where there is none.
    centred : tuple of float
        Guard (y, x) on each side if the spectrum were moved to the middle of its band first.
    """

    occupied: Rectangle
    centred: tuple[float, float]

    @property
    def exists(self) -> bool:
        """Whether there is any."""
        return (self.occupied.frequency_y, self.occupied.frequency_x) != ((0.0, 0.5), (0.0, 0.5))


def nyquist_guard(x: npt.ArrayLike, threshold_db: float = GUARD_LEVEL) -> Guard:
    r"""Measure the guard that a complex image has once it is Nyquist-mapped.

    A frequency f of x lies at f/2 + 1/4 of y = Re(u j^{m+n}), so that the edges of the band, where it meets
    its mirror, are the frequency ±1/2 of x. An image that is sampled faster than its bandwidth asks for
    (SLC products are, by a tenth to a third) has nothing there: an interpolation filter then has room to fall
    off, and the one bin that the mapping has no room for holds nothing. A spectrum off centre, as azimuth
    spectra of TOPS data are, wraps around that edge and spends its guard.

    Parameters
    ----------
    x : array, shape (P, Q)
        Complex.
    threshold_db : float
        A frequency is free where the power summed over the other axis stays so far below the strongest.

    Returns
    -------
    Guard

    Raises
    ------
    ValueError
        For an image that is not complex, finite and two-dimensional.

    Examples
    --------
    >>> tones = np.exp(2j * np.pi * np.outer(np.arange(-8, 8), np.arange(64)) / 64).sum(axis=0)
    >>> guard = nyquist_guard(np.random.default_rng(0).normal(size=(64, 1)) * tones)
    >>> guard.occupied.frequency_y, guard.occupied.frequency_x
    ((0.0, 0.5), (0.18359375, 0.30859375))
    """
    image = require_complex(np.asarray(x), "nyquist_guard")
    if image.ndim != 2:
        raise ValueError(f"nyquist_guard needs one image (y, x), found shape {image.shape}")
    power = np.abs(np.fft.fftshift(np.fft.fft2(image))) ** 2
    found = [_occupied(power.sum(axis=1 - axis), threshold_db) for axis in (0, 1)]
    (y, middle_y), (x_edges, middle_x) = found
    return Guard(Rectangle(y, x_edges), (middle_y, middle_x))


def _occupied(power: npt.NDArray[np.float64], threshold_db: float) -> tuple[tuple[float, float], float]:
    """Return the occupied part of the band, and half of the longest free stretch around the circle."""
    size = power.size
    strong = np.flatnonzero(power >= power.max() * 10 ** (threshold_db / 10))
    first, last = int(strong[0]), int(strong[-1])
    place = (np.arange(size) - size // 2) / size / 2 + 0.25
    cell = 0.25 / size  # half of a bin, on the doubled grid
    low = 0.0 if first == 0 else float(place[first] - cell)
    high = 0.5 if last == size - 1 else float(place[last] + cell)
    free = int(np.diff(np.append(strong, first + size)).max()) - 1
    return (low, high), free / size / 4
