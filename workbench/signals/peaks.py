"""Which spectral lines a layer shows, each named by its order with its cause."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.signals.checks import finite_number, whole_number
from workbench.signals.folding import fold
from workbench.signals.spectra import power_db

Array = npt.NDArray[np.float64]
_DIMS = ("order", "frequency_y", "frequency_x")
_NEAR = 1e-6  # cycles per frame: lines lie on whole bins


def find_lines(spectrum: xr.Dataset, floor: float = -80.0, count: int = 40) -> xr.Dataset:
    """List the spectral lines of one layer: frequency, level, order, cause, where it was folded.

    A line is one order in one bin; of a real layer the bins at plus and minus its frequency are one line.
    Lines of several orders in one bin stay apart: together they are a peak. Leakage spreads over all bins: of
    it only the local maxima are lines, its skirts are not.

    The Nyquist zone of a line is that of its true frequency ``f = k · tone`` at the rate ``f_s`` that folded
    it, along each axis: ``zone = floor(2 |f| / f_s) + 1``. Zone 1 is the baseband [0, f_s/2[, zone 2 [f_s/2,
    f_s[ reappears mirrored, zone 3 upright, and so on. It is 1 along both axes of lines that are not folded.

    Parameters
    ----------
    spectrum : Dataset
        One layer of `order_spectra`: power and cause (order, frequency_y, frequency_x). Two tones have the
        coordinates ``order_1`` and ``order_2`` along `order`.
    floor : float
        Lines below this level are not listed.
    count : int
        At most so many, the strongest.

    Returns
    -------
    Dataset
        Over `line`, by falling power: ``frequency_y``, ``frequency_x`` (cycles per sample; of a pair the one
        of positive order), ``input_frequency_y``, ``input_frequency_x`` (cycles per input pixel), ``power``,
        ``level`` (dBc, re order 1 at its true frequency; re the layer's power if there is none), ``order``
        (and ``order_1``, ``order_2``), ``cause``, ``folded_by``, ``zone_y``, ``zone_x``, ``label``; ``peak``
        numbers the peaks from the strongest, ``peak_level`` is that of all orders in the bin. attrs:
        ``reference``, its power ``reference_power``, ``not_listed`` (lines above the floor left out).

    Raises
    ------
    ValueError
        If something of this is missing, the floor is not finite, or count < 1.

    Notes
    -----
    Source: seed paper (Sibler et al.), eq. 5 (`fold`).

    Examples
    --------
    >>> frequency = np.fft.fftshift(np.fft.fftfreq(4))
    >>> power = np.zeros((3, 1, 4))
    >>> power[[0, 2], 0, [1, 3]] = 0.25  # order −1 at −1/4, order +1 at +1/4
    >>> power[1, 0, 2] = 0.01
    >>> layer = xr.Dataset(
    ...     {"power": (("order", "frequency_y", "frequency_x"), power)},
    ...     coords={"order": [-1, 0, 1], "frequency_y": [0.0], "frequency_x": frequency},
    ... )
    >>> layer["cause"] = layer.power.astype("int8") * 0
    >>> layer.cause.attrs["flag_meanings"] = "direct folded image_1 leakage"
    >>> lines = find_lines(layer)
    >>> [str(text) for text in lines.label.values], lines.level.values.round(2)
    (['order 1, direct', 'order 0 (DC)'], array([  0.  , -16.99]))
    """
    floor, count = finite_number(floor, "floor"), whole_number(count, "count", least=1)
    power, cause, meanings = _checked(spectrum)
    real = bool(spectrum.attrs.get("real", True))
    orders = _orders(spectrum)
    merged = _merged(power, orders) if real else power
    carrier, reference = _carrier(merged, cause, meanings, orders)
    listed = np.where(_skirts(power, cause, meanings), 0.0, merged).ravel()
    kept = np.flatnonzero(listed > carrier * 10 ** (floor / 10))
    kept = kept[np.argsort(-merged.ravel()[kept], kind="stable")]
    where = np.unravel_index(kept[:count], merged.shape)
    bins = power.sum(axis=0)
    pairs = bins + _mirror(bins) * (~_own_mirror(bins.shape)) if real else bins
    data = _lines(spectrum, where, orders, [meanings[c] for c in cause[where]])
    data["power"] = merged[where]
    data["level"] = power_db(merged[where], carrier or 1.0)
    data["peak"] = _numbered(where, bins.shape, real)
    data["peak_level"] = power_db(pairs[where[1:]], carrier or 1.0)
    data["label"] = [_label({name: column[i] for name, column in data.items()}) for i in range(len(where[0]))]
    lines = _dataset(data, reference, spectrum, len(kept) - len(where[0]))
    return lines.assign_attrs(reference_power=carrier)


def _checked(spectrum: xr.Dataset) -> tuple[Array, npt.NDArray[np.int64], list[str]]:
    needed = ("power", "cause", "frequency_y", "frequency_x")
    missing = [name for name in needed if name not in getattr(spectrum, "variables", ())]
    if not missing and not {"order", "order_1"} & set(map(str, spectrum.coords)):
        missing = ["order"]
    if missing:
        raise ValueError(
            "find_lines needs power and cause (order, frequency_y, frequency_x) of one layer, as "
            f"order_spectra gives them; {missing[0]!r} is missing"
        )
    power = spectrum["power"].transpose(*_DIMS).values.astype(float)
    if not np.isfinite(power).all() or (power < 0).any():
        raise ValueError("powers must be finite and not negative")
    meanings = str(spectrum["cause"].attrs.get("flag_meanings", "")).split()
    cause = spectrum["cause"].transpose(*_DIMS).values.astype(np.int64)
    if cause.size and (cause.min() < 0 or cause.max() >= len(meanings)):
        raise ValueError(f"cause holds the code {cause.max()}, its attrs flag_meanings name {meanings}")
    return power, cause, meanings


def _orders(spectrum: xr.Dataset) -> npt.NDArray[np.int64]:
    """Signed orders as rows: (k) of one tone, (k, l) of two."""
    names = ("order_1", "order_2") if "order_1" in spectrum.coords else ("order",)
    return np.stack([spectrum[name].values.astype(np.int64) for name in names], axis=1)


def _mirror(bins: Array) -> Array:
    """Opposite frequencies, of spectra with ascending ones."""
    for axis in (-2, -1):
        size = bins.shape[axis]
        bins = np.take(bins, (2 * (size // 2) - np.arange(size)) % size, axis=axis)
    return bins


def _own_mirror(shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    index = np.arange(int(np.prod(shape)), dtype=float).reshape(shape)
    return _mirror(index) == index


def _merged(power: Array, orders: npt.NDArray[np.int64]) -> Array:
    """Power of order and bin with that of the opposite order and bin, at the one of positive order."""
    rows = {tuple(order): i for i, order in enumerate(orders.tolist())}
    result = np.zeros_like(power)
    own = _own_mirror(power.shape[1:])
    index = np.arange(own.size).reshape(own.shape)
    for order, i in rows.items():
        opposite = tuple(-k for k in order)
        other = _mirror(power[rows[opposite]]) if opposite in rows else 0.0
        if not any(order):
            first = index >= _mirror(index.astype(float))
            result[i] = np.where(first, power[i] + np.where(own, 0.0, other), 0.0)
        elif order > opposite:
            result[i] = power[i] + other
        elif opposite not in rows:
            result[i] = power[i]
    return result


def _skirts(power: Array, cause: npt.NDArray[np.int64], meanings: list[str]) -> npt.NDArray[np.bool_]:
    """Leakage that falls off from a stronger bin of the same order beside it: no line of its own."""
    if "leakage" not in meanings:
        return np.zeros(power.shape, dtype=bool)
    beside = [(v, u) for v in (-1, 0, 1) for u in (-1, 0, 1) if v or u]
    highest = np.max([np.roll(power, step, axis=(1, 2)) for step in beside], axis=0)
    return (cause == meanings.index("leakage")) & (power < highest)


def _carrier(
    merged: Array, cause: npt.NDArray[np.int64], meanings: list[str], orders: npt.NDArray[np.int64]
) -> tuple[float, str]:
    first = np.flatnonzero(np.abs(orders).sum(axis=1) == 1)
    if first.size and "direct" in meanings:
        direct = np.where(cause[first] == meanings.index("direct"), merged[first], 0.0).sum(axis=(1, 2))
        if direct.max() > 0:
            return float(direct.max()), "dB re order 1, direct"
    return float(merged.sum()), "dB re the layer's power"


def _lines(
    spectrum: xr.Dataset, where: tuple[Any, ...], orders: npt.NDArray[np.int64], causes: list[str]
) -> dict[str, Any]:
    row, v, u = where
    data: dict[str, Any] = {"order": orders[row], "cause": np.array(causes, dtype=str)}
    for axis, index in (("y", v), ("x", u)):
        own = spectrum[f"frequency_{axis}"].values
        at_input = (
            spectrum[f"input_frequency_{axis}"].values if f"input_frequency_{axis}" in spectrum else own
        )
        data[f"frequency_{axis}"], data[f"input_frequency_{axis}"] = own[index], at_input[index]
    found = [
        _folding(spectrum, i, orders[i], (y, x), c)
        for i, y, x, c in zip(row, data["input_frequency_y"], data["input_frequency_x"], causes, strict=True)
    ]
    data["folded_by"] = np.array([by for by, _, _ in found], dtype=str)
    data["zone_y"], data["zone_x"] = (np.array([line[i] for line in found], dtype=np.int64) for i in (1, 2))
    return data


def _folding(
    spectrum: xr.Dataset, row: int, order: npt.NDArray[np.int64], at: tuple[float, float], cause: str
) -> tuple[str, int, int]:
    """Layer that folded a line, and the zones of its true frequency at that layer's rate.

    That is the first layer that folded the order; of a line that lies at an alias of a lower rate only, the
    first layer of that rate.
    """
    if "folded_by" not in spectrum or cause != "folded":
        return "", 1, 1
    tones = np.atleast_2d(spectrum.attrs["tone"])
    frame = np.asarray(spectrum.attrs["shape"][-2:], dtype=float)
    true = order @ tones
    by = str(spectrum["folded_by"].values[row])
    rate = np.array([float(spectrum[f"folding_rate_{axis}"].values[row]) for axis in "yx"])
    if not by:
        return "", 1, 1
    passed = np.stack([spectrum[f"passed_rate_{axis}"].values for axis in "yx"], axis=1)
    layers = spectrum["folding_layer"].values[row]
    later = [(q, str(name)) for q, name in zip(passed, layers, strict=True) if name and (q <= rate).all()]
    own = frame * np.asarray(spectrum.attrs["rate"], dtype=float)
    for q, name in [(rate, by), *later]:
        offset = fold(true, q)[0] - np.asarray(at) * frame
        if np.all(np.abs(fold(offset, own)[0]) < _NEAR):
            by, rate = name, q
            break
    zone = np.floor(2 * np.abs(true) / rate).astype(int) + 1
    return by, int(zone[0]), int(zone[1])


def _numbered(where: tuple[Any, ...], shape: tuple[int, ...], real: bool) -> npt.NDArray[np.int64]:
    """Give lines in one bin (or its mirror image) the number of their peak, strongest first."""
    index = np.arange(int(np.prod(shape)), dtype=float).reshape(shape)
    place = np.minimum(index, _mirror(index)) if real else index
    numbers: dict[float, int] = {}
    return np.array([numbers.setdefault(at, len(numbers)) for at in place[where[1:]]], dtype=np.int64)


def _label(line: dict[str, Any]) -> str:
    order, cause = line["order"], str(line["cause"])
    if not np.any(order):
        name = "order 0 (DC)"
    elif len(order) == 1:
        name = f"order {_signed(order[0])}"
    else:
        name = f"orders ({', '.join(_signed(k) for k in order)})"
    if cause.startswith("image_"):
        return f"{name}, image of level {cause.removeprefix('image_')}"
    if cause == "folded":
        at = f" at {line['folded_by']}" if line["folded_by"] else ""
        return f"{name}, folded{at}, {_zones(int(line['zone_y']), int(line['zone_x']))}".removesuffix(", ")
    if cause == "direct" and not np.any(order):
        return name
    return f"{name}, {cause}"


def _zones(y: int, x: int) -> str:
    """Say the Nyquist zones of both axes.

    >>> _zones(2, 2), _zones(1, 3), _zones(2, 3), _zones(1, 1)
    ('zone 2', 'zone 3 along x', 'zones 2 (y), 3 (x)', '')
    """
    if y == x:
        return f"zone {y}" if y > 1 else ""
    if 1 in (y, x):
        return f"zone {max(y, x)} along {'y' if y > 1 else 'x'}"
    return f"zones {y} (y), {x} (x)"


def _signed(order: int) -> str:
    return str(int(order)).replace("-", "−")


def _dataset(data: dict[str, Any], reference: str, spectrum: xr.Dataset, left_out: int) -> xr.Dataset:
    sample, pixel = {"units": "cycles per sample"}, {"units": "cycles per input pixel"}
    db = {"units": "dBc" if "order 1" in reference else "dB", "reference": reference}
    attrs = {
        "frequency_y": sample,
        "frequency_x": sample,
        "input_frequency_y": pixel,
        "input_frequency_x": pixel,
        "power": {"units": "squared units of the layer"},
        "level": db,
        "peak_level": db | {"long_name": "level of all orders in the bin"},
        "order": {"units": "1", "long_name": "harmonic order"},
        "folded_by": {"long_name": "layer that folded the order to this frequency"},
        "zone_y": {"units": "1", "long_name": "Nyquist zone along y"},
        "zone_x": {"units": "1", "long_name": "Nyquist zone along x"},
        "peak": {"units": "1", "long_name": "number of the peak that the line belongs to"},
    }
    signed = data.pop("order")
    if signed.shape[1] == 1:
        data["order"] = signed[:, 0]
    else:
        data |= {"order": np.abs(signed).sum(axis=1), "order_1": signed[:, 0], "order_2": signed[:, 1]}
    variables = {name: ("line", values, attrs.get(name, {})) for name, values in data.items()}
    kept = ("module_type", "rate", "tone", "shape", "real", "layer_power")
    return xr.Dataset(
        variables,
        coords={"line": np.arange(len(data["power"]))},
        attrs={name: spectrum.attrs[name] for name in kept if name in spectrum.attrs}
        | {"reference": reference, "not_listed": left_out},
    )
