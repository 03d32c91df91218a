"""Places on a figure: a learner's guesses with the answers, numbered markers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.models import ColumnDataSource
from bokeh.models.annotations import LabelSet

from workbench.plots.canvas import show
from workbench.plots.palettes import ANSWER, GUESS, MARKER

__all__ = ["Markers", "Marks"]


class Marks:
    """Crosses where something was expected, squares where it is.

    Parameters
    ----------
    figure
        With two axes; places are (x, y) on them.
    """

    def __init__(self, figure: Any) -> None:
        self.guesses = ColumnDataSource({"x": [], "y": []})
        self.answers = ColumnDataSource({"x": [], "y": []})
        figure.scatter("x", "y", source=self.guesses, marker="x", size=14, line_width=3, color=GUESS)
        figure.scatter(
            "x",
            "y",
            source=self.answers,
            marker="square",
            size=14,
            line_width=2.5,
            line_color=ANSWER,
            fill_alpha=0,
        )

    def show(self, guesses: Sequence[tuple[float, ...]], answers: Sequence[tuple[float, ...]]) -> None:
        """Show these places and no others."""
        for source, places in ((self.guesses, guesses), (self.answers, answers)):
            show(source, {"x": [place[0] for place in places], "y": [place[1] for place in places]})


class Markers:
    """Numbered diamonds at places that are read.

    Parameters
    ----------
    figure
        With two axes; places are (x, y) on them.
    """

    def __init__(self, figure: Any) -> None:
        self.source = ColumnDataSource({"x": [], "y": [], "number": []})
        diamonds = figure.scatter(
            "x", "y", source=self.source, marker="diamond", size=16, line_width=2.5, line_color=MARKER,
            fill_alpha=0,
        )  # fmt: skip
        numbers = LabelSet(
            x="x", y="y", text="number", source=self.source, x_offset=-9, y_offset=5, text_align="right",
            text_font_size="13px", text_font_style="bold", text_color=MARKER,
        )  # fmt: skip
        figure.add_layout(numbers)
        self.renderers = (diamonds, numbers)

    def show(self, places: Sequence[tuple[float, float]]) -> None:
        """Show these places and no others."""
        show(
            self.source,
            {
                "x": [place[0] for place in places],
                "y": [place[1] for place in places],
                "number": [str(number) for number in range(1, len(places) + 1)],
            },
        )
