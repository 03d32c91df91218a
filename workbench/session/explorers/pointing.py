"""Markers or guesses by keys alone: nobody needs a mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from workbench.session.explorers.places import write_places
from workbench.session.explorers.quiz import distance

if TYPE_CHECKING:
    from workbench.session.explorers.explorer import Explorer

__all__ = ["nudge", "point", "strongest_place"]

FAR = 10  # steps at once along a single axis


def point(explorer: Explorer) -> str:
    """Put a guess into the middle while one predicts, else a marker on the strongest line without one.

    Returns
    -------
    str
        Where the guess is; "" for a marker, which says so itself.
    """
    quiz = explorer.quiz
    if quiz is not None and quiz.score is None:
        axes = explorer.guessed_axes()
        if not axes:
            return ""
        place = tuple((low + high) / 2 for low, high in axes)
        while any(distance(place, one) <= explorer.TOLERANCE for one in quiz.guesses):
            place = (place[0] + 2 * explorer.TOLERANCE, *place[1:])
            if place[0] > axes[0][1]:
                return "No room for another guess: move or check those that there are."
        explorer.guess(place)
        return _words(place)
    if quiz is None and (levels := explorer.levels()) is not None:
        reach = max(explorer.reach(), 1e-9)
        at = strongest_place(levels, explorer.places(), reach)
        if at is None:
            return "No other line stands out."
        explorer.mark(at)
    return ""


def nudge(explorer: Explorer, along_x: int, along_y: int) -> str:
    """Move the newest guess or marker by steps: half a tolerance, one bin; returns words as `point`."""
    quiz = explorer.quiz
    if quiz is not None and quiz.score is None:
        if not quiz.guesses:
            return "No guess to move: g puts one."
        axes, step = explorer.guessed_axes(), explorer.TOLERANCE / 2
        steps = _steps(len(axes), along_x, along_y)
        moved = (at + step * by for at, by in zip(quiz.guesses[-1], steps, strict=True))
        place = tuple(float(np.clip(at, *axis)) for at, axis in zip(moved, axes, strict=True))
        quiz.guesses[-1] = place
        return _words(place)
    places, levels = explorer.places(), explorer.levels()
    if quiz is None and places and levels is not None:
        dims = levels["level"].dims[::-1]
        moved_to = []
        for at, dim, by in zip(places[-1], dims, _steps(len(dims), along_x, along_y), strict=True):
            bins = levels[dim].values
            nearest = int(np.abs(bins - at).argmin()) + by
            moved_to.append(float(bins[np.clip(nearest, 0, bins.size - 1)]))
        if tuple(moved_to) not in places[:-1]:
            explorer.markers = write_places([*places[:-1], moved_to])
    return ""


def strongest_place(
    levels: xr.Dataset, taken: Sequence[Sequence[float]] = (), reach: float = 0.0
) -> tuple[float, ...] | None:
    """Return where the highest line is that has no marker, (x,) or (x, y); None where there is none left.

    A line is no lower than the bins beside it, above the floor and, where there is noise, above that.

    >>> levels = xr.Dataset({"level": ("f", [-3.0, -5.0, -4.0])}, {"f": [0.0, 0.1, 0.2]}, {"floor": -8.0})
    >>> strongest_place(levels), strongest_place(levels, [(0.0,)]), strongest_place(levels, [(0.1,)], 0.1)
    ((0.0,), (0.2,), None)
    """
    level = levels["level"].values.astype(float)
    axes = [levels[dim].values for dim in levels["level"].dims]
    free = level > float(levels.attrs["floor"])
    if "noise" in levels:
        free &= level > levels["noise"].values
    framed = np.pad(level, 1, constant_values=-np.inf)
    inner = slice(1, -1)
    for axis in range(level.ndim):
        for beside in (slice(None, -2), slice(2, None)):
            free &= level >= framed[tuple(beside if k == axis else inner for k in range(level.ndim))]
    for place in taken:
        far = [np.abs(axis - at) > reach for axis, at in zip(axes, place[::-1], strict=True)]
        free &= far[0] if level.ndim == 1 else far[0][:, None] | far[1][None, :]
    if not free.any():
        return None
    best = np.unravel_index(int(np.where(free, level, -np.inf).argmax()), level.shape)
    return tuple(float(axis[k]) for axis, k in zip(axes, best, strict=True))[::-1]


def _steps(axes: int, along_x: int, along_y: int) -> tuple[int, ...]:
    return (along_x, along_y) if axes == 2 else (along_x + FAR * along_y,)


def _words(place: Sequence[float]) -> str:
    at = ", ".join(f"{x:.3f}" for x in place).replace("-", "−")
    return f"Your guess is at {at}; , and . move it, g puts another, p checks."
