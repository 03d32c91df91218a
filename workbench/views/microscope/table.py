"""The lines of a layer as a table, in one component."""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

__all__ = ["Chips", "PeakTable"]

_STYLE = """
:host { display: block; min-width: 0; }
.table { overflow: auto; max-height: var(--table-height, 300px); min-height: var(--table-height, 300px);
  font-family: var(--mui-font-family, inherit); font-size: 12px; line-height: 16px;
  color: var(--mui-palette-text-primary, inherit); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { position: sticky; top: 0; text-align: left; font-weight: 500; padding: 2px 6px; white-space: nowrap;
  color: var(--mui-palette-text-secondary, #777); background: var(--mui-palette-background-paper, #fff); }
td { padding: 3px 6px; border-top: 1px solid var(--mui-palette-divider, #8884); vertical-align: top; }
td.number { text-align: right; white-space: nowrap; }
tbody tr { cursor: pointer; outline: none; }
tbody tr:hover { background: var(--mui-palette-action-hover, #8882); }
tbody tr:focus-visible { box-shadow: inset 0 0 0 2px var(--mui-palette-primary-main, #4393C3); }
tr[aria-selected=true] { background: var(--mui-palette-action-selected, #8883); }
i { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 5px; }
.mark { font-weight: 700; width: 14px; }
.none { padding: 12px 6px; color: var(--mui-palette-text-secondary, #777); }
"""


class PeakTable(JSComponent):
    """Marker, frequency, level, order and cause of every line; click or Enter puts the marker there."""

    rows = param.List([], doc="place, frequency, level, order, cause, label of every line.")
    unit = param.String("cycles/sample", doc="Of the frequencies.")
    level = param.String("dBc", doc="Unit of the levels.")
    colours = param.Dict({}, doc="Colour of every cause.")
    marker = param.Integer(-1, doc="Row of the marker.")
    delta = param.Integer(-1, doc="Row of the delta marker.")
    empty = param.String("No lines above the threshold.", doc="What stands there instead of rows.")
    picked = param.Dict({}, doc="The row chosen last, whether for the delta marker, a running number.")

    _stylesheets: ClassVar[list[str]] = [_STYLE]

    _esm = """
    export function render({model}) {
      const root = document.createElement("div")
      root.className = "table"
      let count = 0
      const make = (tag, name, text) => {
        const element = document.createElement(tag)
        if (name) element.className = name
        if (text != null) element.textContent = text
        return element
      }
      const draw = () => {
        if (!model.rows.length) { root.replaceChildren(make("div", "none", model.empty)); return }
        const table = make("table"), head = make("thead"), body = make("tbody"), titles = make("tr")
        table.setAttribute("aria-label", "Peaks, strongest first")
        for (const title of ["", "y, x, " + model.unit, model.level, "line"]) {
          const cell = make("th", "", title)
          if (title == "") cell.setAttribute("aria-label", "marker")
          titles.append(cell)
        }
        head.append(titles)
        model.rows.forEach((row, i) => {
          const line = make("tr")
          line.tabIndex = 0
          const what = make("td"), swatch = make("i")
          swatch.style.background = model.colours[row.cause] ?? "#888"
          what.append(swatch, row.label)
          line.append(make("td", "mark"), make("td", "number", row.frequency),
                      make("td", "number", row.level), what)
          const pick = (event) => { count += 1; model.picked = {row: i, delta: event.shiftKey, count} }
          line.addEventListener("mousedown", (event) => { if (event.shiftKey) event.preventDefault() })
          line.addEventListener("click", pick)
          line.addEventListener("keydown", (event) => {
            if (event.key == "Enter" || event.key == " ") { event.preventDefault(); pick(event) }
            const other = {ArrowDown: line.nextSibling, ArrowUp: line.previousSibling}[event.key]
            if (other) { event.preventDefault(); other.focus() }
          })
          body.append(line)
        })
        table.append(head, body)
        root.replaceChildren(table)
        mark()
      }
      const mark = () => {
        root.querySelectorAll("tbody tr").forEach((line, i) => {
          line.setAttribute("aria-selected", i == model.marker)
          line.firstChild.textContent = i == model.marker ? "M" : i == model.delta ? "Δ" : ""
        })
      }
      model.on(["rows", "unit", "level", "colours", "empty"], draw)
      model.on(["marker", "delta"], mark)
      draw()
      return root
    }
    """

    def send(self, **values: Any) -> None:
        """Send what differs from what is shown."""
        news = {name: value for name, value in values.items() if getattr(self, name) != value}
        if news:
            self.param.update(**news)


class Chips(JSComponent):
    """What is replaced, one chip each, with a button that puts the original back."""

    items = param.List([], doc="Layer and kind of every replacement.")
    removed = param.Dict({}, doc="Which chip was removed last, a running number.")

    _stylesheets: ClassVar[list[str]] = [
        """
        .chips { display: flex; flex-wrap: wrap; gap: 6px; min-height: 28px; font-size: 12px;
          line-height: 20px; font-family: var(--mui-font-family, inherit);
          color: var(--mui-palette-text-primary, inherit); }
        .chip { border: 1px solid var(--mui-palette-divider, #8886); border-radius: 14px; padding: 2px 4px 2px
          10px; display: inline-flex; gap: 4px; align-items: center; max-width: 100%; }
        .chip span { overflow: hidden; text-overflow: ellipsis; }
        .none { color: var(--mui-palette-text-secondary, #777); }
        button { border: 0; background: none; color: inherit; cursor: pointer; font: 16px/20px inherit;
          border-radius: 50%; width: 22px; height: 22px; padding: 0; }
        button:hover, button:focus-visible { background: var(--mui-palette-action-selected, #8883); }
        """
    ]

    _esm = """
    export function render({model}) {
      const root = document.createElement("div")
      root.className = "chips"
      let count = 0
      const draw = () => {
        root.replaceChildren(...model.items.map(([layer, kind], index) => {
          const chip = document.createElement("span"), text = document.createElement("span")
          chip.className = "chip"
          text.textContent = (layer == "*" ? "everywhere" : layer) + " → " + kind
          const button = document.createElement("button")
          button.textContent = "×"
          button.setAttribute("aria-label", "Put the original back: " + text.textContent)
          button.addEventListener("click", () => { count += 1; model.removed = {index, count} })
          chip.append(text, button)
          return chip
        }))
        if (!model.items.length) {
          const none = document.createElement("span")
          none.className = "none"
          none.textContent = "Nothing is replaced."
          root.append(none)
        }
      }
      model.on("items", draw)
      draw()
      return root
    }
    """
