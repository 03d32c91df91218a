"""What changed from A to B, in every layer, by cause."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, FixedTicker

from workbench.plots.canvas import INK, canvas, fit, hover, show, span
from workbench.plots.families import family_label, is_cause
from workbench.plots.lineup import LEFT, group_ticks
from workbench.plots.palettes import MEASURED, THEORY

__all__ = ["CascadeCompare"]

FALL, RISE = "#4393C3", "#D6604D"
COLUMNS = ("x", "y", "layer", "family", "before", "after", "change", "colour", "alpha")
LIMITS = (3.0, 6.0, 10.0, 20.0, 40.0)
FLOOR = -100.0  # dB re input tone; a family that lies below on both sides has no change worth drawing


class CascadeCompare:
    """Two figures on one layer axis: all power before with after, and below the change of each cause in dB.

    Red is more after, blue is less, on a scale symmetric about zero; no change is the colour of the paper.

    ``update`` needs ``level(state, layer, group)`` and ``change(layer, group)`` as `signals.compare_orders`
    gives them. ``source`` is the same as a plain table: layer, family, before, after (dB re input tone),
    change (dB); NaN where there is nothing.

    Parameters
    ----------
    on_layer
        Called with a layer's name when its column is tapped.
    """

    LEGEND = (("before (rings)", THEORY), ("after", MEASURED))

    def __init__(self, on_layer: Any = None) -> None:
        self.source = ColumnDataSource({name: [] for name in COLUMNS})
        self.levels = ColumnDataSource({"x": [], "layer": [], "before": [], "after": []})
        self.x_range = span(-0.6, 0.6)
        self.limit = LIMITS[0]
        self.level = canvas(
            "", "", "dB re tone", height=130, x_range=self.x_range, min_border_bottom=4, **LEFT
        )
        self.change = canvas(
            "", "layer, from input to output", "", height=290, x_range=self.x_range, y_range=span(-0.5, 0.5),
            toolbar_location=None, min_border_left=104,
        )  # fmt: skip
        self.level.min_border_left = 104
        self.figures = {"level": self.level, "change": self.change}
        self._names: list[str] = []
        self._on_layer = on_layer
        self._x_ticker, self._y_ticker = FixedTicker(ticks=[]), FixedTicker(ticks=[])
        for plot in self.figures.values():
            plot.xaxis.ticker = self._x_ticker
            plot.xgrid.visible = False
            plot.on_event("tap", self._tapped)
        self.level.xaxis.visible = False
        self.change.yaxis.ticker = self._y_ticker
        self.change.yaxis.axis_label = "cause"
        self.change.ygrid.visible = False
        self.change.xaxis.major_label_orientation = 1.1
        self._draw()

    def _draw(self) -> None:
        self.level.line("x", "after", source=self.levels, color=INK, line_width=1)
        dots = self.level.scatter("x", "after", source=self.levels, color=MEASURED, size=6)
        rings = self.level.scatter(
            "x", "before", source=self.levels, fill_color=None, line_color=THEORY, line_width=1.5, size=11
        )
        cells = self.change.rect(
            "x", "y", 0.94, 0.9, source=self.source, fill_color="colour", fill_alpha="alpha",
            line_color=INK, line_alpha=0.35, line_width=0.5,
        )  # fmt: skip
        both = [("before", "@before{0.0} dB re tone"), ("after", "@after{0.0} dB re tone")]
        hover(self.level, [dots, rings], [("layer", "@layer"), *both])
        hover(self.change, [cells], [("@layer", "@family"), *both, ("change", "@change{+0.0} dB")])

    def legend(self) -> list[tuple[str, str]]:
        """Return (label, colour) of the upper figure's marks."""
        return list(self.LEGEND)

    def palette(self) -> list[str]:
        """Return the colours from −limit to +limit, as a colour bar wants them (with transparency)."""
        shares = np.linspace(-1, 1, 41)
        return [f"{RISE if s > 0 else FALL}{round(255 * abs(s)):02X}" for s in shares]

    def update(self, data: xr.Dataset) -> None:
        """Show level (state, layer, group) and change (layer, group)."""
        names = [str(name) for name in data["layer"].values]
        families = [str(name) for name in data["group"].values]
        rows: list[str] = [name for name in ("fundamental", "harmonic") if name in families]
        rows += [name for name in families if is_cause(name)]
        level = data["level"].transpose("state", "layer", "group")
        before, after = (level.sel(state=state, group=rows).values for state in ("before", "after"))
        seen = np.fmax(before, after) > FLOOR
        change = np.where(seen, np.maximum(after, FLOOR) - np.maximum(before, FLOOR), np.nan)
        largest = np.nanmax([0.0, *np.abs(change[np.isfinite(change)])])
        self.limit = next((limit for limit in LIMITS if largest <= limit), LIMITS[-1])
        share = np.nan_to_num(np.clip(change / self.limit, -1, 1))
        x, y = (grid.ravel() for grid in np.meshgrid(range(len(names)), range(len(rows)), indexing="ij"))
        show(
            self.source,
            {
                "x": x,
                "y": len(rows) - 1 - y,
                "layer": [names[i] for i in x],
                "family": [family_label(rows[i]) for i in y],
                "before": _finite(before),
                "after": _finite(after),
                "change": change.ravel(),
                "colour": [RISE if s > 0 else FALL for s in share.ravel()],
                "alpha": np.abs(share).ravel(),
            },
        )
        whole = {state: level.sel(state=state, group="all").values for state in ("before", "after")}
        show(
            self.levels,
            {
                "x": np.arange(len(names)),
                "layer": names,
                **{state: _finite(values) for state, values in whole.items()},
            },
        )
        fit(self.level.y_range, np.concatenate(list(whole.values())), margin=0.15)
        if names != self._names or len(self._y_ticker.ticks) != len(rows):
            self._label(names, rows)

    def _label(self, names: list[str], rows: list[str]) -> None:
        self._names = names
        ticks = group_ticks(names)
        self.x_range.update(start=-0.6, end=len(names) - 0.4)
        self._x_ticker.ticks = list(ticks)
        self.change.xaxis.major_label_overrides = dict(ticks)
        labels = {len(rows) - 1 - i: family_label(name) for i, name in enumerate(rows)}
        self.change.y_range.end = len(rows) - 0.5
        self.change.yaxis.major_label_overrides = labels
        self._y_ticker.ticks = sorted(labels)

    def _tapped(self, event: Any) -> None:
        at = round(event.x) if event.x is not None else -1
        if self._on_layer is not None and 0 <= at < len(self._names):
            self._on_layer(self._names[at])


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan).ravel()
