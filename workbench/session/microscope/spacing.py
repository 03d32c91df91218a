"""How large a run's pixels are on the ground."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["pixel_spacing"]

_DEFAULT = {"flat_earth": 3.0}  # scenes that are made with a spacing unless it is chosen


def pixel_spacing(spec: Any) -> tuple[float, float] | None:
    """Return metres per pixel of the network's input along y and x, None where the scene has none.

    A mapping with twice the grid (Nyquist, interpolated) halves the pixels of the patch.

    >>> from types import SimpleNamespace as S
    >>> pixel_spacing(S(scene="flat_earth", mapping="nyquist", scene_options={"spacing": 4.0}))
    (2.0, 2.0)
    >>> pixel_spacing(S(scene="onetone", mapping="nyquist", scene_options={})) is None
    True
    """
    from workbench.mappings import MAPPINGS

    options = dict(getattr(spec, "scene_options", {}) or {})
    found = options.get("spacing", _DEFAULT.get(str(getattr(spec, "scene", ""))))
    mapping = MAPPINGS.get(str(getattr(spec, "mapping", "")))
    if not isinstance(found, int | float) or not math.isfinite(found) or found <= 0 or mapping is None:
        return None
    side = float(found) / mapping.factor
    return side, side
