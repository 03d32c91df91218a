"""Where the microscope lives: a page of its own, its whole state in the address."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import panel as pn
import panel_material_ui as pmui
import param

from workbench.session.control import may_control
from workbench.session.microscope_state import URL_NAMES, MicroscopeState
from workbench.views.connection import reload_when_back
from workbench.views.dashboards import open_listed
from workbench.views.microscope import Microscope
from workbench.views.page import framed_page
from workbench.views.text import Text

__all__ = ["microscope_page", "take_what_is_valid"]


def take_what_is_valid(state: MicroscopeState, found: dict[str, Any], search: str = "") -> list[str]:
    """Set the values that the state accepts; return those it does not, in words.

    One bad value in an address must not lose all the others, and a layer called 0 is no number.

    Parameters
    ----------
    state
        Takes the values.
    found
        Values by name of the choice, as numbers where they look like some.
    search
        The address after the question mark, with it: there they are as they were written.

    >>> state = MicroscopeState()
    >>> take_what_is_valid(state, {"phases": 8, "amplitude": -1})
    ['amplitude=-1']
    >>> take_what_is_valid(state, {"layer": 1.1}, "?layer=1.10"), state.phases, state.layer
    ([], 8, '1.10')
    """
    refused = []
    written = dict(parse_qsl(search.removeprefix("?"), keep_blank_values=True))
    for name, value in found.items():
        if isinstance(state.param[name], param.String):
            value = written.get(URL_NAMES[name], str(value))
        try:
            state.param.update(**{name: value})
        except (ValueError, TypeError):
            refused.append(f"{URL_NAMES[name]}={value}")
    return refused


def write_address(state: MicroscopeState) -> None:
    """Bring the whole view into the address: the browser's own, empty one arrives after the page was made."""
    if pn.state.location is not None:
        found = {URL_NAMES[name]: value for name, value in state.differing().items()}
        pn.state.location.update_query(**found)


def open_workshop(specimen: Any) -> Any:
    """Return a process that analyses `specimen`; it starts with the first question."""
    from workbench.runs.specimen_workshop import Workshop

    return Workshop(specimen)


def microscope_page() -> pmui.Page:
    """Return the microscope as a page: on the run or the model of the address, else the newest run."""
    from workbench.runs import list_runs

    state = MicroscopeState()
    refused: list[str] = []
    location = pn.state.location
    if location is not None:
        location.sync(
            state,
            URL_NAMES,
            on_error=lambda found: refused.extend(
                take_what_is_valid(state, found, str(location.search or ""))
            ),
        )
    if state.model:
        state.source = "model"
    runs = list_runs()
    if not state.run and runs:
        state.run = runs[0].name

    view = Microscope(state, open_listed, list_runs, open_workshop, can_control=may_control(pn.state.user))
    pn.state.onload(lambda: write_address(state))
    if refused:
        view.say("warning", f"Ignored from the address: {', '.join(refused)}.")
    return page_of(view)


def page_of(view: Microscope) -> pmui.Page:
    """Return the whole page; call it once, in the session that is being served."""
    page = framed_page("Microscope", [view], sidebar_open=True)
    if pn.state.curdoc is not None:
        lost = Text("", visible=False)
        view.insert(lost)
        reload_when_back(pn.state.curdoc, lost.div)
    pn.state.onload(view.attach)
    return page
