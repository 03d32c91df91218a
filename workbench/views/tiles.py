"""Many bare pictures drawn by the browser itself, without a plot around each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import param
from panel.custom import JSComponent

from workbench.plots import Tile
from workbench.views.styles import COLOUR_BAR, TILES, TYPE

__all__ = ["Tiles"]


class Tiles(JSComponent):
    """Pictures in a grid with their titles; the value under the pointer is shown beside it.

    A Bokeh plot is some fifteen models and its own layout, about 8 ms of the server's time and 20 ms of the
    browser's to open; eleven tiles here are one model and one message.
    """

    places = param.List([], doc="For every tile: title, rows, columns, channels, low, high, unit, x, y.")
    palettes = param.List([], doc="For every tile its 256 colours as one string of hexadecimal digits.")
    pixels = param.Bytes(b"", doc="All pictures, one after the other; see `workbench.plots.Tile`.")
    footer = param.String("", doc="HTML behind the last tile.")

    _stylesheets: ClassVar = [TYPE, COLOUR_BAR, TILES]

    _esm = """
    const colours = (digits) => {
      const table = new Uint32Array(256)  // little endian: alpha, blue, green, red
      const count = digits.length / 6
      for (let k = 1; k < 256; k++) {
        const at = 6 * Math.round((k - 1) / 254 * (count - 1))
        const value = parseInt(digits.slice(at, at + 6), 16)
        table[k] = (0xFF000000 | (value & 0xFF) << 16 | value & 0xFF00 | value >> 16) >>> 0
      }
      return table
    }
    const tables = new Map()

    export function render({model}) {
      const grid = document.createElement("div")
      grid.className = "tile-grid"
      const tip = document.createElement("div")
      tip.className = "tip"
      const slots = []
      const footer = document.createElement("div")
      let bytes = new Uint8Array()

      const value = (slot, event) => {
        const box = slot.canvas.getBoundingClientRect(), p = slot.place
        const u = (event.clientX - box.left) / box.width, v = (event.clientY - box.top) / box.height
        const at = (n, share) => Math.min(n - 1, Math.max(0, Math.floor(n * share)))
        const raw = p.channels ? null : bytes[slot.offset + at(p.rows, v) * p.columns + at(p.columns, u)]
        const digits = Math.abs(p.x[1]) > 2 ? 0 : 2
        const place = `${(p.x[0] + u * p.x[1]).toFixed(digits)}, ${(p.y[0] + v * p.y[1]).toFixed(digits)}`
        const words = raw === 0 ? "–" : (p.low + (raw - 1) / 254 * (p.high - p.low)).toFixed(2)
        return raw === null ? place : `${place}: ${words} ${p.unit}`
      }
      const slotOf = (k) => {
        while (slots.length <= k) {
          const figure = document.createElement("figure"), slot = {figure}
          slot.canvas = figure.appendChild(document.createElement("canvas"))
          slot.caption = figure.appendChild(document.createElement("figcaption"))
          slot.canvas.addEventListener("pointermove", (event) => {
            const box = grid.getBoundingClientRect()
            tip.textContent = value(slot, event)
            tip.style.left = `${Math.min(event.clientX - box.left + 12, box.width - 150)}px`
            tip.style.top = `${event.clientY - box.top + 12}px`
            tip.style.display = "block"
          })
          slot.canvas.addEventListener("pointerleave", () => { tip.style.display = "none" })
          grid.insertBefore(figure, footer)
          slots.push(slot)
        }
        return slots[k]
      }
      const draw = () => {
        bytes = new Uint8Array(model.pixels)
        let offset = 0
        model.places.forEach((place, k) => {
          const slot = slotOf(k), {rows, columns, channels, title} = place
          slot.place = place
          slot.offset = offset
          if (slot.canvas.width != columns || slot.canvas.height != rows)
            Object.assign(slot.canvas, {width: columns, height: rows})
          const packed = new Uint32Array(rows * columns)
          if (channels) {
            for (let i = 0, j = offset; i < packed.length; i++, j += 3)
              packed[i] = (0xFF000000 | bytes[j + 2] << 16 | bytes[j + 1] << 8 | bytes[j]) >>> 0
          } else {
            const digits = model.palettes[k]
            if (!tables.has(digits)) tables.set(digits, colours(digits))
            const table = tables.get(digits)
            for (let i = 0; i < packed.length; i++) packed[i] = table[bytes[offset + i]]
          }
          const image = new ImageData(new Uint8ClampedArray(packed.buffer), columns, rows)
          slot.canvas.getContext("2d").putImageData(image, 0, 0)
          slot.canvas.setAttribute("role", "img")
          slot.canvas.setAttribute("aria-label", title)
          if (slot.caption.textContent != title) slot.caption.textContent = title
          slot.figure.hidden = false
          offset += rows * columns * (channels || 1)
        })
        for (const slot of slots.slice(model.places.length)) slot.figure.hidden = true
        footer.innerHTML = model.footer
      }
      grid.append(footer, tip)
      model.on("places", draw)
      draw()
      return grid
    }
    """

    def picture(self, tiles: Mapping[str, Tile]) -> None:
        """Draw `tiles` in their order; all of it travels at once."""
        places = [_place(tile) for tile in tiles.values()]
        palettes = ["".join(colour.lstrip("#") for colour in tile.palette) for tile in tiles.values()]
        pixels = b"".join(np.ascontiguousarray(tile.pixels).tobytes() for tile in tiles.values())
        changed: dict[str, Any] = {} if palettes == self.palettes else {"palettes": palettes}
        self.param.update(pixels=pixels, **changed)
        # Last, and always another object: it is what makes the browser draw.
        self.places = [*places]
        self.param.trigger("places")


def _place(tile: Tile) -> dict[str, Any]:
    rows, columns = tile.pixels.shape[:2]
    return {
        "title": tile.title, "rows": rows, "columns": columns,
        "channels": tile.pixels.shape[2] if tile.pixels.ndim == 3 else 0,
        "low": tile.low, "high": tile.high, "unit": tile.unit, "x": list(tile.x), "y": list(tile.y),
    }  # fmt: skip
