"""How strong every order of one layer is, against the training step."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, CustomJSHover, FixedTicker, LinearColorMapper, NumeralTickFormatter

from workbench.plots.canvas import canvas, hover, marker_line, show, span
from workbench.plots.orders import every_other
from workbench.plots.palettes import SPECTRUM
from workbench.plots.pictures import to_bytes

__all__ = ["OrderWaterfall", "even_steps"]

COLUMNS = 512  # of the picture: more are not seen


def even_steps(steps: np.ndarray) -> np.ndarray:
    """Return which recorded step each of equally spaced columns shows: the nearest.

    >>> even_steps(np.array([0, 10, 20, 50]))
    array([0, 1, 2, 2, 3, 3])
    """
    if len(steps) < 2:
        return np.zeros(len(steps), int)
    count = min(int(np.ptp(steps) / np.diff(steps).min()) + 1, COLUMNS)
    columns = np.linspace(steps[0], steps[-1], count)
    middles = (steps[1:] + steps[:-1]) / 2
    return np.searchsorted(middles, columns, side="left")


class OrderWaterfall:
    """Orders upwards, training steps to the right, level as colour; a cursor at the step shown elsewhere.

    ``update`` needs ``level(step, order)`` in dB with the coordinates ``step``, ``order`` (0, 1, 2, …) and
    attrs ``floor`` (dB of the darkest colour); 0 dB is the brightest. Levels below the floor are dark, NaN
    is transparent. Steps may be unevenly spaced: columns show the nearest.

    Parameters
    ----------
    height
        Pixels.
    on_step
        Called with the nearest recorded step when the picture is tapped.
    """

    def __init__(self, height: int = 280, on_step: Any = None) -> None:
        self.source = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
        self.x_range, self.y_range = span(0, 1), span(-0.5, 0.5)
        self.figure = canvas(
            "", "training step", "harmonic order k", height=height, x_range=self.x_range, y_range=self.y_range
        )
        self.figure.grid.visible = False
        self.figure.xaxis.formatter = NumeralTickFormatter(format="0,0")
        self._ticker = FixedTicker(ticks=[])
        self.figure.yaxis.ticker = self._ticker
        self.mapper = LinearColorMapper(palette=["#00000000", *SPECTRUM[1:]], low=0, high=255)
        picture = self.figure.image(
            "image", x="x", y="y", dw="dw", dh="dh", source=self.source, color_mapper=self.mapper
        )
        self._scale = span(-80.0, 0.0)  # read by the hover text in the browser
        decode = CustomJSHover(
            args={"scale": self._scale},
            code="""
                if (value == 0) return "–"
                return (scale.start + (value - 1) / 254 * (scale.end - scale.start)).toFixed(1) + " dBc"
            """,
        )
        tips = [("step", "$x{0,0}"), ("order", "$y{0}"), ("level", "@image{custom}")]
        hover(self.figure, [picture], tips, formatters={"@image": decode})
        self.cursor = marker_line(self.figure, "height", line_color="#FFFFFF")
        self.steps = np.zeros(0, int)
        self._on_step = on_step
        self.figure.on_event("tap", self._tapped)

    def move_cursor(self, step: int) -> None:
        """Mark `step`."""
        self.cursor.update(location=step, visible=True)

    def update(self, data: xr.Dataset) -> None:
        """Show level (step, order), dB re order 1."""
        self.steps = data["step"].values
        level = data["level"].transpose("order", "step").values
        floor = float(data.attrs["floor"])
        if self._scale.start != floor:
            self._scale.start = floor
        columns = even_steps(self.steps)
        half = self._spacing(len(columns)) / 2
        left, right = float(self.steps[0]) - half, float(self.steps[-1]) + half
        rows = len(level)
        show(self.source, {
            "image": [to_bytes(level[:, columns], floor, 0.0)],
            "x": [left], "y": [-0.5], "dw": [right - left], "dh": [rows],
        })  # fmt: skip
        if (self.x_range.start, self.x_range.end) != (left, right):
            self.x_range.update(start=left, end=right)
        if self.y_range.end != rows - 0.5:
            self.y_range.end = rows - 0.5
            self._ticker.ticks = every_other(np.arange(rows))

    def _spacing(self, columns: int) -> float:
        return float(np.ptp(self.steps)) / (columns - 1) if columns > 1 else 1.0

    def _tapped(self, event: Any) -> None:
        if self._on_step is not None and event.x is not None and len(self.steps):
            self._on_step(int(self.steps[np.argmin(np.abs(self.steps - event.x))]))
