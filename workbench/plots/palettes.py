"""Which colours mean what."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import bokeh.palettes
import colorcet
import numpy as np

__all__ = ["CYCLIC", "DIVERGING", "MAGNITUDE", "SPECTRUM", "cause_colour", "cause_label", "grey_below", "mix"]

MAGNITUDE: tuple[str, ...] = tuple(bokeh.palettes.Viridis256)
SPECTRUM: tuple[str, ...] = tuple(bokeh.palettes.Inferno256)
CYCLIC: tuple[str, ...] = tuple(colorcet.palette["cyclic_mrybm_35_75_c68"])
DIVERGING: tuple[str, ...] = tuple(colorcet.palette["diverging_bwr_40_95_c42"])

MEASURED, THEORY = "#4393C3", "#E08214"  # told apart by shape as well: filled and open markers
HELD = "#9A9A9A"  # A of a comparison, behind what is now
GUESS, ANSWER, MARKER = "#D6604D", "#1B9E77", "#7B6BB2"  # told apart by shape as well
SERIES = ("#4393C3", "#D6604D", "#1B9E77", "#B07AA1", "#C79A10", "#8C8C8C", "#7B6BB2")

_CAUSES = {
    "direct": "#4393C3", "folded": "#C8385A", "leakage": "#9A9A9A",
    "linear": "#4393C3", "mirror": "#C8385A", "constant": "#9A9A9A", "higher": "#FFE98A",
}  # fmt: skip
_IMAGE_NEAR, _IMAGE_DEEP = "#FFE98A", "#5C4400"
_LABELS = {
    "direct": "direct", "folded": "folded", "leakage": "leakage",
    "linear": "order 1 (linear)", "mirror": "mirror (order −1)", "constant": "order 0",
    "higher": "orders from 2 on",
}  # fmt: skip


def mix(first: str, second: str, share: float) -> str:
    """Return the colour between two hex colours.

    >>> mix("#000000", "#FF8000", 0.5)
    '#804000'
    """
    ends = [np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) for colour in (first, second)]
    return "#" + "".join(f"{round(v):02X}" for v in (1 - share) * ends[0] + share * ends[1])


def cause_colour(cause: str, levels: int = 5) -> str:
    """Return the colour of a cause; images of deeper levels are darker.

    The colours stay at least 15 apart in CIELAB under simulated red, green and blue blindness.

    >>> cause_colour("direct"), cause_colour("image_1"), cause_colour("image_5")
    ('#4393C3', '#FFE98A', '#5C4400')
    """
    if cause.startswith("image_"):
        level = int(cause.removeprefix("image_"))
        return mix(_IMAGE_NEAR, _IMAGE_DEEP, (level - 1) / max(levels - 1, 1))
    return _CAUSES[cause]


def cause_label(cause: str) -> str:
    """Return a cause in words.

    >>> cause_label("image_2"), cause_label("folded")
    ('image 2', 'folded')
    """
    return f"image {cause.removeprefix('image_')}" if cause.startswith("image_") else _LABELS[cause]


def grey_below(palette: Sequence[str], level: float) -> list[str]:
    """Return `palette` (0..1) with everything below `level` in grey of the same darkness.

    >>> grey_below(["#FF0000", "#00FF00"], 0.5)
    ['#4C4C4C', '#00FF00']
    """
    return list(_greyed(tuple(palette), level))


@lru_cache(maxsize=128)
def _greyed(palette: tuple[str, ...], level: float) -> tuple[str, ...]:
    result = []
    for i, colour in enumerate(palette):
        if i < level * len(palette):
            r, g, b = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
            grey = round(0.299 * r + 0.587 * g + 0.114 * b)
            result.append(f"#{grey:02X}{grey:02X}{grey:02X}")
        else:
            result.append(colour)
    return tuple(result)
