"""How a ratio of powers is written in decibels on a screen."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.signals import power_db

__all__ = ["decibel"]


def decibel(ratio: Any, floor: float | None = None) -> Any:
    """Return `signals.power_db` of a ratio, a single one as a plain float.

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
    level = power_db(ratio, floor=floor)
    return float(level) if np.ndim(level) == 0 else level
