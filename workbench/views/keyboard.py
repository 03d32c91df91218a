"""Keys of a page: pressed anywhere but in a text field, told to the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

import param
from panel.custom import JSComponent

__all__ = ["Keyboard", "key_table"]


class Keyboard(JSComponent):
    """Nothing to see: calls what a key stands for.

    Parameters
    ----------
    actions
        By key as the browser names it ("z", "?", "ArrowUp"): the function to call. Keys with Ctrl, Alt or
        Meta stay the browser's, and so does every key in a field where one writes or a list that one opened.
    """

    pressed = param.Dict({}, doc="Last key of interest, with a number that makes every press a change.")
    wanted = param.List([], doc="Keys of interest.")

    _esm = """
    export function render({model, el}) {
      let count = 0
      const typing = node => node != null && (node.isContentEditable || node.tagName === "TEXTAREA" ||
        (node.tagName === "INPUT" && !["range", "checkbox", "radio", "button"].includes(node.type)) ||
        ["listbox", "combobox", "option", "slider"].includes(node.getAttribute?.("role")))
      const press = event => {
        if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return
        const target = event.composedPath()[0]
        if (typing(target) || !model.wanted.includes(event.key)) return
        if (target.type === "range" && event.key.startsWith("Arrow")) return
        event.preventDefault()
        count += 1
        model.pressed = {key: event.key, count: count}
      }
      document.addEventListener("keydown", press)
      model.on("remove", () => document.removeEventListener("keydown", press))
    }
    """

    def __init__(self, actions: Mapping[str, Callable[[], object]]) -> None:
        super().__init__(width=0, height=0, margin=0, wanted=list(actions))
        self._actions = dict(actions)
        self.param.watch(self._press, "pressed")

    def _press(self, _event: object) -> None:
        action = self._actions.get(str(self.pressed.get("key", "")))
        if action is not None:
            action()


def key_table(rows: Mapping[str, str]) -> str:
    """Return what the keys do as an HTML table.

    >>> key_table({"z": "undo"})
    '<table class="keys-help"><tr><th><kbd>z</kbd></th><td>undo</td></tr></table>'
    """
    body = "".join(
        f"<tr><th><kbd>{escape(key)}</kbd></th><td>{escape(meaning)}</td></tr>"
        for key, meaning in rows.items()
    )
    return f'<table class="keys-help">{body}</table>'
