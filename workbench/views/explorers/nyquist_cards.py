"""The panels of the Nyquist-band explorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import panel as pn
import xarray as xr

from workbench import plots
from workbench.plots import GuardMark, SpectrumSides, Strip, draw_quadrants
from workbench.session.explorers import NyquistExplorer
from workbench.views.card import PanelCard
from workbench.views.explorers.desk import ExplorerDesk
from workbench.views.explorers.peaks import PeakTable
from workbench.views.explorers.styles import STEPS, tiles
from workbench.views.panels import PHASE_TICKS, SIGN_TICKS, column, figure, level_ticks, pair, square
from workbench.views.slot import Room, Slot
from workbench.views.styles import COLOUR_BAR
from workbench.views.text import Text

__all__ = ["nyquist_desk"]

DB_TICKS = level_ticks(-80.0)
STAGES = {
    "image": "x, 64 × 64 (real part)",
    "interpolated": "u: interpolated by 2",
    "modulated": "u · jᵐ⁺ⁿ: moved",
    "mapped": "y: real, 128 × 128",
}
MAPPED = {
    "nyquist": "Nyquist",
    "real_imag": "Real-Imag (Re)",
    "mag_phase": "Mag-Phase (|x|)",
    "real_imag_2x": "Real-Imag 2× (Re)",
    "real_imag_repeat": "Real-Imag twice (Re)",
}

Box = tuple[tuple[float, float], tuple[float, float]]
BAND: Box = ((0.0, 0.5), (0.0, 0.5))
MIRROR: Box = ((-0.5, 0.0), (-0.5, 0.0))
WHOLE: Box = ((-0.5, 0.5), (-0.5, 0.5))

ROOM = {
    "direct": "network 64 × 64, direct: all of x (Re)",
    "mapped": "network 64 × 64, Nyquist: a quarter of x",
    "extended": "network 128 × 128, Nyquist: all of x",
}


def nyquist_desk(explorer: NyquistExplorer, lazy: bool = False) -> ExplorerDesk:
    """Return the Nyquist-band explorer's desk."""
    slots = {
        "stages": Slot("stages", _stages_card, Room((1160, 750, 900, 896), (1.6, 0.5, 0.5, 0.25)), wide=True),
        "sides": Slot("sides", _sides_card, Room((645, 394, 358, 358)), wide=True),
        "mappings": Slot(
            "mappings", _mappings_card, Room((705, 665, 366, 365), (1.5, 0.67, 0.2, 0.08)), wide=True
        ),
        "errors": Slot("errors", _errors_card, Room((768, 666, 366, 365), (1.5, 0.67, 0.2, 0.08)), wide=True),
        "room": Slot("room", _room_card, Room((1264, 425, 517, 515), (2.55, 0.33, 0.33, 0.17)), wide=True),
    }
    return ExplorerDesk(
        explorer, slots, predict="stages", spoilers=("sides", "mappings", "errors"), lazy=lazy
    )


class Bands(Strip):
    """Pictures; in one of them band, mirror, empty quadrants and guard are drawn.

    Needs what `Strip` needs; attrs has_band where that picture may be of another mapping; occupied_x,
    occupied_y (low, high), the part of the band around which the guard lies, where there is one.
    """

    def __init__(self, tiles: Mapping[str, tuple[str, str]], mapped: str, **options: Any) -> None:
        super().__init__(tiles, **options)
        self._quadrants = draw_quadrants(self.figures[mapped])
        self._guard = GuardMark(self.figures[mapped])

    def update(self, data: xr.Dataset) -> None:
        """Show the pictures."""
        super().update(data)
        has_band = bool(data.attrs.get("has_band", True))
        for drawing in self._quadrants:
            if drawing.visible != has_band:
                drawing.visible = has_band
        found = occupied(data) if has_band else None
        self._guard.show([] if found is None else [(BAND, found), (MIRROR, scaled(found, -1.0))])


def occupied(data: xr.Dataset) -> Box | None:
    """Return the part of the band, along x and y, that a frame says the spectrum takes, None if it is all."""
    if "occupied_x" not in data.attrs:
        return None
    (left, right), (low, high) = data.attrs["occupied_x"], data.attrs["occupied_y"]
    return (left, right), (low, high)


def scaled(box: Box, factor: float, shift: float = 0.0) -> Box:
    """Return where a rectangle comes to lie at ``factor * frequency + shift``.

    >>> scaled(((0.125, 0.25), (0.0, 0.5)), -1.0)
    ((-0.25, -0.125), (-0.5, 0.0))
    """
    (left, right), (low, high) = (sorted(factor * edge + shift + 0.0 for edge in side) for side in box)
    return (left, right), (low, high)


class Stages(Bands):
    """The mapping's steps; the last spectrum takes guesses."""

    def __init__(self) -> None:
        kinds = {name: (title, "signed") for name, title in STAGES.items()}
        levels = {f"{name}_level": ("", "spectrum") for name in STAGES}
        super().__init__({**kinds, **levels}, "mapped_level")
        last = self.pictures["mapped_level"].figure
        self._before = GuardMark(self.pictures["image_level"].figure)
        self._guesses = plots.Marks(last)
        self._markers = plots.Markers(last)

    def update(self, data: xr.Dataset) -> None:
        """Show the steps, with the guard in front of the first and behind the last."""
        super().update(data)
        found = occupied(data)
        self._before.show([] if found is None else [(WHOLE, scaled(found, 2.0, -0.5))])

    def on_tap(self, callback: Callable[[tuple[float, ...]], None]) -> None:
        """Call back with the frequency (x, y) that was clicked in the mapped image's spectrum."""
        figure = self.pictures["mapped_level"].figure
        figure.on_event("tap", lambda event: callback((float(event.x), float(event.y))))

    def mark(self, readings: Sequence[Any]) -> None:
        """Show numbered markers on the mapped image's spectrum: each has a place (x, y)."""
        self._markers.show([one.place for one in readings])

    def predict(self, guesses: Sequence[tuple[float, ...]], hidden: bool, answers: Sequence[Any]) -> None:
        """Show guesses; hide the spectra that have the answer while they are being made."""
        self._guesses.show(guesses, [answer.place for answer in answers])
        for name in ("modulated_level", "mapped_level"):
            renderer = self.pictures[name].renderer
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


def _sides_card() -> PanelCard:
    sides = SpectrumSides()
    return PanelCard(
        "Mapped image + error from the side: the strongest level over the other frequency",
        pair(*(figure(plot) for plot in sides.figures.values())),
        {"sides": sides},
        keys=lambda: plots.legend(sides.LEGEND),
    )


def _mappings_card() -> PanelCard:
    strip = Bands({name: (title, "spectrum") for name, title in MAPPED.items()}, "nyquist", height=180)
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
    strip = Bands(
        {
            "disturbed": ("mapped image + error", "spectrum"),
            "original": ("x", "spectrum"),
            "decoded": ("decoded", "spectrum"),
            "error": ("decoded − x", "spectrum"),
            "phase": ("phase of decoded · x*", "phase"),
        },
        "disturbed",
        height=180,
    )
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
