"""What lies over the image of a scene: its condition, what a second antenna saw."""

from __future__ import annotations

import numpy as np
import xarray as xr

from workbench.interferometry import coherence, interferogram
from workbench.session.frame import Frame
from workbench.session.scenes.scales import decibel_scale
from workbench.session.scenes.shelf import View, middle
from workbench.signals import power_db

__all__ = ["PLANES", "WINDOW", "condition_frame", "pair_frame"]

PLANES = 3
"""Planes of a condition that are drawn."""
WINDOW = 5
"""Pixels per axis over which coherence is estimated."""


def condition_frame(view: View, aspect: float) -> Frame:
    """Return the planes that a network is shown, ``condition_1`` … (y, x), in the unit they stand for."""
    if "condition" not in view.image:
        return Frame(None, "The scene has no condition of its own; for training it is made from the image.")
    planes = view.image["condition"].isel(middle(view.image)).load()
    attrs, names = planes.attrs, [str(name) for name in _names(planes)]
    low, high = (float(one) for one in attrs.get("valid_range", (-1.0, 1.0)))
    unit, values, what = str(attrs.get("units", "1")), planes.values, str(attrs.get("long_name", "condition"))
    if "depth_limits" in attrs:  # metres, for which -1 … 1 stands
        near, far = (float(one) for one in attrs["depth_limits"])
        values, unit = near + (values - low) / (high - low) * (far - near), "m"
        values = np.where(planes.values == low, np.nan, values)  # nothing comes back from there
        low, high = near, far
        what += ": of the first echo from a place, the second, the third; empty where there is none"
    if (values == values[:1]).all():
        values, names = values[:1], [what]
    data = xr.Dataset(
        {
            f"condition_{k}": (("y", "x"), value, {"title": name.replace("_", " "), "scale": (low, high)})
            for k, (name, value) in enumerate(zip(names[:PLANES], values, strict=False), 1)
        },
        attrs={"aspect": aspect, "unit": unit, "what": what.partition(":")[0]},
    )
    meaning = planes["channel"].attrs.get("meaning", "") if "channel" in planes.coords else ""
    same = f"One plane, given {planes.sizes['channel']} times: {what}" if len(names) < len(planes) else what
    more = f"; {len(planes)} planes, the first {PLANES} drawn" if len(names) > PLANES else ""
    words = str(meaning).replace("omega/pi", "ω/π").replace("_", " ") or same
    return Frame(data, f"{words[:1].upper()}{words[1:]}{more}.".replace(" -", " −"))


def _names(planes: xr.DataArray) -> list[object]:
    if "channel" in planes.coords:
        return list(planes["channel"].values)
    return [f"plane {k + 1}" for k in range(planes.sizes["channel"])]


def pair_frame(view: View, aspect: float) -> Frame:
    """Return ``second`` in dB, ``interferogram`` in rad, ``magnitude`` of the coherence, each (y, x)."""
    if "slc_2" not in view.image:
        return Frame(None, "The scene has one acquisition only.")
    pair = view.image[["slc", "slc_2"]].isel(middle(view.image)).load()
    pair = pair.where(np.isfinite(pair), 0)
    first, second = pair["slc"], pair["slc_2"]
    with np.errstate(divide="ignore"):
        level = power_db(np.abs(second.values) ** 2)
    level = np.where(np.isfinite(level), level, np.nan)
    data = xr.Dataset(
        {
            "second": (("y", "x"), level, {"scale": decibel_scale(level)}),
            "interferogram": (("y", "x"), np.angle(interferogram(first, second).values)),
        },
        attrs={"aspect": aspect},
    )
    words = "Interferogram: phase of slc · conj(slc_2)"
    if "baseline" in view.image.attrs:
        words += f", baseline {float(view.image.attrs['baseline']):g} m across the line of sight, up"
    if min(first.shape) >= WINDOW:
        maps = coherence(first, second, window=WINDOW)
        data["magnitude"] = (("y", "x"), maps["magnitude"].values)
        null = float(maps.attrs["null_level"])
        data.attrs["null_level"] = null
        words += (
            f". Coherence over {WINDOW}×{WINDOW} pixels, {float(maps['magnitude'].mean()):.2f} on average; "
            f"of images with nothing in common 95 % lie below {null:.2f}"
        )
    return Frame(data, words.replace(" -", " −") + ".")
