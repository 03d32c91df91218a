"""The microscope: one network on one page, every line of every layer named."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn

from workbench.plots import cause_colour
from workbench.session import Control, Hub
from workbench.session.microscope import (
    UNITS,
    URL_NAMES,
    Bench,
    Comparison,
    MicroscopeState,
    Pair,
    Panels,
    Scene,
    Scope,
    changes,
    code_of,
    data_rows,
    largest_change,
    may_open_models,
    network_rows,
    one_axis,
    scene_names,
)
from workbench.views.card import PanelCard
from workbench.views.keyboard import Keyboard
from workbench.views.microscope import cards
from workbench.views.microscope.bar import MicroscopeBar
from workbench.views.microscope.dialogs import Dialogs
from workbench.views.microscope.drive import DriveTools, drive_card
from workbench.views.microscope.excite import Excitation
from workbench.views.microscope.lens import Lens
from workbench.views.microscope.list import NetworkList
from workbench.views.microscope.peaks import Peaks
from workbench.views.microscope.styles import ASIDE, BODY, MIDDLE, NETWORK, WORDS
from workbench.views.microscope.timers import Timer
from workbench.views.microscope.whatif import WhatIf
from workbench.views.panels import spectrum_card
from workbench.views.pump import Pump
from workbench.views.stepbar import StepBar
from workbench.views.styles import DESK
from workbench.views.text import Text

__all__ = ["Microscope"]

HINTS = {
    True: "These are recorded analyses. Checkpoint, above, analyses the network anew: with any tone, with "
    "layers replaced, with every line of every layer placed.",
    False: "These are recorded analyses. This account may not start analyses of its own.",
}
LOOK_MS = 200  # between looks for an answer that is awaited
FRAME_MS = 200  # between the frames of "play"


class Microscope(pn.viewable.Viewer):
    """All panels over one state.

    Parameters
    ----------
    state
        What the viewer has chosen.
    open_hub
        Returns the hub and the run of a name; raises ValueError for an unknown one.
    list_runs
        Returns the runs, newest first.
    open_workshop
        ``specimen -> workshop``, see `Bench`.
    can_control
        Whether this viewer may have networks analysed, models opened, runs branched.
    """

    def __init__(
        self,
        state: MicroscopeState,
        open_hub: Callable[[str], tuple[Hub, Any]],
        list_runs: Callable[[], list[Any]],
        open_workshop: Callable[[Any], Any],
        *,
        can_control: bool = True,
    ) -> None:
        super().__init__()
        self.state, self._open_hub, self._list_runs = state, open_hub, list_runs
        self.control = Control(None, can_control)
        self.bench = Bench(open_workshop)
        self.scope = Scope(state, self.bench, can_control)
        self.panels = Panels(self.scope)
        self.comparison = Comparison(self.scope, self._run_records)
        self._document: Any = None
        self._ticker = Timer(self._look, LOOK_MS)
        self._player = Timer(self._next_frame, FRAME_MS)
        self._drawing = False
        self.scene = Scene("nothing", None)
        self.dialogs = Dialogs(self.control)
        self._build(can_control)
        self._lay_out()
        state.param.watch(self._changed, [*URL_NAMES, "step", "live", "playing"])
        state.param.watch(lambda event: self._open(event.new), "run")
        if state.run:
            self._open(state.run)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    # ------------------------------------------------------------------ what is on the page
    def _build(self, can_control: bool) -> None:
        state = self.state
        names = [run.name for run in self._list_runs()]
        actions: dict[str, Callable[[], None]] = {
            "Hold A": self.hold,
            "Python": lambda: self.dialogs.code(self.as_code()),
            "Export": self._export,
        }
        if may_open_models(self.control):
            actions["Open model"] = lambda: self.dialogs.model(self._opened)
        actions["?"] = self.dialogs.keys
        self.bar = MicroscopeBar(
            state, names, can_control, actions, self._choose_run, self._choose_source, self.cancel,
            lambda: self.scope.passes,
        )  # fmt: skip
        self.network = NetworkList(sizing_mode="stretch_width", margin=0)
        self.network.param.watch(self._layer_chosen, "selected")
        self.tools = cards.SpectrumTools(state)
        self.peaks = Peaks(self.scope, self.panels)
        self.lineup = cards.lineup_card(self.choose_layer)
        self.layer = cards.LayerCard()
        self.lens = Lens(state, self._cards())
        self.compared = cards.ComparisonCard()
        self.excitation: Excitation | None = None
        self.what_if: WhatIf | None = None
        self._hint = Text(f'<p class="small two">{escape(HINTS[can_control])}</p>', WORDS, margin=(0, 8))
        self.steps = StepBar(state)
        self._step_bar = self.steps.__panel__()
        self.pump = Pump(self.draw)
        self.keyboard = Keyboard(self._keys())
        self.notice = Text("", WORDS, visible=False)

    def _lay_out(self) -> None:
        wide = {"sizing_mode": "stretch_width", "margin": 0}
        network = pn.Column(Text("<h2>Network</h2>"), self.network, stylesheets=[NETWORK], **wide)
        middle = pn.Column(self.lineup, self.lens, stylesheets=[MIDDLE], **wide)
        self._aside = pn.Column(
            self.layer, self.peaks, self._hint, self.compared,
            css_classes=["aside"], stylesheets=[ASIDE], **wide,
        )  # fmt: skip
        body = pn.Column(network, middle, self._aside, stylesheets=[BODY], **wide)
        self._view = pn.Column(
            self.bar, self.notice, body, self._step_bar, self.dialogs.dialog, self.dialogs.camera,
            self.pump.beat, self.keyboard,
            stylesheets=[DESK], **wide,
        )  # fmt: skip

    def _cards(self) -> dict[str, Callable[[], PanelCard]]:
        return {
            "spectrum": lambda: cards.spectrum_card(self.tools, self.peaks.mark),
            "orders": cards.orders_card,
            "drive": lambda: drive_card(DriveTools(self.state)),
            "added": lambda: cards.added_card(self.choose_layer),
            "compare": lambda: cards.compare_card(self.choose_layer),
            "waterfall": lambda: cards.waterfall_card(self._go_to),
            "data": spectrum_card,
        }

    def _keys(self) -> dict[str, Callable[[], None]]:
        state = self.state
        return {
            "[": lambda: self._move(-1),
            "]": lambda: self._move(1),
            "m": lambda: self.peaks.mark_next("marker"),
            "d": lambda: self.peaks.mark_next("delta"),
            "l": self._switch_scale,
            "u": self._next_units,
            "h": self.hold,
            "z": state.undo,
            "y": state.redo,
            "c": lambda: self.dialogs.code(self.as_code()),
            "?": self.dialogs.keys,
        }

    # ------------------------------------------------------------------ the picture
    def draw(self) -> None:
        """Bring everything on the page to the records, the answers and the viewer's choices."""
        self._drawing = True
        try:
            if self.scope.hub is not None:
                self.state.reach(self.scope.hub.records.last_step())
            self.bench.collect()
            self.scope.scene()  # turns the bench to the network
            self.scope.ask()
            self.scene = self.scope.scene()
            beside = self.comparison.pair(self.scene)
            lens = self.state.lens
            frames = self.panels.compose(self.scene, ["lineup", lens], beside)
            self.lineup.draw(frames)
            self.lens.draw(frames[lens])
            self.layer.draw(self.scene.layer, self.panels.deed(self.scene), self.panels.figures(self.scene))
            self._bring_tools()
            if self.excitation is not None and self.scene.orders is not None:
                self.excitation.offer(self.scene.orders.attrs)
            self.peaks.draw(self.scene, self._draw_network())
            self.tools.offer(self.peaks.orders(), self.scope.spacing is not None)
            self._draw_comparison(beside)
            self.bar.tell(self.scene, self.bench, self._trouble())
            self.steps.refresh()
            stepped = self.state.source != "model" and bool(self.state.run)
            styles = {} if stepped else {"display": "none"}  # its style sheet's display would win otherwise
            if self._step_bar.styles != styles:
                self._step_bar.styles = styles
        finally:
            self._drawing = False
        self._ticker.want(self.bench.busy and self._document is not None)

    def _bring_tools(self) -> None:
        """Build what changes a fresh analysis when there is first one to change."""
        if self.what_if is None and self.state.source != "recorded" and self.control.can_control:
            self.what_if = WhatIf(self.state, self._train)
            self.excitation = Excitation(self.state, self._analyse, scene_names())
            self._aside[:] = [self.layer, self.peaks, self.what_if, self.compared, self.excitation]

    def _draw_network(self) -> dict[str, str]:
        """Show the list of layers; return the colour of every cause in it."""
        scene, colours = self.scene, {}
        if scene.orders is not None:
            rows = network_rows(shown := one_axis(scene.orders))
            causes = [str(cause) for cause in shown["cause"].values]
            levels = sum(cause.startswith("image_") for cause in causes)
            colours = {cause: cause_colour(cause, levels) for cause in causes}
            replaced = [layer for layer, _ in self.state.replacements] if scene.fresh else []
            self.network.send(colours=list(colours.values()), replaced=replaced, **rows)
        elif (
            self.state.source == "recorded"
            and not self.state.passed
            and scene.layer
            and self.scope.hub is not None
        ):
            self.network.send(**data_rows(self.scope.hub.records.tree("layers")))
        else:
            self.network.send(layers=[], shares=[], unsure=[])
        self.network.send(selected=scene.layer)
        if self.what_if is not None:
            kinds = scene.kinds.get(scene.layer) or scene.kinds.get(scene.layer.partition("#")[0]) or []
            borders = any("circular" in found for found in scene.kinds.values())
            own = next((row[1].lower() for row in self.network.layers if row[0] == scene.layer), "")
            others = [str(kind) for kind in kinds if str(kind) != own]
            self.what_if.offer(scene.layer, others, borders)
        return colours

    def _draw_comparison(self, pair: Pair | None) -> None:
        self.compared.draw(pair, changes(pair) if pair is not None else [], self._comparison_words(pair))
        held = "Let A go" if self.state.a else "Hold A"
        self.bar.buttons.change({"Hold A": {"label": held}})

    def _comparison_words(self, pair: Pair | None) -> str:
        if pair is not None:
            return largest_change(pair, changes(pair))
        if self.state.a:
            return f"A ({self.state.a}) is not recorded here."
        if self.state.replacements and self.state.source != "recorded":
            return "The network is being analysed as it was and as it would be."
        return "Replace a layer, or hold what is shown as A and go elsewhere."

    def _trouble(self) -> str:
        if self.scope.hub is not None and self.scope.hub.trouble:
            return f"The run cannot be read just now ({self.scope.hub.trouble}). Trying again."
        return self.scope.trouble

    # ------------------------------------------------------------------ awaited answers
    def _look(self) -> None:
        if self.bench.collect():
            self.pump.request()
        else:
            self.bar.tell(self.scene, self.bench, self._trouble())

    # ------------------------------------------------------------------ what a viewer does
    def _changed(self, *events: Any) -> None:
        if any(event.name == "playing" for event in events):
            self._player.want(self.state.playing)
        if not self._drawing:
            self.pump.request()

    def _layer_chosen(self, event: Any) -> None:
        if not self._drawing and event.new:
            self.choose_layer(event.new)

    def choose_layer(self, name: str) -> None:
        """Put a layer under the lens."""
        self.state.layer = name

    def _move(self, by: int) -> None:
        names = [row[0] for row in self.network.layers]
        if names:
            at = names.index(self.scene.layer) if self.scene.layer in names else 0
            self.choose_layer(names[max(0, min(len(names) - 1, at + by))])

    def _switch_scale(self) -> None:
        self.state.linear = not self.state.linear

    def _next_units(self) -> None:
        names = [name for name in UNITS if name != "metre" or self.scope.spacing is not None]
        self.state.units = names[(names.index(self.panels.units) + 1) % len(names)]

    def hold(self) -> None:
        """Hold what is shown as A, or let A go."""
        self.comparison.hold(self.scene)

    def cancel(self) -> None:
        """Break off the analysis under way; where one has failed, try again."""
        if self.bench.busy:
            self.bench.cancel()
        else:
            self.bench.forgive()
        self.pump.request()

    def _analyse(self) -> None:
        self.bench.forgive()
        if self.state.source == "recorded":
            self._choose_source("checkpoint")
        else:
            self.pump.request()

    def _choose_source(self, source: str) -> None:
        # A checkpoint that changes while the run trains would be analysed anew every time.
        self.state.param.update(source=source, **({"live": False} if source == "checkpoint" else {}))

    def _choose_run(self, name: str) -> None:
        if name and name != self.state.run:
            self.state.turn_to(name)

    def _go_to(self, step: int) -> None:
        self.state.step = min(step, self.state.last)

    def _next_frame(self) -> None:
        if self.scope.recorded is not None and not self.pump.waiting:
            self.state.advance([int(step) for step in self.scope.recorded["step"].values])

    # ------------------------------------------------------------------ runs and models
    def _open(self, name: str) -> None:
        try:
            hub, run = self._open_hub(name)
        except ValueError as error:
            self.say("error", str(error))
            return
        self.scope.open(hub, run)
        self.control.run = run
        if self._document is not None:
            self.pump.connect(hub, self._document)

    def _run_records(self, name: str) -> Any:
        """Return recorded analyses of a run by name, None where there are none."""
        if name == self.state.run and self.scope.hub is not None:
            return self.scope.recorded
        try:
            hub, _ = self._open_hub(name)
        except ValueError:
            return None
        if not hub.watched:
            hub.refresh()
        return hub.records.dataset("orders") if "orders" in hub.records else None

    def _opened(self, token: str) -> None:
        self.state.open_model(token)

    def _train(self) -> None:
        step, network = getattr(self.scene.specimen, "step", None), self.state.network
        whose = "" if network == "generator" else f"{network}."
        replaced = tuple((f"{whose}{layer}", kind) for layer, kind in self.state.replacements)
        self.dialogs.train(step, replaced, self._choose_run)

    def _export(self) -> None:
        name = self.state.run or "model"
        figures = [*cards.figures_of(self.lineup.instruments), *self.lens.figures()]
        self.dialogs.export(name, self.scene.orders, self.panels.lines(self.scene), figures)

    def as_code(self) -> str:
        """Return notebook code that repeats the analysis shown, with its lines."""
        return code_of(self.scope, self.scene)

    def insert(self, line: Any) -> None:
        """Put a line above everything."""
        self._view.insert(0, line)

    def say(self, severity: str, sentence: str) -> None:
        """Show a sentence above the panels; an empty one takes it away."""
        kind = {"error": "trouble"}.get(severity, "warning")
        self.notice.text = f'<p class="{kind}" role="alert">{escape(sentence)}</p>' if sentence else ""
        self.notice.visible = bool(sentence)

    # ------------------------------------------------------------------ its life
    def attach(self) -> None:
        """Follow the run for the session that is being served; called when its page has loaded."""
        self._document = pn.state.curdoc
        pn.state.on_session_destroyed(lambda _context: self.close())
        if self.scope.hub is not None:
            self.pump.connect(self.scope.hub, self._document)
        else:
            self.pump.attend(self._document)

    def close(self) -> None:
        """Stop following, end the process that analyses."""
        self.state.playing = False
        self.pump.disconnect()
        self.bench.close()
