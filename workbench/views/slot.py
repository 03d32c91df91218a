"""A place on the page whose card is built when somebody is about to see it."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from workbench.views.card import PanelCard
from workbench.views.styles import CARD

__all__ = ["Slot"]


class Slot(pn.viewable.Viewer):
    """An empty frame of about the height of its card, until `build`.

    A page with all its plots takes seconds to open; most of them are below the fold.

    Parameters
    ----------
    name
        By which the browser reports that the slot is in view (see `Heartbeat.seen`).
    make
        Builds the card.
    height
        Of the empty frame, px: what is below should not jump when the card comes.
    wide
        Whether it takes the whole width of the page.
    """

    def __init__(self, name: str, make: Callable[[], PanelCard], height: int, wide: bool = False) -> None:
        super().__init__()
        self.card: PanelCard | None = None
        self._make = make
        self._column = pn.Column(
            sizing_mode="stretch_width", margin=0, min_height=height, stylesheets=[CARD],
            css_classes=["card", f"slot-{name}", *(["wide"] if wide else [])],
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._column

    def build(self) -> PanelCard:
        """Return the card; it is not on the page before `put`."""
        if self.card is None:
            self.card = self._make()
        return self.card

    def put(self) -> None:
        """Put the card on the page, with whatever it shows by now."""
        if self.card is not None and not len(self._column):
            self._column.objects = self.card.parts
