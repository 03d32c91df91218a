"""The pages of the explorers."""

from __future__ import annotations

import panel_material_ui as pmui

from workbench.session.explorers.activation_chain import ActivationExplorer
from workbench.views.explorers.activation_cards import activation_desk
from workbench.views.explorers.desk import ExplorerDesk

__all__ = ["EXPLORERS", "ExplorerDesk", "explorer_page"]

#: name of the page -> (settings, their desk)
EXPLORERS = {"activations": (ActivationExplorer, activation_desk)}


def explorer_page(name: str) -> pmui.Page:
    """Return an explorer as a page; call it in the session that is being served.

    Raises
    ------
    ValueError
        For an unknown name; the message lists those that exist.
    """
    if name not in EXPLORERS:
        raise ValueError(f"no explorer {name!r}; there are: {', '.join(EXPLORERS)}")
    settings, desk = EXPLORERS[name]
    return desk(settings()).page()
