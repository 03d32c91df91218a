"""The explorers that there are, each with its page."""

from __future__ import annotations

from collections.abc import Callable

import panel_material_ui as pmui

from workbench.session.explorers import (
    ActivationExplorer,
    CoherenceExplorer,
    Explorer,
    NyquistExplorer,
    ResamplingExplorer,
)
from workbench.views.explorers.activation_cards import activation_desk
from workbench.views.explorers.coherence_cards import coherence_desk
from workbench.views.explorers.desk import ExplorerDesk
from workbench.views.explorers.nyquist_cards import nyquist_desk
from workbench.views.explorers.resampling_cards import resampling_desk

__all__ = ["EXPLORERS", "explorer_page"]

#: name of the page -> (settings, their desk)
EXPLORERS: dict[str, tuple[type[Explorer], Callable[..., ExplorerDesk]]] = {
    "activations": (ActivationExplorer, activation_desk),
    "resampling": (ResamplingExplorer, resampling_desk),
    "nyquist": (NyquistExplorer, nyquist_desk),
    "coherence": (CoherenceExplorer, coherence_desk),
}


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
    return desk(settings(), lazy=True).page()
