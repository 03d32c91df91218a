"""Small pictures to choose from, with a place to put a file of one's own."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

__all__ = ["Gallery", "Upload"]

CHUNK = 2**21  # bytes per message: servers take 20 MB at most

_STYLE = """
:host { display: block; }
.gallery { display: flex; gap: 8px; overflow-x: auto; padding: 4px 2px 8px 2px; scrollbar-width: thin; }
.gallery button {
  flex: 0 0 auto; display: flex; flex-direction: column; box-sizing: border-box;
  width: 166px; height: 150px; padding: 6px; border-radius: 8px; cursor: pointer; text-align: left;
  border: 1px solid var(--mui-palette-divider, rgba(127,127,127,.35)); font: inherit;
  color: var(--mui-palette-text-primary, inherit);
  background: var(--mui-palette-background-paper, transparent);
}
.gallery button[aria-pressed=true] {
  border-color: var(--mui-palette-primary-main, #1976d2);
  box-shadow: 0 0 0 1px var(--mui-palette-primary-main, #1976d2);
}
.gallery button:focus-visible {
  outline: 2px solid var(--mui-palette-primary-main, #1976d2); outline-offset: 2px;
}
.gallery .pictures { display: flex; gap: 4px; height: 74px; align-items: center; justify-content: center; }
.gallery img { width: 74px; height: 74px; object-fit: contain; image-rendering: pixelated; }
.gallery b {
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2;
  font: 500 13px/16px Roboto, sans-serif;
  overflow: hidden; overflow-wrap: anywhere;
}
.gallery small { display: block; font: 11px/14px Roboto, sans-serif; max-height: 28px; overflow: hidden;
  color: var(--mui-palette-text-secondary, #6b6b6b); overflow-wrap: anywhere; }
"""


class Gallery(JSComponent):
    """Buttons with two pictures each.

    Parameters
    ----------
    on_choice
        Called with the name of the one that was clicked.
    """

    items = param.List([], doc="name, title, note, aspect (height over width), pictures.")
    chosen = param.String("", doc="Name of the one that is shown.")
    clicked = param.Dict({}, doc="Name of the one clicked last, with a number that makes it a change.")

    _debounce: ClassVar = 0
    _stylesheets: ClassVar = [_STYLE]

    _esm = """
    export function render({model, el}) {
      let count = 0
      const box = document.createElement("div")
      box.className = "gallery"
      box.setAttribute("role", "group")
      box.setAttribute("aria-label", "Scenes")
      el.append(box)
      const buttons = new Map()
      const shape = (image, aspect) => {
        image.style.height = `${Math.min(74, 74 * aspect)}px`
        image.style.width = `${Math.min(74, 74 / aspect)}px`
        image.style.objectFit = "fill"
      }
      const draw = () => {
        const names = model.items.map((item) => item.name)
        for (const [name, button] of buttons) if (!names.includes(name)) {
          button.remove()
          buttons.delete(name)
        }
        const before = buttons.get(model.chosen)
        for (const item of model.items) {
          let button = buttons.get(item.name)
          if (button == null) {
            button = document.createElement("button")
            button.type = "button"
            button.addEventListener("click", () => { count += 1; model.clicked = {name: item.name, count} })
            buttons.set(item.name, button)
          }
          box.append(button)
          const key = JSON.stringify(item)
          if (button.dataset.key != key) {
            button.dataset.key = key
            const pictures = document.createElement("div")
            pictures.className = "pictures"
            for (const [source, meaning] of item.pictures) {
              const image = document.createElement("img")
              image.src = source
              image.alt = meaning
              shape(image, item.aspect)
              pictures.append(image)
            }
            const title = document.createElement("b"), note = document.createElement("small")
            title.textContent = item.title
            title.title = item.title
            note.textContent = item.note
            note.title = item.note
            button.replaceChildren(pictures, title, note)
          }
          button.setAttribute("aria-pressed", String(item.name == model.chosen))
        }
        if (before == null) show()
      }
      model.on("items", draw)
      const show = () => {
        const button = buttons.get(model.chosen)
        if (button == null) return
        const left = button.offsetLeft - box.offsetLeft, right = left + button.offsetWidth
        if (left < box.scrollLeft || right > box.scrollLeft + box.clientWidth) box.scrollLeft = left - 8
      }
      model.on("chosen", () => { draw(); show() })
      draw()
      setTimeout(show, 300)
    }
    """

    def __init__(self, on_choice: Callable[[str], None], **options: Any) -> None:
        super().__init__(**{"sizing_mode": "stretch_width", "margin": (0, 12), **options})
        self.param.watch(lambda _event: on_choice(str(self.clicked.get("name", ""))), "clicked")


class Upload(JSComponent):
    """A button that sends one file in pieces; one that is too large never leaves the browser.

    Parameters
    ----------
    on_file
        Called with name and content.
    on_trouble
        Called with a sentence.
    kinds
        Suffixes that the browser offers.
    largest
        Bytes.
    """

    largest = param.Integer(0, doc="Bytes taken at most.")
    kinds = param.String("", doc="What the browser's dialog offers.")
    piece = param.Dict({}, doc="name, size, index, data (base64) of the piece sent last.")
    wanted = param.Integer(-1, doc="Index of the piece to send next; -1: none is under way.")
    chunk = param.Integer(CHUNK)

    _debounce: ClassVar = 0
    _stylesheets: ClassVar = [
        """
        label { display: inline-block; border: 1px solid currentColor; border-radius: 4px; padding: 5px 10px;
          font: 500 13px/18px Roboto, sans-serif; color: var(--mui-palette-primary-main, #1976d2);
          cursor: pointer; }
        label:focus-within {
          outline: 2px solid var(--mui-palette-primary-main, #1976d2); outline-offset: 2px;
        }
        input { position: absolute; width: 1px; height: 1px; opacity: 0; }
        """
    ]

    _esm = """
    export function render({model, el}) {
      const label = document.createElement("label"), input = document.createElement("input")
      input.type = "file"
      input.accept = model.kinds
      label.append("Add a file", input)
      el.append(label)
      let file = null, serial = 0
      const send = async (index) => {
        const part = file.slice(index * model.chunk, (index + 1) * model.chunk)
        const bytes = new Uint8Array(await part.arrayBuffer())
        let text = ""
        for (let k = 0; k < bytes.length; k += 32768)
          text += String.fromCharCode(...bytes.subarray(k, k + 32768))
        serial += 1
        model.piece = {name: file.name, size: file.size, index, data: btoa(text), serial}
      }
      input.addEventListener("change", () => {
        file = input.files[0]
        input.value = ""
        if (file == null) return
        serial += 1
        const {name, size} = file
        if (size > model.largest) model.piece = {name, size, index: -1, data: "", serial}
        else send(0)
      })
      model.on("wanted", () => { if (model.wanted > 0 && file != null) send(model.wanted) })
    }
    """

    def __init__(
        self,
        on_file: Callable[[str, bytes], None],
        on_trouble: Callable[[str], None],
        kinds: tuple[str, ...],
        largest: int,
    ) -> None:
        super().__init__(kinds=",".join(kinds), largest=largest, margin=(2, 8))
        self._on_file, self._on_trouble = on_file, on_trouble
        self._largest = largest  # what the browser is told, it could change
        self._parts: list[bytes] = []
        self.param.watch(self._received, "piece")

    def _received(self, _event: Any) -> None:
        name, size, index = (self.piece.get(key) for key in ("name", "size", "index"))
        if not (isinstance(name, str) and isinstance(size, int) and isinstance(index, int)):
            return
        if index < 0 or size > self._largest:
            self._end()
            self._on_trouble(
                f"{name}: {size / 2**20:.0f} MiB; at most {self._largest / 2**20:.0f} MiB are taken here: "
                "copy it into the workspace's data folder"
            )
            return
        if index == 0:
            self._parts = []
        try:
            content = base64.b64decode(str(self.piece.get("data", "")), validate=True)
        except binascii.Error:
            content = b""
        expected = min(CHUNK, size - index * CHUNK)
        if index != len(self._parts) or len(content) != max(expected, 0):
            self._end()
            self._on_trouble(f"{name}: a piece was lost on the way; please try again")
            return
        self._parts.append(content)
        if (index + 1) * CHUNK < size:
            self.wanted = index + 1
            return
        whole = b"".join(self._parts)
        self._end()
        self._on_file(name, whole)

    def _end(self) -> None:
        self._parts = []
        self.wanted = -1
