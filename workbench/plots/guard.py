"""The guard around a spectrum inside its band, hatched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.models import ColumnDataSource
from bokeh.models.annotations import LabelSet

from workbench.plots.canvas import show

__all__ = ["GUARD", "GuardMark", "guard_strips"]

GUARD = "#7DB7FF"  # drawn on a dark picture in both themes
_LEAST = 0.012  # cycles/sample; a narrower strip has no room beside the band's own outline

Interval = tuple[float, float]
Box = tuple[Interval, Interval]


def guard_strips(band: Box, occupied: Box) -> list[tuple[float, float, float, float]]:
    """Return what a rectangle leaves free inside another, in up to four strips that do not overlap.

    Parameters
    ----------
    band, occupied : ((low, high), (low, high))
        Along x, along y; `occupied` lies in `band`.

    Returns
    -------
    list of (left, right, bottom, top)

    >>> guard_strips(((0.0, 0.5), (0.0, 0.5)), ((0.1, 0.5), (0.0, 0.4)))
    [(0.0, 0.1, 0.0, 0.5), (0.1, 0.5, 0.4, 0.5)]
    """
    (left, right), (bottom, top) = band
    (start, end), (low, high) = occupied
    strips = [
        (left, start, bottom, top),
        (end, right, bottom, top),
        (start, end, bottom, low),
        (start, end, high, top),
    ]
    return [one for one in strips if one[0] < one[1] and one[2] < one[3]]


class GuardMark:
    """Hatched strips with their name in the largest.

    Parameters
    ----------
    figure
        With two frequency axes.
    """

    def __init__(self, figure: Any) -> None:
        self.source = ColumnDataSource({name: [] for name in ("left", "right", "bottom", "top")})
        self.label = ColumnDataSource({"x": [], "y": [], "angle": [], "text": []})
        figure.quad(
            "left", "right", "top", "bottom", source=self.source, fill_alpha=0.0, line_color=None,
            hatch_pattern="/", hatch_color=GUARD, hatch_alpha=0.7, hatch_scale=10, hatch_weight=1,
        )  # fmt: skip
        names = LabelSet(
            x="x", y="y", angle="angle", text="text", source=self.label, text_align="center",
            text_baseline="middle", text_color=GUARD, text_font_size="12px",
            background_fill_color="#000000", background_fill_alpha=0.85,
        )  # fmt: skip
        figure.add_layout(names)

    def show(self, pairs: Sequence[tuple[Box, Box]]) -> None:
        """Show the guards of these (band, occupied), or none."""
        strips = [one for band, occupied in pairs for one in guard_strips(band, occupied)]
        strips = [one for one in strips if min(one[1] - one[0], one[3] - one[2]) >= _LEAST]
        show(
            self.source,
            {name: [one[i] for one in strips] for i, name in enumerate(("left", "right", "bottom", "top"))},
        )
        widest = max(strips, key=lambda one: (one[1] - one[0]) * (one[3] - one[2]), default=None)
        named = [] if widest is None else [widest]
        show(
            self.label,
            {
                "x": [(left + right) / 2 for left, right, _, _ in named],
                "y": [0.7 * bottom + 0.3 * top for _, _, bottom, top in named],  # the band's name is above
                "angle": [1.5708 * (top - bottom > right - left) for left, right, bottom, top in named],
                "text": ["guard" for _ in named],
            },
        )
