"""Sums over a sliding boxcar window."""

from __future__ import annotations

from typing import Any

import numpy as np

BORDERS = ("reflect", "valid")


def window_size(window: int | tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the window as (rows, columns), checked against an image of ``shape`` (..., y, x).

    Raises
    ------
    ValueError
        If a side is even, not positive or longer than the image, or if the window is a single pixel
        (the coherence of one sample with one sample is always 1).

    Examples
    --------
    >>> window_size(5, (64, 64)), window_size((3, 11), (84, 338))
    ((5, 5), (3, 11))
    """
    sides = window if isinstance(window, tuple | list) else (window, window)
    whole = all(isinstance(side, int | np.integer) and not isinstance(side, bool) for side in sides)
    if len(sides) != 2 or not whole:
        raise ValueError(f"window: an odd whole number or a pair (rows, columns) is needed, found {window!r}")
    if any(side < 1 or side % 2 == 0 for side in sides) or max(sides) < 3:
        raise ValueError(
            f"window: odd sides, 3 or more, are needed (of 1 pixel |coherence| is always 1), found {window}"
        )
    if sides[0] > shape[-2] or sides[1] > shape[-1]:
        raise ValueError(
            f"window: {sides[0]} x {sides[1]} is larger than the image, {shape[-2]} x {shape[-1]}"
        )
    return int(sides[0]), int(sides[1])


def box_sum(values: Any, window: tuple[int, int], border: str) -> np.ndarray:
    """Sum over the window around every pixel of ``values`` (..., y, x).

    ``border="reflect"`` mirrors the image at its edges (edge pixel repeated) and keeps its size,
    ``"valid"`` takes whole windows only. Sums are built from sums of half the length, never from differences:
    no rounding is carried along a row, a window of zeros sums to exactly 0.

    Examples
    --------
    >>> box_sum(np.arange(6.0).reshape(2, 3), (1, 3), "valid")
    array([[ 3.],
           [12.]])
    """
    if border not in BORDERS:
        raise ValueError(f"unknown border {border!r}; there are {', '.join(BORDERS)}")
    if border == "reflect":
        halves = [(side // 2, side // 2) for side in window]
        values = np.pad(values, [(0, 0)] * (values.ndim - 2) + halves, mode="symmetric")
    along_x = _running_sum(values, window[1])
    return np.swapaxes(_running_sum(np.swapaxes(along_x, -1, -2), window[0]), -1, -2)


def _running_sum(values: np.ndarray, size: int) -> np.ndarray:
    """Sum ``size`` neighbours along the last axis from blocks of 1, 2, 4, ... of them."""
    length = values.shape[-1] - size + 1
    total: Any = 0
    done, width, block = 0, 1, values
    while done < size:
        if size & width:
            total = total + block[..., done : done + length]
            done += width
        if 2 * width <= size:
            block = block[..., :-width] + block[..., width:]
        width *= 2
    return total
