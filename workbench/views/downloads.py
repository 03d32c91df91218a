"""What a card shows, as files: its figures as pictures, its numbers as tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
import xarray as xr
from bokeh.models import Plot
from panel.custom import JSComponent

from workbench.session import csv_file, netcdf_file
from workbench.views.card import PanelCard
from workbench.views.text import Text

__all__ = ["Camera", "download_rows", "figures_of"]

_SMALL = {"size": "small", "margin": (0, 0, 0, 6), "sx": {"minWidth": 0, "px": "8px"}}


class Camera(JSComponent):
    """Nothing to see: has the browser draw figures once more, as PNG or as vectors, into files.

    Pictures have three pixels for each on the screen at least: they end on slides.
    """

    wanted = param.Dict(
        {}, doc="names of the files by figure's id, their kind, a number that makes it a change."
    )

    _esm = """
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
    export function render({model}) {
      model.on("wanted", async () => {
        const {files, kind} = model.wanted
        const views = [...Bokeh.index.all_views()]
        for (const [id, name] of Object.entries(files)) {
          const view = views.find((candidate) => candidate.model.id === id)
          if (view == null) continue
          const layer = kind === "png" ? sharply(() => view.export(kind, true)) : view.export(kind, true)
          save(await layer.to_blob(), `${name}.${kind}`)
        }
      })
    }
    """

    def __init__(self) -> None:
        super().__init__(width=0, height=0, margin=0)
        self._count = 0

    def take(self, figures: list[Plot], stem: str, kind: str) -> None:
        """Save figures as files of a kind, "png" or "svg"."""
        self._count += 1
        names = file_names([getattr(figure.title, "text", "") or "" for figure in figures], stem)
        files = {figure.id: name for figure, name in zip(figures, names, strict=True)}
        self.wanted = {"files": files, "kind": kind, "count": self._count}


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


def download_rows(
    title: str, cards: dict[str, PanelCard], data: Callable[[str], xr.Dataset | None], camera: Camera
) -> list[pn.viewable.Viewable]:
    """Return one row of buttons per card: PNG, SVG, CSV, NetCDF.

    Parameters
    ----------
    title
        Of the page; part of the files' names.
    cards
        By name.
    data
        Returns what the frame of a name shows now, None if it shows nothing.
    camera
        On the same page.
    """
    return [_row(title, name, card, data, camera) for name, card in cards.items()]


def _row(
    title: str,
    name: str,
    card: PanelCard,
    data: Callable[[str], xr.Dataset | None],
    camera: Camera,
) -> pn.viewable.Viewable:
    stem = _slug(f"{title} {name}")
    buttons: list[Any] = []
    for kind in ("png", "svg"):
        button = pmui.Button(label=kind.upper(), variant="contained", **_SMALL)
        button.on_click(partial(_take, camera, card, stem, kind))
        buttons.append(button)
    frame = next(iter(card.instruments))
    for label, extension, make in (("CSV", "csv", csv_file), ("NetCDF", "nc", netcdf_file)):

        def content(make: Callable[[xr.Dataset], Any] = make) -> Any:
            shown = data(frame)
            return make(xr.Dataset() if shown is None else shown)

        name_of_file = f"{stem}.{extension}"
        buttons.append(pmui.FileDownload(callback=content, filename=name_of_file, label=label, **_SMALL))
    return pn.Row(
        Text(f"<p>{card.title}</p>", styles={"flex": "1 1 220px"}), *buttons,
        sizing_mode="stretch_width", margin=0, align="center", styles={"flex-wrap": "wrap"},
    )  # fmt: skip


def _take(camera: Camera, card: PanelCard, stem: str, kind: str, _event: Any) -> None:
    camera.take(figures_of(card), stem, kind)


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
