"""An amplitude sweep becomes what the plot of orders against drive shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.session.decibels import decibel

__all__ = ["drive_lines"]

FEWEST = 1e-20  # re the layer's strongest power: what is less is never drawn


def drive_lines(sweep: xr.Dataset, layer: str, orders: tuple[int, ...] = (1, 2, 3, 4, 5)) -> xr.Dataset:
    """Levels of one layer's orders against the drive, with the straight lines that meet at the intercepts.

    Parameters
    ----------
    sweep
        Result of `amplitude_sweep`, of one tone or of two.
    layer
        Name of the layer.
    orders
        Which magnitudes to show, |k| or |k| + |l|; series without power are left out.

    Returns
    -------
    Dataset
        What `plots.SweepPlot` draws.

    Raises
    ------
    ValueError
        For a layer that the sweep does not hold.
    """
    names = [str(name) for name in sweep["layer"].values]
    if layer not in names:
        raise ValueError(f"the sweep has no layer {layer!r}; layers: {', '.join(names)}")
    one = sweep.isel(layer=names.index(layer))
    along = "product" if "product" in sweep.dims else "order"
    power = one["power"].transpose(along, "amplitude").values
    magnitude = np.asarray(one["order"].values)
    shown = np.isin(magnitude, orders) & (power.max(axis=1) > FEWEST * power.max())
    drive = one["level"].values
    gain = float(one["gain"])
    meet = one["input_intercept"].values[shown]
    k = magnitude[shown]
    anchor = np.where(k == 1, gain, gain - (k - 1) * meet)
    compression = float(one["compression"])
    data: dict[str, Any] = {
        "level": (("series", "drive"), decibel(power[shown])),
        "order": ("series", k),
        "label": ("series", [_label(one, along, int(i)) for i in np.flatnonzero(shown)]),
        "anchor": ("series", anchor),
        "slope": ("series", one["slope_db_per_db"].values[shown]),
        "intercept_drive": ("series", meet),
        "intercept_level": ("series", one["output_intercept"].values[shown]),
    }
    attrs = {
        "layer": layer,
        "compression_drive": compression,
        "compression_level": gain + compression - 1.0,
        "drive_unit": "dB re amplitude 1",
        "level_unit": "dB re power 1",
    }
    return xr.Dataset(data, {"drive": drive}, attrs)


def _label(one: xr.Dataset, along: str, i: int) -> str:
    if along == "order":
        return f"order {int(one['order'].values[i])}"
    pair = (str(int(one[name].values[i])).replace("-", "−") for name in ("order_1", "order_2"))
    return f"orders ({', '.join(pair)})"
