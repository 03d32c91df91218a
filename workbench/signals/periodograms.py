"""Power spectral densities of data with their statistical uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy
import xarray as xr

from workbench.signals.spectra import (
    Window,
    as_image,
    describe_window,
    frequency_coordinates,
    noise_bandwidth,
    taper,
)


def power_spectral_density(
    image: Any,
    dims: Sequence[str] = ("y", "x"),
    window: Window = "hann",
    segment: int | Sequence[int] | None = None,
    confidence: float = 0.95,
) -> xr.Dataset:
    """Averaged power spectral density with a chi-square confidence interval.

    Half-overlapping windowed segments (Welch) of every image are averaged over the segments and over all
    dimensions that are not in `dims`: ``S = mean |sum w x exp(-i ...)|^2 / sum w^2``. The mean of S over
    frequency is the signal's mean square, whatever the window, on average.

    Parameters
    ----------
    image : array_like or DataArray
        Real or complex, as for `spectrum`. Images along other dimensions count as independent.
    dims : sequence of str
        Dimensions to transform.
    window : None, str or tuple
        As for `spectrum`.
    segment : int, sequence of int or None
        Samples per segment (per dim); None takes whole images.
    confidence : float
        Probability that the interval holds the true density, per frequency.

    Returns
    -------
    Dataset
        ``density``, ``lower`` and ``upper`` over ``frequency_<dim>`` (coordinates as in `spectrum`), in power
        per (cycle per sample) to the number of dims. attrs: averaged (effective number of independent
        spectra, overlap accounted for), degrees_of_freedom, confidence, window, equivalent_noise_bandwidth.

    Raises
    ------
    ValueError
        As `spectrum`; for segments that do not fit, or a confidence outside ]0, 1[.

    Notes
    -----
    nu S / S_true is chi-square with nu = 2 x averaged degrees of freedom, or nu = averaged at the
    self-conjugate frequencies (zero, Nyquist) of real data. Source: P. D. Welch, "The use of fast Fourier
    transform for the estimation of power spectra", IEEE Trans. Audio Electroacoust. 15(2), 1967.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=(8, 64))
    >>> estimate = power_spectral_density(noise, dims=("x",), segment=16)
    >>> round(float(estimate.density.mean()), 1), round(estimate.attrs["averaged"], 1)
    (1.0, 53.5)
    """
    array, dims = as_image(image, dims)
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must be inside ]0, 1[, found {confidence}")
    sizes = _segments(array, dims, segment)
    tapers = [taper(window, size) for size in sizes]
    values = array.transpose(..., *dims).values
    values = values.reshape(-1, *(array.sizes[dim] for dim in dims))
    averaged = float(len(values))
    for axis, (size, weights) in enumerate(zip(sizes, tapers, strict=True), start=1):
        values, count = _split(values, axis, size)
        averaged *= _independent(count, weights)
    axes = tuple(range(-len(dims), 0))
    for axis, weights in zip(axes, tapers, strict=True):
        values = values * weights.reshape([-1 if i == axis else 1 for i in range(-len(dims), 0)])
    power = np.abs(np.fft.fftshift(np.fft.fftn(values, axes=axes), axes=axes)) ** 2
    density = power.reshape(-1, *sizes).mean(axis=0) / np.prod([np.sum(w**2) for w in tapers])
    coordinates = frequency_coordinates(array, dims, sizes)
    names = [f"frequency_{dim}" for dim in dims]
    freedom = np.full(sizes, 2.0 * averaged)
    if not np.iscomplexobj(array.values):
        freedom[np.ix_(*(_self_conjugate(coordinates[name][1]) for name in names))] = averaged
    tail = 0.5 * (1.0 - confidence)
    units = f"({array.attrs.get('units', '1')})^2 per (cycle per sample)^{len(dims)}"
    level = f"{100 * confidence:g} % interval"
    return xr.Dataset(
        {
            "density": (names, density, {"units": units, "long_name": "power spectral density"}),
            "lower": (
                names,
                freedom * density / scipy.stats.chi2.isf(tail, freedom),
                {"units": units, "long_name": level},
            ),
            "upper": (
                names,
                freedom * density / scipy.stats.chi2.ppf(tail, freedom),
                {"units": units, "long_name": level},
            ),
        },
        coords=coordinates,
        attrs={
            "averaged": averaged,
            "degrees_of_freedom": 2.0 * averaged,
            "confidence": confidence,
            "window": describe_window(window),
            "equivalent_noise_bandwidth": float(np.prod([noise_bandwidth(w) for w in tapers])),
        },
    )


def _segments(array: xr.DataArray, dims: Sequence[str], segment: int | Sequence[int] | None) -> list[int]:
    full = [array.sizes[dim] for dim in dims]
    if segment is None:
        return full
    chosen = np.atleast_1d(np.asarray(segment)).tolist() * (len(dims) if np.ndim(segment) == 0 else 1)
    if len(chosen) != len(dims):
        raise ValueError(f"segment needs one size or one per dimension {tuple(dims)}, found {segment!r}")
    for dim, size, limit in zip(dims, chosen, full, strict=True):
        if not isinstance(size, int) or not 2 <= size <= limit:
            raise ValueError(f"a segment along {dim!r} must be 2 to {limit} samples long, found {size!r}")
    return chosen


def _split(values: npt.NDArray[Any], axis: int, size: int) -> tuple[npt.NDArray[Any], int]:
    """Turn `axis` into half-overlapping segments: their number joins axis 0, their samples stay at `axis`."""
    step = max(1, size // 2)
    starts = np.arange(0, values.shape[axis] - size + 1, step)
    pieces = [np.take(values, np.arange(start, start + size), axis=axis) for start in starts]
    return np.concatenate(pieces, axis=0), len(pieces)


def _independent(count: int, weights: npt.NDArray[np.float64]) -> float:
    """Effective number of independent spectra among `count` half-overlapping segments (white noise)."""
    size = weights.size
    step = max(1, size // 2)
    variance = 1.0
    for lag in range(1, min(count, -(-size // step))):
        shared = np.sum(weights[: size - lag * step] * weights[lag * step :]) / np.sum(weights**2)
        variance += 2.0 * (1.0 - lag / count) * shared**2
    return float(count / variance)


def _self_conjugate(frequency: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    return np.flatnonzero((frequency == 0.0) | (frequency == -0.5))
