"""A place on the page whose card is built when somebody is about to see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import panel as pn

from workbench.views.card import PanelCard
from workbench.views.styles import CARD

__all__ = ["Room", "Slot"]

# Widths at which the layout changes, px, and those of usual windows in between.
BREAKPOINTS = ((0, 390), (600, 768), (900, 1440), (2200, 2560))


class Room(NamedTuple):
    """How high a card is, so that nothing on the page moves when it comes.

    Parameters
    ----------
    heights
        Of the card in windows 390, 768, 1440 and 2560 px wide, px.
    grows
        How much higher it is per px that the window is wider: what its squares do, rows over columns.
    """

    heights: tuple[int, int, int, int]
    grows: tuple[float, float, float, float] = (0, 0, 0, 0)

    def style(self) -> str:
        """Return the style sheet that keeps the room free.

        >>> print(Room((500, 400, 300, 300), (1, 0.5, 0.25, 0.25)).style().splitlines()[0])
        @media (min-width: 0px) { :host { min-height: calc(500px + 1 * (100vw - 390px)); } }
        """
        return "\n".join(
            f"@media (min-width: {least}px) {{ :host {{ min-height: "
            f"calc({height}px + {more:g} * (100vw - {usual}px)); }} }}"
            for (least, usual), height, more in zip(BREAKPOINTS, self.heights, self.grows, strict=True)
        )


class Slot(pn.viewable.Viewer):
    """An empty frame of the height of its card, until `build`.

    A page with all its plots takes seconds to open; most of them are below the fold.

    Parameters
    ----------
    name
        By which the browser reports that the slot is in view (see `Heartbeat.seen`).
    make
        Builds the card.
    room
        Of the card: what is below should not jump when it comes.
    wide
        Whether it takes the whole width of the page.
    """

    def __init__(self, name: str, make: Callable[[], PanelCard], room: Room, wide: bool = False) -> None:
        super().__init__()
        self.card: PanelCard | None = None
        self._make = make
        self._column = pn.Column(
            sizing_mode="stretch_width", margin=0, stylesheets=[CARD, room.style()],
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
