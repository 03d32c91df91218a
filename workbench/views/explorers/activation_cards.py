"""The panels of the activation explorer."""

from __future__ import annotations

import panel as pn

from workbench import plots
from workbench.plots import FoldingArrows, PredictedLines, Rivals, SignalChain, TaylorPlot, span
from workbench.session.explorers import ActivationExplorer
from workbench.views.card import PanelCard
from workbench.views.explorers.desk import ExplorerDesk
from workbench.views.explorers.peaks import PeakTable
from workbench.views.explorers.styles import BESIDE, FLOWING, STEPS
from workbench.views.panels import column, figure, level_ticks, square
from workbench.views.slot import Room, Slot
from workbench.views.styles import COLOUR_BAR
from workbench.views.text import Text

__all__ = ["activation_desk"]


def activation_desk(explorer: ActivationExplorer, lazy: bool = False) -> ExplorerDesk:
    """Return the activation explorer's desk."""
    return ExplorerDesk(
        explorer,
        {
            "chain": Slot("chain", _chain_card, Room((1344, 737, 397, 397)), wide=True),
            "lines": Slot("lines", _lines_card, Room((770, 671, 635, 424)), wide=True),
            "folding": Slot("folding", _folding_card, Room((489, 490, 454, 454))),
            "taylor": Slot("taylor", _taylor_card, Room((527, 509, 477, 477))),
            "others": Slot("others", _others_card, Room((622, 623, 590, 590))),
            "plane": Slot("plane", _plane_card, Room((538, 917, 688, 684), (1, 1, 0.5, 0.25))),
        },
        predict="lines",
        spoilers=("chain", "folding", "others", "plane"),
        lazy=lazy,
    )


def _chain_card() -> PanelCard:
    chain = SignalChain()
    stages = [
        column(figure(chain.figures[name]), figure(chain.figures[f"{name}_level"]), css_classes=["step"])
        for name in ("x", "v", "z", "y")
    ]
    body = pn.Column(*stages, sizing_mode="stretch_width", margin=0, stylesheets=[FLOWING, STEPS])
    return PanelCard("Signal over spectrum, stage by stage", body, {"chain": chain})


def _lines_card() -> PanelCard:
    lines, peaks = PredictedLines(), PeakTable()
    return PanelCard(
        "Lines: measured, predicted",
        column(figure(lines.figure), peaks.pane, stylesheets=[BESIDE]),
        {"lines": lines, "peaks": peaks},
        keys=lambda: plots.legend(lines.LEGEND),
    )


def _folding_card() -> PanelCard:
    arrows = FoldingArrows()
    keys = (
        ("within Nyquist", plots.cause_colour("direct")),
        ("created above it", plots.cause_colour("folded")),
    )
    return PanelCard(
        "Folding: where a line belongs, where it appears",
        column(figure(arrows.figure)),
        {"folding": arrows},
        keys=lambda: plots.legend(keys),
    )


def _taylor_card() -> PanelCard:
    taylor = TaylorPlot()
    return PanelCard(
        "Taylor series about the bias",
        column(*(figure(plot) for plot in taylor.figures.values())),
        {"taylor": taylor},
        keys=lambda: plots.legend(taylor.LEGEND),
    )


def _others_card() -> PanelCard:
    rivals = Rivals({"relu": "ReLU", "sigmoid": "sigmoid", "tanh": "tanh"})
    return PanelCard(
        "The same z through the activations of figure 2",
        column(*(figure(plot) for plot in rivals.figures.values())),
        {"others": rivals},
    )


def _plane_card() -> PanelCard:
    picture = Plane()
    ticks = level_ticks(-80.0)
    bar = Text(plots.colour_bar(plots.SPECTRUM, "level, dB re a tone of amplitude A", ticks), COLOUR_BAR)
    return PanelCard(
        "The layer's output in two dimensions", column(square(picture.figure), bar), {"plane": picture}
    )


class Plane(plots.Picture):
    """The output's spectrum over both frequencies."""

    def __init__(self) -> None:
        labels = ("frequency x, cycles/sample", "frequency y, cycles/sample")
        super().__init__(
            "", plots.SPECTRUM, -80.0, 0.0, labels, "dB",
            height=300, x_range=span(-0.5, 0.5), y_range=span(-0.5, 0.5),
        )  # fmt: skip

    def update(self, data: object) -> None:
        """Show ``level (frequency_y, frequency_x)``."""
        super().update(data["level"])  # type: ignore[index]
