"""A layer's order spectra become what the labelled spectrum shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.session.decibels import decibel

__all__ = ["ALONG", "FREQUENCY_UNITS", "labelled_spectrum", "line_name"]

FREQUENCY_UNITS = {"sample": "cycles/sample", "pixel": "cycles/input pixel", "metre": "cycles/m"}
ALONG = ("x", "y", "radial")
MOST = 0.5  # a line with so much of its order's power is compared with the order's theory


def labelled_spectrum(
    spectrum: xr.Dataset,
    lines: xr.Dataset,
    *,
    order: int | None = None,
    floor: float = -80.0,
    along: str = "x",
    units: str = "sample",
    linear: bool = False,
    threshold: float = -np.inf,
    spacing: tuple[float, float] | None = None,
    theory: xr.DataArray | None = None,
    selected: int = -1,
    delta: int = -1,
) -> xr.Dataset:
    """One layer's spectrum with its lines, in the units that are asked for.

    Parameters
    ----------
    spectrum
        A layer of `order_spectra`.
    lines
        Its `find_lines`.
    order
        Show this order (and its negative) only; None: all.
    floor
        Lowest level, dB re the reference of the lines.
    along
        Axis of the cut: "x", "y", "radial".
    units
        Of the frequency axes: "sample", "pixel", "metre".
    linear
        Amplitudes re the reference instead of decibels.
    threshold
        Lines below this level, dB, are not labelled.
    spacing
        Metres per input pixel along y and x; needed for "metre".
    theory
        Predicted power of each signed order; shown at the line that holds most of it, as its part.
    selected, delta
        Numbers of the marked line and of the other end of the delta marker, -1 for none.

    Returns
    -------
    Dataset
        What `plots.LabelledSpectrum` draws: value (frequency_y, frequency_x); over `line` frequency_y,
        frequency_x, at, value, theory, name, label, cause, folded_by, labelled; over `cut` its frequency and
        the highest value there.

    Raises
    ------
    ValueError
        For an unknown unit or axis, or metres without a spacing.
    """
    scale = _unit_scale(spectrum, units, spacing)
    if along not in ALONG:
        raise ValueError(f"along must be one of {', '.join(ALONG)}, found {along!r}")
    if order is not None:
        spectrum = spectrum.isel(order=np.abs(_order_of(spectrum)) == abs(order))
        lines = lines.assign(number=lines["line"]).isel(line=lines["order"].values == abs(order))
    reference = float(lines.attrs["reference_power"]) or 1.0
    real = bool(spectrum.attrs.get("real", True))
    bins = spectrum["power"].sum("order").transpose("frequency_y", "frequency_x").values
    pairs = bins * _bins_of_a_line(bins.shape, real)
    axes = {name: spectrum[name].values * scale[i] for i, name in enumerate(("frequency_y", "frequency_x"))}
    value = _value(pairs / reference, floor, linear)
    place, highest = _cut(value, axes["frequency_y"], axes["frequency_x"], along, real)
    y, x = (lines[name].values * scale[i] for i, name in enumerate(("frequency_y", "frequency_x")))
    level = lines["level"].values
    per_line: dict[str, Any] = {
        "y": y,
        "x": x,
        "at": _place(y, x, along, real),
        "level": level,
        "line_value": _value(10 ** (level / 10), floor, linear),
        "theory": _value(_theory(spectrum, lines, theory) / reference, floor, linear),
        "peak_level": lines["peak_level"].values,
        "number": lines["number"].values if "number" in lines else lines["line"].values,
        "name": [line_name(lines, i) for i in range(lines.sizes["line"])],
        "label": lines["label"].values,
        "cause": lines["cause"].values,
        "labelled": level >= threshold,
    }
    return xr.Dataset(
        {
            "value": (("frequency_y", "frequency_x"), value),
            **{name: ("line", values) for name, values in per_line.items()},
            "cut_frequency": ("cut", place),
            "cut_value": ("cut", highest),
        },
        coords=axes,
        attrs={
            "floor": 0.0 if linear else floor,
            "top": float(np.nanmax([*per_line["line_value"], 1.0 if linear else 0.0])),
            "linear": linear,
            "threshold": _value(np.array(10 ** (threshold / 10)), floor, linear).item(),
            "frequency_unit": FREQUENCY_UNITS[units],
            "reference": str(lines.attrs["reference"]),
            "along": along,
            "real": real,
            "order": -1 if order is None else abs(order),
            "selected": selected,
            "delta": delta,
            "images": sum(name.startswith("image_") for name in _meanings(spectrum)),
        },
    )


def line_name(lines: xr.Dataset, i: int) -> str:
    """Return the order of a line as it is written beside it: "3", or "2, −1" of two tones."""
    names = ("order_1", "order_2") if "order_1" in lines else ("order",)
    return ", ".join(str(int(lines[name].values[i])).replace("-", "−") for name in names)


def _meanings(spectrum: xr.Dataset) -> list[str]:
    return str(spectrum["cause"].attrs.get("flag_meanings", "")).split()


def _order_of(spectrum: xr.Dataset) -> np.ndarray:
    if "order_1" in spectrum.coords:
        return np.abs(spectrum["order_1"].values) + np.abs(spectrum["order_2"].values)
    return np.asarray(spectrum["order"].values)


def _bins_of_a_line(shape: tuple[int, int], real: bool) -> np.ndarray:
    """How many bins make one line: of a real layer two, but one at zero and at half the rate."""
    rows, columns = (np.arange(n) - n // 2 for n in shape)
    own = (2 * rows % shape[0] == 0)[:, None] & (2 * columns % shape[1] == 0)[None, :]
    return np.where(own | (not real), 1.0, 2.0)


def _unit_scale(spectrum: xr.Dataset, units: str, spacing: tuple[float, float] | None) -> tuple[float, float]:
    """Along y and x, what one cycle per sample is in the units asked for."""
    if units not in FREQUENCY_UNITS:
        raise ValueError(f"units must be one of {', '.join(FREQUENCY_UNITS)}, found {units!r}")
    if units == "sample":
        return 1.0, 1.0
    rate = [float(r) for r in spectrum.attrs["rate"]]
    if units == "pixel":
        return rate[0], rate[1]
    if spacing is None:
        raise ValueError("frequencies per metre need the pixel spacing: spacing=(metres along y, along x)")
    return rate[0] / spacing[0], rate[1] / spacing[1]


def _value(ratio: np.ndarray, floor: float, linear: bool) -> np.ndarray:
    return np.sqrt(ratio) if linear else np.asarray(decibel(ratio, floor))


def _place(y: np.ndarray, x: np.ndarray, along: str, real: bool) -> np.ndarray:
    """Where frequencies lie on the axis of the cut; of a real layer both signs are one."""
    if along == "radial":
        return np.hypot(y, x)
    at = x if along == "x" else y
    return np.abs(at) if real else at


def _cut(
    value: np.ndarray, y: np.ndarray, x: np.ndarray, along: str, real: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Highest value at every place of the cut's axis."""
    rows, columns = np.broadcast_arrays(y[:, None], x[None, :])
    at = _place(rows, columns, along, real)
    step = x[1] - x[0] if along != "y" and len(x) > 1 else (y[1] - y[0] if len(y) > 1 else 1.0)
    cells = np.rint(at / step).astype(int)
    first = int(cells.min())
    highest = np.full(int(cells.max()) - first + 1, -np.inf)
    np.maximum.at(highest, cells - first, value)
    known = np.isfinite(highest)
    return (first + np.flatnonzero(known)) * step, highest[known]


def _theory(spectrum: xr.Dataset, lines: xr.Dataset, theory: xr.DataArray | None) -> np.ndarray:
    """Predicted power of the lines that hold most of their order: the same part of the order's; else NaN."""
    result = np.full(lines.sizes["line"], np.nan)
    if theory is None or "order_1" in lines:
        return result
    both = 2 if bool(spectrum.attrs.get("real", True)) else 1
    known = {int(k): float(p) for k, p in zip(theory["order"].values, theory.values, strict=True)}
    held = {
        int(k): float(p)
        for k, p in zip(
            spectrum["order"].values,
            spectrum["power"].sum(["frequency_y", "frequency_x"]).values,
            strict=True,
        )
    }
    for i, (order, power) in enumerate(zip(lines["order"].values, lines["power"].values, strict=True)):
        k = int(order)
        signs = both if k else 1
        part = power / (signs * held[k]) if held.get(k) else 0.0
        if part >= MOST:
            result[i] = signs * known.get(k, np.nan) * part
    return result
