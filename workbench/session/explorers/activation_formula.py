"""Where a nonlinearity has no value that a sample could be trusted with: poles, jumps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["check_values", "doubt", "doubtful_samples", "find_pole", "is_affine"]

TOO_LARGE = 1e100
"""Values whose squares would not be finite."""

_STEPS = 2048  # a thousand times closer, as one step to each side is kept
_ZOOMS = 3
_GROWTH = 1.2
"""Of the largest value when looked at a thousand times closer; of a bounded function it grows no more."""
_NUDGE = 1e-12
"""Of the largest input: some thousand times its rounding."""
_SEEN = 1e-4
"""Of the largest output: a nudge that changes more shows in the lines."""

Array = npt.NDArray[Any]
Function = Callable[[Array], Array]


def find_pole(function: Function, low: float, high: float) -> float | None:
    """Return where a function grows without bound, or is not finite, within a range; None if nowhere.

    The largest of 2049 values is looked at a thousand times closer, three times: what still grows then is a
    pole, or a peak too narrow for any sample to show.

    >>> find_pole(lambda z: 1 / (z - 0.25), -1.0, 1.0), find_pole(lambda z: 1 / (z * z + 1e-4), -1.0, 1.0)
    (0.25, None)
    """
    start, end, peaks = low, high, []
    with np.errstate(all="ignore"):
        for _ in range(1 + _ZOOMS):
            grid = np.linspace(start, end, _STEPS + 1)
            size = np.abs(function(grid))
            worst = int(np.where(np.isfinite(size), size, np.inf).argmax())
            if not np.isfinite(size[worst]):
                return float(grid[worst])
            peaks.append(float(size[worst]))
            start, end = (float(grid[i]) for i in (max(worst - 1, 0), min(worst + 1, grid.size - 1)))
    return float(grid[worst]) if peaks[-1] > _GROWTH * peaks[-2] else None


def doubtful_samples(function: Function, z: Array) -> int:
    """Return at how many inputs rounding decides the output: they lie on a jump, or on a steep cusp.

    >>> doubtful_samples(np.sign, np.array([-1.0, 0.0, 1e-17, 1.0])), doubtful_samples(np.abs, np.arange(3.0))
    (2, 0)
    """
    nudge = _NUDGE * (float(np.abs(z).max()) or 1.0)
    y = function(z)
    change = np.maximum(np.abs(function(z + nudge) - y), np.abs(function(z - nudge) - y))
    return int((change > _SEEN * float(np.abs(y).max())).sum())


def check_values(function: Function, words: str, z: Array, y: Array) -> None:
    """Refuse a function that no figure could show on a signal.

    Parameters
    ----------
    function, words
        Pointwise, with its name.
    z, y : array
        What goes in and comes out.

    Raises
    ------
    ValueError
        For a pole within the range of `z`, or a `y` whose squares are not finite.
    """
    if not (np.abs(y) < TOO_LARGE).all():
        raise ValueError(f"{words} is not finite on this signal, or too large: choose another drive or bias")
    pole = find_pole(function, float(z.min()), float(z.max()))
    if pole is not None:
        fault = "is not defined" if np.isnan(function(np.array([pole]))[0]) else "grows without bound"
        raise ValueError(
            f"{words} {fault} near z = {round(pole, 6) + 0.0:.3g}, within the signal's range, so "
            "that its lines would mean nothing: choose another drive, bias or formula"
        )


def doubt(function: Function, words: str, z: Array, oversampling: int) -> str:
    """Say why lines are not those that were predicted.

    >>> doubt(np.sign, "sign(z)", np.cos(np.pi * np.arange(8) / 4), 1)
    '2 samples lie on a jump or a cusp of sign(z), where rounding decides their values'
    """
    dense = np.fft.irfft(np.fft.rfft(z, norm="forward"), oversampling * z.size, norm="forward")
    count = doubtful_samples(function, dense if oversampling > 1 else z)
    if count:
        return f"{count} samples lie on a jump or a cusp of {words}, where rounding decides their values"
    return f"{words} is too rough for its lines to be summed"


def is_affine(function: Function, z: Array) -> bool:
    """Return whether a function is a straight line over all that it is given.

    >>> is_affine(lambda z: np.maximum(z, 0), np.array([1.0, 2.0, 3.5])), is_affine(np.square, np.arange(3.0))
    (True, False)
    """
    flat, out = z.ravel(), function(z).ravel()
    a, b = int(flat.argmin()), int(flat.argmax())
    slope = (out[b] - out[a]) / ((flat[b] - flat[a]) or 1.0)
    bend = np.abs(out - out[a] - slope * (flat - flat[a])).max()
    return bool(bend <= 1e-9 * (float(np.abs(out).max()) or 1.0))
