"""How the power of every order follows the drive level of the tone."""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource

from workbench.plots.canvas import INK, canvas, fit, hover, marker_line, show
from workbench.plots.palettes import SERIES

__all__ = ["SweepPlot"]

COLUMNS = (
    "order", "label", "colour", "drive", "level", "line_drive", "line_level", "slope", "intercept_drive",
    "intercept_level", "compression_drive", "compression_level",
)  # fmt: skip
RANGE = 200.0  # dB that the vertical axis holds at most
MARGIN = 12.0  # dB beyond the drive levels within which an intercept point is drawn


class SweepPlot:
    """Level of the orders against drive level, with straight lines of slope k and where they meet order 1.

    ``update`` needs what `session.drive_lines` composes: over ``series`` (orders, or products of two tones)
    and ``drive`` (dB): ``level(series, drive)``; ``order(series)``, the expected slope, with its ``label``;
    ``anchor(series)``, level at 0 dB drive of the straight line of that slope (NaN: no line);
    ``slope(series)``, measured at low drive; ``intercept_drive``, ``intercept_level`` (NaN: none). attrs:
    ``compression_drive``, ``compression_level`` (1-dB compression of order 1, NaN: none), ``drive_unit``,
    ``level_unit``.
    """

    def __init__(self, height: int = 320) -> None:
        self.source = ColumnDataSource({name: [] for name in COLUMNS})
        self.figure = canvas("", "drive level, dB", "level of the order, dB", height=height)
        self.labels: list[str] = []
        self.compression = marker_line(self.figure, "height", line_dash="dotted")
        straight = {"line_color": "colour", "line_width": 1, "line_dash": [5, 4], "line_alpha": 0.8}
        self.figure.multi_line("line_drive", "line_level", source=self.source, **straight)
        lines = self.figure.multi_line(
            "drive", "level", source=self.source, line_color="colour", line_width=2.5
        )
        points = self.figure.scatter(
            "intercept_drive", "intercept_level", source=self.source, marker="diamond", size=13,
            fill_alpha=0.0, line_color="colour", line_width=2,
        )  # fmt: skip
        onset = self.figure.scatter(
            "compression_drive", "compression_level", source=self.source, marker="triangle", size=11,
            fill_color=INK, line_color=INK,
        )  # fmt: skip
        at = ("drive", "$snap_x{0.0} dB"), ("level", "$snap_y{0.0} dB")
        hover(self.figure, [lines], [("@label", "slope @slope{0.00} dB/dB at low drive"), *at])
        intercept = "input @intercept_drive{0.0} dB, output @intercept_level{0.0} dB"
        hover(self.figure, [points], [("intercept of @label", intercept)])
        where = "input @compression_drive{0.0} dB, output @compression_level{0.0} dB"
        hover(self.figure, [onset], [("1-dB compression", where)])

    def legend(self) -> list[tuple[str, str]]:
        """Return (label, colour) of every order, and of the compression mark."""
        keys = [(label, SERIES[i % len(SERIES)]) for i, label in enumerate(self.labels)]
        return [*keys, ("1-dB compression (dotted)", INK)] if self.compression.visible else keys

    def update(self, data: xr.Dataset) -> None:
        """Show level (series, drive) with its straight lines and points."""
        orders = [int(k) for k in data["order"].values]
        self.labels = [str(label) for label in data["label"].values]
        drive = data["drive"].values.astype(float)
        level = data["level"].transpose("series", "drive").values
        level = np.where(np.isfinite(level), level, np.nan)
        meets, heights = data["intercept_drive"].values, data["intercept_level"].values
        near = np.isfinite(meets) & (meets < drive[-1] + MARGIN) & (meets > drive[0] - MARGIN)
        end = float(np.max([drive[-1], *meets[near]]))
        ends = np.array([drive[0], end])
        straight = [
            np.float64(anchor) + k * ends for k, anchor in zip(orders, data["anchor"].values, strict=True)
        ]
        compression = float(data.attrs["compression_drive"]), float(data.attrs["compression_level"])
        first = np.array(orders) == 1
        show(
            self.source,
            {
                "order": orders,
                "label": self.labels,
                "colour": [SERIES[i % len(SERIES)] for i in range(len(orders))],
                "drive": [drive] * len(orders),
                "level": list(level),
                "line_drive": [ends] * len(orders),
                "line_level": straight,
                "slope": data["slope"].values,
                "intercept_drive": np.where(near, meets, np.nan),
                "intercept_level": np.where(near, heights, np.nan),
                "compression_drive": np.where(first, compression[0], np.nan),
                "compression_level": np.where(first, compression[1], np.nan),
            },
        )
        known = bool(np.isfinite(compression).all())
        self.compression.update(visible=known, location=compression[0] if known else None)
        self.figure.xaxis.axis_label = f"drive level, {data.attrs['drive_unit']}"
        self.figure.yaxis.axis_label = f"level, {data.attrs['level_unit']}"
        self.figure.x_range.update(start=float(drive[0]) - 0.5, end=end + 1.0)
        drawn = np.concatenate([level.ravel(), heights[near]])
        fit(self.figure.y_range, drawn[drawn > np.nanmax(drawn, initial=-np.inf) - RANGE])
