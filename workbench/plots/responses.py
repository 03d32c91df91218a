"""Frequency responses of several filters on one pair of axes."""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource

from workbench.plots.canvas import canvas, hover, show, span
from workbench.plots.palettes import SERIES

__all__ = ["Responses"]

DASHES = ("solid", "dashed", "dotted", "dotdash")  # told apart without their colours too


class Responses:
    """Gain against frequency, one line per filter.

    Needs ``level_0 … level_3 (frequency)`` in dB, as many as there are, attrs names, floor.
    """

    def __init__(self, height: int = 260) -> None:
        columns = [f"level_{i}" for i in range(len(DASHES))]
        self.source = ColumnDataSource({name: [] for name in ("frequency", *columns)})
        self.names: list[str] = []
        self.figure = canvas(
            "", "frequency, cycles per sample of the higher rate", "gain, dB",
            height=height, x_range=span(-0.5, 0.5), y_range=span(-100, 8),
        )  # fmt: skip
        for i, column in enumerate(columns):
            line = self.figure.line(
                "frequency", column, source=self.source, color=SERIES[i], line_width=2, line_dash=DASHES[i]
            )
            tips = [("frequency", "@frequency{0.000}"), ("gain", f"@{column}{{0.0}} dB")]
            hover(self.figure, [line], tips)

    def update(self, data: xr.Dataset) -> None:
        """Show the responses."""
        self.names = [str(name) for name in data.attrs["names"]]
        frequency = data["frequency"].values
        nothing = np.full(frequency.size, np.nan)
        show(
            self.source,
            {
                "frequency": frequency,
                **{
                    f"level_{i}": data[f"level_{i}"].values if f"level_{i}" in data else nothing
                    for i in range(len(DASHES))
                },
            },
        )

    def legend(self) -> list[tuple[str, str]]:
        """Return (name, colour) of every line."""
        return list(zip(self.names, SERIES, strict=False))
