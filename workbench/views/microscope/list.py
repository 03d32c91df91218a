"""The network as a list: one component, however many layers there are."""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

__all__ = ["NetworkList"]

_STYLE = """
:host { display: block; min-width: 0; }
.network { display: flex; flex-direction: column; gap: 6px; min-width: 0; font-size: 12px;
  font-family: var(--mui-font-family, inherit); color: var(--mui-palette-text-primary, inherit); }
input { box-sizing: border-box; width: 100%; padding: 6px 8px; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--mui-palette-divider, #8888); border-radius: 6px; }
.list { overflow-y: auto; overscroll-behavior: contain; max-height: var(--list-height, 60vh); outline: none;
  border-radius: 6px; }
.list:focus-visible, input:focus-visible { outline: 2px solid var(--mui-palette-primary-main, #4393C3);
  outline-offset: 1px; }
.layer { padding: 3px 8px 4px 8px; border-left: 3px solid transparent; cursor: pointer;
  content-visibility: auto; contain-intrinsic-size: auto 39px; }
.layer:hover { background: var(--mui-palette-action-hover, #8882); }
.layer[aria-selected=true] { background: var(--mui-palette-action-selected, #8883);
  border-left-color: var(--mui-palette-primary-main, #4393C3); }
.layer.replaced b::after { content: " ⇄"; color: #E08214; }
.first, .second { display: flex; gap: 6px; align-items: center; min-width: 0; }
b { font-weight: 600; flex: 1 1 auto; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  direction: rtl; text-align: left; }
b bdi { unicode-bidi: plaintext; }
.first span, .second span { color: var(--mui-palette-text-secondary, #777); white-space: nowrap; }
.first span { flex: 0 1 auto; overflow: hidden; text-overflow: ellipsis; max-width: 46%; }
.second span { font-size: 11px; font-variant-numeric: tabular-nums; flex: 0 0 auto; }
.bar { flex: 1 1 40px; height: 6px; display: flex; border-radius: 2px; overflow: hidden; min-width: 30px; }
.bar i { display: block; height: 100%; }
.unsure .bar { background-image: none; opacity: 0.55; }
.none { padding: 8px; color: var(--mui-palette-text-secondary, #777); }
"""


class NetworkList(JSComponent):
    """Name, type, size, rate of every layer with a bar of its causes; ↑ and ↓ select.

    Names and bars travel apart: a new step sends the bars alone.
    """

    layers = param.List([], doc="Name, type, size, rate of every layer, from input to output.")
    shares = param.List([], doc="Share of every cause, in percent, by layer.")
    colours = param.List([], doc="Colour of every cause.")
    unsure = param.List([], doc="Layers in which something cannot be told apart, with the reason or ''.")
    replaced = param.List([], doc="Names of the layers that are replaced.")
    selected = param.String("", doc="Name of the chosen layer.")

    _stylesheets: ClassVar[list[str]] = [_STYLE]

    _esm = """
    export function render({model}) {
      const root = document.createElement("div")
      root.className = "network"
      const search = document.createElement("input")
      search.type = "search"
      search.setAttribute("aria-label", "Search layers")
      const list = document.createElement("div")
      list.className = "list"
      list.tabIndex = 0
      list.setAttribute("role", "listbox")
      list.setAttribute("aria-label", "Layers, from input to output")
      root.append(search, list)
      let items = []

      const make = (tag, name, text) => {
        const element = document.createElement(tag)
        if (name) element.className = name
        if (text != null) element.textContent = text
        return element
      }
      const visible = () => items.filter((item) => !item.hidden)
      const build = () => {
        items = model.layers.map(([name, kind, size, rate], i) => {
          const item = make("div", "layer")
          item.id = "layer-" + i
          item.dataset.name = name
          item.setAttribute("role", "option")
          const bold = make("b"), inner = make("bdi", "", name)
          bold.append(inner)
          const first = make("div", "first"), second = make("div", "second")
          first.append(bold, make("span", "", kind))
          const bar = make("div", "bar")
          second.append(make("span", "", size), make("span", "", rate), bar)
          item.append(first, second)
          item.addEventListener("click", () => choose(item))
          return item
        })
        search.placeholder = "Search " + items.length + " layers"
        search.style.display = items.length > 12 ? "" : "none"
        const nothing = make("div", "none", "No layers yet.")
        nothing.setAttribute("role", "option")  // a list box without any is none
        nothing.setAttribute("aria-disabled", "true")
        list.replaceChildren(...(items.length ? items : [nothing]))
        paint(); mark(); filter()
      }
      const paint = () => {
        items.forEach((item, i) => {
          const bar = item.querySelector(".bar"), shares = model.shares[i] ?? []
          while (bar.children.length > shares.length) bar.lastChild.remove()
          while (bar.children.length < shares.length) bar.append(make("i"))
          shares.forEach((share, k) => {
            bar.children[k].style.width = share + "%"
            bar.children[k].style.background = model.colours[k]
          })
          const why = model.unsure[i] ?? ""
          item.classList.toggle("unsure", why != "")
          item.classList.toggle("replaced", model.replaced.includes(item.dataset.name))
          item.title = item.dataset.name + (why ? ": " + why : "")
        })
      }
      const mark = () => {
        for (const item of items) {
          const chosen = item.dataset.name == model.selected
          item.setAttribute("aria-selected", chosen)
          if (!chosen) continue
          list.setAttribute("aria-activedescendant", item.id)
          const top = item.offsetTop - list.offsetTop
          if (top < list.scrollTop) list.scrollTop = top
          else if (top + item.offsetHeight > list.scrollTop + list.clientHeight)
            list.scrollTop = top + item.offsetHeight - list.clientHeight
        }
      }
      const choose = (item) => {
        if (item && item.dataset.name != model.selected) model.selected = item.dataset.name
        mark()
      }
      const filter = () => {
        const wanted = search.value.trim().toLowerCase()
        for (const item of items)
          item.hidden = wanted != "" && !item.textContent.toLowerCase().includes(wanted)
      }
      const move = (event) => {
        const shown = visible()
        if (!shown.length || event.ctrlKey || event.metaKey || event.altKey) return
        const at = shown.findIndex((item) => item.dataset.name == model.selected)
        const to = {ArrowDown: at + 1, ArrowUp: at < 0 ? 0 : at - 1, PageDown: at + 10, PageUp: at - 10,
                    Home: 0, End: shown.length - 1}[event.key]
        if (to == null) return
        event.preventDefault()
        choose(shown[Math.max(0, Math.min(shown.length - 1, to))])
      }
      list.addEventListener("keydown", move)
      search.addEventListener("keydown", (event) => {
        if (["ArrowDown", "ArrowUp"].includes(event.key)) move(event)
        if (event.key == "Enter" && !visible().some((item) => item.dataset.name == model.selected))
          choose(visible()[0])
        if (event.key == "Escape") { search.value = ""; filter() }
      })
      search.addEventListener("input", filter)
      model.on("layers", build)
      model.on(["shares", "colours", "unsure", "replaced"], paint)
      model.on("selected", mark)
      build()
      return root
    }
    """

    def send(self, **values: Any) -> None:
        """Send what differs from what is shown."""
        news = {name: value for name, value in values.items() if getattr(self, name) != value}
        if news:
            self.param.update(**news)
