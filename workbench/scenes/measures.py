"""What can be measured on one complex image: speckle, phase, spectrum."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.scenes.opening import open_scene
from workbench.scenes.validity import require_scene

TILE = 16
PHASE_BINS = 16
MEASURED = 2048
"""Pixels per axis that are measured at most, in the middle of the image."""
OCCUPIED = 0.99

Image = npt.NDArray[np.complex128]


def doppler_centroid(scene: str | PathLike[str] | xr.Dataset, each: bool = False) -> xr.DataArray:
    """Estimate where the spectrum lies, from the phase of the autocorrelation at lag 1.

    ``f = arg(Σ x[n + 1] conj(x[n])) / 2π`` along each axis: the power-weighted circular mean of the
    frequency. It needs no window or peak search, and it is unbiased for a symmetric spectrum.

    Parameters
    ----------
    scene : path or xarray.Dataset
        A scene; of a large one the middle 2048×2048 pixels are read.
    each : bool
        One estimate per sample instead of one for all of them.

    Returns
    -------
    xarray.DataArray
        (axis) or (sample, axis), cycles per sample in (−0.5, 0.5]; axis is y (azimuth), x (range). NaN for
        an image of zeros.

    Notes
    -----
    S. N. Madsen, "Estimating the Doppler centroid of SAR data", IEEE TAES 25 (1989).

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> y, x = np.mgrid[:32, :32]
    >>> tone = xr.Dataset({"slc": (("y", "x"), np.exp(2j * np.pi * (0.3 * y - 0.1 * x)))})
    >>> doppler_centroid(tone).values.round(3).tolist()
    [0.3, -0.1]
    """
    images, stacked, _ = _measured(scene)
    lags = np.array([_lags(image) for image in images])
    if not (each and stacked):
        lags = lags.sum(axis=0, keepdims=not stacked and each)
        lags = lags[0] if lags.ndim == 2 else lags
    with np.errstate(invalid="ignore"):
        values = np.where(lags == 0, np.nan, np.angle(lags) / (2 * np.pi))
    dims = ("sample", "axis") if values.ndim == 2 else ("axis",)
    attrs = {"long_name": "Doppler centroid", "units": "cycles/sample"}
    return xr.DataArray(values, dims=dims, coords={"axis": ["y", "x"]}, attrs=attrs, name="centroid")


def scene_statistics(scene: str | PathLike[str] | xr.Dataset) -> xr.Dataset:
    """Measure speckle, phase, spectrum of an image, or of each image of a stack.

    Parameters
    ----------
    scene : path or xarray.Dataset
        A scene; of a large one the middle 2048×2048 pixels are read.

    Returns
    -------
    xarray.Dataset
        Over sample for a stack, all without unit but the spectrum's (cycles/sample):

        ``intensity_cv``: standard deviation of the power over its mean, where it is not zero; 1 for fully
        developed speckle, more for structured scenes. ``tile_cv``, ``tile_cv_p10``: median and 10 %
        quantile of it over tiles of 16×16 pixels. ``looks``: ``tile_cv_p10⁻²``, the equivalent number of
        looks where the image is most homogeneous. ``phase_resultant``: length of the mean unit phasor, 0 for
        uniform phase. ``phase_chi2``: χ² of a histogram of 16 phases over its 15 degrees of freedom, 1 for
        uniform phase of independent pixels. ``iq_correlation``, ``iq_ratio``: of real and imaginary part.
        ``zero_share``, ``invalid_share``: of pixels that are zero, that are NaN or infinite. ``centroid``
        (axis): see `doppler_centroid`. ``effective_bandwidth`` (axis): ``(Σ P)² / (N Σ P²)`` of the
        spectral power P summed over the other axis. ``occupied_bandwidth`` (axis): width around the
        centroid that holds 99 % of the power. attrs ``measured``: which pixels.

    Raises
    ------
    FileNotFoundError, ValueError
        As `open_scene`.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> rng = np.random.default_rng(0)
    >>> speckle = rng.normal(size=(64, 64, 2)) @ [1, 1j]
    >>> found = scene_statistics(xr.Dataset({"slc": (("y", "x"), speckle)}))
    >>> round(float(found.intensity_cv), 1), round(float(found.looks), 0)
    (1.0, 1.0)
    """
    images, stacked, where = _measured(scene)
    rows = [_statistics(image) for image in images]
    found = xr.Dataset(attrs={"measured": where})
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        dims = ("sample", "axis")[: values.ndim]
        value = values if stacked else values[0]
        spectral = name in ("centroid", "effective_bandwidth", "occupied_bandwidth")
        found[name] = (dims if stacked else dims[1:], value, {"units": "cycles/sample" if spectral else "1"})
    return found.assign_coords(axis=["y", "x"])


def measured_window(scene: xr.Dataset) -> dict[str, slice]:
    """Return the middle of an image, at most 2048 pixels per axis."""
    window = {}
    for axis in ("y", "x"):
        length = scene["slc"].sizes[axis]
        first = max(0, (length - MEASURED) // 2)
        window[axis] = slice(first, first + min(length, MEASURED))
    return window


def _measured(scene: str | PathLike[str] | xr.Dataset) -> tuple[list[Image], bool, str]:
    """Read the images that are measured; whether they are a stack; which pixels they are."""
    opened = require_scene(scene) if isinstance(scene, xr.Dataset) else open_scene(scene)
    window = measured_window(opened)
    slc = opened["slc"].isel(window)
    where = ", ".join(f"{axis} {part.start} … {part.stop - 1}" for axis, part in window.items())
    if "sample" not in slc.dims:
        return [np.asarray(slc.values, np.complex128)], False, where
    return [np.asarray(slc[k].values, np.complex128) for k in range(slc.sizes["sample"])], True, where


def _lags(image: Image) -> list[complex]:
    """Autocorrelation at lag 1 along y, along x."""
    valid = np.where(np.isfinite(image), image, 0)
    return [
        complex(np.vdot(valid[:-1], valid[1:])),
        complex(np.vdot(valid[:, :-1], valid[:, 1:])),
    ]


def _statistics(image: Image) -> dict[str, Any]:
    finite = np.isfinite(image)
    image = np.where(finite, image, 0)
    pixels = image[image != 0]
    power = np.abs(pixels) ** 2
    tiles = _tile_variations(np.abs(image) ** 2)
    nothing = pixels.size == 0
    with np.errstate(invalid="ignore", divide="ignore"):
        phases, _ = np.histogram(np.angle(pixels), PHASE_BINS, (-np.pi, np.pi))
        expected = pixels.size / PHASE_BINS
        rms = np.sqrt([np.mean(image.real**2), np.mean(image.imag**2)])
        mixed = np.mean(image.real * image.imag)
        centroid = np.array([np.angle(lag) / (2 * np.pi) if lag else np.nan for lag in _lags(image)])
        tenth, middle = np.quantile(tiles, [0.1, 0.5]) if tiles.size else (np.nan, np.nan)
        return {
            "intensity_cv": np.nan if nothing else power.std() / power.mean(),
            "tile_cv": middle,
            "tile_cv_p10": tenth,
            "looks": np.float64(tenth) ** -2,
            "phase_resultant": np.nan if nothing else np.abs(np.mean(pixels / np.abs(pixels))),
            "phase_chi2": ((phases - expected) ** 2 / expected).sum() / (PHASE_BINS - 1),
            "iq_correlation": mixed / np.prod(rms),
            "iq_ratio": rms[0] / rms[1],
            "zero_share": np.mean((image == 0) & finite),
            "invalid_share": np.mean(~finite),
            "centroid": centroid,
            **_bandwidths(image, centroid),
        }


def _tile_variations(power: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Variation of the power in tiles that are not zero."""
    height, width = (n // TILE * TILE for n in power.shape)
    tiles = power[:height, :width].reshape(height // TILE, TILE, width // TILE, TILE)
    mean, spread = tiles.mean(axis=(1, 3)), tiles.std(axis=(1, 3))
    return spread[mean > 0] / mean[mean > 0]


def _bandwidths(image: Image, centroid: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
    """Effective and occupied bandwidth along y, along x."""
    spectrum = np.abs(np.fft.fft2(image)) ** 2
    effective, occupied = [], []
    for axis, centre in enumerate(centroid):
        density = spectrum.sum(axis=1 - axis)
        total = density.sum()
        if total == 0:
            effective.append(np.nan)
            occupied.append(np.nan)
            continue
        effective.append(total**2 / (density.size * (density**2).sum()))
        frequency = np.fft.fftfreq(density.size)
        order = np.argsort(np.abs((frequency - centre + 0.5) % 1 - 0.5), kind="stable")
        needed = np.searchsorted(np.cumsum(density[order]), OCCUPIED * total) + 1
        occupied.append(min(needed, density.size) / density.size)
    return {"effective_bandwidth": np.array(effective), "occupied_bandwidth": np.array(occupied)}
