"""The panels of the coherence explorer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from workbench import plots
from workbench.plots import BiasCurve, LossCurve, PairSpectra, Sensitivity, Strip
from workbench.session.explorers import CoherenceExplorer
from workbench.views.card import PanelCard
from workbench.views.explorers.desk import ExplorerDesk
from workbench.views.explorers.peaks import PeakTable
from workbench.views.explorers.styles import tiles
from workbench.views.panels import PHASE_TICKS, column, figure, square
from workbench.views.slot import Room, Slot
from workbench.views.styles import COLOUR_BAR
from workbench.views.text import Text

__all__ = ["coherence_desk"]

UNIT_TICKS = [(0.0, "0"), (0.5, "0.5"), (1.0, "1")]


def coherence_desk(explorer: CoherenceExplorer, lazy: bool = False) -> ExplorerDesk:
    """Return the coherence explorer's desk."""
    slots = {
        "maps": Slot("maps", _maps_card, Room((767, 666, 366, 365), (1.5, 0.67, 0.2, 0.08)), wide=True),
        "spectra": Slot("spectra", _spectra_card, Room((563, 529, 494, 497)), wide=True),
        "histogram": Slot("histogram", _histogram_card, Room((431, 420, 384, 384))),
        "bias": _curve_slot("What few looks add: the bias", "bias", BiasCurve),
        "sensitivity": _curve_slot("What destroys coherence", "sensitivity", Sensitivity),
        "loss": _curve_slot("The coherence loss on a toy fit", "loss", LossCurve),
    }
    return ExplorerDesk(
        explorer, slots, predict="histogram", marks="spectra",
        spoilers=("maps", "spectra", "bias", "sensitivity"), lazy=lazy,
    )  # fmt: skip


def _histogram_card() -> PanelCard:
    histogram = plots.GuessedHistogram(height=260)
    return PanelCard(
        "Distribution of the estimate",
        column(figure(histogram.figure)),
        {"histogram": histogram},
        keys=lambda: plots.legend(histogram.legend()),
    )


def _spectra_card() -> PanelCard:
    spectra, peaks = PairSpectra(), PeakTable("The interferogram’s lines", rows=3)
    return PanelCard(
        "Range spectra: the pair, its interferogram",
        column(figure(spectra.figure), peaks.pane),
        {"spectra": spectra, "peaks": peaks},
        keys=lambda: plots.legend(spectra.legend()),
    )


def _curve_slot(title: str, frame: str, make: Callable[[], Any]) -> Slot:
    return Slot(frame, lambda: _curve_card(title, frame, make()), Room((419, 420, 387, 387)))


def _curve_card(title: str, frame: str, curve: Any) -> PanelCard:
    return PanelCard(
        title, column(figure(curve.figure)), {frame: curve}, keys=lambda: plots.legend(curve.LEGEND)
    )


def _maps_card() -> PanelCard:
    strip = Strip(
        {
            "amplitude": ("|x|, own scale", "magnitude"),
            "interferogram": ("interferogram x·y*", "phase"),
            "magnitude": ("coherence |γ̂|", "magnitude"),
            "significant": ("|γ̂| where significant", "magnitude"),
            "corrected": ("bias-corrected", "magnitude"),
        },
        height=190,
    )
    body = pn.Column(
        *(square(plot) for plot in strip.figures.values()),
        sizing_mode="stretch_width", margin=0, stylesheets=[tiles(5)],
    )  # fmt: skip
    bars = pn.Column(
        Text(plots.colour_bar(plots.CYCLIC, "phase, rad", PHASE_TICKS), COLOUR_BAR),
        Text(plots.colour_bar(plots.MAGNITUDE, "|γ̂|; empty: not significant", UNIT_TICKS), COLOUR_BAR),
        sizing_mode="stretch_width", margin=0, stylesheets=[tiles(2)],
    )  # fmt: skip
    return PanelCard("The pair with its estimate", column(body, bars), {"maps": strip})
