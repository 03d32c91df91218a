"""The training desk: one run on one page, watched or steered."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.session import (
    BRANCH,
    Choice,
    Control,
    DeskState,
    Hub,
    changed_values,
    compose,
    frame_steps,
    layer_names,
    sample_count,
    shown_layer,
)
from workbench.views import panels
from workbench.views.address import Address
from workbench.views.aside import aside
from workbench.views.card import PanelCard
from workbench.views.connection import reload_when_back
from workbench.views.dialog import make_dialog
from workbench.views.icons import ICONS
from workbench.views.newrun import Drawer
from workbench.views.page import framed_page
from workbench.views.pump import Pump
from workbench.views.runbar import RunBar
from workbench.views.slot import Room, Slot
from workbench.views.stepbar import StepBar
from workbench.views.styles import DESK, GRID
from workbench.views.text import Text

__all__ = ["TrainingDesk"]

FRAME_MS = 150  # between the frames of "play"
FIRST_PICTURE = 0.3  # s that opening a page may wait for a run nobody watched before
AT_ONCE = ("lineup", "orders")  # in view on every screen when the page opens


class TrainingDesk(pn.viewable.Viewer):
    """All panels of one run over one state.

    Parameters
    ----------
    state
        What the viewer has chosen; shared with whoever else holds it.
    open_hub
        Returns the hub and the run of a name; raises ValueError for an unknown one.
    list_runs
        Returns the runs, newest first.
    can_control
        Whether this viewer may start, stop and change runs.
    lazy
        Build only the first cards now and the others when the browser reports that they come into view.
    """

    def __init__(
        self,
        state: DeskState,
        open_hub: Callable[[str], tuple[Hub, Any]],
        list_runs: Callable[[], list[Any]],
        *,
        can_control: bool = True,
        lazy: bool = False,
    ) -> None:
        super().__init__()
        self.state = state
        self.hub: Hub | None = None
        self.run: Any = None
        self._open_hub, self._list_runs = open_hub, list_runs
        self._document: Any = None
        self._player: Any = None
        self.control = Control(None, can_control)
        names = [run.name for run in list_runs()]
        self.runs = RunBar(self.control, names, state.run, self._choose, self._open_branch, self._open_share)
        self.steps = StepBar(state)
        self.samples = panels.SampleTools(state)
        self.layer = pmui.Select(
            label="Layer", options=[], size="small", width=220, margin=(2, 0), align="end"
        )
        self.layer.param.watch(self._layer_chosen, "value")
        self.slots = {
            "lineup": Slot("lineup", lambda: panels.lineup_card(state), Room((613, 591, 559, 577))),
            "orders": Slot("orders", lambda: panels.orders_card(self.layer), Room((981, 588, 552, 555))),
            "band": Slot("band", panels.band_card, Room((894, 552, 495, 456), (2, 0.5, 0.25, 0.1))),
            "coherence": Slot(
                "coherence", panels.coherence_card, Room((933, 579, 522, 483), (2, 0.5, 0.25, 0.1))
            ),
            "sheet": Slot(
                "sheet",
                lambda: panels.sheet_card(self.samples),
                Room((1347, 1189, 608, 561), (2.5, 1.33, 0.33, 0.08)),
                wide=True,
            ),
            "history": Slot("history", lambda: panels.history_card(self._go_to), Room((811, 482, 464, 467))),
            "spectrum": Slot(
                "spectrum", panels.spectrum_card, Room((863, 521, 464, 425), (2, 0.5, 0.25, 0.1))
            ),
        }
        for name in AT_ONCE if lazy else self.slots:
            self.slots[name].build()
            self.slots[name].put()
        self.pump = Pump(self.draw)
        self.drawer = Drawer(self.control, list_runs, self._choose)
        self._lost = Text("", visible=False)
        self._dialog = make_dialog("sm")
        self._grid = pn.Column(
            *self.slots.values(), sizing_mode="stretch_width", margin=0, stylesheets=[GRID]
        )
        self._view = pn.Column(
            self.runs, self.runs.alert, self._grid, self.steps, self._dialog, self.pump.beat,
            sizing_mode="stretch_width", margin=0, stylesheets=[DESK],
        )  # fmt: skip
        state.param.watch(self._changed, ["step", "live", "layer", "sample", "floor", "playing"])
        state.param.watch(lambda event: self._open(event.new), "run")
        if state.run:
            self._open(state.run)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    # ------------------------------------------------------------------ the run
    def _open(self, name: str) -> None:
        try:
            self.hub, self.run = self._open_hub(name)
        except ValueError as error:
            self.runs.notify("error", str(error))
            return
        self.control.run = self.run
        self.drawer.renew()
        if name not in self.runs.select.options:
            self.runs.select.options = [name, *self.runs.select.options]
        self.runs.select.value = name
        if self._document is not None:
            self.pump.connect(self.hub, self._document)

    def _choose(self, name: str) -> None:
        if name and name != self.state.run:
            self.state.choose_run(name)

    # ------------------------------------------------------------------ the picture
    @property
    def cards(self) -> dict[str, PanelCard]:
        """The cards built so far, by name."""
        return {name: slot.card for name, slot in self.slots.items() if slot.card is not None}

    def draw(self) -> None:
        """Bring everything on the page to the hub's records and the viewer's choices."""
        if self.hub is None:
            return
        self._drawing = True
        try:
            records = self.hub.records
            self.state.reach(records.last_step())
            self._offer_layers(self.hub)
            choice = Choice(self.state.step, self.state.layer, self.state.sample - 1, self.state.floor)
            shown = [
                slot for name, slot in self.slots.items() if self.pump.wants(name, slot.card is not None)
            ]
            cards = [slot.build() for slot in shown]
            frames = compose(self.hub, choice, [name for card in cards for name in card.instruments])
            for slot, card in zip(shown, cards, strict=True):
                card.draw(frames)
                slot.put()  # a new card takes its first picture along
            if (history := self.cards.get("history")) is not None:
                for name in ("losses", "coherence_history"):
                    history.instruments[name].instrument.move_cursor(self.state.step)
            self.samples.show(sample_count(self.hub))
            self.steps.refresh()
            self.drawer.follow()
            self.runs.refresh(self.hub.status, records.last_step(), self.hub.trouble)
        finally:
            self._drawing = False

    _drawing = False

    def _changed(self, *events: Any) -> None:
        if any(event.name == "playing" for event in events):
            self._play()
        if not self._drawing:
            self.pump.request()

    def _offer_layers(self, hub: Hub) -> None:
        names = layer_names(hub)
        if names != self.layer.options:
            self.layer.options = names
        shown = self.state.layer if self.state.layer in names else shown_layer(hub)
        if names and self.layer.value != shown:
            self.layer.value = shown

    def _layer_chosen(self, event: Any) -> None:
        if not self._drawing and event.new:
            self.state.layer = event.new

    def _go_to(self, step: int) -> None:
        self.state.step = min(step, self.state.last)

    def _play(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None
        if self.state.playing:
            self._player = pn.state.add_periodic_callback(self._next_frame, period=FRAME_MS)

    def _next_frame(self) -> None:
        if self.hub is not None and not self.pump.waiting:
            self.state.advance(frame_steps(self.hub))

    # ------------------------------------------------------------------ its life
    def attach(self) -> None:
        """Follow the run for the session that is being served; called when its page has loaded."""
        self._document = pn.state.curdoc
        pn.state.on_session_destroyed(lambda _context: self.close())
        if self.hub is not None:
            self.pump.connect(self.hub, self._document)
        elif not self.state.run:
            self.runs.notify("info", "No run yet: open the drawer and start one.")

    def close(self) -> None:
        """Stop following."""
        self.state.playing = False
        self.pump.disconnect()

    # ------------------------------------------------------------------ dialogs
    def _open_share(self) -> None:
        path = str(self.run.path) if self.run is not None else self.state.run
        code = escape(self.state.as_code(path))
        self._dialog.objects = [
            Text(
                "<p>The address of this page holds run, step, sample and layer. "
                f"In a notebook:</p><pre style='white-space:pre-wrap'>{code}</pre>"
            )
        ]
        self._dialog.param.update(title="Share this view", open=True)

    def _open_branch(self) -> None:
        places = self.control.checkpoints()
        if not places:
            self.runs.notify("info", "There is no checkpoint yet: press Checkpoint to make one now.")
            return
        earlier = [words for step, words in places if step <= self.state.step]
        place = pmui.Select(
            label="From", options=[words for _, words in places], value=(earlier or [places[0][1]])[-1]
        )
        fields = {
            field.name: pmui.TextInput(label=field.label, placeholder="as it is", size="small")
            for field in BRANCH
        }
        message = Text("")
        start = pmui.Button(label="Start the branch", icon=ICONS["branch"], color="primary")

        def branched(run: Any) -> None:
            self._dialog.open = start.loading = False
            self._choose(run.name)

        def refused(sentence: str) -> None:
            start.loading = False
            message.text = f'<p role="alert" style="color:#D6604D">{escape(sentence)}</p>'

        def go(_event: Any) -> None:
            step = next(step for step, words in places if words == place.value)
            texts = {name: widget.value_input or widget.value for name, widget in fields.items()}
            start.loading = True
            aside(lambda: self.control.branch(step, **changed_values(BRANCH, texts)), branched, refused)

        start.on_click(go)
        self._dialog.objects = [Text("<p>What stays empty stays as it is.</p>"),
                                place, *fields.values(), start, message]  # fmt: skip
        self._dialog.param.update(title="Branch here", open=True)

    # ------------------------------------------------------------------ pages
    def page(self, address: Address) -> pmui.Page:
        """Return the whole page; call it once, in the session that is being served."""
        address.accompany(self.pump)
        if self.hub is not None:
            # The page arrives with its first picture, where reading the run is a matter of a moment.
            self.hub.warm(FIRST_PICTURE)
            self.draw()
        page = framed_page("Spectral workbench", [self, address], [self.drawer])
        if pn.state.curdoc is not None:
            self._view.insert(0, self._lost)
            reload_when_back(pn.state.curdoc, self._lost.div)
        page.param.watch(
            lambda event: self.drawer.open() if event.new else self.drawer.close(), "sidebar_open"
        )
        pn.state.onload(self.attach)
        return page
