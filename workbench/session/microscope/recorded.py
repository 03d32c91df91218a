"""Where the lines of a layer lie, worked out from the recorded table of causes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import xarray as xr

from workbench.signals import fold

__all__ = ["recorded_spectrum"]

LISTED = 1e-10  # -100 dB: an order with less of its layer's power is not listed


def recorded_spectrum(orders: xr.Dataset, layer: str) -> xr.Dataset:
    """Put the direct and folded lines of a recorded analysis on their bins.

    A run records how much power every order has by every cause, not every bin of every layer. What is direct
    lies at ``k·tone``, what is folded at ``fold(k·tone, q)`` (eq. 5 of the seed paper) for a rate q passed on
    the way: known as long as all such q lead to one bin. Images and leakage lie on many bins; the power of
    all that is not placed is in the attributes.

    Parameters
    ----------
    orders
        Result of `analyse_orders` at one step, with folded_at (layer, order).
    layer
        Name of the layer.

    Returns
    -------
    Dataset
        ``power(order, frequency_y, frequency_x)``, ``cause`` of the same dims, ``folded_at(order)``,
        ``folded_by(order)``, as `workbench.probes.order_spectra` returns them for one layer; attrs
        ``unplaced``: power by cause that no bin is known for, ``layer_power``.

    Raises
    ------
    ValueError
        If the layer was not analysed; those that were are listed.
    """
    names = [str(name) for name in orders["layer"].values]
    if layer not in names:
        raise ValueError(f"layer {layer!r} was not analysed; there are: {', '.join(names)}")
    one = orders.isel(layer=names.index(layer))
    frame = np.array(orders.attrs["shape"][1:], int)
    tone = np.array(orders.attrs["tone"], int)
    rate = np.array([float(one["rate_y"]), float(one["rate_x"])])
    bins = np.maximum(np.rint(frame * rate).astype(int), 1)
    table = one["power"].transpose("order", "cause").values
    causes = [str(cause) for cause in orders["cause"].values]
    total = float(table.sum())
    listed = [i for i, row in enumerate(table) if row.sum() > LISTED * total] or [0]
    k = orders["order"].values[listed]
    folded_at = one["folded_at"].values[listed].astype(float)
    passed = _passed(orders, names.index(layer)) * frame
    power, cause = np.zeros((len(k), *bins)), np.full((len(k), *bins), causes.index("leakage"), np.int8)
    unplaced = {name: float(table[:, i].sum()) for i, name in enumerate(causes)}
    for i, row in enumerate(listed):
        places = {"direct": k[i] * tone, "folded": _folded(k[i] * tone, passed, bins)}
        for name, cycles in places.items():
            index = causes.index(name)
            if cycles is None or table[row, index] <= 0:
                continue
            y, x = (round(c) % n for c, n in zip(cycles, bins, strict=True))
            power[i, y, x] += table[row, index]
            cause[i, y, x] = index
            unplaced[name] -= float(table[row, index])
    return _dataset(orders, one, k, power, cause, folded_at, rate, names.index(layer)).assign_attrs(
        unplaced={name: value for name, value in unplaced.items() if value > LISTED * total},
        layer_power=total,
    )


def _passed(orders: xr.Dataset, last: int) -> np.ndarray:
    """Rates (y, x) of the layers up to `last`, in samples per input pixel: more than its own path at most."""
    rates = np.stack([orders["rate_y"].values, orders["rate_x"].values], axis=1)
    return np.unique(np.vstack([rates[: last + 1], [1.0, 1.0]]), axis=0)


def _folded(cycles: np.ndarray, passed: np.ndarray, bins: np.ndarray) -> tuple[int, int] | None:
    """Bin to which a frequency is folded, None where several rates lead to different bins."""
    found: set[tuple[int, ...]] = set()
    for rate in passed:
        folded, alias = fold(cycles, rate)
        if np.any(alias):
            # at half a rate both of its ends are aliases
            ends = [(f, -f) if 2 * f == -q else (f,) for f, q in zip(folded, rate, strict=True)]
            found |= {
                tuple(round(float(f)) % int(n) for f, n in zip(place, bins, strict=True))
                for place in itertools.product(*ends)
            }
    if len(found) != 1:
        return None
    y, x = found.pop()
    return y, x


def _dataset(
    orders: xr.Dataset, one: xr.Dataset, k: np.ndarray, power: np.ndarray, cause: np.ndarray,
    folded_at: np.ndarray, rate: np.ndarray, last: int,
) -> xr.Dataset:  # fmt: skip
    dims = ("order", "frequency_y", "frequency_x")
    coords: dict[str, Any] = {"order": k}
    for axis, count, step in zip("yx", power.shape[1:], rate, strict=True):
        own = np.fft.fftshift(np.fft.fftfreq(count))
        coords[f"frequency_{axis}"] = own
        coords[f"input_frequency_{axis}"] = (f"frequency_{axis}", own * step)
    meanings = [str(name) for name in orders["cause"].values]
    flags = {"flag_values": list(range(len(meanings))), "flag_meanings": " ".join(meanings)}
    folders = _folders(orders, last, k)
    first = [next(iter(found.items()), ((np.nan, np.nan), "")) for found in folders]
    passed = sorted({rate for found in folders for rate in found}, reverse=True)
    layers = np.array([[found.get(rate, "") for rate in passed] for found in folders], dtype=str)
    carried = {name: orders.attrs[name] for name in ("tone", "shape", "phases", "amplitude", "offset", "real")
               if name in orders.attrs}  # fmt: skip
    return xr.Dataset(
        {
            "power": (dims, np.fft.fftshift(power, axes=(1, 2))),
            "cause": (dims, np.fft.fftshift(cause, axes=(1, 2)), flags),
            "folded_at": ("order", folded_at, {"units": "samples per frame"}),
            "folded_by": ("order", [by for _, by in first]),
            **{f"folding_rate_{axis}": ("order", [r[i] for r, _ in first]) for i, axis in enumerate("yx")},
            "folding_layer": (("order", "passed"), layers.reshape(len(k), len(passed))),
        },
        coords | {f"passed_rate_{axis}": ("passed", [r[i] for r in passed]) for i, axis in enumerate("yx")},
        {**carried, "module_type": str(one["module_type"].values), "rate": rate.tolist(),
         "size": [int(n) for n in np.atleast_1d(one["size"].values)]},
    )  # fmt: skip


def _folders(orders: xr.Dataset, last: int, k: np.ndarray) -> list[dict[tuple[float, float], str]]:
    """Name, for every order, the first layer at each rate (samples per frame) that holds it folded."""
    frame, tone = np.array(orders.attrs["shape"][1:], float), np.array(orders.attrs["tone"], int)
    power = orders["power"].transpose("layer", "order", "cause").values.sum(axis=-1)
    holds = power > LISTED * power.sum(axis=1, keepdims=True)
    column = {int(order): i for i, order in enumerate(orders["order"].values)}
    found: list[dict[tuple[float, float], str]] = [{} for _ in k]
    for layer in range(last + 1):
        rate = frame * [float(orders[f"rate_{axis}"].values[layer]) for axis in "yx"]
        for seen, order in zip(found, k, strict=True):
            if holds[layer, column[int(order)]] and np.any(fold(order * tone, rate)[1]):
                seen.setdefault((float(rate[0]), float(rate[1])), str(orders["layer"].values[layer]))
    return found
