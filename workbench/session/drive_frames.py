"""An amplitude sweep becomes what the plot of orders against drive shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.session.captions import number
from workbench.session.decibels import decibel

__all__ = ["drive_caption", "drive_lines", "drive_reason"]

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
        "intercept_note": ("series", one["intercept_note"].values[shown]),
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


def drive_caption(data: xr.Dataset) -> str:
    """Say how an order rises, where it would meet order 1, where order 1 is compressed.

    Parameters
    ----------
    data
        Result of `drive_lines`.
    """
    order, slope, meet = (data[name].values for name in ("order", "slope", "intercept_drive"))
    higher = np.flatnonzero((order > 1) & np.isfinite(slope))
    met = [int(i) for i in higher if np.isfinite(meet[i])]
    parts = []
    if met:
        i = min(met, key=lambda i: float(meet[i]))
        parts.append(
            f"{data['label'].values[i]} rises {number(float(slope[i]), 2)} dB per dB at low drive; its line "
            f"meets that of order 1 at {number(float(meet[i]))} dB, its intercept point"
        )
    elif higher.size:
        i = int(higher[0])
        why = str(data["intercept_note"].values[i])
        parts.append(
            f"{data['label'].values[i]} rises {number(float(slope[i]), 2)} dB per dB at low drive"
            + (f"; no intercept point: {why}" if why else "")
        )
    else:
        parts.append("no order above 1 can be followed down to low drive")
    compression = float(data.attrs["compression_drive"])
    parts.append(
        f"order 1 is compressed by 1 dB at {number(compression)} dB"
        if np.isfinite(compression)
        else "order 1 is not compressed by 1 dB in this range"
    )
    return f"{data.attrs['layer']}: {'; '.join(parts)}."


def drive_reason(scene: Any) -> str:
    """Say why there is no sweep of a scene yet."""
    if not scene.fresh:
        return "A sweep analyses the network at many drive levels: choose Checkpoint above."
    if scene.swept is None:
        return "A scene is its own signal, at its own level: choose tones to sweep their amplitude."
    return "The network is being driven at one level after the other."
