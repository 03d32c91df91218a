"""What a card shows, as files: its figures as pictures, its numbers as tables."""

from __future__ import annotations

import re
from collections.abc import Callable
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

_SMALL = {"size": "small", "margin": 0, "sx": {"minWidth": 0, "px": "8px"}}


class Camera(JSComponent):
    """Nothing to see: has the browser draw figures once more, as PNG or as vectors, into files."""

    wanted = param.Dict({}, doc="figures (ids), stem and kind of the files, a number that makes it a change.")

    _esm = """
    const save = (blob, name) => {
      const link = document.createElement("a")
      link.href = URL.createObjectURL(blob)
      link.download = name
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), 10000)
    }
    export function render({model}) {
      model.on("wanted", async () => {
        const {figures, stem, kind} = model.wanted
        const views = [...Bokeh.index.all_views()]
        let count = 0
        for (const id of figures) {
          const view = views.find((candidate) => candidate.model.id === id)
          if (view == null) continue
          count += 1
          const name = figures.length > 1 ? `${stem}-${count}.${kind}` : `${stem}.${kind}`
          save(await view.export(kind, true).to_blob(), name)
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
        ids = [figure.id for figure in figures]
        self.wanted = {"figures": ids, "stem": stem, "kind": kind, "count": self._count}


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
    stem = re.sub(r"[^a-z0-9]+", "-", f"{title} {name}".lower()).strip("-")
    buttons: list[Any] = []
    for kind in ("png", "svg"):
        button = pmui.Button(label=kind.upper(), variant="text", **_SMALL)
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
