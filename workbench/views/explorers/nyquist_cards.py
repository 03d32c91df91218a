"""The panels of the Nyquist-band explorer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import panel as pn

from workbench import plots
from workbench.plots import Strip, draw_quadrants
from workbench.session.explorers import NyquistExplorer
from workbench.views.card import PanelCard
from workbench.views.explorers.desk import ExplorerDesk
from workbench.views.explorers.peaks import PeakTable
from workbench.views.explorers.styles import STEPS, tiles
from workbench.views.panels import PHASE_TICKS, SIGN_TICKS, column, level_ticks, square
from workbench.views.slot import Slot
from workbench.views.styles import COLOUR_BAR
from workbench.views.text import Text

__all__ = ["nyquist_desk"]

DB_TICKS = level_ticks(-80.0)
STAGES = {
    "image": "x, 64 × 64 (real part)",
    "interpolated": "u: interpolated by 2",
    "modulated": "u · jᵐ⁺ⁿ: moved",
    "mapped": "y = Re: real, 128 × 128",
}
MAPPED = {
    "nyquist": "Nyquist",
    "real_imag": "Real-Imag (Re)",
    "mag_phase": "Mag-Phase (magnitude)",
    "real_imag_2x": "Real-Imag, FFT 2× (Re)",
    "real_imag_repeat": "Real-Imag, repeated (Re)",
}

ROOM = {
    "direct": "network 64 × 64, direct: all of x (Re)",
    "mapped": "network 64 × 64, Nyquist: a quarter of x",
    "extended": "network 128 × 128, Nyquist: all of x",
}


def nyquist_desk(explorer: NyquistExplorer, lazy: bool = False) -> ExplorerDesk:
    """Return the Nyquist-band explorer's desk."""
    slots = {
        "stages": Slot("stages", _stages_card, 870, wide=True),
        "mappings": Slot("mappings", _mappings_card, 360, wide=True),
        "errors": Slot("errors", _errors_card, 360, wide=True),
        "room": Slot("room", _room_card, 480, wide=True),
    }
    return ExplorerDesk(explorer, slots, predict="stages", spoilers=("mappings", "errors"), lazy=lazy)


class Stages(Strip):
    """The mapping's steps; the last spectrum takes guesses."""

    def __init__(self) -> None:
        kinds = {name: (title, "signed") for name, title in STAGES.items()}
        levels = {f"{name}_level": ("", "spectrum") for name in STAGES}
        super().__init__({**kinds, **levels})
        last = self.pictures["mapped_level"].figure
        draw_quadrants(last)
        self._guesses = plots.Marks(last)
        self._markers = plots.Markers(last)

    def on_tap(self, callback: Callable[[tuple[float, ...]], None]) -> None:
        """Call back with the frequency (x, y) that was clicked in the mapped image's spectrum."""
        figure = self.pictures["mapped_level"].figure
        figure.on_event("tap", lambda event: callback((float(event.x), float(event.y))))

    def mark(self, readings: Sequence[Any]) -> None:
        """Show numbered markers on the mapped image's spectrum: each has a place (x, y)."""
        self._markers.show([one.place for one in readings])

    def predict(self, guesses: Sequence[tuple[float, ...]], hidden: bool, answers: Sequence[Any]) -> None:
        """Show guesses; hide the last spectrum while they are being made."""
        self._guesses.show(guesses, [answer.place for answer in answers])
        renderer = self.pictures["mapped_level"].renderer
        if renderer.visible == hidden:
            renderer.visible = not hidden


def _stages_card() -> PanelCard:
    strip, peaks = Stages(), PeakTable()
    panes = [
        column(square(strip.figures[name]), square(strip.figures[f"{name}_level"]), css_classes=["step"])
        for name in STAGES
    ]
    bars = pn.Column(
        Text(plots.colour_bar(plots.DIVERGING, "real part, re each largest", SIGN_TICKS), COLOUR_BAR),
        Text(plots.colour_bar(plots.SPECTRUM, "level, dB re the strongest line", DB_TICKS), COLOUR_BAR),
        sizing_mode="stretch_width", margin=0, stylesheets=[tiles(2)],
    )  # fmt: skip
    body = pn.Column(*panes, sizing_mode="stretch_width", margin=0, stylesheets=[tiles(4), STEPS])
    return PanelCard(
        "The Nyquist mapping, step by step: image over spectrum",
        column(body, bars, peaks.pane),
        {"stages": strip, "peaks": peaks},
    )


def _mappings_card() -> PanelCard:
    strip = Strip({name: (title, "spectrum") for name, title in MAPPED.items()}, height=180)
    draw_quadrants(strip.figures["nyquist"])
    body = pn.Column(
        *(square(plot) for plot in strip.figures.values()),
        sizing_mode="stretch_width", margin=0, stylesheets=[tiles(5)],
    )  # fmt: skip
    bar = Text(
        plots.colour_bar(plots.SPECTRUM, "level, dB re each one's strongest line", DB_TICKS), COLOUR_BAR
    )
    return PanelCard("What a network sees: channel 1 of all mappings", column(body, bar), {"mappings": strip})


def _room_card() -> PanelCard:
    strip = Strip({name: (title, "signed") for name, title in ROOM.items()}, height=220)
    body = pn.Column(
        *(square(plot) for plot in strip.figures.values()),
        sizing_mode="stretch_width", margin=0, stylesheets=[tiles(3)],
    )  # fmt: skip
    bar = Text(plots.colour_bar(plots.DIVERGING, "value, re each largest", SIGN_TICKS), COLOUR_BAR)
    return PanelCard("What doubling costs: what fits into a network", column(body, bar), {"room": strip})


def _errors_card() -> PanelCard:
    strip = Strip(
        {
            "disturbed": ("mapped image + error", "spectrum"),
            "original": ("x", "spectrum"),
            "decoded": ("decoded", "spectrum"),
            "error": ("decoded − x", "spectrum"),
            "phase": ("phase of decoded · x*", "phase"),
        },
        height=180,
    )
    draw_quadrants(strip.figures["disturbed"])
    body = pn.Column(
        *(square(plot) for plot in strip.figures.values()),
        sizing_mode="stretch_width", margin=0, stylesheets=[tiles(5)],
    )  # fmt: skip
    bars = pn.Column(
        Text(plots.colour_bar(plots.SPECTRUM, "level, dB re the strongest line of x", DB_TICKS), COLOUR_BAR),
        Text(plots.colour_bar(plots.CYCLIC, "phase, rad", PHASE_TICKS), COLOUR_BAR),
        sizing_mode="stretch_width", margin=0, stylesheets=[tiles(2)],
    )  # fmt: skip
    return PanelCard("What an error becomes", column(body, bars), {"errors": strip})
