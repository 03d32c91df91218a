"""Text on the page that changes often."""

from __future__ import annotations

from typing import Any

import panel as pn
from bokeh.models.widgets.markups import Div

from workbench.views.styles import TYPE

__all__ = ["Text"]


class Text(pn.viewable.Viewer):
    """A line or two of HTML in the page's style.

    A bare Bokeh Div: changing its text is one property sent, where an HTML pane renews its style sheets.

    Parameters
    ----------
    text
        HTML; what comes from outside must have been escaped.
    css
        Which part of the page's style it needs.
    """

    def __init__(self, text: str = "", css: str = TYPE, **options: Any) -> None:
        super().__init__()
        settings = {"sizing_mode": "stretch_width", "margin": 0, "disable_math": True, **options}
        self.div = Div(text=text, stylesheets=[css], **settings)
        self._pane = pn.pane.Bokeh(self.div)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    @property
    def text(self) -> str:
        """The HTML shown; nothing is sent where it stays the same."""
        return self.div.text

    @text.setter
    def text(self, text: str) -> None:
        if text != self.div.text:
            self.div.text = text

    @property
    def visible(self) -> bool:
        """Whether it takes its place on the page."""
        return self.div.visible

    @visible.setter
    def visible(self, visible: bool) -> None:
        if visible != self.div.visible:
            self.div.visible = visible
