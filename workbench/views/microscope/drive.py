"""Orders against the drive level: the lens that sweeps the amplitude."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench import plots
from workbench.plots import SweepPlot
from workbench.session.microscope import LEAST_RANGE, MicroscopeState
from workbench.views.card import PanelCard
from workbench.views.microscope.styles import TOOLS
from workbench.views.panels import column, figure

__all__ = ["DriveTools", "drive_card"]

LOWEST, HIGHEST = -80, 40  # dB re amplitude 1


def drive_card(tools: DriveTools) -> PanelCard:
    """Show the levels of the layer's orders against the drive, with slopes, intercept points, compression."""
    instrument = SweepPlot(height=340)
    return PanelCard(
        "Orders against the drive",
        column(tools, figure(instrument.figure)),
        {"drive": instrument},
        keys=lambda: plots.legend(instrument.legend()),
    )


class DriveTools(pn.viewable.Viewer):
    """From which drive to which; nothing is asked before both fields make sense.

    Parameters
    ----------
    state
        Takes the range when "Sweep" is pressed.
    """

    def __init__(self, state: MicroscopeState) -> None:
        super().__init__()
        self.state = state
        field = {"size": "small", "margin": 0, "width": 150, "start": LOWEST, "end": HIGHEST, "step": 5}
        self.lowest = pmui.IntInput(label="From, dB re amplitude 1", value=state.drive_from, **field)
        self.highest = pmui.IntInput(label="To, dB re amplitude 1", value=state.drive_to, **field)
        self.go = pmui.Button(label="Sweep", color="primary", variant="contained", size="small", margin=0)
        self.go.on_click(lambda _event: self.sweep())
        self._bar = pn.Row(
            self.lowest, self.highest, self.go,
            sizing_mode="stretch_width", margin=(8, 0, 4, 0), stylesheets=[TOOLS],
        )  # fmt: skip
        state.param.watch(self._follow, ["drive_from", "drive_to"])

    def __panel__(self) -> pn.viewable.Viewable:
        return self._bar

    def sweep(self) -> None:
        """Take the range over; both at once, so that one sweep is asked."""
        if self.lowest.value is None or self.highest.value is None:
            return
        lowest = min(self.lowest.value, HIGHEST - LEAST_RANGE)
        highest = max(self.highest.value, lowest + LEAST_RANGE)
        self.lowest.value, self.highest.value = lowest, highest
        self.state.param.update(drive_from=lowest, drive_to=highest)

    def _follow(self, *events: Any) -> None:
        for event in events:
            widget = self.lowest if event.name == "drive_from" else self.highest
            if widget.value != event.new:
                widget.value = event.new
