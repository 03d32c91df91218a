"""Order analyses become what the line-up, order and layer-spectrum panels show."""

from __future__ import annotations

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


def fold_orders(power: xr.DataArray) -> xr.DataArray:
    """Add the powers of the orders +k and -k: order 0..K instead of -K..K.

    >>> signed = xr.DataArray([1.0, 2.0, 5.0, 2.0], coords={"order": [-2, -1, 0, 1]}, dims="order")
    >>> fold_orders(signed).values
    array([5., 4., 1.])
    """
    order = np.abs(power["order"].values)
    axis = power.get_axis_num("order")
    moved = np.moveaxis(power.values, axis, 0)
    total = np.zeros((order.max() + 1, *moved.shape[1:]))
    np.add.at(total, order, moved)
    dims = ("order", *(d for d in power.dims if d != "order"))
    coords = {k: v for k, v in power.coords.items() if "order" not in v.dims}
    return xr.DataArray(total, dims=dims, coords={**coords, "order": np.arange(len(total))})


def without_dc(power: xr.DataArray) -> xr.DataArray:
    """Return power (layer, cause), summed over orders, without DC: order 0 at its true frequency, bin 0."""
    total = power.sum("order")
    dc = power.sel(order=0)
    direct = (power["cause"] == "direct").values
    return (total - dc.where(direct, 0.0)).clip(min=0)


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
    causes = without_dc(orders["power"])
    total = causes.sum("cause")
    reference = float(orders.attrs.get("input_order_1_power", 1.0))
    share = (causes / total.where(total > 0)).transpose("layer", "cause")
    data = xr.Dataset({"share": share, "level": decibel(total / reference)})
    for name in ("module_type", "rate_y", "rate_x", "ambiguous", "ambiguity"):
        if name in orders:
            data[name] = ("layer", orders[name].values)
    data["level"].attrs = {"long_name": "level without DC", "units": "dB re input tone"}
    data["share"].attrs = {"long_name": "share of power without DC", "units": "1"}
    return data


def order_lines(orders: xr.Dataset, layer: str, floor: float) -> xr.Dataset:
    """Measured and predicted order levels of one layer, in dB re its measured order 1 (dBc).

    Returns
    -------
    Dataset
        measured (order), theory (order) in dBc, clipped at `floor`; NaN theory where there is none.
        attrs: layer, note, residual_db (summed |measured - theory| over summed measured power).
    """
    at = orders.sel(layer=layer)
    measured = fold_orders(at["power"].sum("cause"))
    theory = fold_orders(at["theory"])
    carrier = float(measured.sel(order=1))
    known = np.isfinite(theory.values)
    error = np.abs(measured.values - theory.values)[known].sum()
    residual = float(error / measured.values[known].sum()) if known.any() else float("nan")
    note = str(at["theory_note"].values) if "theory_note" in at else ""
    kind = str(at["module_type"].values) if "module_type" in at.coords or "module_type" in at else ""
    data = xr.Dataset(
        {
            "measured": decibel(measured / carrier if carrier > 0 else measured * np.nan, floor),
            "theory": decibel(theory / carrier if carrier > 0 else theory * np.nan, floor),
        },
        attrs={
            "layer": layer,
            "kind": kind,
            "note": note,
            "floor": floor,
            "has_theory": bool(known.any()),
            "residual_db": decibel(residual),
        },
    )
    for name in data:
        data[name].attrs["units"] = "dBc"
    return data.reset_coords(drop=True)


def order_map(orders: xr.Dataset, floor: float) -> xr.Dataset:
    """Level of every order in every layer, dB re that layer's order 1."""
    power = fold_orders(orders["power"].sum("cause"))
    carrier = power.sel(order=1)
    level = decibel(power / carrier.where(carrier > 0), floor).transpose("layer", "order")
    level.attrs = {"long_name": "order level", "units": "dBc"}
    return xr.Dataset({"level": level}, attrs={"floor": floor}).reset_coords(drop=True)


def layer_spectrum(spectrum: xr.Dataset, floor: float) -> xr.Dataset:
    """Power spectrum of one layer on the fixed data batch: in two dimensions and summed onto each axis.

    Levels are dB re the layer's total power; a line that holds everything is at 0 dB.
    """
    power = spectrum["power"].astype(float)
    total = float(power.sum())
    share = power / total if total > 0 else power * np.nan
    data = xr.Dataset(
        {
            "level": decibel(share, floor),
            "along_x": decibel(share.sum("frequency_y"), floor),
            "along_y": decibel(share.sum("frequency_x"), floor),
        },
        attrs={"floor": floor},
    )
    for name in data:
        data[name].attrs = {"units": "dB re the layer's power"}
    peak = np.unravel_index(int(np.argmax(power.values)), power.shape)
    data.attrs |= {
        "peak_y": float(power["frequency_y"][peak[0]]),
        "peak_x": float(power["frequency_x"][peak[1]]),
        "peak_share": float(share.values[peak]),
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
