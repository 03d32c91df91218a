"""The microscope's lines in words: a row for each, a sentence below the figure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from workbench.session.captions import cause_words, number, percent

__all__ = [
    "Peak",
    "change_sentence",
    "frequency_words",
    "level_unit",
    "lines_caption",
    "marker_words",
    "nearest",
    "peaks",
]

Place = tuple[float, float]
Peak = dict[str, Any]
DIGITS = {"sample": 4, "pixel": 4, "metre": 5}
NEAR = 1e-6  # cycles per input pixel: lines lie on whole bins


def level_unit(lines: xr.Dataset) -> str:
    """Return the unit of the lines' levels: dBc, or dB re the layer's power where it has no carrier."""
    return "dBc" if "order 1" in str(lines.attrs.get("reference", "order 1")) else "dB re power"


def frequency_words(place: Place, units: str) -> str:
    """Write a frequency (y, x).

    >>> frequency_words((0.078125, -0.25), "sample")
    '0.0781, −0.2500'
    """
    return ", ".join(number(value, DIGITS[units]) for value in place)


def scaled(lines: xr.Dataset, units: str, spacing: Place | None) -> list[Place]:
    """Return the frequency (y, x) of every line in the chosen units.

    Parameters
    ----------
    lines
        Result of `find_lines`.
    units
        "sample" of the layer, "pixel" of the input, "metre".
    spacing
        Metres per input pixel (y, x); needed for "metre".
    """
    prefix = "" if units == "sample" else "input_"
    y, x = (lines[f"{prefix}frequency_{axis}"].values.astype(float) for axis in "yx")
    if units == "metre":
        if spacing is None:
            raise ValueError("cycles per metre need the scene's pixel spacing")
        y, x = y / spacing[0], x / spacing[1]
    return list(zip(y.tolist(), x.tolist(), strict=True))


def nearest(lines: xr.Dataset, place: Place | None) -> int | None:
    """Return the strongest line at an input frequency or its mirror image, None where there is none."""
    if place is None:
        return None
    y, x = (lines[f"input_frequency_{axis}"].values for axis in "yx")
    for sign in (1, -1):
        found = np.flatnonzero((np.abs(sign * y - place[0]) < NEAR) & (np.abs(sign * x - place[1]) < NEAR))
        if found.size:
            return int(found[0])
    return None


def peaks(lines: xr.Dataset, units: str, spacing: Place | None) -> list[Peak]:
    """Return a row of the peak table for every line, strongest first."""
    places = scaled(lines, units, spacing)
    return [
        {
            "place": f"{float(lines['input_frequency_y'][i])!r},{float(lines['input_frequency_x'][i])!r}",
            "frequency": frequency_words(place, units),
            "level": number(float(lines["level"][i]), 2),
            "order": str(lines["label"].values[i]).partition(",")[0].removeprefix("order ").replace(
                "orders ", ""),
            "cause": str(lines["cause"].values[i]),
            "label": str(lines["label"].values[i]),
        }
        for i, place in enumerate(places)
    ]  # fmt: skip


def marker_words(
    lines: xr.Dataset, marker: Place | None, delta: Place | None, units: str, spacing: Place | None
) -> str:
    """Say what lies under the marker, and how far the delta marker is from it."""
    if marker is None:
        return "Choose a line to put the marker on it; with Shift, the delta marker."
    at = nearest(lines, marker)
    if at is None:
        return "No line above the threshold lies under the marker in this layer."
    places = scaled(lines, units, spacing)
    level = lines["level"].values
    text = f"M: {frequency_words(places[at], units)}, {number(float(level[at]), 2)} {level_unit(lines)}"
    other = nearest(lines, delta)
    if other is None:
        return f"{text} ({lines['label'].values[at]})"
    step = (places[other][0] - places[at][0], places[other][1] - places[at][1])
    return f"{text} · Δ: {frequency_words(step, units)}, {number(float(level[other] - level[at]), 2)} dB"


def lines_caption(lines: xr.Dataset, layer: str, threshold: float, hidden: float) -> str:
    """Say how many lines the layer has, which spur is the strongest, what is not placed.

    Parameters
    ----------
    hidden
        Share of the layer's power that lies on bins that are not known, 0..1.
    """
    count = lines.sizes["line"] + int(lines.attrs.get("not_listed", 0))
    unit = level_unit(lines)
    spurs = [
        i
        for i in range(lines.sizes["line"])
        if not (int(lines["order"][i]) in (-1, 0, 1) and str(lines["cause"].values[i]) == "direct")
    ]
    text = f"{layer}: {count} line{'s' * (count != 1)} above {number(threshold, 0)} {unit}"
    if spurs:
        label, level = str(lines["label"].values[spurs[0]]), float(lines["level"][spurs[0]])
        text += f"; the strongest spur is {label}, at {number(level)} {unit}"
    unseen = f" {percent(hidden)} of the power is not placed." if hidden > 1e-4 else ""
    return f"{text}.{unseen}"


def change_sentence(layer: str, cause: str, before: float, after: float) -> str:
    """Say what a replacement did to a cause.

    Parameters
    ----------
    before, after
        Level of the cause's share, dB.

    >>> change_sentence("down3", "folded", -12.1, -31.04)
    'The folded share of down3 falls from −12.1 to −31.0 dB.'
    >>> change_sentence("out", "image_1", -float("inf"), -20.0)
    'The share of out that is an image of level 1 rises from −∞ to −20.0 dB.'
    """
    words = {
        "folded": "The folded share of {}",
        "harmonic": "The share of {} in orders 2 and above",
        "leakage": "The share of {} that leaks from the borders",
    }
    subject = words.get(cause, f"The share of {{}} that is {cause_words(cause)}").format(layer)
    if before == after or (math.isfinite(before) and abs(after - before) < 0.05):
        return f"{subject} stays at {number(before)} dB."
    verb = "falls" if after < before else "rises"
    return f"{subject} {verb} from {number(before)} to {number(after)} dB."
