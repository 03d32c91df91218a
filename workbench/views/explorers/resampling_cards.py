"""The panels of the resampling explorer."""

from __future__ import annotations

from typing import Any

import panel as pn
import xarray as xr

from workbench import plots
from workbench.plots import Kind, PredictedLines, Responses, Strip
from workbench.session.explorers import RIVALS, STAGES, ResamplingExplorer
from workbench.views.card import PanelCard
from workbench.views.explorers.desk import ExplorerDesk
from workbench.views.explorers.peaks import PeakTable
from workbench.views.explorers.styles import BESIDE, STEPS, tiles
from workbench.views.panels import SIGN_TICKS, column, figure, level_ticks, square
from workbench.views.slot import Room, Slot
from workbench.views.styles import COLOUR_BAR
from workbench.views.text import Text

__all__ = ["resampling_desk"]

DB_TICKS = level_ticks(-80.0)
NARROW = {"max-width": "420px", "margin": "0 auto", "width": "100%"}  # a 9 × 9 table needs no more room
TITLES = ("input", "after the first", "after the second", "after the third", "after the fourth")


def resampling_desk(explorer: ResamplingExplorer, lazy: bool = False) -> ExplorerDesk:
    """Return the resampling explorer's desk."""
    slots = {
        "stages": Slot("stages", _stages_card, Room((591, 662, 578, 575), (1, 0.67, 0.4, 0.2)), wide=True),
        "cut": Slot("cut", _cut_card, Room((650, 650, 614, 424)), wide=True),
        "rivals": Slot("rivals", _rivals_card, Room((870, 538, 689, 685), (2, 0.5, 0.5, 0.25)), wide=True),
        "response": Slot("response", _response_card, Room((539, 540, 504, 504), (0.03, 0, 0, 0))),
        "overlap": Slot("overlap", _overlap_card, Room((538, 611, 578, 578), (1, 0, 0, 0))),
    }
    return ExplorerDesk(explorer, slots, predict="cut", spoilers=("stages", "rivals"), lazy=lazy)


class Chain(Strip):
    """Image over spectrum of every stage; those that the chain does not have are not shown.

    A stage is built when a chain first has it: most have one or two of four, and Bokeh lays the whole page
    out anew whenever it paints a figure that is hidden.
    """

    def __init__(self) -> None:
        super().__init__({}, height=190)
        self.panes = [column(css_classes=["step"], visible=False) for _ in TITLES]

    def update(self, data: xr.Dataset) -> None:
        """Show the stages that there are."""
        count = int(data.attrs["shown"])
        for i, pane in enumerate(self.panes[:count]):
            if not len(pane):
                image = self.add(f"image_{i}", TITLES[i], "signed")
                level = self.add(f"level_{i}", "", "spectrum")
                pane.objects = [square(image), square(level)]
        super().update(data)
        for i, pane in enumerate(self.panes):
            if pane.visible != (i < count):
                pane.visible = i < count


def _stages_card() -> PanelCard:
    chain = Chain()
    body = pn.Column(
        *chain.panes, sizing_mode="stretch_width", margin=0, stylesheets=[tiles(STAGES + 1), STEPS]
    )
    bars = pn.Column(
        Text(plots.colour_bar(plots.DIVERGING, "value, re each picture's largest", SIGN_TICKS), COLOUR_BAR),
        Text(plots.colour_bar(plots.SPECTRUM, "dB re the input's strongest line", DB_TICKS), COLOUR_BAR),
        sizing_mode="stretch_width", margin=0, stylesheets=[tiles(2)],
    )  # fmt: skip
    return PanelCard("The chain: image over spectrum", column(body, bars), {"stages": chain})


class FilterComparison(Strip):
    """Image over spectrum of every filter in the last step's place, named anew with every picture."""

    def __init__(self) -> None:
        images = {f"picture_{i}": (" ", "signed") for i in range(RIVALS)}
        levels = {f"level_{i}": ("", "spectrum") for i in range(RIVALS)}
        super().__init__({**images, **levels}, height=190)

    def update(self, data: xr.Dataset) -> None:
        """Show ``picture_0 …``, ``level_0 …``, attrs names."""
        for i, name in enumerate(data.attrs["names"]):
            title = self.figures[f"picture_{i}"].title
            if title.text != name:
                title.text = name
        super().update(data)


def _rivals_card() -> PanelCard:
    rivals = FilterComparison()
    panes = [
        column(square(rivals.figures[f"picture_{i}"]), square(rivals.figures[f"level_{i}"]))
        for i in range(RIVALS)
    ]
    body = pn.Column(*panes, sizing_mode="stretch_width", margin=0, stylesheets=[tiles(RIVALS)])
    bar = Text(
        plots.colour_bar(plots.SPECTRUM, "dB re the step's strongest input line", DB_TICKS), COLOUR_BAR
    )
    return PanelCard("Other filters in the last step's place", column(body, bar), {"rivals": rivals})


def _cut_card() -> PanelCard:
    lines = PredictedLines(first=-0.5, level="level, dB re the input's strongest line")
    peaks = PeakTable()
    return PanelCard(
        "Lines along x behind the chain",
        column(figure(lines.figure), peaks.pane, stylesheets=[BESIDE]),
        {"cut": lines, "peaks": peaks},
        keys=lambda: plots.legend(lines.LEGEND),
    )


def _response_card() -> PanelCard:
    responses = Responses(height=380)
    return PanelCard(
        "Frequency response of each step",
        column(figure(responses.figure)),
        {"response": responses},
        keys=lambda: plots.legend(responses.legend()),
    )


def _overlap_card() -> PanelCard:
    kind = Kind(plots.MAGNITUDE, 0.0, 4.0, "products")
    strip = Strip({"counts": ("", kind)}, height=260)
    bar = Text("", COLOUR_BAR)
    return PanelCard(
        "Overlap counts of a transposed convolution",
        column(square(strip.figures["counts"]), bar, styles=NARROW),
        {"overlap": _Counts(strip, bar)},
    )


class _Counts:
    """The map with a colour bar that ends at the largest count."""

    def __init__(self, strip: Strip, bar: Any) -> None:
        self._strip, self._bar = strip, bar

    def update(self, data: xr.Dataset) -> None:
        """Show ``counts (y, x)``, attrs most."""
        self._strip.update(data)
        most = int(data.attrs["most"])
        ticks = [(0.0, "0"), (0.5, f"{most / 2:g}"), (1.0, f"{most}")]
        self._bar.text = plots.colour_bar(plots.MAGNITUDE, "products per output pixel", ticks)
