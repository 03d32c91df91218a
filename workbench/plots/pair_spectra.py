"""Range spectra of two images over the spectrum of their interferogram."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource

from workbench.plots.canvas import INK, canvas, hover, marker_line, show, span
from workbench.plots.marks import Markers
from workbench.plots.palettes import HELD, SERIES, THEORY

__all__ = ["PairSpectra"]

_LINES = {
    "x": ("x", SERIES[0], "solid", 1.5),
    "y": ("y (dashed), both re white noise", SERIES[2], "dashed", 1.5),
    "interferogram": ("x·y*, re γ = 1", SERIES[4], "solid", 2.5),
}  # name, colour, dash, width


class PairSpectra:
    """Three spectra on the same frequencies, with markers; those of A of a comparison in grey behind.

    Needs ``x, y, interferogram, unrelated (frequency)`` in dB, attrs floor, expected: where the model has the
    fringes.
    """

    def __init__(self, height: int = 260) -> None:
        self.source, self.held = ColumnDataSource(_columns(None)), ColumnDataSource(_columns(None))
        self.figure = canvas(
            "", "range frequency, cycles/sample", "level, dB",
            height=height, x_range=span(-0.5, 0.5), y_range=span(-40, 14),
        )  # fmt: skip
        self.expected = marker_line(self.figure, "height", line_color=THEORY)
        for name, (_, _, dash, width) in _LINES.items():
            self.figure.line(
                "frequency", name, source=self.held, color=HELD, line_dash=dash, line_width=width
            )
        drawn = [
            self.figure.line(
                "frequency", name, source=self.source, color=colour, line_dash=dash, line_width=width
            )
            for name, (_, colour, dash, width) in _LINES.items()
        ]
        self.figure.line("frequency", "unrelated", source=self.source, color=INK, line_dash="dotted")
        self.markers = Markers(self.figure)
        tips = [("frequency", "@frequency{0.000} cycles/sample")]
        tips += [
            (label, f"@{name}{{0.0}} dB") for name, label in zip(_LINES, ("x", "y", "x·y*"), strict=True)
        ]
        hover(self.figure, drawn[-1:], tips, mode="vline")

    def update(self, data: xr.Dataset) -> None:
        """Show the spectra."""
        show(self.source, _columns(data))
        at = float(data.attrs["expected"])
        self.expected.update(location=at if np.isfinite(at) else 0.0, visible=bool(np.isfinite(at)))
        if self.figure.y_range.start != data.attrs["floor"]:
            self.figure.y_range.start = data.attrs["floor"]

    def legend(self) -> list[tuple[str, str]]:
        """Return (name, colour) of every line that is drawn."""
        lines = [(name, colour) for name, colour, _, _ in _LINES.values()]
        lines += [("x·y* of unrelated images (dotted)", INK)]
        return [*lines, ("fringes of the model", THEORY)] if self.expected.visible else lines

    def hold(self, data: xr.Dataset | None) -> None:
        """Draw another pair's spectra behind, or none."""
        show(self.held, _columns(data))

    def on_tap(self, callback: Callable[[tuple[float, ...]], None]) -> None:
        """Call back with the frequency that was clicked."""
        self.figure.on_event("tap", lambda event: callback((float(event.x),)))

    def mark(self, readings: Sequence[Any]) -> None:
        """Show numbered markers: each has a place (x,) and a level."""
        self.markers.show([(one.place[0], one.level) for one in readings])


def _columns(data: xr.Dataset | None) -> dict[str, Any]:
    names = ("frequency", "unrelated", *_LINES)
    return {name: np.array([]) if data is None else data[name].values for name in names}
