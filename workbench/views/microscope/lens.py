"""What is under the lens: one card of several, each built when first looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.session import Frame
from workbench.session.microscope import MicroscopeState
from workbench.views.card import PanelCard
from workbench.views.microscope.cards import figures_of
from workbench.views.microscope.styles import MIDDLE

__all__ = ["LENSES", "Lens"]

LENSES = {
    "Spectrum": "spectrum",
    "Orders": "orders",
    "Drive": "drive",
    "Added": "added",
    "A beside B": "compare",
    "Training": "waterfall",
    "Data": "data",
}
"""What each lens is called, and the name of the frame that it shows."""


class Lens(pn.viewable.Viewer):
    """A row of names; below it the card of the chosen one, the only one that is drawn.

    Parameters
    ----------
    state
        Holds which it is.
    makers
        By name of the frame: how its card is built.
    """

    def __init__(self, state: MicroscopeState, makers: dict[str, Callable[[], PanelCard]]) -> None:
        super().__init__()
        self.state, self._makers = state, makers
        self.cards: dict[str, PanelCard] = {}
        self.choice = pmui.RadioButtonGroup(
            label="", options=list(LENSES), size="small", margin=0, value=_words(state.lens),
            sx={
                "&.MuiToggleButtonGroup-root": {"flexWrap": "wrap"},
                # by themselves they are as wide as the row, each
                "& .MuiToggleButton-root": {"whiteSpace": "nowrap", "px": "7px", "width": "auto"},
            },
        )  # fmt: skip
        self.choice.param.watch(self._chosen, "value")
        self.shown = state.lens
        self.stage = pn.Column(self._card(state.lens), sizing_mode="stretch_width", margin=0)
        self._view = pn.Column(
            pn.Row(self.choice, margin=0), self.stage,
            sizing_mode="stretch_width", margin=0, stylesheets=[MIDDLE],
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def draw(self, frame: Frame) -> None:
        """Show the frame of the chosen lens."""
        card = self._card(self.state.lens)
        card.draw(dict.fromkeys(card.instruments, frame))
        if self.shown != self.state.lens:
            self.stage[:], self.shown = [card], self.state.lens
        if self.choice.value != _words(self.state.lens):
            self.choice.value = _words(self.state.lens)
        for instrument in card.instruments.values():
            if hasattr(instrument, "move_cursor"):
                instrument.move_cursor(self.state.step)

    def figures(self) -> list[Any]:
        """Return the figures that are shown."""
        return figures_of(self._card(self.state.lens).instruments)

    def _card(self, name: str) -> PanelCard:
        if name not in self.cards:
            self.cards[name] = self._makers[name]()
        return self.cards[name]

    def _chosen(self, event: Any) -> None:
        if event.new and LENSES[event.new] != self.state.lens:
            self.state.lens = LENSES[event.new]


def _words(lens: str) -> str:
    return next(words for words, name in LENSES.items() if name == lens)
