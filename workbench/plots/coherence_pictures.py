"""Coherence as a map or a distribution, never without the level below which it means nothing."""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource
from bokeh.models.annotations import BoxAnnotation

from workbench.plots.canvas import INK, canvas, fit, hover, marker_line, show, span
from workbench.plots.palettes import MAGNITUDE, MEASURED, THEORY, grey_below
from workbench.plots.pictures import Picture

__all__ = ["CoherenceHistogram", "CoherenceMap", "bars_of"]

HIGH = 0.8  # the quality figure `area_above` counts from here
_SHADE = 0.10
LINES = {
    "null_level": ("null level", INK, "dashed"),
    "mean": ("mean", THEORY, "solid"),
    "corrected_mean": ("bias-corrected mean", "#1B9E77", "dotdash"),
}  # what a line marks, its colour, its dash


def bars_of(data: xr.Dataset) -> dict[str, np.ndarray]:
    """Return the edges and heights, %, of a histogram ``share (bin)``.

    >>> bars_of(xr.Dataset({"share": ("bin", [0.25, 0.75])}, {"bin": [0.25, 0.75]}))["right"]
    array([0.5, 1. ])
    """
    centre = data["bin"].values
    half = (centre[1] - centre[0]) / 2
    return {"left": centre - half, "right": centre + half, "share": 100 * data["share"].values}


class CoherenceMap:
    """|γ̂| of one patch in pixels; what is not significant is grey."""

    def __init__(self, size: int = 300) -> None:
        self.picture = Picture(
            "", MAGNITUDE, 0.0, 1.0, ("slant range, pixel", "azimuth, pixel"), "",
            height=size, x_range=span(0, 1), y_range=span(1, 0),
        )  # fmt: skip
        self.figure = self.picture.figure
        self.figure.grid.visible = False
        self.palette = list(MAGNITUDE)

    def update(self, data: xr.Dataset) -> None:
        """Show magnitude (y, x)."""
        null = round(float(np.nan_to_num(data.attrs["null_level"])), 2)
        self.palette = grey_below(MAGNITUDE, null)
        self.picture.set_palette(self.palette)
        self.picture.update(data["magnitude"])


class CoherenceHistogram:
    """Share of the held-out area per |γ̂|, with the null level, the mean and the corrected mean."""

    def __init__(self, height: int = 300) -> None:
        self.source = ColumnDataSource({"left": [], "right": [], "share": []})
        self.figure = canvas(
            "", "coherence |γ̂|", "share of the area, %", height=height, x_range=span(0, 1),
        )  # fmt: skip
        self.figure.add_layout(
            BoxAnnotation(left=HIGH, right=1.0, fill_color=MEASURED, fill_alpha=_SHADE, line_color=None)
        )
        self.bars = self.figure.quad(
            "left", "right", "share", 0, source=self.source, fill_color=MEASURED, line_color=None
        )
        hover(self.figure, [self.bars], [("|γ̂|", "@left{0.00} to @right{0.00}"), ("area", "@share{0.00} %")])
        self.lines = {
            name: marker_line(self.figure, "height", line_color=colour, line_dash=dash, line_width=2)
            for name, (_, colour, dash) in LINES.items()
        }
        self._values: dict[str, float] = {}

    def legend(self) -> list[tuple[str, str]]:
        """Return (label with value, colour) of every line, and of the range that counts as high."""
        lines = [(f"{LINES[name][0]} {value:.2f}", LINES[name][1]) for name, value in self._values.items()]
        return [*lines, (f"above {HIGH:g}", f"{MEASURED}{round(255 * 2.5 * _SHADE):02X}")]

    def update(self, data: xr.Dataset) -> None:
        """Show share (bin) over the bin centres, and the lines named in the attributes."""
        show(self.source, bars_of(data))
        fit(self.figure.y_range, 100 * np.append(data["share"].values, 0.0), margin=0.08, zero=True)
        values = {name: float(data.attrs.get(name, np.nan)) for name in LINES}
        self._values = {name: value for name, value in values.items() if np.isfinite(value)}
        for name, line in self.lines.items():
            line.visible = name in self._values
            line.location = self._values.get(name)
