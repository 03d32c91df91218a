"""Where the lines of a layer lie, worked out from the recorded table of causes."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.signals.folding import fold

__all__ = ["recorded_spectrum"]

LISTED = 1e-10  # -100 dB: an order with less of its layer's power is not listed


def recorded_spectrum(orders: xr.Dataset, layer: str) -> xr.Dataset:
    """Put the direct and folded lines of a recorded analysis on their bins.

    A run records how much power every order has by every cause, not every bin of every layer. What is direct
    lies at ``k·tone``, what is folded at ``fold(k·tone, folded_at)`` (eq. 5 of the seed paper): two bins that
    are known. Images and leakage lie on many; their power is in the attributes.

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
    power, cause = np.zeros((len(k), *bins)), np.full((len(k), *bins), causes.index("leakage"), np.int8)
    unplaced = {name: float(table[:, i].sum()) for i, name in enumerate(causes)}
    for i, row in enumerate(listed):
        places = {"direct": k[i] * tone, "folded": _folded(k[i] * tone, folded_at[i], frame)}
        for name, cycles in places.items():
            index = causes.index(name)
            if cycles is None or table[row, index] <= 0:
                continue
            y, x = (round(c) % n for c, n in zip(cycles, bins, strict=True))
            power[i, y, x] += table[row, index]
            cause[i, y, x] = index
            unplaced[name] -= float(table[row, index])
    return _dataset(orders, one, k, power, cause, folded_at, rate).assign_attrs(
        unplaced={name: value for name, value in unplaced.items() if value > LISTED * total},
        layer_power=total,
    )


def _folded(cycles: np.ndarray, rate: float, frame: np.ndarray) -> tuple[float, float] | None:
    """Where a frequency comes to lie at `rate` samples per frame; for frames that are not square, unknown."""
    if not np.isfinite(rate) or frame[0] != frame[1]:
        return None
    folded, _ = fold(cycles, rate)
    return float(folded[0]), float(folded[1])


def _dataset(
    orders: xr.Dataset, one: xr.Dataset, k: np.ndarray, power: np.ndarray, cause: np.ndarray,
    folded_at: np.ndarray, rate: np.ndarray,
) -> xr.Dataset:  # fmt: skip
    dims = ("order", "frequency_y", "frequency_x")
    coords: dict[str, Any] = {"order": k}
    for axis, count, step in zip("yx", power.shape[1:], rate, strict=True):
        own = np.fft.fftshift(np.fft.fftfreq(count))
        coords[f"frequency_{axis}"] = own
        coords[f"input_frequency_{axis}"] = (f"frequency_{axis}", own * step)
    meanings = [str(name) for name in orders["cause"].values]
    flags = {"flag_values": list(range(len(meanings))), "flag_meanings": " ".join(meanings)}
    by = [_folder(orders, int(order), at) for order, at in zip(k, folded_at, strict=True)]
    carried = {name: orders.attrs[name] for name in ("tone", "shape", "phases", "amplitude", "offset", "real")
               if name in orders.attrs}  # fmt: skip
    return xr.Dataset(
        {
            "power": (dims, np.fft.fftshift(power, axes=(1, 2))),
            "cause": (dims, np.fft.fftshift(cause, axes=(1, 2)), flags),
            "folded_at": ("order", folded_at, {"units": "samples per frame"}),
            "folding_rate_y": ("order", folded_at),
            "folding_rate_x": ("order", folded_at),
            "folded_by": ("order", by),
            "folding_layer": (("order", "passed"), np.zeros((len(k), 0), dtype=str)),
        },
        {**coords, "passed_rate_y": ("passed", np.zeros(0)), "passed_rate_x": ("passed", np.zeros(0))},
        {**carried, "module_type": str(one["module_type"].values), "rate": rate.tolist(),
         "size": [int(n) for n in np.atleast_1d(one["size"].values)]},
    )  # fmt: skip


def _folder(orders: xr.Dataset, order: int, rate: float) -> str:
    """Name of the first layer that holds the order folded at this rate, "" if none."""
    if not np.isfinite(rate):
        return ""
    one = orders[["power", "folded_at"]].sel(order=order)
    power = one["power"].transpose("layer", "cause").values.sum(axis=1)
    total = orders["power"].transpose("layer", ...).values.reshape(power.size, -1).sum(axis=1)
    found = (one["folded_at"].values == rate) & (power > LISTED * total)
    return str(orders["layer"].values[int(np.argmax(found))]) if found.any() else ""
