"""The line at the top: which run, what it is doing, what can be asked of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from workbench.session import COLOURS, Control, banner, status_parts
from workbench.views.aside import aside
from workbench.views.icons import ICONS
from workbench.views.styles import BANNER, KEYS, RUN_BAR
from workbench.views.text import Text

__all__ = ["RunBar"]

_SMALL = {"size": "small", "variant": "text", "margin": 0, "sx": {"minWidth": 0, "px": "6px"}}
ADVANCE = 10  # steps
NOTICE = 12.0  # s


class RunBar(pn.viewable.Viewer):
    """Run selector, status line and controls; the banner below it appears when something is wrong.

    Parameters
    ----------
    control
        What this viewer may ask of the run; without the right, no buttons are made.
    names
        Names of the runs to choose from, newest first.
    on_run
        Called with the name of a chosen run.
    on_branch, on_share
        Open the dialogs.
    """

    def __init__(
        self,
        control: Control,
        names: list[str],
        name: str,
        on_run: Callable[[str], None],
        on_branch: Callable[[], None],
        on_share: Callable[[], None],
    ) -> None:
        super().__init__()
        self.control = control
        self._pid: int | None = None
        self._state = ""
        self._notice, self._until = ("", ""), 0.0
        self.select = pmui.Select(
            label="Run", options=names, value=name if name in names else None, size="small", width=210,
            margin=(4, 0), description=None, css_classes=["run-select"],
        )  # fmt: skip
        self.select.param.watch(lambda event: on_run(event.new), "value")
        self.status = Text(
            '<div class="status">no run yet</div>', KEYS, styles={"flex": "1 1 300px", "align-self": "center"}
        )
        self.pause = self._button("Pause", "pause", self._asks(self._toggle))
        self.stop = self._button("Stop", "stop", self._asks(control.stop))
        self.advance = self._button(f"Step {ADVANCE}", "step", self._asks(lambda: control.advance(ADVANCE)))
        self.checkpoint = self._button("Checkpoint", "checkpoint", self._asks(control.checkpoint))
        self.branch = self._button("Branch", "branch", on_branch)
        self.share = self._button("Share", "share", on_share)
        self.buttons = (self.pause, self.stop, self.advance, self.checkpoint, self.branch)
        shown = [*self.buttons, self.share] if control.can_control else [self.share]
        self.banner = Text("", visible=False)
        self.resume = self._button("Resume", "play", self._asks(control.resume), variant="outlined")
        self.alert = pn.Row(
            self.banner, *([self.resume] if control.can_control else []),
            visible=False, sizing_mode="stretch_width", margin=0, align="center", stylesheets=[BANNER],
        )  # fmt: skip
        buttons = pn.Row(*shown, margin=0, styles={"flex-wrap": "wrap", "align-self": "center"})
        self._bar = pn.Row(
            self.select, self.status, buttons,
            sizing_mode="stretch_width", margin=0, stylesheets=[RUN_BAR], css_classes=["run-bar"],
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._bar

    def _button(self, label: str, icon: str, action: Callable[[], Any], **options: Any) -> pmui.Button:
        button = pmui.Button(label=label, icon=ICONS[icon], **{**_SMALL, **options})
        button.on_click(lambda _event: action())
        return button

    def _asks(self, action: Callable[[], Any]) -> Callable[[], None]:
        """Return what a button does to ask something of the run; a refusal is told."""
        return lambda: aside(action, lambda _result: None, lambda sentence: self.notify("error", sentence))

    def _toggle(self) -> None:
        if self._state in ("running", "queued"):
            self.control.pause()
        else:
            self.control.resume()

    def refresh(self, status: Any, last_step: int, trouble: str) -> None:
        """Show what the run is doing."""
        state = getattr(status, "state", "")
        if state in ("running", "paused") and status.pid:
            self._pid = status.pid
        if status is not None:
            parts = status_parts(status)
            dot = f'<i class="dot" style="background:{COLOURS.get(state, "#8C8C8C")}"></i>'
            line = "".join(f"<span>{escape(part)}</span>" for part in parts[1:])
            look = escape(urlencode({"run": self.select.value or ""}))
            text = (
                f'<div class="status" role="status"><span>{dot}<b>{escape(parts[0])}</b></span>{line}'
                f'<a href="microscope?{look}" style="color:inherit">microscope</a></div>'
            )
            self.status.text = text
        if state != self._state:
            self._state = state
            going = state in ("running", "queued")
            self.pause.param.update(
                label="Pause" if going else "Resume",
                icon=ICONS["pause" if going else "play"],
                disabled=state in ("finished", ""),
            )
            alive = state in ("running", "paused", "queued")
            for button in (self.stop, self.advance, self.checkpoint):
                button.disabled = not alive
            self.branch.disabled = state == ""
        urgent = banner(status, last_step, trouble, self._pid)
        self._say(*(urgent if urgent[1] or time.monotonic() > self._until else self._notice))

    def notify(self, severity: str, sentence: str) -> None:
        """Show an answer to what the viewer did, for a while and unless there is worse to tell."""
        self._notice, self._until = (severity, sentence), time.monotonic() + NOTICE
        self._say(severity, sentence)

    def _say(self, severity: str, sentence: str) -> None:
        colour = {"error": "#D6604D", "warning": "#C79A10"}.get(severity, "#4393C3")
        text = (
            f'<p role="alert" style="border-left:4px solid {colour};padding:8px 12px;font-size:14px">'
            f"{escape(sentence)}</p>"
        )
        if sentence:
            self.banner.text = text
        if self.alert.visible != bool(sentence):
            self.banner.visible = self.alert.visible = bool(sentence)
        resumable = self._state in ("lost", "failed", "stopped")
        if self.resume.visible != resumable:
            self.resume.visible = resumable
