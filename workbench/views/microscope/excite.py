"""What goes into the network under the microscope: tones or a scene, level, phases."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from workbench.session import MAPPING_NAMES
from workbench.session.microscope import MicroscopeState, read_weights
from workbench.views.microscope.styles import TOOLS, WORDS
from workbench.views.newrun import NO_STEPPERS
from workbench.views.styles import CARD
from workbench.views.text import Text

__all__ = ["Excitation"]

PRESETS: dict[str, tuple[int, int, int, int] | None] = {
    "As recorded": None,
    "Tone (5, 11)": (5, 11, 0, 0),
    "Along x: (0, 7)": (0, 7, 0, 0),
    "Along y: (7, 0)": (7, 0, 0, 0),
    "Low: (1, 2)": (1, 2, 0, 0),
    "Two tones: (3, 5) and (4, 9)": (3, 5, 4, 9),
}
PHASES = [8, 16, 32, 64, 128]
_FIELD = {"size": "small", "margin": 0, "width": 78}
TONES, AS_RUN = "tones", "as the run"
NUMBERS = ("tone_y", "tone_x", "second_y", "second_x", "amplitude", "offset")


class Excitation(pn.viewable.Viewer):
    """Fields that change nothing before they are complete: an analysis takes seconds.

    Parameters
    ----------
    state
        Takes the values when "Analyse" is pressed.
    on_analyse
        Called then.
    scenes
        What the scenes are called, by name.
    """

    def __init__(
        self, state: MicroscopeState, on_analyse: Callable[[], None], scenes: dict[str, str]
    ) -> None:
        super().__init__()
        self.state, self._on_analyse = state, on_analyse
        self._offered: list[int] = []
        self._channels = 0
        known = {state.scene: state.scene} if state.scene else {}
        self._scenes = {TONES: ""} | {words: name for name, words in (known | scenes).items()}
        self._mappings = {AS_RUN: ""} | {words.rstrip(","): name for name, words in MAPPING_NAMES.items()}
        labels = ("Tone y", "Tone x", "2nd y", "2nd x", "Amplitude", "Offset")
        self.fields: dict[str, Any] = {}
        for name, label in zip(NUMBERS, labels, strict=True):
            whole = name.startswith(("tone", "second"))
            maker = pmui.IntInput if whole else pmui.FloatInput
            options = {"start": 0} if name == "amplitude" else {}
            self.fields[name] = maker(
                label=label, value=getattr(state, name) or 0, sx=NO_STEPPERS, **options, **_FIELD
            )
        self.fields["phases"] = pmui.Select(
            label="Phases J", options=sorted({*PHASES, state.phases}), value=state.phases, **_FIELD
        )
        wide = {"size": "small", "margin": 0, "width": 164}
        self.scene = pmui.Select(
            label="Fed with", options=list(self._scenes), value=_key(self._scenes, state.scene), **wide
        )
        self.mapping = pmui.Select(
            label="Scene mapped by", options=list(self._mappings), value=_key(self._mappings, state.mapping),
            **wide,
        )  # fmt: skip
        self.scene.param.watch(lambda _event: self._show_what_matters(), "value")
        self.weights = pmui.TextInput(
            label="Channel weights", value=state.weights, placeholder="1, 0.5", size="small", margin=0,
            width=164,
        )  # fmt: skip
        self.preset = pmui.Select(
            label="Preset", options=list(PRESETS), value="As recorded", size="small", margin=0, width=164
        )
        self.preset.param.watch(lambda event: self.choose(event.new), "value")
        self.go = pmui.Button(label="Analyse", color="primary", variant="contained", size="small", margin=0)
        self.go.on_click(lambda _event: self.analyse())
        self.note = Text('<p class="small two">&nbsp;</p>', WORDS)
        row = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [TOOLS]}
        fields = self.fields
        self._card = pn.Column(
            Text("<h2>Excitation</h2>"),
            pn.Row(self.scene, self.mapping, **row),
            pn.Row(self.preset, self.go, **row),
            pn.Row(*(fields[name] for name in NUMBERS[:4]), **row),
            pn.Row(*(fields[name] for name in ("amplitude", "offset", "phases")), **row),
            pn.Row(self.weights, **row),
            self.note,
            sizing_mode="stretch_width", margin=0, css_classes=["card"],
            stylesheets=[CARD + ":host(.card) { gap: 10px; }"],
        )  # fmt: skip
        state.param.watch(self._follow, [*NUMBERS, "phases"])
        state.param.watch(self._follow_scene, ["scene", "mapping", "weights"])
        self._show_what_matters()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._card

    def offer(self, attrs: dict[str, Any]) -> None:
        """Show the tone of the analysis in the fields, as long as none was chosen."""
        cycles = [int(m) for m in np.ravel(attrs.get("tone", ()))]
        self._channels = int(attrs["shape"][0]) if len(attrs.get("shape", ())) == 3 else 0
        if self.state.tones is None and len(cycles) == 2 and cycles != self._offered:
            self._offered = cycles
            self.fields["tone_y"].value, self.fields["tone_x"].value = cycles

    def choose(self, name: str) -> None:
        """Fill in the fields of a preset."""
        chosen = PRESETS.get(name) or (*(self._offered or (0, 0)), 0, 0)
        for field, value in zip(NUMBERS[:4], chosen, strict=True):
            self.fields[field].value = value

    def analyse(self) -> None:
        """Take the fields over; what does not make sense is said instead."""
        values = {name: widget.value for name, widget in self.fields.items()}
        for name in ("amplitude", "offset"):
            if values[name] is None:
                values[name] = self.state.param[name].default
        for name in ("second_y", "second_x"):  # a tone (0, 0) is none
            values[name] = values[name] if values["second_y"] or values["second_x"] else None
        scene = self._scenes[self.scene.value]
        if not scene and not (values["tone_y"] or values["tone_x"]):
            self.say("A tone (0, 0) is a constant: one of its two numbers of cycles must differ from 0.")
            return
        if scene:  # the tones stay as they were, for when the scene is taken away
            values = {"phases": values["phases"]}
        weights = self.weights.value_input or self.weights.value or ""
        try:
            self._check(weights)
            mapping = self._mappings[self.mapping.value]
            self.state.param.update(scene=scene, mapping=mapping, weights=weights, **values)
        except ValueError as error:
            self.say(str(error))
            return
        self.say("")
        self._on_analyse()

    def _check(self, weights: str) -> None:
        found = read_weights(weights)
        if found is not None and self._channels and len(found) != self._channels:
            raise ValueError(
                f"The input has {self._channels} channel{'s' * (self._channels != 1)}, but {len(found)} "
                f"channel weight{'s are' if len(found) != 1 else ' is'} given."
            )

    def _show_what_matters(self) -> None:
        """Let only be filled in what the excitation has."""
        scene = bool(self._scenes[self.scene.value])
        for widget in (self.preset, self.weights, *(self.fields[name] for name in NUMBERS)):
            widget.disabled = scene
        self.mapping.disabled = not scene

    def say(self, sentence: str) -> None:
        """Say what the fields mean, or why they do not."""
        self.note.text = f'<p class="small two">{escape(sentence) or "&nbsp;"}</p>'

    def _follow_scene(self, *_events: Any) -> None:
        state = self.state
        if state.scene not in self._scenes.values():
            self._scenes[state.scene] = state.scene
            self.scene.options = list(self._scenes)
        self.scene.value = _key(self._scenes, state.scene)
        self.mapping.value = _key(self._mappings, state.mapping)
        self.weights.value = state.weights

    def _follow(self, *events: Any) -> None:
        for event in events:
            widget = self.fields[event.name]
            if widget.value != (event.new or 0):
                widget.value = event.new or 0


def _key(names: dict[str, str], value: str) -> str:
    return next((words for words, name in names.items() if name == value), next(iter(names)))
