"""What a card shows, as files: its figures as pictures, its numbers as tables."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import panel as pn
import param
import xarray as xr
from bokeh.models import Plot
from panel.custom import JSComponent

from workbench.session import csv_file, netcdf_file
from workbench.views.card import PanelCard
from workbench.views.pushbuttons import BUTTON

__all__ = ["Camera", "SaveTable", "figures_of"]

# Has figures drawn once more, into files.
PHOTOGRAPH = """
const save = (blob, name) => {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10000)
}
const SHARP = 3
const sharply = (draw) => {  // Bokeh takes its resolution from the screen while it draws
  const own = Object.getOwnPropertyDescriptor(window, "devicePixelRatio")
  const value = Math.max(SHARP, window.devicePixelRatio)
  Object.defineProperty(window, "devicePixelRatio", {value, configurable: true})
  try {
    return draw()
  } finally {
    if (own == null) delete window.devicePixelRatio
    else Object.defineProperty(window, "devicePixelRatio", own)
  }
}
const photograph = async (files, kind) => {
  const views = [...Bokeh.index.all_views()]
  for (const [id, name] of Object.entries(files)) {
    const view = views.find((candidate) => candidate.model.id === id)
    if (view == null) continue
    const layer = kind === "png" ? sharply(() => view.export(kind, true)) : view.export(kind, true)
    save(await layer.to_blob(), `${name}.${kind}`)
  }
}
"""


class Camera(JSComponent):
    """Nothing to see: has the browser draw figures once more, as PNG or as vectors, into files.

    Pictures have three pixels for each on the screen at least: they end on slides.
    """

    wanted = param.Dict(
        {}, doc="names of the files by figure's id, their kind, a number that makes it a change."
    )

    _esm = (
        PHOTOGRAPH
        + """
    export function render({model}) {
      model.on("wanted", async () => {
        await photograph(model.wanted.files, model.wanted.kind)
      })
    }
    """
    )

    def __init__(self) -> None:
        super().__init__(width=0, height=0, margin=0)
        self._count = 0

    def take(self, figures: list[Plot], stem: str, kind: str) -> None:
        """Save figures as files of a kind, "png" or "svg"."""
        self._count += 1
        self.wanted = {"files": pictures(figures, stem), "kind": kind, "count": self._count}


def pictures(figures: Sequence[Plot], stem: str) -> dict[str, str]:
    """Return the names of figures' files by the figures' ids."""
    names = file_names([getattr(figure.title, "text", "") or "" for figure in figures], stem)
    return {figure.id: name for figure, name in zip(figures, names, strict=True)}


def file_names(titles: Sequence[str], stem: str) -> list[str]:
    """Name files after their figures' titles; one without a title goes with that before it.

    >>> file_names(["input", "", "after ↓2", ""], "chain")
    ['chain-input', 'chain-input-2', 'chain-after-2', 'chain-after-2-2']
    >>> file_names(["whatever"], "chain"), file_names(["", ""], "chain")
    (['chain'], ['chain-1', 'chain-2'])
    """
    if len(titles) == 1:
        return [stem]
    names: list[str] = []
    last = ""
    for number, title in enumerate(titles, 1):
        own = _slug(title)
        name = f"{stem}-{own}" if own else last or f"{stem}-{number}"
        last = name if own else last
        earlier = sum(one == name or one.startswith(f"{name}-") for one in names) if name in names else 0
        names.append(f"{name}-{earlier + 1}" if earlier else name)
    return names


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


class SaveTable(JSComponent):
    """One row of buttons per card: PNG, SVG, CSV, NetCDF.

    Parameters
    ----------
    title
        Of the page; part of the files' names.
    cards
        By name.
    data
        Returns what the frame of a name shows now, None if it shows nothing.
    """

    rows = param.List([], doc="Per card: title, name of the file, names of its pictures by figure's id.")
    asked = param.Dict({}, doc="Number of the row, kind of the file, a number that makes it a change.")
    file = param.Dict(
        {}, doc="Name and base64 content of a file of numbers, with the number of the question."
    )

    _stylesheets: ClassVar = [
        BUTTON
        + """
        .files { display: grid; grid-template-columns: minmax(140px, 1fr) repeat(4, max-content); gap: 6px; }
        .files span { align-self: center; }
        @media (max-width: 599px) {
          .files { grid-template-columns: repeat(4, max-content); }
          .files span { grid-column: 1 / -1; margin-top: 6px; width: 0; min-width: 100%; }
        }
        """
    ]

    _esm = (
        PHOTOGRAPH
        + """
    const KINDS = {PNG: "png", SVG: "svg", CSV: "csv", NetCDF: "nc"}
    export function render({model}) {
      const table = document.createElement("div")
      table.className = "files framed"
      model.rows.forEach((row, number) => {
        const title = document.createElement("span")
        title.textContent = row.title
        table.append(title)
        for (const [label, kind] of Object.entries(KINDS)) {
          const button = document.createElement("button")
          button.type = "button"
          button.textContent = label
          button.setAttribute("aria-label", `${label}: ${row.title}`)
          button.disabled = Object.keys(row.pictures).length === 0 && (kind === "png" || kind === "svg")
          button.addEventListener("click", () => {
            if (kind === "png" || kind === "svg") photograph(row.pictures, kind)
            else model.asked = {row: number, kind: kind, count: (model.asked.count ?? 0) + 1}
          })
          table.append(button)
        }
      })
      model.on("file", () => {
        const bytes = Uint8Array.from(atob(model.file.content), (one) => one.charCodeAt(0))
        save(new Blob([bytes]), model.file.name)
      })
      return table
    }
    """
    )

    def __init__(
        self, title: str, cards: Mapping[str, PanelCard], data: Callable[[str], xr.Dataset | None]
    ) -> None:
        self._cards, self._data = list(cards.values()), data
        rows = []
        for name, card in cards.items():
            stem = _slug(f"{title} {name}")
            rows.append({"title": card.title, "stem": stem, "pictures": pictures(figures_of(card), stem)})
        super().__init__(rows=rows, sizing_mode="stretch_width", margin=0)
        self.param.watch(lambda event: self._answer(event.new), "asked")

    def _answer(self, asked: Mapping[str, Any]) -> None:
        kind, make = ("csv", csv_file) if asked["kind"] == "csv" else ("nc", netcdf_file)
        shown = self._data(next(iter(self._cards[asked["row"]].instruments)))
        raw = make(xr.Dataset() if shown is None else shown).read()
        content = b64encode(raw.encode() if isinstance(raw, str) else raw).decode()
        name = f"{self.rows[asked['row']]['stem']}.{kind}"
        self.file = {"name": name, "content": content, "count": asked["count"]}


def figures_of(card: PanelCard) -> list[Plot]:
    """Return the Bokeh figures that a card shows, in order."""
    found = [pane.object for part in card.parts for pane in _panes(part)]
    return [plot for plot in found if isinstance(plot, Plot)]


def _panes(part: Any) -> list[Any]:
    """Return the panes with figures that are shown."""
    if not hasattr(part, "select"):
        return []
    unseen = [column for column in part.select(pn.Column) if not column.visible]
    hidden = {id(pane) for column in unseen for pane in column.select(pn.pane.Bokeh)}
    return [pane for pane in part.select(pn.pane.Bokeh) if id(pane) not in hidden]
