"""The peaks of the layer under the lens, with a marker, a delta marker."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn

from workbench.session.microscope import UNITS, Panels, Scene, Scope, level_unit, marker_words, nearest, peaks
from workbench.views.microscope.styles import WORDS
from workbench.views.microscope.table import PeakTable
from workbench.views.styles import CARD
from workbench.views.text import Text

__all__ = ["Peaks"]


class Peaks(pn.viewable.Viewer):
    """Table of lines above the threshold; its markers stay at their input frequency in every layer.

    Parameters
    ----------
    scope
        What is shown, with the viewer's choices.
    panels
        Its lines.
    """

    def __init__(self, scope: Scope, panels: Panels) -> None:
        super().__init__()
        self.state, self._scope, self._panels = scope.state, scope, panels
        self._scene = Scene("nothing", None)
        self.table = PeakTable(sizing_mode="stretch_width", margin=0)
        self.table.param.watch(self._picked, "picked")
        self.words = Text('<p class="small two">&nbsp;</p>', WORDS)
        self._card = pn.Column(
            Text("<h2>Peaks</h2>"), self.table, self.words,
            sizing_mode="stretch_width", margin=0, css_classes=["card"], stylesheets=[CARD],
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._card

    def draw(self, scene: Scene, colours: dict[str, str]) -> None:
        """List the lines of `scene`."""
        self._scene = scene
        listed, state = self._panels.listed(scene), self.state
        if listed is None:
            reason = scene.reason or scene.spectrum_reason or "The lines of this layer are being analysed."
            self.table.send(rows=[], marker=-1, delta=-1, empty=reason)
            self.words.text = '<p class="small two">&nbsp;</p>'
            return
        units, spacing = self._panels.units, self._scope.spacing
        marker, delta = state.place(state.marker), state.place(state.delta)
        at, other = nearest(listed, marker), nearest(listed, delta)
        self.table.send(
            rows=peaks(listed, units, spacing), unit=UNITS[units], level=level_unit(listed), colours=colours,
            marker=-1 if at is None else at, delta=-1 if other is None else other,
            empty="No line of this layer is above the threshold.",
        )  # fmt: skip
        words = marker_words(listed, marker, delta, units, spacing)
        self.words.text = f'<p class="small two">{escape(words)}</p>'

    def mark(self, number: int, which: str = "marker") -> None:
        """Put the marker (or the delta marker) on a line of the spectrum, by its number."""
        lines = self._panels.lines(self._scene)
        if lines is not None and 0 <= number < lines.sizes["line"]:
            place = ",".join(repr(float(lines[f"input_frequency_{axis}"][number])) for axis in "yx")
            self.state.param.update(**{which: place})

    def mark_next(self, which: str) -> None:
        """Put a marker on the next strongest line, from the last on the first."""
        listed = self._panels.listed(self._scene)
        if listed is not None and listed.sizes["line"]:
            at = nearest(listed, self.state.place(getattr(self.state, which)))
            row = 0 if at is None else (at + 1) % listed.sizes["line"]
            self.mark(int(listed["number"][row]), which)

    def orders(self) -> list[int]:
        """Return the orders that the layer has lines of, without sign."""
        lines = self._panels.lines(self._scene)
        return [] if lines is None else sorted({abs(int(k)) for k in lines["order"].values})

    def _picked(self, event: Any) -> None:
        listed = self._panels.listed(self._scene)
        row = int(event.new.get("row", -1))
        if listed is not None and 0 <= row < listed.sizes["line"]:
            self.mark(int(listed["number"][row]), "delta" if event.new.get("delta") else "marker")
