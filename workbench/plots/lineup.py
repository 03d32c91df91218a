"""Where the energy goes: level of every layer above the shares of its causes."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, FixedTicker
from bokeh.models.annotations import BoxAnnotation

from workbench.plots.canvas import INK, canvas, fit, hover, show, span
from workbench.plots.palettes import MEASURED, cause_colour, cause_label

__all__ = ["Lineup", "group_ticks"]

LEFT = {"min_border_left": 58}
COLUMNS = ("index", "layer", "kind", "level", "cause", "colour", "share", "from", "to")


def group_ticks(names: list[str]) -> dict[Any, str]:
    """Return one label per group of neighbouring layers (all but the last part of the name), at its middle.

    >>> group_ticks(["down1.conv", "cat", "down2.act", "down2.conv", "cat#2", "out"])
    {0: 'down1', 2.5: 'down2', 5: 'out'}
    """
    groups: list[tuple[str, list[int]]] = []
    bases = [name.partition("#")[0] for name in names]
    for i, name in enumerate(names):
        if "." not in name and bases.count(bases[i]) > 1:
            continue  # an operation called several times (cat, cat#2): its name places nothing
        group = name.rsplit(".", 1)[0]
        if groups and groups[-1][0] == group:
            groups[-1][1].append(i)
        else:
            groups.append((group, [i]))
    ticks: dict[Any, str] = {}
    for group, members in groups:
        middle = (members[0] + members[-1]) / 2
        ticks[int(middle) if middle == int(middle) else middle] = group
    return ticks


class Lineup:
    """Two figures on one layer axis and one source.

    Shares and level are kept apart: lengths of segments stacked on a decibel axis would mean nothing.
    Below, every layer's power without DC is cut into causes on a linear axis that ends at 100 %;
    above stands how much power that is.

    Parameters
    ----------
    on_layer
        Called with a layer's name when its bar is tapped.
    """

    def __init__(self, on_layer: Any = None) -> None:
        self.source = ColumnDataSource({name: [] for name in COLUMNS})
        self.unsure = ColumnDataSource({"index": [], "from": [], "to": []})
        self.x_range = span(-0.6, 0.6)
        self.level = canvas(
            "", "", "dB re tone", height=116, x_range=self.x_range, min_border_bottom=4, **LEFT
        )
        self.shares = canvas(
            "", "layer, from input to output", "share of power, %",
            height=302, x_range=self.x_range, y_range=span(0, 100), toolbar_location=None, **LEFT,
        )  # fmt: skip
        self.figures = {"level": self.level, "shares": self.shares}
        self.causes: list[str] = []
        self.ambiguous = False
        self._names: list[str] = []
        self._on_layer = on_layer
        self._ticker = FixedTicker(ticks=[])
        for plot in (self.level, self.shares):
            plot.xaxis.ticker = self._ticker
            plot.xgrid.visible = False
            plot.on_event("tap", self._tapped)
        self.level.xaxis.visible = False
        self.shares.xaxis.major_label_orientation = 1.1
        self._cursors = [
            BoxAnnotation(
                left=0,
                right=0,
                fill_color=INK,
                fill_alpha=0.18,
                line_color=None,
                level="underlay",
                visible=False,
            )
            for _ in range(2)
        ]
        self.level.add_layout(self._cursors[0])
        self.shares.add_layout(self._cursors[1])
        self.level.line("index", "level", source=self.source, color=INK, line_width=1)
        dots = self.level.scatter("index", "level", source=self.source, color=MEASURED, size=6)
        bars = self.shares.vbar(
            "index", 0.86, "to", "from", source=self.source, color="colour", line_color=None
        )
        # One pattern for a glyph of its own: as a column, Bokeh makes a canvas per bar, 0.4 s per update.
        self.shares.vbar(
            "index", 0.86, "to", "from", source=self.unsure, fill_color=None, line_color=None,
            hatch_pattern="/", hatch_color="#202020", hatch_alpha=0.45, hatch_weight=0.8, hatch_scale=7,
        )  # fmt: skip
        hover(self.level, [dots], [("layer", "@layer (@kind)"), ("level", "@level{0.0} dB re input tone")])
        hover(self.shares, [bars], [("layer", "@layer (@kind)"), ("@cause", "@share{0.00} %")])

    def legend(self) -> list[tuple[str, str]]:
        """Return (label, colour) of every cause."""
        levels = sum(cause.startswith("image_") for cause in self.causes)
        return [(cause_label(cause), cause_colour(cause, levels)) for cause in self.causes]

    def update(self, data: xr.Dataset) -> None:
        """Show share (layer, cause) and level (layer): one row per layer and cause."""
        names = [str(name) for name in data["layer"].values]
        self.causes = [str(cause) for cause in data["cause"].values]
        self.ambiguous = bool(data["ambiguous"].any()) if "ambiguous" in data else False
        many = len(self.causes)
        kinds = [str(k) for k in data["module_type"].values] if "module_type" in data else names
        level = np.where(np.isfinite(data["level"].values), data["level"].values, np.nan)
        percent = 100 * np.nan_to_num(data["share"].transpose("layer", "cause").values)
        tops = np.cumsum(percent, axis=1)
        colours = dict(self.legend())
        labels = [cause_label(cause) for cause in self.causes]
        show(
            self.source,
            {
                "index": np.repeat(np.arange(len(names)), many),
                "layer": np.repeat(names, many).tolist(),
                "kind": np.repeat(kinds, many).tolist(),
                "level": np.repeat(level, many),
                "cause": labels * len(names),
                "colour": [colours[label] for label in labels] * len(names),
                "share": percent.ravel(),
                "from": (tops - percent).ravel(),
                "to": tops.ravel(),
            },
        )
        layer, cause = np.nonzero(_unsure(data, self.causes) & (percent > 0))
        ends = {"from": (tops - percent)[layer, cause], "to": tops[layer, cause]}
        show(self.unsure, {"index": layer, **ends})
        fit(self.level.y_range, level, margin=0.15)
        self.level.yaxis.axis_label = str(data.attrs.get("level_unit", "dB re tone"))
        if names != self._names:
            self._label(names)
        self._mark(names, data.attrs.get("layer"))

    def _label(self, names: list[str]) -> None:
        self._names = names
        ticks = group_ticks(names)
        self.x_range.update(start=-0.6, end=len(names) - 0.4)
        self._ticker.ticks = list(ticks)
        self.shares.xaxis.major_label_overrides = dict(ticks)

    def _mark(self, names: list[str], layer: str | None) -> None:
        for cursor in self._cursors:
            cursor.visible = layer in names
            if layer in names:
                at = names.index(layer)
                cursor.left, cursor.right = at - 0.5, at + 0.5

    def _tapped(self, event: Any) -> None:
        at = round(event.x) if event.x is not None else -1
        if self._on_layer is not None and 0 <= at < len(self._names):
            self._on_layer(self._names[at])


def _unsure(data: xr.Dataset, causes: list[str]) -> np.ndarray:
    """Tell which causes cannot be told apart in which layers: bool (layer, cause)."""
    unsure = [cause == "leakage" or cause.startswith("image_") for cause in causes]
    ambiguous = data["ambiguous"].values if "ambiguous" in data else np.zeros(data.sizes["layer"], bool)
    return np.logical_and.outer(ambiguous.astype(bool), unsure)
