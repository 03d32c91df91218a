"""The activation explorer's lines in words, its photograph, its figures."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.session.explorers.quiz import Answer
from workbench.session.frame import Frame
from workbench.signals import power_db

__all__ = [
    "LISTED",
    "answers_of",
    "folding_frame",
    "level",
    "line_labels",
    "line_name",
    "photograph_patch",
    "photograph_row",
    "residual",
    "sfdr",
]

LISTED = -80.0
"""Lines below this (dB re the strongest line) are not named."""

Array = npt.NDArray[Any]


@lru_cache(maxsize=1)
def photograph_patch() -> Array:
    """Return a photograph that scikit-image ships, 128 x 128, mean 0, values within +-1.

    >>> photograph_patch().shape, abs(float(photograph_patch().mean())) < 1e-12
    ((128, 128), True)
    """
    from skimage import data

    picture = data.camera()[::4, ::4] / 127.5 - 1
    return np.asarray(picture - picture.mean())


def photograph_row() -> Array:
    """Return row 200 of the full photograph, every fourth pixel."""
    row = photograph_patch()[50]
    return row - row.mean()


def level(amplitude: Array) -> Array:
    """Return the level of amplitudes in dB re 1."""
    return np.asarray(power_db(np.square(np.abs(amplitude))))


def residual(measured: Array, predicted: Array) -> float:
    """Return the largest difference, dB re the strongest line; what is left of rounding is stated as -320."""
    worst = float(np.abs(measured - predicted).max()) / (float(np.abs(predicted).max()) or 1.0)
    return max(float(power_db(worst**2)), -320.0)


def sfdr(power: Array, tone: int) -> float:
    """Return the tone's power over the strongest other line without DC, dB."""
    others = power.copy()
    others[[0, tone]] = 0.0
    return float(power_db(power[tone] / others.max())) if others.max() > 0 else float("inf")


def line_name(order_1: int, order_2: int, zone: int) -> str:
    """Return a line in words.

    >>> line_name(0, 0, 1), line_name(3, 0, 2), line_name(1, -1, 1)
    ('DC', 'order 3, folded from zone 2', 'orders (1, −1)')
    """
    if order_1 == order_2 == 0:
        return "DC"
    order = f"order {order_1}" if order_2 == 0 else f"orders ({order_1}, {order_2})"
    return order.replace("-", "−") + ("" if zone == 1 else f", folded from zone {zone}")


def line_labels(lines: xr.Dataset, frequency: Array) -> list[str]:
    """Name the strongest line in each bin, where it is strong enough."""
    labels = [""] * frequency.size
    strongest = np.full(frequency.size, LISTED)
    for position, level, kept, label in zip(
        lines.frequency.values, lines.level.values, lines.kept.values, lines.label.values, strict=True
    ):
        at = int(np.abs(frequency - position).argmin())
        if kept and level > strongest[at]:
            strongest[at], labels[at] = level, str(label)
    return labels


def folding_frame(lines: xr.Dataset | None) -> Frame:
    """Return the lines that are worth an arrow, with how many of them fold."""
    if lines is None:
        return Frame(None, "A photograph holds all frequencies at once: no line can be followed.")
    data = lines.isel(line=np.flatnonzero(lines.level.values > LISTED))
    beyond = int((data.zone > 1).sum())
    gone = int((~data.kept.astype(bool)).sum())
    words = f"{beyond} of {data.sizes['line']} lines belong above Nyquist"
    if gone:
        words += f"; the filter removes {gone} of them"
    return Frame(data, words + (": the arrows show where they appear (eq. 5)." if beyond else "."))


def answers_of(lines: xr.Dataset | None) -> tuple[Answer, ...]:
    """Lines above -40 dB re the strongest, one per place, without DC: what a learner can know."""
    if lines is None:
        return ()
    found: dict[float, Answer] = {}
    known = lines.kept.values & (lines.level.values > -40.0) & (lines.true_frequency.values > 0)
    strongest_first = np.argsort(-lines.level.values, kind="stable")
    for i in strongest_first[known[strongest_first]]:
        place = round(float(lines.frequency.values[i]), 9)
        found.setdefault(place, Answer((place,), str(lines.label.values[i])))
    return tuple(found[place] for place in sorted(found))
