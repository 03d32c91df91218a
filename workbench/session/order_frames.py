"""Order analyses become what the line-up, order, layer-spectrum panels show."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.session.decibels import decibel

__all__ = [
    "default_layer",
    "fold_orders",
    "layer_spectrum",
    "lineup",
    "order_lines",
    "order_map",
    "without_dc",
]


def default_layer(orders: xr.Dataset, wanted: str = "") -> str:
    """Return `wanted` if it was analysed, else the first layer that has a theory, else the first."""
    names = [str(name) for name in orders["layer"].values]
    if wanted in names:
        return wanted
    theory = orders["theory"].transpose("layer", ...).values
    known = np.flatnonzero(np.isfinite(theory).reshape(len(names), -1).any(axis=1))
    return names[int(known[0])] if known.size else names[0]


def fold_orders(power: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Add the powers of the orders +k and -k along the first axis: order 0..K instead of -K..K.

    >>> fold_orders(np.array([1.0, 2.0, 5.0, 2.0]), np.array([-2, -1, 0, 1]))
    array([5., 4., 1.])
    """
    order = np.abs(order)
    total = np.zeros((order.max() + 1, *power.shape[1:]))
    np.add.at(total, order, power)
    return total


def without_dc(orders: xr.Dataset) -> np.ndarray:
    """Return power (layer, cause), summed over orders, without DC: order 0 at its true frequency, bin 0."""
    power = orders["power"].transpose("layer", "cause", "order").values
    total = power.sum(axis=-1)
    direct = orders["cause"].values == "direct"
    total[:, direct] -= power[:, direct][..., orders["order"].values == 0].sum(axis=-1)
    return np.maximum(total, 0)


def lineup(orders: xr.Dataset) -> xr.Dataset:
    r"""Level of every layer and the shares of the causes in it.

    .. math:: L = 10 \log_{10} \frac{\sum P - P_{DC}}{P_{in}}, \qquad s_c = \frac{P_c}{\sum P - P_{DC}}

    Parameters
    ----------
    orders
        Result of `analyse_orders` at one step.

    Returns
    -------
    Dataset
        level (layer) in dB re the input tone, share (layer, cause) 0..1, NaN for a layer without power.
    """
    causes = without_dc(orders)
    total = causes.sum(axis=1)
    reference = float(orders.attrs.get("input_order_1_power", 1.0))
    share = causes / np.where(total > 0, total, np.nan)[:, None]
    level = {"long_name": "level without DC", "units": "dB re input tone"}
    data: dict[str, Any] = {
        "share": (("layer", "cause"), share, {"long_name": "share of power without DC", "units": "1"}),
        "level": ("layer", decibel(total / reference), level),
    }
    kept = ("module_type", "rate_y", "rate_x", "ambiguous", "ambiguity")
    data |= {name: ("layer", orders[name].values) for name in kept if name in orders}
    coords = {name: orders[name].values for name in ("layer", "cause")}
    attrs = {
        "not_analysed": list(orders.attrs.get("not_analysed", ())),
        "tone_folds_at": _tone_folds_at(orders),
    }
    return xr.Dataset(data, coords, attrs)


def _tone_folds_at(orders: xr.Dataset) -> str:
    """Name of the first layer that cannot hold the tone itself, "" if all can (or that is not known)."""
    if "folded_at" not in orders or "order" not in orders.coords or 1 not in orders["order"].values:
        return ""
    folds = np.isfinite(orders["folded_at"].sel(order=1).values)
    return str(orders["layer"].values[int(folds.argmax())]) if folds.any() else ""


def order_lines(orders: xr.Dataset, layer: str, floor: float) -> xr.Dataset:
    """Measured and predicted order levels of one layer, in dB re its measured order 1 (dBc).

    Returns
    -------
    Dataset
        measured (order), theory (order) in dBc, clipped at `floor`; NaN theory where there is none.
        attrs: layer, note, residual_db (summed |measured - theory| over summed measured power).
    """
    where = int(np.flatnonzero(orders["layer"].values == layer)[0])
    order = orders["order"].values
    power = orders["power"].transpose("layer", "order", "cause").values[where].sum(axis=-1)
    measured = fold_orders(power, order)
    theory = fold_orders(orders["theory"].transpose("layer", "order").values[where], order)
    carrier = measured[1] if measured[1] > 0 else np.nan
    known = np.isfinite(theory)
    error = np.abs(measured - theory)[known].sum()
    residual = float(error / measured[known].sum()) if known.any() else float("nan")
    said = {
        name: str(orders[name].values[where]) for name in ("theory_note", "module_type") if name in orders
    }
    return xr.Dataset(
        {
            "measured": ("order", decibel(measured / carrier, floor), {"units": "dBc"}),
            "theory": ("order", decibel(theory / carrier, floor), {"units": "dBc"}),
        },
        coords={"order": np.arange(len(measured))},
        attrs={
            "layer": layer,
            "kind": said.get("module_type", ""),
            "note": said.get("theory_note", ""),
            "floor": floor,
            "has_theory": bool(known.any()),
            "residual_db": decibel(residual),
        },
    )


def order_map(orders: xr.Dataset, floor: float) -> xr.Dataset:
    """Level of every order in every layer, dB re that layer's order 1."""
    power = orders["power"].transpose("order", "layer", "cause").values.sum(axis=-1)
    folded = fold_orders(power, orders["order"].values)
    level = decibel(folded / np.where(folded[1] > 0, folded[1], np.nan), floor).T
    return xr.Dataset(
        {"level": (("layer", "order"), level, {"long_name": "order level", "units": "dBc"})},
        coords={"layer": orders["layer"].values, "order": np.arange(len(folded))},
        attrs={"floor": floor},
    )


def layer_spectrum(spectrum: xr.Dataset, floor: float) -> xr.Dataset:
    """Power spectrum of one layer on the fixed data batch: in two dimensions and summed onto each axis.

    Levels are dB re the layer's total power; a line that holds everything is at 0 dB.
    """
    found = spectrum["power"].transpose("frequency_y", "frequency_x")
    power = found.values.astype(float)
    total = power.sum()
    share = power / (total if total > 0 else np.nan)
    units = {"units": "dB re the layer's power"}
    axes = {name: found[name].values for name in found.dims}
    data = xr.Dataset(
        {
            "level": (found.dims, decibel(share, floor), units),
            "along_x": ("frequency_x", decibel(share.sum(axis=0), floor), units),
            "along_y": ("frequency_y", decibel(share.sum(axis=1), floor), units),
        },
        coords=axes,
        attrs={"floor": floor},
    )
    peak = np.unravel_index(int(np.argmax(power)), power.shape)
    data.attrs |= {
        "peak_y": float(axes["frequency_y"][peak[0]]),
        "peak_x": float(axes["frequency_x"][peak[1]]),
        "peak_share": float(share[peak]),
        "samples_per_pixel": _samples_per_pixel(spectrum),
    }
    return data


def _samples_per_pixel(spectrum: xr.Dataset) -> float:
    own = np.asarray(spectrum["frequency_x"].values)
    if "input_frequency_x" not in spectrum.coords or own.size < 2:
        return float("nan")
    pixel = np.asarray(spectrum["input_frequency_x"].values)
    far = int(np.argmax(np.abs(own)))
    return float(pixel[far] / own[far])
