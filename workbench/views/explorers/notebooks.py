"""An explorer as a notebook cell: one call, live in the kernel."""

from __future__ import annotations

import difflib
from typing import Any

import panel as pn

from workbench.views.dashboards import connect_kernel
from workbench.views.explorers.catalogue import EXPLORERS
from workbench.views.explorers.desk import ExplorerDesk

__all__ = ["explore"]


def explore(name: str, **settings: Any) -> ExplorerDesk:
    """Return an explorer for a notebook cell, or to be served.

    Parameters
    ----------
    name : str
        "activations", "resampling", "nyquist" or "coherence".
    **settings
        Its settings, as they stand in the address of its page, with ``markers="0.1;0.25"``; what is left out
        is at its default. Where the controls are now, the result's ``explorer.settings()`` says.

    Raises
    ------
    ValueError
        For an explorer or a setting that does not exist, or a value that a setting cannot take; the message
        names those that exist.

    Examples
    --------
    >>> explore("nyquist", mapping="real_imag").explorer.settings()
    {'mapping': 'real_imag'}
    >>> explore("nyquist", maping="real_imag")
    Traceback (most recent call last):
    ValueError: no setting 'maping'; did you mean 'mapping'? There are: scene, file, tone_y, tone_x, ...
    """
    if name not in EXPLORERS:
        raise ValueError(f"no explorer {name!r}; there are: {', '.join(EXPLORERS)}")
    kind, make = EXPLORERS[name]
    known = kind.addressed()
    for setting in settings:
        if setting not in known:
            near = difflib.get_close_matches(setting, known, 1)
            hint = f"did you mean {near[0]!r}? There are: " if near else "there are: "
            raise ValueError(f"no setting {setting!r}; {hint}{', '.join(known)}")
    desk = make(kind(**settings))
    if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
        pn.state.onload(desk.attach)
    elif connect_kernel(desk):
        desk.keyboard.wanted = []  # a notebook's keys are the notebook's
    return desk
