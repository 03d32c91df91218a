"""What if a layer were another one: choose, see before beside after, go back."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.session.microscope import MicroscopeState
from workbench.views.microscope.styles import TABLE, TOOLS
from workbench.views.microscope.table import Chips
from workbench.views.styles import CARD
from workbench.views.text import Text

__all__ = ["WhatIf"]

_SMALL = {"size": "small", "variant": "text", "margin": 0, "sx": {"minWidth": 0, "px": "6px"}}
NOTHING = "nothing fits"
EVERYWHERE = "circular borders everywhere"  # the causal test of border leakage


class WhatIf(pn.viewable.Viewer):
    """Replacements of layers, one on top of the other, all of them reversible.

    Parameters
    ----------
    state
        Holds what is replaced.
    on_continue
        Opens what trains on from here; None where this viewer may not.
    """

    def __init__(self, state: MicroscopeState, on_continue: Callable[[], None] | None) -> None:
        super().__init__()
        self.state = state
        self.layer = ""
        self.title = Text("<h2>What if</h2>")
        self.kind = pmui.Select(
            label="Replace this layer with", options=[NOTHING], value=NOTHING, size="small", margin=0,
            sizing_mode="stretch_width", css_classes=["grows"],
        )  # fmt: skip
        self.go = pmui.Button(label="Replace", color="primary", variant="contained", size="small", margin=0)
        self.go.on_click(lambda _event: self.replace())
        self.undo = pmui.Button(label="Undo", **_SMALL)
        self.redo = pmui.Button(label="Redo", **_SMALL)
        self.back = pmui.Button(label="All back", **_SMALL)
        self.train = pmui.Button(label="Continue training from here", **_SMALL)
        self.undo.on_click(lambda _event: state.undo())
        self.redo.on_click(lambda _event: state.redo())
        self.back.on_click(lambda _event: state.restore())
        self.train.visible = on_continue is not None
        if on_continue is not None:
            self.train.on_click(lambda _event: on_continue())
        self.chips = Chips(sizing_mode="stretch_width", margin=0)
        self.chips.param.watch(lambda event: state.restore(int(event.new["index"])), "removed")
        self.result = Text('<p class="small two">&nbsp;</p>', TABLE)
        row = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [TOOLS]}
        self._card = pn.Column(
            self.title, pn.Row(self.kind, self.go, **row), self.chips,
            pn.Row(self.undo, self.redo, self.back, self.train, **row), self.result,
            sizing_mode="stretch_width", margin=0, css_classes=["card"],
            stylesheets=[CARD + ":host(.card) { gap: 8px; }"],
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._card

    def replace(self) -> None:
        """Put the chosen kind in the layer's place."""
        if self.kind.value == EVERYWHERE:
            self.state.replace("*", "circular")
        elif self.layer and self.kind.value not in (None, NOTHING):
            self.state.replace(self.layer, self.kind.value)

    def offer(self, layer: str, kinds: list[str], borders: bool) -> None:
        """Offer what could replace `layer`, and where the network has borders, the test of leakage."""
        self.layer = layer
        self.title.text = f"<h2>What if {escape(layer) or 'a layer'} were another one?</h2>"
        options = [*kinds, EVERYWHERE] if kinds or borders else [NOTHING]
        if options != self.kind.options:
            self.kind.param.update(options=options, value=options[0])
        replacements = [list(one) for one in self.state.replacements]
        if self.chips.items != replacements:
            self.chips.items = replacements
        _set(self.go, disabled=not (kinds or borders))
        _set(self.undo, disabled=not self.state.can_undo)
        _set(self.redo, disabled=not self.state.can_redo)
        _set(self.back, disabled=not replacements)
        _set(self.train, disabled=not replacements or self.state.source != "checkpoint")


def _set(widget: Any, **values: Any) -> None:
    news = {name: value for name, value in values.items() if getattr(widget, name) != value}
    if news:
        widget.param.update(**news)
