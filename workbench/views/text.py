"""Text on the page that changes often."""

from __future__ import annotations

from typing import Any

import panel as pn
from bokeh.models import CustomJS
from bokeh.models.widgets.markups import Div

from workbench.views.styles import TYPE

__all__ = ["Text"]

# Silent, so that a Div drawn again (another theme, a card that opens) has today's words as well.
_WRITE = """
const html = cb_obj.tags[0]
div.setv({text: html}, {silent: true})
for (const view of Bokeh.index.find(div)) {
  if (view.markup_el != null) view.markup_el.innerHTML = html
}
"""


class Text(pn.viewable.Viewer):
    """A line or two of HTML in the page's style.

    A Bokeh Div whose words travel beside it, in the tags of the script that writes them into the page in
    place: when anything of a Div changes, Bokeh measures the whole page anew, every plot of it.

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
        self._script = CustomJS(args={"div": self.div}, code=_WRITE, tags=[text])
        self._script.js_on_change("tags", self._script)
        self.div.tags = [self._script]
        self._pane = pn.pane.Bokeh(self.div)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    @property
    def text(self) -> str:
        """The HTML shown; nothing is sent where it stays the same."""
        return str(self._script.tags[0])

    @text.setter
    def text(self, text: str) -> None:
        if text == self.text:
            return
        if self.div.document is None:
            self.div.text = text  # not on a page yet: this is what it will open with
        self._script.tags = [text]

    @property
    def visible(self) -> bool:
        """Whether it takes its place on the page."""
        return self.div.visible

    @visible.setter
    def visible(self, visible: bool) -> None:
        if visible != self.div.visible:
            self.div.visible = visible
