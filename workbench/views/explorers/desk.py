"""The page of one explorer: presets, controls, figures, read-outs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import xarray as xr

from workbench.session.explorers import Explorer, Picture, nudge, point
from workbench.views.address import Address
from workbench.views.card import PanelCard
from workbench.views.dialog import make_dialog
from workbench.views.downloads import SaveTable
from workbench.views.explorers.controls import Controls
from workbench.views.explorers.readouts import readout_row
from workbench.views.explorers.styles import ASIDE, BODY, CODE, READOUTS, STAGE, TOOLBAR
from workbench.views.keyboard import Keyboard, key_table
from workbench.views.page import framed_page
from workbench.views.pump import Pump
from workbench.views.pushbuttons import PushButtons
from workbench.views.slot import Slot
from workbench.views.styles import DESK, TYPE
from workbench.views.text import Text

__all__ = ["ExplorerDesk"]

KEYS = {
    "z": "undo",
    "y": "do again",
    "h": "hold this as A, or let A go",
    "b": "swap: go to A, hold what was here",
    "m": "take the markers away (a click on a spectrum puts them)",
    "g": "put a marker on the strongest line, or a guess while you predict",
    ", .": "move the newest one to the left, right",
    "; :": "in a plane: down, up; else by ten steps",
    "p": "predict, then check",
    "s": "save figures and numbers",
    "c": "this view as Python",
    "f": "projector: large figures, no controls",
    "1 … 9": "presets",
    "?": "this list",
}


class ExplorerDesk(pn.viewable.Viewer):
    """An explorer on a page or in a notebook cell.

    Parameters
    ----------
    explorer
        Settings and what they give.
    slots
        The panels, by any name; each shows frames of the explorer's picture. An instrument that has
        ``hold(data or None)`` is given the frame of A to draw behind its own; the instrument named by
        `predict` takes guesses: ``predict(guesses, hidden, answers)`` draws them and hides its result,
        ``on_tap(callback)`` calls back with the place that was clicked; the one named by `marks` has
        ``on_tap``, ``mark(readings)`` draws its markers.
    predict
        Name of the frame whose places are predicted; empty: nothing is.
    marks
        Name of the frame on which markers are put; default: the one that is predicted.
    spoilers
        Names of the panels that would give the answer away: covered while it is predicted.
    lazy
        Build only the first panel now and the others when the browser reports that they come into view.
    """

    def __init__(
        self, explorer: Explorer, slots: Mapping[str, Slot], predict: str = "", *,
        marks: str = "", spoilers: Sequence[str] = (), lazy: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.explorer, self.slots = explorer, dict(slots)
        self._predicting, self._marking, self._spoilers = predict, marks or predict, frozenset(spoilers)
        self._held: dict[str, Picture | None] = {}
        self.pump = Pump(self.draw)
        for name in list(self.slots)[:1] if lazy else self.slots:
            self._build(name)
            self.slots[name].put()
        self.controls = Controls(explorer)
        self.readouts = Text(readout_row(()), READOUTS)
        self.message = Text('<p role="status">&nbsp;</p>', TYPE, margin=(0, 8))
        presets = {name: self._preset(name) for name in explorer.PRESETS}
        self.presets = PushButtons("Presets", presets, framed=True)
        self.buttons = PushButtons(
            "Tools",
            {
                "Undo": self._undo,
                "Redo": self._redo,
                "Hold A": self._hold,
                "Swap A": self._swap,
                "Predict": self._quiz,
                "Save": self._save,
                "Python": self._code,
                "Projector": self._project,
                "?": self._help,
            },
        )
        self.buttons.change({"Predict": {"hidden": not predict}, "Swap A": {"disabled": True}})
        self._marked = ""
        self._dialog = make_dialog("md")
        self._dialog.param.watch(lambda event: event.new or event.obj.param.update(title=""), "open")
        self.keyboard = Keyboard(self._keys())
        self._lay_out()
        explorer.param.watch(self._moved, [*explorer.choices(), "markers"])
        if not lazy:
            self.draw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _lay_out(self) -> None:
        strip = {"sizing_mode": "stretch_width", "margin": 0}
        toolbar = pn.Row(self.presets, self.buttons, stylesheets=[TOOLBAR], **strip)
        self.aside = pn.Column(self.controls, stylesheets=[ASIDE], css_classes=["aside"], **strip)
        self.stage = pn.Column(*self.slots.values(), stylesheets=[STAGE], css_classes=["stage"], **strip)
        main = pn.Column(self.readouts, self.message, self.stage, **strip)
        self.body = pn.Column(self.aside, main, stylesheets=[BODY], css_classes=["body"], **strip)
        intro = Text(
            f'<p class="intro">{escape(self.explorer.INTRO)}</p>',
            margin=(10, 16, 0, 16),
        )
        self._view = pn.Column(
            intro,
            toolbar,
            self.body,
            self._dialog,
            self.pump.beat,
            self.keyboard,
            stylesheets=[DESK],
            **strip,
        )

    def _keys(self) -> Mapping[str, Callable[[], None]]:
        presets = {
            str(number): self._preset(name)
            for number, name in enumerate(list(self.explorer.PRESETS)[:9], start=1)
        }
        return presets | {
            "z": self._undo,
            "y": self._redo,
            "h": self._hold,
            "b": self._swap,
            "m": self._unmark,
            "g": self._point,
            ",": lambda: self._nudge(-1, 0),
            ".": lambda: self._nudge(1, 0),
            ";": lambda: self._nudge(0, -1),
            ":": lambda: self._nudge(0, 1),
            "p": self._quiz,
            "s": self._save,
            "c": self._code,
            "f": self._project,
            "?": self._help,
        }

    # ------------------------------------------------------------ the picture
    def draw(self) -> None:
        """Bring what is in view to the explorer's settings."""
        picture = self.explorer.picture()
        held = None if self._guessing else self.explorer.held_picture()  # A may be the answer
        wanted = [name for name, slot in self.slots.items() if self.pump.wants(name, slot.card is not None)]
        for name in wanted:
            card = self._build(name)
            card.draw(picture.frames)
            self._draw_held(name, card, held)
        self._draw_quiz()
        self._draw_markers()
        for name in wanted:
            self.slots[name].put()  # a new card takes its first picture along, or what covers it
        self.readouts.text = readout_row(picture.readouts, held, hidden=self._guessing)
        chosen = self.explorer.preset()
        history = self.explorer.history
        self.presets.change({name: {"chosen": name == chosen} for name in self.explorer.PRESETS})
        self.buttons.change(
            {"Undo": {"disabled": not history.can_go_back}, "Redo": {"disabled": not history.can_go_forward}}
        )

    def _news(self) -> None:
        self.pump.request()

    def _moved(self, *events: Any) -> None:
        """Draw for other settings or markers: the score of the old settings says nothing any more."""
        scored = self.explorer.quiz is not None and self.explorer.quiz.score is not None
        if scored and any(event.name != "markers" for event in events):
            self._end_quiz()
        self._news()

    @property
    def cards(self) -> dict[str, PanelCard]:
        """The panels built so far, by name."""
        return {name: slot.card for name, slot in self.slots.items() if slot.card is not None}

    def _build(self, name: str) -> PanelCard:
        known = self.slots[name].card is not None
        card = self.slots[name].build()
        if not known:
            for frame in {self._predicting, self._marking} & card.instruments.keys():
                card.instruments[frame].on_tap(partial(self._tapped, frame))
        return card

    def _draw_held(self, name: str, card: PanelCard, held: Picture | None) -> None:
        if self._held.get(name) is held:
            return
        self._held[name] = held
        for frame, instrument in card.instruments.items():
            if hasattr(instrument, "hold"):
                instrument.hold(None if held is None else held.frames[frame].data)

    def _instrument(self, frame: str) -> Any:
        """Return the instrument that shows a frame, None where there is none or it was not built yet."""
        found = (card.instruments.get(frame) for card in self.cards.values())
        return next((one for one in found if one is not None), None)

    def _draw_all(self) -> None:
        """Draw every panel: what is saved need not be in view."""
        for name in self.slots:
            self._build(name).draw(self.explorer.picture().frames)
        self._draw_quiz()
        for slot in self.slots.values():
            slot.put()

    def _draw_quiz(self) -> None:
        quiz, hidden = self.explorer.quiz, self._guessing
        predicted = self._instrument(self._predicting)
        if predicted is not None:
            answers = self.explorer.picture().answers if quiz is not None and quiz.score is not None else ()
            predicted.predict(list(quiz.guesses if quiz else []), hidden, list(answers))
        for name, card in self.cards.items():
            at_stake = self._predicting in card.instruments
            card.conceal(hidden and (at_stake or name in self._spoilers), cover=not at_stake)

    @property
    def _guessing(self) -> bool:
        return self.explorer.quiz is not None and self.explorer.quiz.score is None

    def _draw_markers(self) -> None:
        marked = self._instrument(self._marking)
        if marked is not None:
            marked.mark([] if self._guessing else self.explorer.readings())
        words = "" if self.explorer.quiz is not None else self.explorer.marker_words()
        if words != self._marked:
            self._marked = words
            if self.explorer.quiz is None:
                self._say(words)

    # ------------------------------------------------------------ what can be asked
    def _preset(self, name: str) -> Callable[[], None]:
        return lambda: self.explorer.choose_preset(name)

    def _undo(self) -> None:
        self.explorer.undo()

    def _redo(self) -> None:
        self.explorer.redo()

    def _hold(self) -> None:
        if self.explorer.held is None:
            self.explorer.hold()
        else:
            self.explorer.release()
        held = self.explorer.held is not None
        label = "Let A go" if held else "Hold A"
        self.buttons.change({"Hold A": {"label": label}, "Swap A": {"disabled": not held}})
        self._say(
            "A is held: grey in the figures that can show two, under the numbers. Swap goes there and back."
            if held
            else ""
        )
        self._news()

    def _swap(self) -> None:
        self.explorer.swap()
        self._news()

    def _unmark(self) -> None:
        self.explorer.markers = ""

    def _point(self) -> None:
        self._told(point(self.explorer))

    def _nudge(self, along_x: int, along_y: int) -> None:
        self._told(nudge(self.explorer, along_x, along_y))

    def _told(self, words: str) -> None:
        """Draw, and say where a guess stands; a marker that moved draws and says so itself."""
        if words:
            self._news()
            self._say(words)

    def _quiz(self) -> None:
        if not self._predicting:
            return
        quiz = self.explorer.quiz
        if quiz is None and not self.explorer.picture().answers:
            self._say("There is nothing to predict in this view: choose tones as the input first.")
        elif quiz is None:
            self.explorer.begin_quiz()
            self._say(self.explorer.ASK)
            self.buttons.change({"Predict": {"label": "Check"}})
        elif quiz.score is None:
            self._say(self.explorer.reveal().sentence)
            self.buttons.change({"Predict": {"label": "Done"}})
        else:
            self._end_quiz()
        self._news()

    def _end_quiz(self) -> None:
        self.explorer.end_quiz()
        self._say("")
        self._marked = ""
        self.buttons.change({"Predict": {"label": "Predict"}})

    def _tapped(self, frame: str, place: tuple[float, ...]) -> None:
        if self.explorer.quiz is not None and frame == self._predicting:
            self.explorer.guess(place)
            self._news()
        elif self.explorer.quiz is None and frame == self._marking:
            self.explorer.mark(place)

    def _say(self, sentence: str) -> None:
        self.message.text = f'<p role="status">{escape(sentence) or "&nbsp;"}</p>'

    def _project(self) -> None:
        self.aside.visible = not self.aside.visible
        large = [] if self.aside.visible else ["large"]
        self.body.css_classes, self.stage.css_classes = ["body", *large], ["stage", *large]

    def _code(self) -> None:
        trouble = self.explorer.picture().trouble
        if trouble:
            self._say(f"Nothing to copy: {trouble}")
        else:
            self._open("This view as Python", f"<pre>{escape(self.explorer.as_code())}</pre>")

    def _save(self) -> None:
        if trouble := self.explorer.picture().trouble:
            self._say(f"Nothing to save: {trouble}")
            return

        def shown(name: str) -> xr.Dataset | None:
            data = self.explorer.picture().frames[name].data
            return None if data is None else data.assign_attrs(self.explorer.provenance())

        self._draw_all()
        self._open("Save figures and numbers", SaveTable(self.explorer.TITLE, self.cards, shown))

    def _help(self) -> None:
        self._open("Keys", key_table(KEYS))

    def _open(self, title: str, *content: Any) -> None:
        """Open the dialog on HTML and panes; its title is the name that screen readers say."""
        parts = [Text(part, CODE) if isinstance(part, str) else part for part in content]
        self._dialog.param.update(title=title, objects=parts, open=True)

    # ------------------------------------------------------------ pages
    def attach(self) -> None:
        """Draw for the session that is being served; called when its page has loaded."""
        self.pump.attend(pn.state.curdoc)

    def page(self) -> pmui.Page:
        """Return the whole page with its first picture; call it once, in the session being served."""
        names = {name: name for name in self.explorer.addressed()}
        address = Address.of_page(self.explorer, names)
        address.accompany(self.pump)
        self.draw()
        if address.trouble:
            self._say(f"{address.trouble} {self._marked}".strip())
        page = framed_page(self.explorer.TITLE, [self, address])
        pn.state.onload(self.attach)
        return page
