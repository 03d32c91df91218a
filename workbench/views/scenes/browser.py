"""The page of the scene browser: a gallery, one scene looked at closely, the way to training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from workbench import plots
from workbench.plots import thumbnail_source
from workbench.session import Control, may_control, user_scenes
from workbench.session.scenes import (
    LARGEST_UPLOAD,
    UPLOADS,
    SceneBrowser,
    decibel_scale,
    pixel_aspect,
    scene_names,
    scene_options,
    store_upload,
    thumbnail,
)
from workbench.views.aside import aside
from workbench.views.card import PanelCard
from workbench.views.explorers import ExplorerDesk
from workbench.views.gallery import Gallery, Upload
from workbench.views.keyboard import key_table
from workbench.views.newrun import NO_STEPPERS
from workbench.views.scenes.cards import scene_slots
from workbench.views.text import Text

__all__ = ["SceneDesk", "scene_page"]

KEYS = {
    "← ↑ → ↓": "the next patch that way",
    "r": "move the spectrum to the middle, or back",
    "t": "train on this scene",
    "z": "undo",
    "y": "do again",
    "s": "save figures and numbers",
    "c": "this view as Python",
    "f": "projector: large figures, no controls",
    "1 … 9": "presets",
    "?": "this list",
}
_ARROWS = {"ArrowUp": (-1, 0), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowRight": (0, 1)}
_MOST_FILES = 24


class SceneDesk(ExplorerDesk):
    """The scene browser on a page.

    Parameters
    ----------
    browser
        Which scene is looked at.
    can_control
        Whether this viewer may add files and start runs.
    lazy
        Build panels when they come into view.
    """

    explorer: SceneBrowser

    def __init__(self, browser: SceneBrowser, can_control: bool = True, *, lazy: bool = False) -> None:
        self.control = Control(None, can_control)
        self.gallery = Gallery(self._choose)
        self._loading = False
        super().__init__(browser, scene_slots(), lazy=lazy)
        self.buttons.change({"Hold A": {"hidden": True}, "Swap A": {"hidden": True}})
        self.upload = Upload(self._take_file, self._say, UPLOADS, LARGEST_UPLOAD) if can_control else None
        self.train = pmui.Button(
            label="Train on this scene", size="small", variant="contained", margin=(2, 8)
        )
        self.train.on_click(lambda _event: self._train())
        self.train.visible = can_control
        self.options = Text("", margin=(0, 16), styles={"flex": "1 1 260px"})
        actions = [one for one in (self.upload, self.train) if one is not None]
        self._view.insert(1, self.gallery)
        self._view.insert(2, pn.Row(
            *actions, self.options, sizing_mode="stretch_width", margin=(0, 8),
            styles={"flex-wrap": "wrap", "align-items": "center"},
        ))  # fmt: skip
        self._write_options()

    def _keys(self) -> Mapping[str, Callable[[], None]]:
        others = {key: action for key, action in super()._keys().items() if key not in "hp"}
        arrows = {key: self._stepper(*way) for key, way in _ARROWS.items()}
        return others | arrows | {"r": self._recentre, "t": self._train}

    def _help(self) -> None:
        self._open("Keys", key_table(KEYS))

    # ------------------------------------------------------------ the scene
    def draw(self) -> None:
        """Open the image first, in a thread, where nobody has before."""
        if self.explorer.wanting() is not None and not self._loading and self._listened_to():
            self._loading = True
            aside(self.explorer.load, lambda _none: self._loaded(), lambda _words: self._loaded())
        for name, present in self.explorer.layers().items():
            place = self.slots[name].__panel__()
            if place.visible != present:
                place.visible = present
        super().draw()
        if self.gallery.chosen != self.explorer.scene:
            self.gallery.chosen = self.explorer.scene

    def _listened_to(self) -> bool:
        """Whether words can be changed: what changes before a page has loaded does not reach it."""
        document = pn.state.curdoc
        return self.pump.attached or document is None or document.session_context is None

    def _loaded(self) -> None:
        self._loading = False
        self.controls.show_relevant()
        self._news()
        if not self.gallery.items and not self._loading:
            self.fill_gallery()

    def _news(self) -> None:
        super()._news()
        self._write_options()

    def _write_options(self) -> None:
        trouble = self.explorer.picture().trouble
        words = f"Options of {self.explorer.scene}: {self.explorer.option_words() or 'none'}"
        colour = ' role="alert" style="color:#D6604D"' if trouble else ""
        if hasattr(self, "options"):
            self.options.text = f"<p{colour}>{escape(trouble or words)}</p>"

    def _build(self, name: str) -> PanelCard:
        known = self.slots[name].card is not None
        card = super()._build(name)
        if not known and name == "overview":
            card.instruments["overview"].instrument.on_tap(self.explorer.pick)
        return card

    def _choose(self, name: str) -> None:
        if name in scene_names() or name in user_scenes():
            self._say("")
            self.explorer.choose(name)

    def _stepper(self, down: int, right: int) -> Callable[[], None]:
        return lambda: self.explorer.step(down, right)

    def _recentre(self) -> None:
        self.explorer.recentred = not self.explorer.recentred

    # ------------------------------------------------------------ the gallery
    def fill_gallery(self) -> None:
        """Show all scenes and files, their pictures one after the other as they are made."""
        names = [*scene_names(), *user_scenes()[:_MOST_FILES]]
        self.gallery.items = [_item(name, "") for name in names]
        self._fill(names, 0)

    def _fill(self, names: list[str], index: int) -> None:
        if index == len(names):
            return

        def put(item: dict[str, Any]) -> None:
            self.gallery.items = [item if one["name"] == item["name"] else one for one in self.gallery.items]
            self._fill(names, index + 1)

        aside(lambda: _pictured(names[index]), put, lambda words: put(_item(names[index], words)))

    def _take_file(self, name: str, content: bytes) -> None:
        self._say(f"Reading {name} …")

        def taken(kept: str) -> None:
            self._say(f"{kept} is in the data folder now.")
            self.fill_gallery()
            self.explorer.choose(kept)

        aside(lambda: store_upload(name, content, self.control.can_control), taken, self._say)

    # ------------------------------------------------------------ to training
    def _train(self) -> None:
        if not self.control.can_control:
            self._say("This account may look but not start runs.")
            return
        try:
            values = self.explorer.training()
        except ValueError as error:
            self._say(str(error))
            return
        numbers = {
            "width": _number_input(pmui.IntInput, "Width, channels of the first layer", 16, 1),
            "steps": _number_input(pmui.IntInput, "Steps", 600, 1),
            "coherence_weight": _number_input(pmui.FloatInput, "Coherence weight", 10.0, 0),
        }
        what = f"{self.explorer.scene}, patches of {values['size']} × {values['size']}, {values['mapping']}"
        message = Text("<p>&nbsp;</p>")
        button = pmui.Button(label="Start training", variant="contained", margin=(8, 0))

        def started(run: Any) -> None:
            button.loading = False
            name = escape(run.name, quote=True)
            message.text = (
                f'<p role="status">{name} started: <a href="desk?run={name}">watch it on the desk</a></p>'
            )

        def refused(words: str) -> None:
            button.loading = False
            message.text = f'<p role="alert" style="color:#D6604D">{escape(words)}</p>'

        def start(_event: Any) -> None:
            button.loading = True
            chosen = values | {name: one.value for name, one in numbers.items() if one.value is not None}
            aside(lambda: self.control.launch(chosen), started, refused)

        button.on_click(start)
        title = "Train pix2pix on this scene"
        self._open(title, f"<p>{escape(what)}</p>", *numbers.values(), button, message)

    # ------------------------------------------------------------ pages
    def attach(self) -> None:
        """Draw for the session that is being served; called when its page has loaded."""
        super().attach()
        if not self._loading:  # else the scene comes first
            self.fill_gallery()


def _number_input(make: Any, label: str, value: float, start: float) -> Any:
    return make(
        label=label, value=value, start=start, sx=NO_STEPPERS, size="small", sizing_mode="stretch_width",
        margin=(8, 0),
    )  # fmt: skip


def _item(
    name: str, note: str, pictures: tuple[tuple[str, str], ...] = (), aspect: float = 1.0
) -> dict[str, Any]:
    made = name in scene_names()
    count = len(scene_options(name))
    words = note or (f"simulated, {count} option{'s' * (count != 1)}" if made else "of the data folder")
    title = name.replace("_", " ") if made else name
    return {
        "name": name, "title": title, "note": words, "aspect": aspect,
        "pictures": [list(one) for one in pictures],
    }  # fmt: skip


def _pictured(name: str) -> dict[str, Any]:
    preview = thumbnail(name)
    amplitude = preview["amplitude"].values
    shown = np.where(np.isfinite(amplitude), amplitude, np.nan)
    phase = np.where(np.isfinite(amplitude), preview["phase"].values, np.nan)  # zeros have none
    pictures = (
        (thumbnail_source(shown, plots.MAGNITUDE, *decibel_scale(amplitude)), "amplitude"),
        (thumbnail_source(phase, plots.CYCLIC, -np.pi, np.pi), "phase"),
    )
    rows, columns = preview.attrs["height"], preview.attrs["width"]
    aspect = float(np.clip(rows / columns * pixel_aspect(preview.attrs), 0.25, 4))
    note = "" if name in scene_names() else f"{rows} × {columns} pixels"
    return _item(name, note, pictures, aspect)


def scene_page() -> pmui.Page:
    """Return the scene browser as a page; call it in the session that is being served."""
    return SceneDesk(SceneBrowser(), may_control(pn.state.user), lazy=True).page()
