"""The drawer: start a run, open one that is there."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.session import COLOURS, Control, Field, run_form
from workbench.views.aside import aside
from workbench.views.icons import ICONS
from workbench.views.styles import KEYS
from workbench.views.text import Text

__all__ = ["Drawer"]

_WIDE = {"size": "small", "sizing_mode": "stretch_width", "margin": (6, 12)}
NOTHING = "(default)"
# Their buttons have no accessible names.
NO_STEPPERS = {".MuiInputAdornment-root": {"display": "none"}, ".MuiInputBase-root": {"paddingLeft": "14px"}}
FOLLOW = 2.0  # s between looks at the other runs while the drawer is open


class Drawer(pn.viewable.Viewer):
    """Form of a new run and list of runs, built when the drawer is first opened.

    Parameters
    ----------
    control
        What this viewer may do; without the right there is no form.
    list_runs
        Returns the runs, newest first.
    on_run
        Called with the name of a run that was started or chosen.
    """

    def __init__(
        self, control: Control, list_runs: Callable[[], list[Any]], on_run: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._control, self._list_runs, self._on_run = control, list_runs, on_run
        self.widgets: dict[str, Any] = {}
        self._listed: list[tuple[Any, Text]] = []
        self._due = math.inf
        self.message = Text("", margin=(0, 12))
        self._column = pn.Column(sizing_mode="stretch_width", margin=0)
        self._form_column = pn.Column(sizing_mode="stretch_width", margin=0)
        self._runs = pn.Column(sizing_mode="stretch_width", margin=(0, 0, 24, 0))
        self._start = pmui.Button(
            label="Start training", icon=ICONS["play"], color="primary", variant="contained",
            sizing_mode="stretch_width", margin=(12, 12, 4, 12),
        )  # fmt: skip
        self._start.on_click(lambda _event: self.start())

    def __panel__(self) -> pn.viewable.Viewable:
        return self._column

    def open(self) -> None:
        """Build the form on first use and read the list of runs."""
        if not len(self._column):
            self._column.objects = [
                self._form_column,
                Text("<h2>Runs</h2>", margin=(16, 12, 4, 12)),
                self._runs,
            ]
            if self._control.can_control:
                self._form_column.objects = [Text("<p>Reading the systems …</p>", margin=12)]
                aside(run_form, self._build, self._refused)
        self.refresh()

    def close(self) -> None:
        """Stop looking at the runs."""
        self._due = math.inf

    def renew(self) -> None:
        """Read the list of runs again if it is being looked at."""
        if math.isfinite(self._due):
            self.refresh()

    def follow(self) -> None:
        """Bring the states in the list up to date, now and then, while the drawer is open."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + FOLLOW
        for run, state in self._listed:
            state.text = _state(run.status())

    def refresh(self) -> None:
        """Read the list of runs again."""
        self._listed = [
            (run, Text(_state(run.status()), KEYS, margin=(8, 12, 0, 4), sizing_mode=None, width=140))
            for run in self._list_runs()[:30]
        ]
        entries: list[Any] = []
        for run, state in self._listed:
            button = pmui.Button(
                label=run.name, variant="text", size="small", margin=0, sizing_mode="stretch_width",
                sx={"justifyContent": "flex-start", "textAlign": "left", "overflowWrap": "anywhere"},
            )  # fmt: skip
            button.on_click(partial(self._chosen, run.name))
            entries.append(pn.Row(button, state, sizing_mode="stretch_width", margin=(0, 0, 0, 8)))
        self._runs.objects = entries or [Text("<p>No runs yet.</p>", margin=(0, 12))]
        self._due = time.monotonic() + FOLLOW

    def _chosen(self, name: str, _event: Any) -> None:
        self._on_run(name)

    def _build(self, form: tuple[Field, ...]) -> None:
        content: list[Any] = []
        group = ""
        for field in form:
            if field.group != group:
                group = field.group
                heading = "New run" if group == "run" else group.capitalize()
                content.append(Text(f"<h2>{escape(heading)}</h2>", margin=(14, 12, 2, 12)))
            self.widgets[field.name] = _widget(field)
            content.append(self.widgets[field.name])
        self._form_column.objects = [*content, self._start, self.message]

    def start(self) -> None:
        """Start the run that the form describes and go to it."""
        values = {name: widget.value for name, widget in self.widgets.items()}
        values = {name: value for name, value in values.items() if value not in (NOTHING, None, "")}
        self._start.loading = True
        aside(lambda: self._control.launch(values), self._started, self._refused)

    def _started(self, run: Any) -> None:
        self._start.loading = False
        self.message.text = f"<p>{escape(run.name)} started.</p>"
        self._on_run(run.name)

    def _refused(self, sentence: str) -> None:
        self._start.loading = False
        self.message.text = f'<p role="alert" style="color:#D6604D">{escape(sentence)}</p>'


def _state(status: Any) -> str:
    dot = f'<i class="dot" style="background:{COLOURS.get(status.state, "#8C8C8C")}"></i>'
    words = f"{escape(status.state)}, {status.step} / {status.steps}"
    return f'<div class="status"><span>{dot}{words}</span></div>'


def _widget(field: Field) -> Any:
    common = {"label": field.label, "description": field.help, **_WIDE}
    if field.choices:
        options = [NOTHING, *field.choices] if field.optional else list(field.choices)
        return pmui.Select(options=options, value=field.default or NOTHING, **common)
    if field.kind is str:
        return pmui.TextInput(value=field.default, **common)
    if field.kind is bool:
        return pmui.Checkbox(value=field.default, label=field.label, margin=(0, 12))
    maker = pmui.IntInput if field.kind is int else pmui.FloatInput
    return maker(value=field.default, start=field.minimum, sx=NO_STEPPERS, **common)
