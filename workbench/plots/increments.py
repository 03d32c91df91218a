"""What each layer added to the lines it was given."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, FixedTicker
from bokeh.models.annotations import Span

from workbench.plots.canvas import INK, canvas, fit, hover, show, span
from workbench.plots.families import family_colour, family_label, is_cause
from workbench.plots.lineup import LEFT, group_ticks

__all__ = ["IncrementBars"]

COLUMNS = ("x", "layer", "family", "colour", "bottom", "top", "added", "share", "share_in", "level", "change")


class IncrementBars:
    """Bars over the layers: percentage points that each cause (or order) gained up, that it lost down.

    ``update`` needs ``added``, ``share``, ``share_in``, ``level``, ``change`` (layer, group) as
    `signals.order_increments` gives them. Layers whose inputs are not known show nothing.

    Parameters
    ----------
    by
        "cause": folded, image 1, …, leakage; "order": the orders listed, by whatever cause.
    on_layer
        Called with a layer's name when its bar is tapped.
    """

    def __init__(self, by: str = "cause", height: int = 300, on_layer: Any = None) -> None:
        if by not in ("cause", "order"):
            raise ValueError(f"by must be 'cause' or 'order', found {by!r}")
        self.by = by
        self.source = ColumnDataSource({name: [] for name in COLUMNS})
        self.x_range = span(-0.6, 0.6)
        self.figure = canvas(
            "", "layer, from input to output", "added share, percentage points",
            height=height, x_range=self.x_range, y_range=span(-10, 10), **LEFT,
        )  # fmt: skip
        self.figure.xgrid.visible = False
        self.figure.xaxis.major_label_orientation = 1.1
        self._ticker = FixedTicker(ticks=[])
        self.figure.xaxis.ticker = self._ticker
        self.figure.add_layout(Span(dimension="width", location=0, line_color=INK, line_width=1))
        self.families: list[str] = []
        self._names: list[str] = []
        self._on_layer = on_layer
        bars = self.figure.vbar(
            "x", 0.86, "top", "bottom", source=self.source, fill_color="colour", line_color=None
        )
        tips = [
            ("@layer", "@family"),
            ("added", "@added{+0.00} percentage points"),
            ("share", "@share_in{0.00} % in, @share{0.00} % out"),
            ("level", "@level{0.0} dBc (@change{+0.0} dB)"),
        ]
        hover(self.figure, [bars], tips)
        self.figure.on_event("tap", self._tapped)

    def legend(self) -> list[tuple[str, str]]:
        """Return (label, colour) of every family."""
        return [(family_label(name), family_colour(name, self.families)) for name in self.families]

    def update(self, data: xr.Dataset) -> None:
        """Show added (layer, group), stacked away from zero."""
        names = [str(name) for name in data["layer"].values]
        groups = [str(name) for name in data["group"].values]
        self.families = [
            name for name in groups if (is_cause(name) if self.by == "cause" else name.startswith("order_"))
        ]
        if not self.families:  # a scene has no causes, but orders of its phase
            self.families = [name for name in groups if name == "mirror" or name.startswith("order_")]
        part = data.sel(group=self.families)
        added = np.nan_to_num(part["added"].transpose("layer", "group").values)
        up, down = np.cumsum(np.maximum(added, 0), axis=1), np.cumsum(np.minimum(added, 0), axis=1)
        top = np.where(added > 0, up, down)
        many = len(self.families)
        columns = {
            name: _finite(part[name].transpose("layer", "group").values)
            for name in ("share", "share_in", "level", "change")
        }
        show(
            self.source,
            {
                "x": np.repeat(np.arange(len(names)), many),
                "layer": np.repeat(names, many).tolist(),
                "family": [family_label(name) for name in self.families] * len(names),
                "colour": [family_colour(name, self.families) for name in self.families] * len(names),
                "bottom": (top - added).ravel(),
                "top": top.ravel(),
                "added": added.ravel(),
                **columns,
            },
        )
        fit(self.figure.y_range, np.array([-1.0, 1.0, *up[:, -1], *down[:, -1]]), margin=0.08)
        if names != self._names:
            self._names = names
            ticks = group_ticks(names)
            self.x_range.update(start=-0.6, end=len(names) - 0.4)
            self._ticker.ticks = list(ticks)
            self.figure.xaxis.major_label_overrides = dict(ticks)

    def _tapped(self, event: Any) -> None:
        at = round(event.x) if event.x is not None else -1
        if self._on_layer is not None and 0 <= at < len(self._names):
            self._on_layer(self._names[at])


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan).ravel()
