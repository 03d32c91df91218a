"""Where the microscope lives: a page of its own, its whole state in the address."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.session import may_control
from workbench.session.microscope import URL_NAMES, MicroscopeState
from workbench.views.address import Address
from workbench.views.connection import reload_when_back
from workbench.views.dashboards import open_listed
from workbench.views.microscope.view import Microscope
from workbench.views.page import framed_page
from workbench.views.text import Text

__all__ = ["microscope_page"]


def open_workshop(specimen: Any) -> Any:
    """Return a process that analyses `specimen`; it starts with the first question."""
    from workbench.runs import Workshop

    return Workshop(specimen)


def microscope_page() -> pmui.Page:
    """Return the microscope as a page: on the run or the model of the address, else the newest run."""
    from workbench.runs import list_runs

    state = MicroscopeState()
    address = Address.of_page(state, URL_NAMES)
    if state.model:
        state.source = "model"
    runs = list_runs()
    if not state.run and runs:
        state.run = runs[0].name

    view = Microscope(state, open_listed, list_runs, open_workshop, can_control=may_control(pn.state.user))
    if address.trouble:
        view.say("warning", address.trouble)
    return page_of(view, address)


def page_of(view: Microscope, address: Address) -> pmui.Page:
    """Return the whole page; call it once, in the session that is being served."""
    address.accompany(view.pump)
    page = framed_page("Microscope", [view, address], sidebar_open=True)
    if pn.state.curdoc is not None:
        lost = Text("", visible=False)
        view.insert(lost)
        reload_when_back(pn.state.curdoc, lost.div)
    pn.state.onload(view.attach)
    return page
