"""The microscope's top line: which network, by whose analysis, what can be asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from workbench.session import duration
from workbench.session.microscope import Bench, MicroscopeState, Scene, scene_title
from workbench.views.icons import ICONS
from workbench.views.pushbuttons import PushButtons
from workbench.views.styles import KEYS, RUN_BAR
from workbench.views.text import Text

__all__ = ["MicroscopeBar", "progress_words", "scene_words"]

LINK = ".status a { color: inherit; }"
SOURCES = {"Recorded": "recorded", "Checkpoint": "checkpoint"}
MODEL = "Model"
_SMALL = {"size": "small", "variant": "text", "margin": 0, "sx": {"minWidth": 0, "px": "6px"}}


def progress_words(bench: Bench) -> str:
    """Say what is being worked out, for how long, how much longer."""
    left = bench.remaining
    more = f", about {duration(max(left, 1))} left" if math.isfinite(left) else ""
    return f"{bench.doing or 'analysing'} … {bench.elapsed:.1f} s{more}"


def scene_words(scene: Scene) -> str:
    """Say where the picture comes from.

    >>> scene_words(Scene("k", None, reason="Waiting."))
    'Waiting.'
    """
    if scene.orders is None:
        return scene.reason
    attrs = scene.orders.attrs
    what = "recorded" if not scene.fresh else getattr(scene.specimen, "title", "analysed")
    step = "" if scene.step is None or scene.fresh else f" at step {scene.step}"
    if "tone" in attrs:
        tone = str(attrs["tone"]).replace("[", "(").replace("]", ")")
        given = f"tone {tone} cycles/frame{' on the image judged' if attrs.get('on_image') else ''}"
    else:
        given = scene_title(attrs)
    return f"{what}{step} · {given} · {attrs.get('phases')} phases"


def network_options(state: MicroscopeState, scene: Scene, passes: list[str]) -> dict[str, str]:
    """Return the networks, or recorded passes, that can be chosen: name by words.

    >>> network_options(MicroscopeState(), Scene("k", None), ["discriminator_real"])
    {'generator': '', 'discriminator: real': 'discriminator_real'}
    """
    if state.source == "model":
        return {}
    if state.source == "recorded":
        names = dict.fromkeys(["", *passes, *([state.passed] if state.passed else [])])
        return {name.replace("_", ": ", 1) or "generator": name for name in names}
    return {name: name for name in dict.fromkeys(["generator", *scene.networks, state.network])}


class MicroscopeBar(pn.viewable.Viewer):
    """Run, source, what is going on, buttons.

    Parameters
    ----------
    state
        The viewer's choices.
    names
        Names of the runs, newest first.
    may_ask
        Whether this viewer may have networks analysed.
    actions
        By label of the button: what it does.
    on_run, on_source, on_cancel
        Called with the run or the source chosen; to break off or try again.
    passes
        Returns the names of the passes that the run recorded.
    """

    def __init__(
        self,
        state: MicroscopeState,
        names: list[str],
        may_ask: bool,
        actions: Mapping[str, Callable[[], None]],
        on_run: Callable[[str], None],
        on_source: Callable[[str], None],
        on_cancel: Callable[[], None],
        passes: Callable[[], list[str]] = list,
    ) -> None:
        super().__init__()
        self.state, self._passes = state, passes
        self._networks = {"generator": ""}
        self.select = pmui.Select(
            label="Run", options=names, value=state.run if state.run in names else None, size="small",
            width=200, margin=(4, 0), css_classes=["run-select"],
        )  # fmt: skip
        self.select.param.watch(lambda event: on_run(event.new), "value")
        self.source = pmui.RadioButtonGroup(
            label="", options=self._sources(), value=self._source(), size="small", margin=(4, 0),
            align="center", visible=may_ask,
        )  # fmt: skip
        self.source.param.watch(lambda event: self._chosen(event.new, on_source), "value")
        self.network = pmui.Select(
            label="Network", options=["generator"], value="generator", size="small", width=170,
            margin=(4, 0), visible=False,
        )  # fmt: skip
        self.network.param.watch(lambda event: self._network_chosen(event.new), "value")
        self.words = Text(
            '<div class="status">&nbsp;</div>',
            KEYS + LINK,
            styles={"flex": "1 1 240px", "align-self": "center"},
        )
        self.cancel = pmui.Button(label="Cancel", icon=ICONS["stop"], visible=False, align="center", **_SMALL)
        self.cancel.on_click(lambda _event: on_cancel())
        self.buttons = PushButtons("Tools", actions, styles={"align-self": "center"})
        self._bar = pn.Row(
            self.select, self.source, self.network, self.words, self.cancel,
            self.buttons,
            sizing_mode="stretch_width", margin=0, stylesheets=[RUN_BAR], css_classes=["run-bar"],
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._bar

    def tell(self, scene: Scene, bench: Bench, trouble: str) -> None:
        """Say where the picture comes from, or what is going on."""
        dot, text, cancel = "#2E9E5B", scene_words(scene), ""
        if bench.busy:
            dot, text, cancel = "#C79A10", progress_words(bench), "Cancel"
        elif trouble:
            dot, text, cancel = "#D6604D", trouble, "Try again"
        elif scene.orders is None:
            dot = "#8C8C8C"
        self.words.text = (
            f'<div class="status" role="status"><span><i class="dot" style="background:{dot}"></i>'
            f"{escape(text)}</span>{self._way_to_the_desk()}</div>"
        )
        _set(self.cancel, visible=bool(cancel), **({"label": cancel} if cancel else {}))
        _set(self.source, options=self._sources(), value=self._source())
        if self.state.run and self.state.run not in self.select.options:
            self.select.options = [self.state.run, *self.select.options]
        _set(self.select, value=self.state.run or None)
        self._offer_networks(scene)

    def _offer_networks(self, scene: Scene) -> None:
        found = network_options(self.state, scene, self._passes())
        wanted = self.state.passed if self.state.source == "recorded" else self.state.network
        words = next((words for words, name in found.items() if name == wanted), None)
        self._networks = found
        if words is not None:
            _set(self.network, options=list(found), value=words)
        _set(self.network, visible=len(found) > 1)

    def _network_chosen(self, words: str) -> None:
        name = self._networks.get(words)
        shown = self.state.passed if self.state.source == "recorded" else self.state.network
        if name is not None and name != shown:
            self.state.turn_to_network(name)

    def _way_to_the_desk(self) -> str:
        if not self.state.run or self.state.source == "model":
            return ""
        return f'<a href="desk?{escape(urlencode({"run": self.state.run}))}">training desk</a>'

    def _sources(self) -> list[str]:
        return [*SOURCES, *([MODEL] if self.state.model else [])]

    def _source(self) -> str:
        names = {value: label for label, value in SOURCES.items()} | {"model": MODEL}
        return names[self.state.source]

    def _chosen(self, label: str, on_source: Callable[[str], None]) -> None:
        source = {**SOURCES, MODEL: "model"}[label]
        if source != self.state.source:
            on_source(source)


def _set(widget: Any, **values: Any) -> None:
    news = {name: value for name, value in values.items() if getattr(widget, name) != value}
    if news:
        widget.param.update(**news)
