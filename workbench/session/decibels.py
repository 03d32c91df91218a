"""How a ratio of powers is written in decibels."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

__all__ = ["decibel"]


def decibel(ratio: Any, floor: float | None = None) -> Any:
    """Return ``10 log10(ratio)``: a power ratio in dB, without warnings at zero.

    Parameters
    ----------
    ratio
        Power ratio(s), >= 0. Zero gives minus infinity, negative or NaN gives NaN.
    floor
        Lowest value returned, in dB; NaN stays NaN.

    >>> decibel(0.5)
    -3.0102...
    >>> decibel(0.0), decibel(0.0, floor=-80.0)
    (-inf, -80.0)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        level = 10.0 * np.log10(ratio)
    if floor is not None:
        level = np.maximum(level, floor)
    return float(level) if np.ndim(level) == 0 and not isinstance(level, xr.DataArray) else level
