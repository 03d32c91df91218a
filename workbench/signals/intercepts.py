"""How the orders of a tone rise with its drive: slopes, intercept points, compression."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.signals.spectra import power_db

Array = npt.NDArray[np.float64]
SMALL_SIGNAL = 0.1  # dB that the gain may change over the small-signal region
SLOPE_TOLERANCE = 0.25  # dB per dB that a product of order k may miss k by
COMPRESSION = 1.0  # dB


def drive_figures(
    power: xr.DataArray, total: xr.DataArray, floor: float = 0.0, along: str = "order"
) -> xr.Dataset:
    """Slopes, intercept points, 1-dB compression of order powers measured at several drive levels.

    With the drive level ``x = 20 log10(A)`` (dB re amplitude 1) and order powers ``y_k = 10 log10(P_k)``:

    * small-signal region of a layer: from the lowest drive until its gain ``y_1 − x`` has changed by 0.1 dB
    * ``local_slope``: dy_k/dx by central differences; ``slope_db_per_db``: line fitted over that region
    * intercept of order k: where the lines of slope 1 and k through the lowest point that can be measured
      meet: ``x_k = (G − C_k)/(k − 1)``, ``G = y_1 − x``, ``C_k = y_k − k·x``; at the output ``x_k + G``
    * ``compression``: lowest drive at which the gain has fallen by 1 dB; ratios interpolated over A²
      (exact for a third-order law)

    Parameters
    ----------
    power : DataArray (amplitude, layer, order)
        Powers of the orders with both signs; `along` has a coordinate ``order`` (its magnitude).
    total : DataArray (amplitude, layer)
        All power of the layer: what lies below ``floor · total`` is rounding, not signal.
    floor : float
        Relative power of rounding.
    along : str
        Name of the order dimension ("product" for two tones, whose first-order products are averaged).

    Returns
    -------
    Dataset
        ``power``, ``local_slope`` over (amplitude, layer, order); ``slope_db_per_db``, ``input_intercept``
        (dB re amplitude 1), ``output_intercept`` (dB re power 1), ``intercept_note`` (why there is none) over
        (layer, order); ``gain`` (dB), ``compression`` (dB re amplitude 1), ``small_signal_until`` (the same)
        over layer. Coordinate ``level(amplitude)``.

    Raises
    ------
    ValueError
        If there are fewer than three amplitudes, or they are not positive, finite, ascending.

    Notes
    -----
    Source: the intercept points of RF engineering; IEEE Std 1241 for the terms.

    Examples
    --------
    A cubic ``z + z³``: its third order has amplitude A³/4 and meets the first at A = 2, that is 6.02 dB.

    >>> A = np.array([0.001, 0.01, 0.1])
    >>> values = np.stack([(A + 0.75 * A**3) ** 2 / 2, (A**3 / 4) ** 2 / 2], axis=-1)[:, None]
    >>> coords = {"amplitude": A, "layer": ["cubic"], "order": [1, 3]}
    >>> power = xr.DataArray(values, dims=("amplitude", "layer", "order"), coords=coords)
    >>> figures = drive_figures(power, power.sum("order"))
    >>> figures.input_intercept.sel(layer="cubic", order=3).round(2).item()
    6.02
    """
    amplitudes = checked_amplitudes(power.amplitude.values)
    level = 20 * np.log10(amplitudes)
    power = power.transpose("amplitude", "layer", along)
    magnitude = np.asarray(power["order"].values)
    heard = power.where(power > floor * total)
    y = power_db(heard).transpose("amplitude", "layer", along).values
    y = np.where(np.isfinite(y), y, np.nan)
    first = power_db(heard.isel({along: magnitude == 1}).mean(along, skipna=False)).values
    gain = np.where(np.isfinite(first), first - level[:, None], np.nan)
    small, start = _small_signal(gain)
    slope = _fitted(level, y, small)
    slope_1 = _fitted(level, first[:, :, None], small)[:, 0]
    ip, note = _intercepts(level, y, small, slope, slope_1, start, magnitude)
    until = np.where(small.any(0), np.where(small, level[:, None], -np.inf).max(0), np.nan)
    wide, by_layer = ("layer", along), ("layer",)
    with np.errstate(invalid="ignore"):
        local = np.gradient(y, level, axis=0)
    result = xr.Dataset(
        {
            "power": power,
            "local_slope": (("amplitude", *wide), local, _attrs("slope by central differences", "dB per dB")),
            "slope_db_per_db": (wide, slope, _attrs("slope of the small-signal region", "dB per dB")),
            "input_intercept": (wide, ip, _attrs("intercept point at the input", "dB re amplitude 1")),
            "output_intercept": (
                wide,
                ip + start[:, None],
                _attrs("intercept point at the layer", "dB re power 1"),
            ),
            "intercept_note": (wide, note, {"long_name": "why there is no intercept point"}),
            "gain": (
                by_layer,
                start,
                _attrs("small-signal gain: order 1 re amplitude squared", "dB"),
            ),
            "compression": (
                by_layer,
                _compression(level, gain, start),
                _attrs("drive that compresses order 1 by 1 dB", "dB re amplitude 1"),
            ),
            "small_signal_until": (
                by_layer,
                until,
                _attrs("end of the small-signal region", "dB re amplitude 1"),
            ),
        }
    )
    return result.assign_coords(level=("amplitude", level, _attrs("drive level", "dB re amplitude 1")))


def checked_amplitudes(amplitudes: npt.ArrayLike) -> Array:
    """Return drive amplitudes as an array: at least three, positive, finite, ascending.

    Examples
    --------
    >>> checked_amplitudes([1, 2])
    Traceback (most recent call last):
    ...
    ValueError: a sweep needs at least 3 amplitudes, positive, finite and ascending, found [1. 2.]
    """
    try:
        values = np.asarray(amplitudes, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(
            f"a sweep needs at least 3 amplitudes, positive, finite and ascending, found {amplitudes!r}"
        ) from None
    sound = values.ndim == 1 and values.size >= 3 and np.isfinite(values).all() and values[0] > 0
    if not (sound and (np.diff(values) > 0).all()):
        raise ValueError(
            f"a sweep needs at least 3 amplitudes, positive, finite and ascending, found {values}"
        )
    return values


def _attrs(meaning: str, unit: str) -> dict[str, str]:
    return {"long_name": meaning, "units": unit}


def _small_signal(gain: Array) -> tuple[npt.NDArray[np.bool_], Array]:
    """Which drives are small signals, (amplitude, layer), with the gain of the lowest."""
    known = np.isfinite(gain)
    lowest = known.argmax(0)
    start = np.where(known.any(0), np.take_along_axis(gain, lowest[None], 0)[0], np.nan)
    after = np.arange(len(gain))[:, None] >= lowest
    left = after & ~(np.abs(gain - start) <= SMALL_SIGNAL)
    return after & known & (np.cumsum(left, axis=0) == 0), start


def _fitted(level: Array, y: Array, small: npt.NDArray[np.bool_]) -> Array:
    """Slope of the line through y(level) over the small-signal region, NaN for fewer than two points."""
    use = small[:, :, None] & np.isfinite(y)
    count = use.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = np.where(use, level[:, None, None], 0.0)
        dx = np.where(use, level[:, None, None] - x.sum(0) / count, 0.0)
        return np.where(count >= 2, (dx * np.where(use, y, 0.0)).sum(0) / (dx**2).sum(0), np.nan)


def _intercepts(
    level: Array,
    y: Array,
    small: npt.NDArray[np.bool_],
    slope: Array,
    slope_1: Array,
    gain: Array,
    magnitude: npt.NDArray[np.int_],
) -> tuple[Array, npt.NDArray[np.str_]]:
    use = small[:, :, None] & np.isfinite(y)
    lowest = use.argmax(0)
    y_low = np.take_along_axis(y, lowest[None], 0)[0]
    offset = y_low - magnitude * level[lowest]
    found = np.full(slope.shape, np.nan)
    note = np.full(slope.shape, "", dtype=object)
    for i, j in np.ndindex(slope.shape):
        k = int(magnitude[j])
        note[i, j] = _why_not(k, float(slope[i, j]), float(slope_1[i]), int(use[:, i, j].sum()))
        if not note[i, j]:
            found[i, j] = (gain[i] - offset[i, j]) / (k - 1)
    return found, note.astype(str)


def _why_not(order: int, slope: float, slope_1: float, points: int) -> str:
    if order < 2:
        return "an intercept belongs to an order of 2 or above"
    if points < 2:
        return f"{points} points of the small-signal region lie above rounding, at least 2 are needed"
    if abs(slope_1 - 1) > SLOPE_TOLERANCE:
        return f"order 1 rises {slope_1:.2f} dB per dB instead of 1: there is no small-signal region"
    if abs(slope - order) <= SLOPE_TOLERANCE:
        return ""
    if abs(slope - 1) <= SLOPE_TOLERANCE:
        return f"order {order} rises {slope:.2f} dB per dB like order 1: homogeneous, as a ReLU without bias"
    return f"order {order} rises {slope:.2f} dB per dB instead of {order}"


def _compression(level: Array, gain: Array, start: Array) -> Array:
    result = np.full(gain.shape[1], np.nan)
    for i, drop in enumerate((start - gain).T):
        below = np.flatnonzero(drop >= COMPRESSION)
        if below.size and below[0] > 0 and np.isfinite(drop[below[0] - 1]):
            n = int(below[0])
            before, after = 10 ** (-drop[n - 1 : n + 1] / 20)
            part = (before - 10 ** (-COMPRESSION / 20)) / (before - after)
            low, high = 10 ** (level[n - 1 : n + 1] / 10)
            result[i] = 10 * np.log10(low + part * (high - low))
    return result
