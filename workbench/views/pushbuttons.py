"""A row of push buttons as one component of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

__all__ = ["BUTTON", "PushButtons"]

_PRIMARY = "var(--mui-palette-primary-main, var(--jp-brand-color1, #1976d2))"
_ON_PRIMARY = "var(--mui-palette-primary-contrastText, #ffffff)"
_OFF = "var(--mui-palette-text-disabled, rgba(127, 127, 127, 0.7))"

BUTTON = f"""
button {{
  font: 500 12px/20px Roboto, Helvetica, Arial, sans-serif; letter-spacing: .3px; color: {_PRIMARY};
  background: none; border: 1px solid transparent; border-radius: 4px; padding: 5px 8px; margin: 0;
  cursor: pointer;
}}
button[hidden] {{ display: none; }}
.framed button {{ border-color: color-mix(in srgb, {_PRIMARY} 50%, transparent); }}
button:hover {{ background: color-mix(in srgb, {_PRIMARY} 10%, transparent); }}
button:focus-visible {{ outline: 2px solid currentColor; outline-offset: 2px; }}
button:disabled {{ color: {_OFF}; background: none; cursor: default; }}
button[aria-pressed="true"] {{ background: {_PRIMARY}; color: {_ON_PRIMARY}; border-color: {_PRIMARY}; }}
@media (pointer: coarse) {{ button {{ padding: 9px 10px; }} }}
"""

_STYLE = (
    BUTTON
    + """
.row { display: flex; flex-wrap: wrap; gap: 2px; }
.framed { gap: 6px; }
"""
)


class PushButtons(JSComponent):
    """Buttons that call functions; a widget of Panel for each would cost ten times the models.

    Parameters
    ----------
    name
        What the row is, for screen readers.
    actions
        By label at first: the function that a press calls.
    framed
        Whether the buttons have frames; else they are plain words.
    """

    states = param.Dict(
        {}, doc="Name → label, and where they differ from the usual: disabled, hidden, chosen."
    )
    title = param.String("", doc="Name of the row.")
    framed = param.Boolean(False)
    pressed = param.Dict({}, doc="Button pressed last, with a number that makes every press a change.")

    _debounce: ClassVar = 0
    _stylesheets: ClassVar = [_STYLE]

    _esm = """
    export function render({model}) {
      const row = document.createElement("div"), made = new Map()
      row.className = model.framed ? "row framed" : "row"
      row.setAttribute("role", "group")
      row.setAttribute("aria-label", model.title)
      for (const name of Object.keys(model.states)) {
        const button = document.createElement("button")
        button.type = "button"
        button.addEventListener("click", () => {
          model.pressed = {name: name, count: (model.pressed.count ?? 0) + 1}
        })
        made.set(name, button)
        row.append(button)
      }
      const write = () => {
        for (const [name, button] of made) {
          const state = model.states[name]
          if (button.textContent !== state.label) button.textContent = state.label
          button.disabled = state.disabled ?? false
          button.hidden = state.hidden ?? false
          if (state.chosen != null) button.setAttribute("aria-pressed", state.chosen)
        }
      }
      model.on("states", write)
      write()
      return row
    }
    """

    def __init__(self, title: str, actions: Mapping[str, Callable[[], object]], **options: Any) -> None:
        super().__init__(title=title, states={name: {"label": name} for name in actions}, margin=0, **options)
        self._actions = dict(actions)
        self.param.watch(lambda event: self.press(str(event.new.get("name", ""))), "pressed")

    def state(self, name: str) -> dict[str, Any]:
        """Return label, disabled, hidden, chosen of a button."""
        return {"disabled": False, "hidden": False, "chosen": None, **self.states[name]}

    def change(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Give buttons another label, or make them disabled, hidden, chosen; all in one message."""
        states = {name: {**state, **changes.get(name, {})} for name, state in self.states.items()}
        if states != self.states:
            self.states = states

    def press(self, name: str) -> None:
        """Do what the button is for, unless it is disabled or hidden: a browser may be late to know."""
        if name in self.states:
            state = self.state(name)
            if not (state["disabled"] or state["hidden"]):
                self._actions[name]()
