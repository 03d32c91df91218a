"""Amplitude spectra on physical frequency axes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy
import xarray as xr

from workbench.signals.checks import host_array

Window = str | tuple[Any, ...] | None


def spectrum(image: Any, dims: Sequence[str] = ("y", "x"), window: Window = None) -> xr.DataArray:
    """Complex amplitude spectrum of an image, frequencies ascending.

    ``X[k] = 1/N sum_n w[n] x[n] exp(-2 pi i k n / N) / mean(w)`` along every dimension in `dims`
    (norm="forward"): a tone of amplitude A shows A/2 at plus and minus its frequency (real) or A (complex),
    with any window.

    Parameters
    ----------
    image : array_like or DataArray
        Real or complex. Of a plain array the last axes are `dims`; a DataArray keeps its other dimensions.
        Pixel spacing is read from ``attrs["spacing_y"]`` (metres), else from an evenly spaced coordinate
        with units.
    dims : sequence of str
        Dimensions to transform.
    window : None, str or tuple
        None (rectangular: right for tones with whole cycles per frame), "hann", ("kaiser", beta) or any other
        window of `scipy.signal.get_window`, applied along every dimension.

    Returns
    -------
    DataArray, complex128
        Dimension ``frequency_<dim>`` in place of each dim, in cycles per sample, in [-1/2, 1/2[; where the
        spacing is known also a coordinate ``frequency_<dim>_per_metre`` (or per the coordinate's unit).
        attrs: units, reference, norm, window, coherent_gain and equivalent_noise_bandwidth (in bins); the
        last two are products over `dims`.

    Raises
    ------
    ValueError
        For NaN or infinite pixels (the message counts them), missing dimensions, unknown windows.

    Notes
    -----
    Source: seed paper (Sibler et al.), eq. 6, with the exponent's missing 2 pi.

    Examples
    --------
    >>> tone = np.cos(2 * np.pi * 3 * np.arange(16) / 16)
    >>> lines = spectrum(tone, dims=("x",))
    >>> float(abs(lines).sel(frequency_x=3 / 16).round(12))
    0.5
    >>> lines.frequency_x.attrs["units"]
    'cycles per sample'
    """
    array, dims = as_image(image, dims)
    axes = tuple(array.get_axis_num(dim) for dim in dims)
    tapers = {dim: taper(window, array.sizes[dim]) for dim in dims}
    values = array.values.astype(np.complex128)
    for axis, dim in zip(axes, dims, strict=True):
        values = values * tapers[dim].reshape([-1 if i == axis else 1 for i in range(values.ndim)])
    gain = float(np.prod([w.mean() for w in tapers.values()]))
    values = np.fft.fftshift(np.fft.fftn(values, axes=axes, norm="forward"), axes=axes) / gain
    result = xr.DataArray(
        values,
        dims=[f"frequency_{dim}" if dim in dims else dim for dim in array.dims],
        coords=kept_coordinates(array, dims) | frequency_coordinates(array, dims),
        name="spectrum",
    )
    units = str(array.attrs.get("units", "1"))
    return result.assign_attrs(
        long_name="amplitude spectrum",
        units=units,
        reference=f"a tone of amplitude 1 ({units}) shows 0.5 at both signs of its frequency, 1 if complex",
        norm="forward",
        window=describe_window(window),
        coherent_gain=gain,
        equivalent_noise_bandwidth=float(np.prod([noise_bandwidth(w) for w in tapers.values()])),
    )


def power_db(power: Any, reference: float = 1.0, floor: float | None = None) -> Any:
    """Power ratio in decibels, ``10 log10(power / reference)``.

    Parameters
    ----------
    power : array_like or DataArray
        Powers (squared magnitudes). Zero gives -inf, negative or NaN gives NaN, without warnings.
    reference : float
        Positive power that shows as 0 dB.
    floor : float, optional
        Lowest level returned, in dB; NaN stays NaN.

    Returns
    -------
    Same kind as `power`; a DataArray has units "dB" and the reference in attrs.

    Raises
    ------
    ValueError
        If the reference is not positive and finite.

    Examples
    --------
    >>> power_db(np.array([1.0, 0.5, 0.0])).round(2)
    array([ 0.  , -3.01,  -inf])
    >>> power_db(np.array([1.0, 0.0]), floor=-80.0)
    array([  0., -80.])
    """
    if not (np.isfinite(reference) and reference > 0):
        raise ValueError(f"reference must be a positive power, found {reference}")
    with np.errstate(divide="ignore", invalid="ignore"):
        if not isinstance(power, xr.DataArray):
            level = 10.0 * np.log10(np.divide(power, reference))
            return level if floor is None else np.maximum(level, floor)
        level = xr.apply_ufunc(np.log10, power / reference) * 10.0
    if floor is not None:
        level = xr.apply_ufunc(np.maximum, level, floor)
    unit = power.attrs.get("units", "1")
    return level.assign_attrs(power.attrs | {"units": "dB", "reference": f"{reference:g} ({unit})"})


def as_image(image: Any, dims: Sequence[str]) -> tuple[xr.DataArray, tuple[str, ...]]:
    """Return `image` as a finite numeric DataArray that has all of `dims`, and `dims` as a tuple."""
    dims = (dims,) if isinstance(dims, str) else tuple(dims)
    if not dims or len(set(dims)) != len(dims):
        raise ValueError(f"dims must name one or more different dimensions, found {dims}")
    if not isinstance(image, xr.DataArray):
        values = host_array(image)
        extra = values.ndim - len(dims)
        if extra < 0:
            raise ValueError(
                f"an image with dims {dims} needs at least {len(dims)} axes, found shape {values.shape}"
            )
        image = xr.DataArray(values, dims=[*(f"dim_{i}" for i in range(extra)), *dims])
    missing = [dim for dim in dims if dim not in image.dims]
    if missing:
        raise ValueError(f"the image has no dimension {missing[0]!r}; it has {image.dims}")
    if image.dtype.kind not in "fciub":
        raise ValueError(f"an image must hold numbers, found dtype {image.dtype}")
    if 0 in image.shape:
        raise ValueError(f"an image must not be empty, found shape {image.shape}")
    invalid = ~np.isfinite(image.values)
    if invalid.any():
        nan = int(np.isnan(image.values).sum())
        found = f"{nan} NaN and {int(invalid.sum()) - nan} infinite of {image.size} pixels"
        raise ValueError(f"the image must be finite, found {found}: fill or crop them first")
    return image, dims


def taper(window: Window, size: int) -> npt.NDArray[np.float64]:
    """Periodic (DFT-even) window of `size` samples."""
    if window is None:
        return np.ones(size)
    try:
        return np.asarray(scipy.signal.get_window(window, size, fftbins=True), dtype=np.float64)
    except (ValueError, TypeError) as error:
        names = 'None, "hann", ("kaiser", beta) or another scipy.signal window'
        raise ValueError(f"window must be {names}, found {window!r}: {error}") from error


def noise_bandwidth(weights: npt.NDArray[np.float64]) -> float:
    """Equivalent noise bandwidth of a window in bins, ``N sum w^2 / (sum w)^2``."""
    return float(weights.size * np.sum(weights**2) / np.sum(weights) ** 2)


def describe_window(window: Window) -> str:
    """Name of a window for attrs."""
    if window is None:
        return "rectangular"
    return window if isinstance(window, str) else ", ".join(str(part) for part in window)


def kept_coordinates(array: xr.DataArray, dims: Sequence[str]) -> dict[Any, Any]:
    """Coordinates that do not run along `dims`."""
    return {name: coord for name, coord in array.coords.items() if not set(coord.dims) & set(dims)}


def frequency_coordinates(
    array: xr.DataArray, dims: Sequence[str], sizes: Sequence[int] | None = None
) -> dict[Any, Any]:
    """Ascending frequency axes of `dims`, per sample and, where the spacing is known, per length."""
    coordinates: dict[Any, Any] = {}
    for i, dim in enumerate(dims):
        size = array.sizes[dim] if sizes is None else sizes[i]
        frequency = np.fft.fftshift(np.fft.fftfreq(size))
        name = f"frequency_{dim}"
        coordinates[name] = (
            name,
            frequency,
            {"units": "cycles per sample", "long_name": f"spatial frequency along {dim}"},
        )
        spacing = _spacing(array, dim)
        if spacing is not None:
            step, unit = spacing
            label = re.sub(r"\W+", "_", unit)
            coordinates[f"{name}_per_{label}"] = (name, frequency / step, {"units": f"cycles per {unit}"})
    return coordinates


def _spacing(array: xr.DataArray, dim: str) -> tuple[float, str] | None:
    """Sample spacing along `dim` with its unit, if the array knows it."""
    spacing = array.attrs.get(f"spacing_{dim}")
    if spacing is not None:
        if not (np.isfinite(spacing) and spacing > 0):
            raise ValueError(f"spacing_{dim} must be a positive length in metres, found {spacing}")
        return float(spacing), "metre"
    if dim not in array.coords or "units" not in array[dim].attrs or array.sizes[dim] < 2:
        return None
    if array[dim].dtype.kind not in "fiu":
        return None
    steps = np.diff(array[dim].values.astype(np.float64))
    if not np.all(np.abs(steps - steps.mean()) <= 1e-6 * abs(steps.mean())) or steps.mean() == 0:
        return None
    unit = str(array[dim].attrs["units"])
    return float(steps.mean()), "metre" if unit in ("m", "metre", "metres", "meter", "meters") else unit
