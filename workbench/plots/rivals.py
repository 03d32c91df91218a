"""Output spectra of several nonlinearities given the same signal, one below the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource

from workbench.plots.canvas import canvas, hover, show, span
from workbench.plots.palettes import HELD, MEASURED

__all__ = ["Rivals"]


class Rivals:
    """One spectrum per activation, all on the same axes.

    Needs a level in dB per name ``(frequency)``, attrs floor.

    Parameters
    ----------
    titles
        ``{name: title}``, from top to bottom.
    height
        Pixels of each figure; the last has room for its frequency axis besides.
    """

    def __init__(self, titles: dict[str, str], height: int = 150) -> None:
        self.source = ColumnDataSource({name: [] for name in ("frequency", "floor", *titles)})
        self.held = ColumnDataSource({name: [] for name in ("frequency", *titles)})
        self.figures: dict[str, Any] = {}
        levels, frequencies = span(-120, 10), span(-0.008, 0.508)
        for name, title in titles.items():
            last = name == [*titles][-1]
            plot = canvas(
                title, "frequency, cycles/sample" if last else "", "level, dB", x_range=frequencies,
                y_range=levels, height=height + (40 if last else 0), toolbar_location=None,
            )  # fmt: skip
            plot.xaxis.visible = last
            plot.scatter("frequency", name, source=self.held, color=HELD, size=7, marker="diamond")
            plot.segment(
                "frequency", "floor", "frequency", name, source=self.source, color=MEASURED, line_width=2
            )
            dots = plot.scatter("frequency", name, source=self.source, color=MEASURED, size=5)
            tips = [("frequency", "@frequency{0.000} cycles/sample"), ("level", f"@{name}{{0.0}} dB")]
            hover(plot, [dots], tips)
            self.figures[name] = plot

    def update(self, data: xr.Dataset) -> None:
        """Show the spectra."""
        columns = self._columns(data)
        show(self.source, columns | {"floor": np.full(columns["frequency"].size, float(data.attrs["floor"]))})

    def hold(self, data: xr.Dataset | None) -> None:
        """Draw other spectra behind, or none."""
        nothing = {name: np.array([]) for name in ("frequency", *self.figures)}
        show(self.held, nothing if data is None else self._columns(data))

    def _columns(self, data: xr.Dataset) -> dict[str, Any]:
        floor = float(data.attrs["floor"])
        levels = {name: data[name].values for name in self.figures}
        return {
            "frequency": data["frequency"].values,
            **{name: np.where(level > floor, level, np.nan) for name, level in levels.items()},
        }
