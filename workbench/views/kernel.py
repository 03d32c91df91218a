"""How a view in a notebook cell deals with its browser."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import panel as pn
from bokeh.models import ImportedStyleSheet
from bokeh.models.ui import UIElement
from panel.io.notebook import replace_inline_css
from panel.io.resources import set_resource_mode

__all__ = ["adapt_to_kernel"]

SERVED = "PANEL_MATERIAL_UI_CDN_ROOT"  # where Jupyter serves the code of the widgets; set by `workbench lab`


def adapt_to_kernel(view: Any, later: Callable[..., Any]) -> None:
    """Have `view` take what its browser sends in the thread that calls this, one event at a time; spare code.

    JupyterLab lets a kernel answer each view in a thread of its own. Panel holds a document back while it
    takes a message and then lets go of what was held, so whatever another thread drew meanwhile is lost: the
    browser waits for a frame that never comes. In one message with a click, a change is lost as well: what
    the click draws sends the change back, with all that is held, and nobody in the kernel hears of it.

    Offline, Panel writes the code of all its Material widgets (1.4 MB) into every single one: 45 MB for an
    explorer, kept in the notebook when it is saved. Where Jupyter serves that code, they name it instead.

    Parameters
    ----------
    view
        Panel object, not shown yet.
    later
        ``later(function, *arguments)`` may be called in any thread and has it called in this one.
    """
    home, take, render = threading.get_ident(), view._on_msg, view._render_model

    def take_here(ref: str, manager: Any, message: dict[str, Any]) -> None:
        with widget_code():
            for event in message["content"]["events"]:
                one = {**message, "header": dict(message["header"]), "content": {"events": [event]}}
                take(ref, manager, one)

    def hand_over(*message: Any) -> None:
        if threading.get_ident() == home:
            take_here(*message)
        else:
            later(take_here, *message)

    def render_model(document: Any, comm: Any) -> Any:
        with widget_code():
            root = render(document, comm)
        if pn.config.inline:
            write_out_sheets(root, document)
        return root

    view._on_msg, view._render_model = hand_over, render_model


def widget_code() -> AbstractContextManager[Any]:
    """While it lasts, new widgets name the served code, if it is served."""
    return set_resource_mode("cdn") if SERVED in os.environ else nullcontext()


def write_out_sheets(root: Any, document: Any) -> None:
    """Put the text of each style sheet in place of its address, once for all that use it.

    Panel does so itself, sheet by sheet, and has Bokeh look through the whole document after each: seconds.
    """
    written: dict[str, Any] = {}
    with document.models.freeze():
        for part in root.select({"type": UIElement}):
            if any(isinstance(sheet, ImportedStyleSheet) for sheet in part.stylesheets):
                part.stylesheets = [
                    written.setdefault(sheet.url, replace_inline_css(sheet))
                    if isinstance(sheet, ImportedStyleSheet)
                    else sheet
                    for sheet in part.stylesheets
                ]
