"""A distribution of coherence whose mean a learner predicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource

from workbench.plots.canvas import show
from workbench.plots.coherence_pictures import CoherenceHistogram, bars_of
from workbench.plots.palettes import ANSWER, GUESS, HELD

__all__ = ["GuessedHistogram"]


class GuessedHistogram:
    """A `CoherenceHistogram` that takes guesses, with A of a comparison as an outline behind."""

    def __init__(self, height: int = 300) -> None:
        self._histogram = CoherenceHistogram(height)
        self.figure = self._histogram.figure
        self.held = ColumnDataSource({"left": [], "right": [], "share": []})
        self.figure.quad(
            "left", "right", "share", 0, source=self.held, fill_color=None, line_color=HELD, line_width=1.5
        )
        self.guesses, self.answers = ColumnDataSource({"x": []}), ColumnDataSource({"x": []})
        for source, colour, dash in ((self.guesses, GUESS, "dashed"), (self.answers, ANSWER, "solid")):
            self.figure.vspan("x", source=source, line_color=colour, line_dash=dash, line_width=3)
        self._hidden = False

    def legend(self) -> list[tuple[str, str]]:
        """Return (label with value, colour) of every line; values are no hint while they are predicted."""
        lines = self._histogram.legend()
        return [one for one in lines if one[0].startswith(("null", "above"))] if self._hidden else lines

    def update(self, data: xr.Dataset) -> None:
        """Show share (bin) over the bin centres, and the lines named in the attributes."""
        self._histogram.update(data)
        self._reveal()

    def hold(self, data: xr.Dataset | None) -> None:
        """Draw another distribution's outline, or none."""
        nothing = {name: np.array([]) for name in ("left", "right", "share")}
        show(self.held, nothing if data is None else bars_of(data))

    def on_tap(self, callback: Callable[[tuple[float, ...]], None]) -> None:
        """Call back with the coherence that was clicked."""
        self.figure.on_event("tap", lambda event: callback((float(event.x),)))

    def predict(self, guesses: Sequence[tuple[float, ...]], hidden: bool, answers: Sequence[Any]) -> None:
        """Show guesses; hide the distribution while they are being made, mark the answer afterwards."""
        show(self.guesses, {"x": [guess[0] for guess in guesses]})
        show(self.answers, {"x": [answer.place[0] for answer in answers]})
        self._hidden = hidden
        self._reveal()

    def _reveal(self) -> None:
        parts = [
            self._histogram.bars,
            *(line for name, line in self._histogram.lines.items() if name != "null_level"),
        ]
        for part in parts:
            located = getattr(part, "location", 0.0) is not None
            if part.visible != (located and not self._hidden):
                part.visible = located and not self._hidden
