"""One panel on the page: title, colour keys, figures, the sentence that says what is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import panel as pn

from workbench.session import Frame
from workbench.views.styles import CARD, FILL, KEYS
from workbench.views.text import Text

__all__ = ["PanelCard"]


class PanelCard(pn.viewable.Viewer):
    """A card whose figures are fed by one or more frames.

    Parameters
    ----------
    title
        Quantity shown.
    body
        The figures, laid out.
    instruments
        By name of the frame that feeds them.
    keys
        Returns the colour keys as HTML after an update; called only when it may have changed.
    tools
        Widgets beside the title.
    says
        Name of the frame whose caption stands under the figures; default: the first.
    """

    def __init__(
        self,
        title: str,
        body: pn.viewable.Viewable,
        instruments: dict[str, Any],
        *,
        keys: Callable[[], str] | None = None,
        tools: tuple[Any, ...] = (),
        says: str = "",
        wide: bool = False,
    ) -> None:
        super().__init__()
        self.title, self.instruments = title, instruments
        self._says = says or next(iter(instruments))
        self._keys = keys
        self._shown: dict[str, Frame] = {}
        self._hidden, self._covered = False, False
        self._key_pane = Text(f'<div class="keys">{keys() if keys else ""}</div>', KEYS)
        self._key_pane.visible = keys is not None
        # lies over the figures, which keep their places, until there is something to draw
        self._empty = Text(
            '<div class="empty">Nothing to show yet.</div>',
            styles={"position": "absolute", "inset": "0", "z-index": "5"},
        )
        self._caption = Text('<p class="caption">&nbsp;</p>')
        head = pn.Row(
            Text(f"<h2>{escape(title)}</h2>"), *tools,
            sizing_mode="stretch_width", margin=0, align="center", min_height=44 if tools else 24,
        )  # fmt: skip
        stage = pn.Column(
            body, self._empty, sizing_mode="stretch_width", margin=0, styles={"position": "relative"},
            stylesheets=[FILL],
        )  # fmt: skip
        self.parts = [head, self._key_pane, stage, self._caption]
        self._card = pn.Column(
            *self.parts,
            sizing_mode="stretch_width", margin=0, css_classes=["card", *(["wide"] if wide else [])],
            stylesheets=[CARD],
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._card

    @property
    def caption(self) -> str:
        """The sentence under the figures, as HTML."""
        return self._caption.text

    def draw(self, frames: Mapping[str, Frame]) -> bool:
        """Show this card's frames; those shown already are not sent again. Returns whether any was new."""
        news = {name: frames[name] for name in self.instruments if frames[name] is not self._shown.get(name)}
        if not news:
            return False
        for name, frame in news.items():
            before = self._shown.get(name)
            if frame.data is not None and (before is None or before.data is not frame.data):
                self.instruments[name].update(frame.data)
        self._shown |= news
        self._write(frames[self._says])
        return True

    def conceal(self, hidden: bool, *, cover: bool) -> None:
        """Say nothing of what is seen while it is predicted; with `cover` the figures are not seen either."""
        if (self._hidden, self._covered) == (hidden, hidden and cover):
            return
        self._hidden, self._covered = hidden, hidden and cover
        for instrument in self.instruments.values():
            if hasattr(instrument, "conceal"):
                instrument.conceal(hidden)
        if self._says in self._shown:
            self._write(self._shown[self._says])

    def _write(self, frame: Frame) -> None:
        if self._hidden:
            frame = Frame(None if self._covered else frame.data, "Hidden until you check.")
        missing = frame.data is None
        if missing:
            self._empty.text = f'<div class="empty">{escape(frame.caption)}</div>'
        self._empty.visible = missing
        at = "" if frame.step is None else f'<span class="at">step {frame.step} ·</span> '
        self._caption.text = f'<p class="caption">{"&nbsp;" if missing else at + escape(frame.caption)}</p>'
        if self._keys is not None:
            self._key_pane.text = f'<div class="keys">{"" if missing else self._keys()}</div>'
