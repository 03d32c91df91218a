"""Harmonic orders: lines of one layer beside their theory, a map of all layers."""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, FixedTicker, LinearColorMapper
from bokeh.models.annotations import BoxAnnotation

from workbench.plots.canvas import INK, canvas, hover, show, span
from workbench.plots.lineup import group_ticks
from workbench.plots.palettes import MEASURED, SPECTRUM, THEORY
from workbench.plots.pictures import to_bytes

__all__ = ["OrderLines", "OrderMap"]


class OrderLines:
    """Measured orders as stems with filled dots, predicted ones as open rings."""

    LEGEND = (("measured", MEASURED), ("theory (rings)", THEORY))

    def __init__(self, height: int = 350) -> None:
        self.source = ColumnDataSource({"order": [], "measured": [], "theory": [], "floor": []})
        self.y_range = span(-80, 6)
        self.figure = canvas(
            "", "harmonic order k", "level, dB re order 1 (dBc)",
            height=height, y_range=self.y_range, x_range=span(-0.7, 8.7),
        )  # fmt: skip
        self.figure.xgrid.visible = False
        self._ticker = FixedTicker(ticks=[])
        self.figure.xaxis.ticker = self._ticker
        self.figure.segment(
            "order", "floor", "order", "measured", source=self.source, color=MEASURED, line_width=3
        )
        dots = self.figure.scatter("order", "measured", source=self.source, color=MEASURED, size=9)
        self.figure.scatter(
            "order", "theory", source=self.source, marker="circle",
            line_color=THEORY, fill_alpha=0.0, line_width=2, size=15,
        )  # fmt: skip
        hover(
            self.figure,
            [dots],
            [("order", "@order"), ("measured", "@measured{0.00} dBc"), ("theory", "@theory{0.00} dBc")],
        )

    def update(self, data: xr.Dataset) -> None:
        """Show measured (order) and theory (order), dBc."""
        order = data["order"].values
        floor = float(data.attrs["floor"])
        measured = data["measured"].values
        above = np.where(measured > floor, measured, np.nan)
        theory = np.where(data["theory"].values > floor, data["theory"].values, np.nan)
        show(
            self.source,
            {
                "order": order,
                "measured": above,
                "theory": theory,
                "floor": np.full(len(order), floor),
            },
        )
        top = np.nanmax([0.0, *above[np.isfinite(above)], *theory[np.isfinite(theory)]])
        end = 4 + 5 * np.ceil(top / 5)
        if (self.y_range.start, self.y_range.end) != (floor, end):
            self.y_range.start, self.y_range.end = floor, end
        if self.figure.x_range.end != order[-1] + 0.7 or not self._ticker.ticks:
            self.figure.x_range.end = order[-1] + 0.7
            self._ticker.ticks = every_other(order)


class OrderMap:
    """Level of every order (upwards) in every layer (from input to output)."""

    def __init__(self, height: int = 350) -> None:
        self.source = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
        self.x_range, self.y_range = span(-0.5, 0.5), span(-0.5, 0.5)
        self.figure = canvas(
            "", "layer, from input to output", "harmonic order k",
            height=height, x_range=self.x_range, y_range=self.y_range,
        )  # fmt: skip
        self.mapper = LinearColorMapper(palette=["#00000000", *SPECTRUM[1:]], low=0, high=255)
        self.figure.image(
            "image", x="x", y="y", dw="dw", dh="dh", source=self.source, color_mapper=self.mapper
        )
        self.figure.grid.visible = False
        self._x_ticker, self._y_ticker = FixedTicker(ticks=[]), FixedTicker(ticks=[])
        self.figure.xaxis.ticker, self.figure.yaxis.ticker = self._x_ticker, self._y_ticker
        self.figure.xaxis.major_label_orientation = 1.35
        self._cursor = BoxAnnotation(
            left=0, right=0, fill_color=None, line_color=INK, line_width=2, line_dash="dotted", visible=False
        )
        self.figure.add_layout(self._cursor)
        self._names: list[str] = []

    def update(self, data: xr.Dataset) -> None:
        """Show level (layer, order), dBc."""
        names = [str(name) for name in data["layer"].values]
        level = data["level"].transpose("order", "layer").values
        pixels = to_bytes(level, float(data.attrs["floor"]), 0.0)
        rows, columns = level.shape
        show(self.source, {"image": [pixels], "x": [-0.5], "y": [-0.5], "dw": [columns], "dh": [rows]})
        if names != self._names or self.y_range.end != rows - 0.5:
            self._names = names
            ticks = dict(list(group_ticks(names).items())[:: 1 + len(names) // 24])  # it is half a card wide
            self.x_range.end, self.y_range.end = columns - 0.5, rows - 0.5
            self._x_ticker.ticks, self._y_ticker.ticks = list(ticks), every_other(np.arange(rows))
            self.figure.xaxis.major_label_overrides = dict(ticks)
        layer = data.attrs.get("layer")
        self._cursor.visible = layer in names
        if layer in names:
            at = names.index(layer)
            self._cursor.left, self._cursor.right = at - 0.5, at + 0.5


def every_other(orders: np.ndarray) -> list[int]:
    """Return the orders to label: all, or the even ones where there are many.

    >>> every_other(np.arange(4)), every_other(np.arange(12))
    ([0, 1, 2, 3], [0, 2, 4, 6, 8, 10])
    """
    return [int(k) for k in orders if len(orders) <= 10 or k % 2 == 0]
