"""The panels of the coherence explorer."""

from __future__ import annotations

from typing import Any

import panel as pn

from workbench import plots
from workbench.plots.pairs import BiasCurve, LossCurve, Sensitivity
from workbench.plots.strips import Strip
from workbench.session.explorers.pair_chain import CoherenceExplorer
from workbench.views.card import PanelCard
from workbench.views.explorers.desk import ExplorerDesk
from workbench.views.explorers.styles import tiles
from workbench.views.panels import column, figure, square
from workbench.views.styles import COLOUR_BAR
from workbench.views.text import Text

__all__ = ["coherence_desk"]

UNIT_TICKS = [(0.0, "0"), (0.5, "0.5"), (1.0, "1")]
PHASE_TICKS = [(0.0, "−π"), (0.5, "0"), (1.0, "π")]


def coherence_desk(explorer: CoherenceExplorer) -> ExplorerDesk:
    """Return the coherence explorer's desk."""
    histogram = plots.CoherenceHistogram(height=260)
    bias, sensitivity, loss = BiasCurve(), Sensitivity(), LossCurve()
    cards = {
        "maps": _maps_card(),
        "histogram": PanelCard(
            "Distribution of the estimate",
            column(figure(histogram.figure)),
            {"histogram": histogram},
            keys=lambda: plots.legend(histogram.legend()),
        ),
        "bias": _curve_card("What few looks add: the bias", "bias", bias),
        "sensitivity": _curve_card("What destroys coherence", "sensitivity", sensitivity),
        "loss": _curve_card("The coherence loss on a toy fit", "loss", loss),
    }
    return ExplorerDesk(explorer, cards)


def _curve_card(title: str, frame: str, curve: Any) -> PanelCard:
    return PanelCard(
        title, column(figure(curve.figure)), {frame: curve}, keys=lambda: plots.legend(curve.LEGEND)
    )


def _maps_card() -> PanelCard:
    strip = Strip(
        {
            "amplitude": ("amplitude |x|", "magnitude"),
            "interferogram": ("interferogram arg x·y*", "phase"),
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
    return PanelCard("The pair with its estimate", column(body, bars), {"maps": strip}, wide=True)
