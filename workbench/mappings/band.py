"""Where the Nyquist mapping puts a spectrum: the band, its mirror, the quadrants that stay empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from workbench.mappings.arrays import namespace, require_real


@dataclass(frozen=True)
class Rectangle:
    """A rectangle of frequencies; edges (low, high) in cycles per sample of the real, doubled grid."""

    frequency_y: tuple[float, float]
    frequency_x: tuple[float, float]


def nyquist_band() -> dict[str, Rectangle]:
    """Return the four quadrants of a Nyquist-mapped image's spectrum, in cycles per sample.

    ``band`` holds the whole spectrum of the complex image (its DC in the middle, at 1/4, 1/4), ``mirror`` the
    conjugate every real image has, ``empty_upper`` (+, -) and ``empty_lower`` (-, +) nothing.

    Examples
    --------
    >>> nyquist_band()["band"]
    Rectangle(frequency_y=(0.0, 0.5), frequency_x=(0.0, 0.5))
    """
    positive, negative = (0.0, 0.5), (-0.5, 0.0)
    return {
        "band": Rectangle(positive, positive),
        "mirror": Rectangle(negative, negative),
        "empty_upper": Rectangle(positive, negative),
        "empty_lower": Rectangle(negative, positive),
    }


def out_of_band_ratio(y: Any, edge: str = "pack") -> Any:
    r"""Share of an image's energy that no Nyquist-mapped image can have.

    .. math:: \sum_{k \notin B \cup -B} |Y_k|^2 \;/\; \sum_k |Y_k|^2, \qquad B = [0, \pi)^2

    The band B and its mirror -B share their bin at DC; the bin at (pi, pi), where ``edge="pack"`` keeps one
    number, counts as in-band in that mode. White noise has 1/2, an encoded image of even size 0. An odd
    size puts the carrier between two bins, which spills: 1 % at 255 x 255, 7 % at 31 x 31 for white images,
    less than half of that for band-limited ones.

    Parameters
    ----------
    y : numpy array, torch tensor or xarray.DataArray
        Real, shape (..., 2P, 2Q); the mean is not removed.
    edge : {"pack", "drop"}
        Whether energy at (pi, pi) is signal.

    Returns
    -------
    same kind as y
        Shape (...), 0..1; NaN for an image without energy.

    Raises
    ------
    ValueError
        If the grid is not even, y complex or (numpy, xarray) NaN.

    Examples
    --------
    >>> import numpy as np
    >>> m, n = np.mgrid[:8, :8]
    >>> float(out_of_band_ratio(np.cos(np.pi / 2 * (m + n))).round(12))
    0.0
    >>> float(out_of_band_ratio(np.cos(np.pi / 2 * (m - n))).round(12))
    1.0
    """
    if isinstance(y, xr.DataArray):
        y = y.transpose(..., "y", "x")
        leading = y.isel(y=0, x=0, drop=True)
        ratio = leading.copy(data=out_of_band_ratio(y.values, edge)).rename("out_of_band_ratio")
        return ratio.drop_attrs(deep=False).assign_attrs(long_name="out-of-band ratio", units="1")
    y = require_real(y, "out_of_band_ratio")
    M, N = y.shape[-2:]
    if M % 2 or N % 2:
        raise ValueError(f"out_of_band_ratio: an even grid is needed, found {M} x {N}")
    xp = namespace(y)
    energy = xp.abs(xp.fft.fft2(y)) ** 2
    outside = xp.asarray(_outside((M, N), edge), device=y.device)
    total = energy.sum((-2, -1))
    with np.errstate(invalid="ignore"):  # no energy: 0/0 is the NaN that is promised
        return (energy * outside).sum((-2, -1)) / total


def _outside(shape: tuple[int, int], edge: str) -> np.ndarray:
    """Mark, in FFT order, the bins of neither band nor mirror."""
    lower = [np.arange(size) < size // 2 for size in shape]  # [0, pi)
    upper = [(np.arange(size) == 0) | (np.arange(size) > size // 2) for size in shape]  # ]-pi, 0]
    outside = ~(np.logical_and.outer(*lower) | np.logical_and.outer(*upper))
    if edge == "pack":
        outside[shape[0] // 2, shape[1] // 2] = False
    return outside.astype(np.float32)
