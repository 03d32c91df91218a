"""What a page takes from its address, how the address follows what is chosen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import panel as pn
import param
from panel.custom import JSComponent
from panel.util import parse_query

from workbench.views.pump import Pump

__all__ = ["Address", "take_address"]


class Address(JSComponent):
    """Nothing to see: keeps the browser's address at the settings.

    Panel's own ``location.sync`` sends every change back and makes each one a step of the browser's
    history; here the browser is told once, with the picture, and writes when the settings have come to rest.

    Parameters
    ----------
    settings
        Whose parameters are in the address; those at their defaults are left out.
    names
        Parameter → its name in the address.
    search
        The address after the path, as the page was opened: what is not ours stays in it.

    Attributes
    ----------
    trouble : str
        What the settings could not take of the page's address, in a sentence; "" if nothing.
    """

    query = param.String("", doc="The address after its question mark.")

    _esm = """
    const REST = 250  // ms
    export function render({model}) {
      let timer = null
      const write = () => {
        const search = model.query ? "?" + model.query : ""
        if (search !== window.location.search)
          history.replaceState(history.state, "", window.location.pathname + search + window.location.hash)
      }
      model.on("query", () => {
        clearTimeout(timer)
        timer = setTimeout(write, REST)
      })
      model.on("remove", () => clearTimeout(timer))
      write()
    }
    """

    def __init__(self, settings: param.Parameterized, names: Mapping[str, str], search: str = "") -> None:
        super().__init__(width=0, height=0, margin=0)
        self.trouble = ""
        self._settings, self._names = settings, dict(names)
        written = parse_qsl(search.removeprefix("?"), keep_blank_values=True)
        self._others = {name: value for name, value in written if name not in self._names.values()}
        self.follow()

    @classmethod
    def of_page(cls, settings: param.Parameterized, names: Mapping[str, str]) -> Address:
        """Set what the address of the page being served says; the result keeps it at the settings."""
        location = pn.state.location
        search = "" if location is None else str(location.search or "")
        refused = take_address(settings, names, search)
        address = cls(settings, names, search)
        trouble = [f"Ignored from the address: {', '.join(refused)}."] if refused else []
        if address._others:
            known = f"there are: {', '.join(sorted(names.values()))}"
            trouble += [f"Unknown in the address: {', '.join(address._others)}; {known}."]
        address.trouble = " ".join(trouble)
        return address

    def accompany(self, pump: Pump) -> None:
        """Go with every picture of `pump`, from what is chosen by now."""
        self.follow()
        pump.also(self.follow)

    def follow(self) -> None:
        """Bring the address to the settings."""
        found = self._others | {
            shown: _written(getattr(self._settings, name))
            for name, shown in self._names.items()
            if getattr(self._settings, name) != self._settings.param[name].default
        }
        query = urlencode(found)
        if query != self.query:
            self.query = query


def take_address(settings: param.Parameterized, names: Mapping[str, str], search: str) -> list[str]:
    """Set what the address says; return what the settings cannot take, in words.

    One bad value must not lose all the others, and a layer called 0 is no number.

    Parameters
    ----------
    settings
        Takes the values, each by itself.
    names
        Parameter → its name in the address.
    search
        The address after the path: ``"?tone=20&bias=.5"``.

    Returns
    -------
    list of str
        ``name=value`` of what was refused, with what is needed.

    >>> class Settings(param.Parameterized):
    ...     phases = param.Integer(4, bounds=(1, None))
    ...     layer = param.String("")
    >>> settings = Settings()
    >>> take_address(settings, {"phases": "j", "layer": "layer"}, "?j=-1&layer=1.10&theme=dark")
    ['j=-1 (needed: a whole number from 1)']
    >>> settings.phases, settings.layer
    (4, '1.10')
    """
    search = search or ""
    written = dict(parse_qsl(search.removeprefix("?"), keep_blank_values=True))
    parsed = parse_query(search)
    refused = []
    with param.parameterized.batch_call_watchers(settings):  # one change for whoever follows, one undo
        for name, shown in names.items():
            if shown not in written:
                continue
            text = isinstance(settings.param[name], param.String)
            try:
                settings.param.update(**{name: written[shown] if text else parsed.get(shown, written[shown])})
            except (ValueError, TypeError):
                needs = _needs(settings.param[name])
                refused.append(f"{shown}={written[shown]}" + (f" (needed: {needs})" if needs else ""))
    return refused


def _needs(parameter: Any) -> str:
    """Say what a parameter takes, in words; "" where it does not tell."""
    if hasattr(parameter, "needs"):
        return str(parameter.needs)
    if isinstance(parameter, param.Boolean):
        return "true or false"
    if isinstance(parameter, param.Selector):
        return " or ".join(str(value) for value in parameter.objects)
    if not isinstance(parameter, param.Number):
        return ""
    low, high = parameter.bounds or (None, None)
    words = "a whole number" if isinstance(parameter, param.Integer) else "a number"
    words += "" if low is None else f" from {low:g}"
    return (words + ("" if high is None else f" to {high:g}")).replace("-", "−")


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
