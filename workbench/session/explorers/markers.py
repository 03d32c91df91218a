"""Markers on a spectrum: where they stand, what they read, the strongest lines in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from workbench.session.frame import Frame

__all__ = ["Reading", "line_table", "marker_words", "peak_frame", "read_level", "signed"]

_LISTED = 8
_REACH = 60.0
"""Lines so far below the strongest, dB, are not in the table."""


@dataclass(frozen=True)
class Reading:
    """What a marker reads: its place, (x,) or (x, y) in cycles/sample; the level there, dB; its name."""

    place: tuple[float, ...]
    level: float
    name: str


def read_level(levels: xr.Dataset, place: Sequence[float], reach: float) -> Reading:
    """Return the strongest line near a place, or the bin there.

    Parameters
    ----------
    levels : Dataset
        ``level`` in dB over one frequency (x) or two (y, x), ascending, in cycles/sample; ``name`` over the
        same, and where there is noise ``noise`` in dB: what does not rise above it draws no marker. attrs may
        have floor, dB: what lies at it is no line.
    place : sequence of float
        (x,) or (x, y), cycles/sample.
    reach : float
        How far it looks along each axis, cycles/sample.

    >>> axis = {"f": [0.0, 0.1, 0.2]}
    >>> levels = xr.Dataset({"level": ("f", [-9.0, -3.0, -1.0]), "name": ("f", ["DC", "order 1", ""])}, axis)
    >>> read_level(levels, (0.04,), 0.07)
    Reading(place=(0.1,), level=-3.0, name='order 1')
    """
    level = levels["level"]
    axes = [level[dim].values for dim in reversed(level.dims)]
    near = [np.abs(axis - at) for axis, at in zip(axes, place, strict=True)]
    inside = [np.where(far <= max(reach, float(far.min())))[0] for far in near]
    window = level.values[np.ix_(*inside[::-1])]
    if "noise" in levels and not (window > levels["noise"].values[np.ix_(*inside[::-1])]).any():
        inside = [np.array([int(far.argmin())]) for far in near]
        window = level.values[np.ix_(*inside[::-1])]
    best = np.unravel_index(int(window.argmax()), window.shape)
    index = tuple(int(rows[i]) for rows, i in zip(inside[::-1], best, strict=True))
    found = tuple(float(axis[i]) for axis, i in zip(axes, index[::-1], strict=True))
    return Reading(found, float(level.values[index]), str(levels["name"].values[index]))


def marker_words(readings: Sequence[Reading], floor: float) -> str:
    """Say what the markers read, with what lies between two of them.

    >>> marker_words([Reading((0.1,), -3.0, "order 1"), Reading((0.2,), -13.0, "order 2")], -120.0)
    '1: 0.100 cycles/sample, −3.0 dB, order 1; 2: 0.200 cycles/sample, −13.0 dB, order 2;
    Δ: +0.100 cycles/sample, −10.0 dB'
    >>> marker_words([Reading((0.1,), -1e-9, "")], -120.0)
    '1: 0.100 cycles/sample, 0.0 dB'
    """
    words = []
    for number, one in enumerate(readings, 1):
        level = f"{round(one.level, 1) + 0.0:.1f} dB" if one.level > floor else "no line"
        at = ", ".join(f"{x:.3f}" for x in one.place)
        where = f"({at})" if len(one.place) > 1 else at
        words.append(f"{number}: {where} cycles/sample, {level}" + (f", {one.name}" if one.name else ""))
    if len(readings) == 2 and all(one.level > floor for one in readings):
        first, second = readings
        apart = ", ".join(f"{b - a:+.3f}" for a, b in zip(first.place, second.place, strict=True))
        apart = f"({apart})" if len(first.place) > 1 else apart
        words.append(f"Δ: {apart} cycles/sample, {signed(second.level - first.level)} dB")
    return "; ".join(words).replace("-", "−")


def signed(level: float) -> str:
    """Write a difference in dB with its sign, nothing as +0.0.

    >>> signed(-0.04), signed(-3.14)
    ('+0.0', '-3.1')
    """
    return f"{round(level, 1) + 0.0:+.1f}"


def peak_frame(levels: xr.Dataset | None) -> Frame:
    """Return the strongest lines, strongest first.

    Parameters
    ----------
    levels : Dataset, optional
        As `read_level` takes it, with ``predicted`` in dB where there is a prediction; None: no line.

    Returns
    -------
    Frame
        ``level, name, predicted (peak)`` and ``frequency_x``, for a plane also ``frequency_y``, in
        cycles/sample.

    >>> axis = {"f": [0.0, 0.1, 0.2]}
    >>> levels = xr.Dataset({"level": ("f", [-99.0, -3.0, -1.0]), "name": ("f", ["DC", "order 1", ""])}, axis)
    >>> peak_frame(levels).data.frequency_x.values
    array([0.2, 0.1])
    """
    if levels is None:
        return Frame(None, "No line stands out.")
    level = levels["level"].values
    order = np.argsort(-level, axis=None, kind="stable")[:_LISTED]
    least = max(float(level.max(initial=-np.inf)) - _REACH, float(levels.attrs.get("floor", -np.inf)))
    order = order[level.ravel()[order] > least]
    index = np.unravel_index(order, level.shape)
    names = {1: ("frequency_x",), 2: ("frequency_y", "frequency_x")}[level.ndim]
    columns = {
        name: ("peak", levels[dim].values[at], {"units": "cycles per sample"})
        for name, dim, at in zip(names, levels["level"].dims, index, strict=True)
    }
    predicted = levels["predicted"].values[index] if "predicted" in levels else np.full(order.size, np.nan)
    data = xr.Dataset(
        columns
        | {
            "level": ("peak", level[index], {"units": "dB"}),
            "predicted": ("peak", predicted, {"units": "dB"}),
            "name": ("peak", [str(name) for name in levels["name"].values[index]]),
        }
    )
    few = {0: "No line stands out.", 1: "The strongest line."}
    return Frame(data, few.get(order.size, f"The {order.size} strongest lines."))


def line_table(lines: xr.Dataset | None) -> xr.Dataset | None:
    """Return a frame of measured and predicted lines as `read_level` and `peak_frame` take it.

    >>> parts = {"measured": ("frequency", [-3.0]), "label": ("frequency", ["order 1"])}
    >>> lines = xr.Dataset(parts, {"frequency": [0.1]}, {"floor": -120.0})
    >>> list(line_table(lines.assign(predicted=lines.measured)))
    ['level', 'name', 'predicted']
    """
    if lines is None:
        return None
    columns = {"level": lines["measured"], "name": lines["label"], "predicted": lines["predicted"]}
    return xr.Dataset(columns, attrs={"floor": lines.attrs["floor"]})
