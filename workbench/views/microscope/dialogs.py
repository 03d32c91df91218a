"""What the microscope asks or hands out in dialogs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui
import xarray as xr

from workbench.session import Control, netcdf_file
from workbench.session.microscope import lines_csv, open_model, orders_csv
from workbench.views.aside import aside
from workbench.views.dialog import make_dialog
from workbench.views.downloads import Camera
from workbench.views.keyboard import key_table
from workbench.views.microscope.styles import TOOLS, WORDS
from workbench.views.text import Text

__all__ = ["Dialogs"]

KEYS = {
    "↑ ↓": "layer, in the list",
    "[ ]": "previous, next layer, from anywhere",
    "m": "marker to the next strongest line",
    "d": "delta marker to the next strongest line",
    "l": "linear or logarithmic",
    "u": "units of frequency",
    "h": "hold what is shown as A, or let A go",
    "z, y": "undo, do again what was replaced",
    "c": "this view as Python",
    "?": "this list",
}


class Dialogs:
    """One dialog, with whatever content is asked for.

    Parameters
    ----------
    control
        What this viewer may do with the run.
    """

    def __init__(self, control: Control) -> None:
        self.control = control
        self.camera = Camera()
        self.dialog = make_dialog("sm")

    def keys(self) -> None:
        """List the keys."""
        self._open("Keys", Text(key_table(KEYS), WORDS))

    def code(self, code: str) -> None:
        """Show the notebook code of the view."""
        self._open("This view as Python", Text(f"<pre>{escape(code)}</pre>", WORDS))

    def export(
        self, name: str, orders: xr.Dataset | None, lines: xr.Dataset | None, figures: list[Any]
    ) -> None:
        """Offer the tables and the figures as files."""
        if orders is None:
            self._open("Export", Text('<p class="plain">There is nothing to export yet.</p>', WORDS))
            return
        files: list[Any] = [
            _file(f"{name}-orders.csv", "Orders, CSV", lambda: orders_csv(orders)),
            _file(f"{name}-orders.nc", "Orders, NetCDF", lambda: netcdf_file(orders)),
        ]
        if lines is not None:
            files.append(_file(f"{name}-lines.csv", "Lines of this layer, CSV", lambda: lines_csv(lines)))
        buttons = []
        for form in ("png", "svg"):
            button = pmui.Button(label=f"Figures, {form.upper()}", size="small", margin=0)
            button.on_click(partial(self._save, figures, name, form))
            buttons.append(button)
        row = {"stylesheets": [TOOLS], "margin": (8, 0), "sizing_mode": "stretch_width"}
        note = '<p class="plain">One figure alone: the save button in its tools, at its right edge.</p>'
        self._open("Export", pn.Row(*files, **row), pn.Row(*buttons, **row), Text(note, WORDS))

    def _save(self, figures: list[Any], name: str, form: str, _event: Any) -> None:
        self.camera.take(figures, f"{name}-figure", form)

    def model(self, on_token: Callable[[str], None]) -> None:
        """Ask for a model file; opening it executes it, so that has to be confirmed."""
        wide = {"size": "small", "sizing_mode": "stretch_width", "margin": (6, 0)}
        file = pmui.TextInput(
            label="FILE.py:MODEL, in the workspace folder", placeholder="nets/unet.py:net", **wide
        )
        weights = pmui.TextInput(label="Weights (.safetensors, .pt), optional", **wide)
        sure = pmui.Checkbox(label="Execute this file: I trust it.", value=False, margin=(6, 0))
        go = pmui.Button(label="Open the model", color="primary", variant="contained", size="small")
        answer = Text('<p class="small">&nbsp;</p>', WORDS)

        def opened(token: str) -> None:
            self.dialog.open = go.loading = False
            on_token(token)

        def refused(sentence: str) -> None:
            go.loading = False
            answer.text = f'<p class="trouble" role="alert">{escape(sentence)}</p>'

        def start(_event: Any) -> None:
            go.loading = True
            chosen = (file.value_input or file.value, weights.value_input or weights.value)
            aside(lambda: open_model(self.control, *chosen, sure.value), opened, refused)

        go.on_click(start)
        self._open(
            "Open a model of your own",
            Text(
                '<p class="warning">Opening a model executes its Python file on this machine, with your '
                "rights. Open only files that you trust.</p>",
                WORDS,
            ),
            file, weights, sure, go, answer,
        )  # fmt: skip

    def train(
        self, step: int | None, replacements: tuple[tuple[str, str], ...], on_run: Callable[[str], None]
    ) -> None:
        """Ask whether to train on with the layers that were replaced."""
        listed = "".join(f"<li>{escape(layer)} → {escape(kind)}</li>" for layer, kind in replacements)
        planned = int(getattr(self.control.run, "steps", 0) or 0)
        further = pmui.IntInput(
            label="Steps to train from there", value=max(planned - (step or 0), 0) or planned or 1000,
            start=1, size="small", width=220, margin=(6, 0),
        )  # fmt: skip
        go = pmui.Button(label="Start the branch", color="primary", variant="contained", size="small")
        answer = Text('<p class="small">&nbsp;</p>', WORDS)

        def started(run: Any) -> None:
            self.dialog.open = go.loading = False
            on_run(run.name)

        def refused(sentence: str) -> None:
            go.loading = False
            answer.text = f'<p class="trouble" role="alert">{escape(sentence)}</p>'

        def start(_event: Any) -> None:
            go.loading = True
            steps = (step or 0) + max(int(further.value or 1), 1)
            aside(lambda: self.control.branch(step, replacements=replacements, steps=steps), started, refused)

        go.on_click(start)
        self._open(
            "Continue training from here",
            Text(
                f'<p class="plain">A new run goes on from the checkpoint of step {step}, with:</p>'
                f"<ul>{listed}</ul>",
                WORDS,
            ),
            further, go, answer,
        )  # fmt: skip

    def _open(self, title: str, *content: Any) -> None:
        self.dialog.param.update(title=title, objects=list(content), open=True)


def _file(filename: str, label: str, callback: Callable[[], Any]) -> Any:
    return pmui.FileDownload(
        filename=Path(filename).name, label=label, callback=callback, size="small", margin=0
    )
