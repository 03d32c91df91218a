"""Guesses of a learner on a figure, with the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.models import ColumnDataSource

__all__ = ["Marks"]

GUESS, ANSWER = "#D6604D", "#1B9E77"  # told apart by shape as well: crosses and open squares


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
            data = {"x": [place[0] for place in places], "y": [place[1] for place in places]}
            if data != source.data:
                source.data = data
