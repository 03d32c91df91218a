"""How all figures on the page become files at once."""

from __future__ import annotations

from typing import Any

import panel as pn
from bokeh.models import CustomJS
from bokeh.models.widgets.markups import Div

__all__ = ["FigureSaver"]

# The browser has drawn the figures: it alone can turn them into files.
_SAVE = """
const [_count, format, name, ids] = cb_obj.tags
const save = async () => {
  for (const [i, id] of ids.entries()) {
    const model = cb_obj.document?.get_model_by_id(id)
    const view = model == null ? null : [...Bokeh.index.find(model)][0]
    if (view == null) continue
    const blob = await view.export(format, true).to_blob()
    const link = document.createElement("a")
    link.href = URL.createObjectURL(blob)
    link.download = `${name}-figure-${i + 1}.${format}`
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10000)
  }
}
save()
"""


class FigureSaver(pn.viewable.Viewer):
    """Nothing to see: has the browser save figures as PNG or SVG files."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self.div = Div(text="", width=0, height=0, margin=0, tags=[0, "png", "", []])
        self.div.js_on_change("tags", CustomJS(code=_SAVE))
        self._pane = pn.pane.Bokeh(self.div, width=0, height=0, margin=0)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def save(self, figures: list[Any], name: str, form: str) -> None:
        """Save `figures` as files called after `name`; `form` is "png" or "svg"."""
        self._count += 1
        self.div.tags = [self._count, form, name, [figure.id for figure in figures]]
