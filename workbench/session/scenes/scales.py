"""How pictures of a scene are scaled, in size as in level."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["decibel_scale", "pixel_aspect"]


def pixel_aspect(attrs: dict[str, Any]) -> float:
    """Height of a pixel over its width, 1 where the scene does not say.

    >>> pixel_aspect({"spacing_y": 13.9, "spacing_x": 2.33}).__round__(2), pixel_aspect({"spacing_x": 3.0})
    (5.97, 1.0)
    """
    try:
        ratio = float(attrs["spacing_y"]) / float(attrs["spacing_x"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return 1.0
    return ratio if 0.02 <= ratio <= 50 else 1.0


def decibel_scale(level: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the levels of the first and last colour: nearly all of the finite ones, 10 dB at least.

    >>> decibel_scale(np.array([3.0, 3.0, -np.inf]))
    (-2.0, 8.0)
    """
    finite = level[np.isfinite(level)]
    if finite.size == 0:
        return -10.0, 0.0
    low, high = np.percentile(finite, [1, 99.8])
    middle, half = (low + high) / 2, max((high - low) / 2, 5.0)
    return float(np.floor(middle - half)), float(np.ceil(middle + half))
