"""Coherence as a map and as a distribution, never without the level below which it means nothing."""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.models import BoxAnnotation, ColumnDataSource, Label, Range1d

from workbench.plots.canvas import INK, canvas, fit, hover, marker_line
from workbench.plots.palettes import MAGNITUDE, MEASURED, THEORY, grey_below
from workbench.plots.pictures import Picture

__all__ = ["CoherenceHistogram", "CoherenceMap"]


class CoherenceMap:
    """|γ̂| of one patch in pixels; what is not significant is grey."""

    def __init__(self, size: int = 300) -> None:
        self.picture = Picture(
            "", MAGNITUDE, 0.0, 1.0, ("slant range, pixel", "azimuth, pixel"), "",
            height=size, x_range=Range1d(0, 1), y_range=Range1d(1, 0),
        )  # fmt: skip
        self.figure = self.picture.figure
        self.figure.grid.visible = False
        self.palette = list(MAGNITUDE)

    def update(self, data: xr.Dataset) -> None:
        """Show magnitude (y, x)."""
        rows, columns = data["magnitude"].shape
        self.palette = grey_below(MAGNITUDE, round(float(np.nan_to_num(data.attrs["null_level"])), 2))
        self.picture.set_palette(self.palette)
        centred = data["magnitude"].assign_coords(y=np.arange(rows) + 0.5, x=np.arange(columns) + 0.5)
        self.picture.update(centred)
        if self.figure.x_range.end != columns or self.figure.y_range.start != rows:
            self.figure.x_range.end, self.figure.y_range.start = columns, rows


class CoherenceHistogram:
    """Share of the held-out area per |γ̂|, with the null level, the mean and the corrected mean."""

    def __init__(self, height: int = 300) -> None:
        self.source = ColumnDataSource({"left": [], "right": [], "share": []})
        self.figure = canvas(
            "", "coherence |γ̂|", "share of the area, %", height=height, x_range=Range1d(0, 1),
        )  # fmt: skip
        self.figure.add_layout(
            BoxAnnotation(left=0.8, right=1.0, fill_color=MEASURED, fill_alpha=0.10, line_color=None)
        )
        bars = self.figure.quad(
            "left", "right", "share", 0, source=self.source, fill_color=MEASURED, line_color=None
        )
        hover(self.figure, [bars], [("|γ̂|", "@left{0.00} to @right{0.00}"), ("area", "@share{0.00} %")])
        styles = (
            ("null_level", "null", INK, "dashed", 8),
            ("mean", "mean", MEASURED, "solid", 24),
            ("corrected_mean", "corrected", THEORY, "dotdash", 40),
        )
        self._lines = {}
        for name, text, colour, dash, down in styles:
            line = marker_line(self.figure, "height", line_color=colour, line_dash=dash, line_width=2)
            label = Label(
                x=0, y=height - 66 - down, y_units="screen", text=text, text_color=colour,
                text_font_size="12px", x_offset=4, visible=False,
            )  # fmt: skip
            self.figure.add_layout(label)
            self._lines[name] = (line, label, text)

    def update(self, data: xr.Dataset) -> None:
        """Show share (bin) over the bin centres, and the lines named in the attributes."""
        centre = data["bin"].values
        half = (centre[1] - centre[0]) / 2
        self.source.data = {
            "left": centre - half,
            "right": centre + half,
            "share": 100 * data["share"].values,
        }
        fit(self.figure.y_range, 100 * np.append(data["share"].values, 0.0), margin=0.08, zero=True)
        for name, (line, label, text) in self._lines.items():
            value = float(data.attrs.get(name, np.nan))
            line.visible = label.visible = bool(np.isfinite(value))
            if np.isfinite(value):
                line.location = label.x = value
                label.text = f"{text} {value:.2f}"
                label.text_align = "right" if value > 0.7 else "left"
                label.x_offset = -4 if value > 0.7 else 4
