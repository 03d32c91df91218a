"""A two-dimensional spectrum from its two sides, as a trace over each frequency."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource

from workbench.plots.canvas import canvas, hover, show, span
from workbench.plots.palettes import HELD, MEASURED

__all__ = ["SpectrumSides"]


class SpectrumSides:
    """Two traces, one per frequency axis, with the stored traces of A of a comparison in grey behind.

    Needs ``along_x (frequency_x)``, ``along_y (frequency_y)`` in dB, as many of one as of the other, attrs
    floor.
    """

    LEGEND = (("now", MEASURED), ("A, where one is held", HELD))

    def __init__(self, height: int = 230) -> None:
        self.source, self.held = ColumnDataSource(_columns(None)), ColumnDataSource(_columns(None))
        levels = span(-80, 6)
        self.figures: dict[str, Any] = {}
        for axis in "xy":
            plot = canvas(
                "", f"frequency {axis}, cycles/sample", "level, dB",
                height=height, x_range=span(-0.5, 0.5), y_range=levels,
            )  # fmt: skip
            names = (f"frequency_{axis}", f"along_{axis}")
            plot.line(*names, source=self.held, color=HELD, line_width=2)
            line = plot.line(*names, source=self.source, color=MEASURED, line_width=1.5)
            tips = [("frequency", f"@{names[0]}{{0.000}} cycles/sample"), ("level", f"@{names[1]}{{0.0}} dB")]
            hover(plot, [line], tips, mode="vline")
            self.figures[axis] = plot

    def update(self, data: xr.Dataset) -> None:
        """Show the traces."""
        show(self.source, _columns(data))

    def hold(self, data: xr.Dataset | None) -> None:
        """Draw other traces behind, or none."""
        show(self.held, _columns(data))


def _columns(data: xr.Dataset | None) -> dict[str, Any]:
    names = ("frequency_x", "along_x", "frequency_y", "along_y")
    return {name: np.array([]) if data is None else data[name].values for name in names}
