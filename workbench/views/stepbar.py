"""The line at the bottom: one step for all panels."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui

from workbench.session import DeskState
from workbench.views.icons import ICONS
from workbench.views.sliders import QuickIntSlider
from workbench.views.styles import STEP_BAR

__all__ = ["StepBar"]


class StepBar(pn.viewable.Viewer):
    """Slider, play and live over a `DeskState`."""

    def __init__(self, state: DeskState) -> None:
        super().__init__()
        self.state = state
        self.slider = QuickIntSlider(
            label="Training step", start=0, end=max(state.last, 1), value=state.step, size="small",
            sizing_mode="stretch_width", margin=(2, 8), css_classes=["step-slider"],
        )  # fmt: skip
        self.play = pmui.Button(
            label="Play", icon=ICONS["play"], size="small", variant="text", margin=0, width=92
        )
        self.live = pmui.Switch(label="Live", value=state.live, margin=0, width=92)
        self.slider.param.watch(self._slid, "value")
        self.live.param.watch(self._switched, "value")
        self.play.on_click(self._played)
        self._playing = False
        self._bar = pn.Row(
            self.play, self.slider, self.live,
            sizing_mode="stretch_width", margin=0, stylesheets=[STEP_BAR], css_classes=["step-bar"],
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._bar

    def refresh(self) -> None:
        """Bring the widgets to the state."""
        end = max(self.state.last, self.state.step, 1)
        if self.slider.end != end:
            self.slider.end = end
        if self.slider.value != self.state.step:
            self.slider.value = self.state.step
        if self.live.value != self.state.live:
            self.live.value = self.state.live
        if self._playing != self.state.playing:
            self._playing = self.state.playing
            label, icon = ("Hold", ICONS["pause"]) if self._playing else ("Play", ICONS["play"])
            self.play.param.update(label=label, icon=icon)

    # A widget that merely shows the state differs from it in nothing; one that was moved does.
    def _slid(self, _event: object) -> None:
        if self.slider.value != self.state.step:
            self.state.param.update(playing=False)
            self.state.step = self.slider.value

    def _switched(self, _event: object) -> None:
        if self.live.value != self.state.live:
            self.state.live = self.live.value

    def _played(self, _event: object) -> None:
        self.state.playing = not self.state.playing
        self.refresh()
