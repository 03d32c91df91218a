"""What one viewer has put under the microscope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import param

from workbench.session.line_frames import ALONG
from workbench.session.state import DeskState

__all__ = ["URL_NAMES", "Held", "MicroscopeState", "Replacement", "read_replacements", "write_replacements"]

Replacement = tuple[str, str]
UNITS = {"sample": "cycles/sample", "pixel": "cycles/input pixel", "metre": "cycles/m"}
LENSES = ("spectrum", "orders", "drive", "added", "compare", "waterfall", "data")
SOURCES = ("recorded", "checkpoint", "model")
URL_NAMES = {
    "run": "run", "held": "step", "layer": "layer", "source": "source", "model": "specimen",
    "network": "network",
    "tone_y": "tone_y", "tone_x": "tone_x", "second_y": "tone2_y", "second_x": "tone2_x",
    "amplitude": "amplitude", "offset": "offset", "phases": "phases", "replaced": "replace",
    "threshold": "threshold", "linear": "linear", "order": "order", "units": "units",
    "marker": "marker", "delta": "delta", "a": "a", "lens": "lens",
    "passed": "pass", "along": "cut", "weights": "weights", "scene": "scene", "mapping": "mapping",
    "drive_from": "drive_from", "drive_to": "drive_to",
}  # fmt: skip
"""Which choice goes into the page's address under which name."""


@dataclass(frozen=True)
class Held:
    """What was put on hold as A: a layer of a run at a step.

    >>> Held.read("demo@120@down2.conv")
    Held(run='demo', step=120, layer='down2.conv')
    >>> Held.read("demo@120@down2.conv").write()
    'demo@120@down2.conv'
    """

    run: str
    step: int
    layer: str

    @classmethod
    def read(cls, text: str) -> Held:
        """Read what `write` wrote.

        Raises
        ------
        ValueError
            For anything else.
        """
        parts = text.split("@", 2)
        if len(parts) != 3 or not parts[1].isdigit():
            raise ValueError(f"A needs run@step@layer, found {text!r}")
        return cls(parts[0], int(parts[1]), parts[2])

    def write(self) -> str:
        """Return it as one word for the address."""
        return f"{self.run}@{self.step}@{self.layer}"


def read_replacements(text: str) -> tuple[Replacement, ...]:
    """Read "layer=kind;layer=kind": what is replaced, in that order.

    Raises
    ------
    ValueError
        If a part has no kind.

    >>> read_replacements("down1.conv=blurpool;down1.conv=circular")
    (('down1.conv', 'blurpool'), ('down1.conv', 'circular'))
    >>> read_replacements("down1.conv")
    Traceback (most recent call last):
    ValueError: replace needs layer=kind;layer=kind, found 'down1.conv'
    """
    found: list[Replacement] = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        layer, equals, kind = part.rpartition("=")
        if not (equals and layer and kind):
            raise ValueError(f"replace needs layer=kind;layer=kind, found {part!r}")
        found.append((layer, kind))
    return tuple(found)


def write_replacements(replacements: tuple[Replacement, ...]) -> str:
    """Return replacements as `read_replacements` reads them."""
    return ";".join(f"{layer}={kind}" for layer, kind in replacements)


class MicroscopeState(DeskState):
    """The choices of the microscope, beside run, step and layer; all but the way back are in the address.

    >>> state = MicroscopeState(run="demo")
    >>> state.replace("down2.conv", "blurpool")
    >>> state.replace("up1", "nearest")
    >>> state.replaced
    'down2.conv=blurpool;up1=nearest'
    >>> state.undo()
    >>> state.replacements
    (('down2.conv', 'blurpool'),)
    >>> state.redo()
    >>> len(state.replacements)
    2
    """

    source: Any = param.Selector(
        default="recorded", objects=list(SOURCES), doc="Where the analysis comes from."
    )
    model = param.String("", doc="Token of a model that an owner opened at this server.")
    network = param.String("generator", doc="Which of the run's networks.")
    passed = param.String("", doc="Recorded pass of another network, as discriminator_real; empty: none.")
    tone_y = param.Integer(None, allow_None=True, doc="Cycles per frame along y; None: as recorded.")
    tone_x = param.Integer(None, allow_None=True, doc="Cycles per frame along x; None: as recorded.")
    second_y = param.Integer(None, allow_None=True, doc="Second tone, cycles per frame along y.")
    second_x = param.Integer(None, allow_None=True, doc="Second tone, cycles per frame along x.")
    amplitude = param.Number(1.0, bounds=(0, None), inclusive_bounds=(False, True), doc="Of each tone.")
    offset = param.Number(0.0, doc="Constant under the tone.")
    phases = param.Integer(16, bounds=(3, 256), doc="Copies J of the frame, phases advanced by 2π/J.")
    weights = param.String("", doc="Factor of each input channel, as 1, 0.5; empty: 1 each.")
    scene = param.String("", doc="A complex scene instead of tones: its name, or data/FILE; empty: none.")
    mapping = param.String("", doc="Maps the scene to the network's input; empty: as in the run.")
    replaced = param.String("", doc="Layers replaced: layer=kind;layer=kind.")
    threshold = param.Number(-60, bounds=(-140, 0), doc="Level above which lines are labelled, dBc.")
    linear = param.Boolean(False, doc="Amplitudes instead of decibels.")
    order = param.Integer(None, allow_None=True, doc="Show only this order; None: all.")
    along: Any = param.Selector(default="x", objects=list(ALONG), doc="Axis of the cut spectrum.")
    units: Any = param.Selector(default="sample", objects=list(UNITS), doc="Of the frequency axes.")
    marker = param.String("", doc="Marked input frequency y,x in cycles per input pixel.")
    delta = param.String("", doc="The other end of the delta marker, as `marker`.")
    lens: Any = param.Selector(default="spectrum", objects=list(LENSES), doc="What the lens shows.")
    a = param.String("", doc="What is held as A: run@step@layer, or before.")
    drive_from = param.Integer(-40, bounds=(-80, 30), doc="Lowest drive of a sweep, dB re amplitude 1.")
    drive_to = param.Integer(10, bounds=(-70, 40), doc="Highest drive of a sweep, dB re amplitude 1.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._past: list[str] = []
        self._future: list[str] = []

    # ------------------------------------------------------------------ replacements
    @property
    def replacements(self) -> tuple[Replacement, ...]:
        """Layers replaced, in the order they were."""
        return read_replacements(self.replaced)

    @property
    def can_undo(self) -> bool:
        """Whether there is a way back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether something was taken back."""
        return bool(self._future)

    def replace(self, layer: str, kind: str) -> None:
        """Put `kind` in the place of `layer`, on top of what is replaced already."""
        if (layer, kind) != (self.replacements or (None,))[-1]:
            self._turn(write_replacements((*self.replacements, (layer, kind))))

    def restore(self, index: int | None = None) -> None:
        """Take one replacement out, or all of them."""
        kept = [] if index is None else [r for i, r in enumerate(self.replacements) if i != index]
        self._turn(write_replacements(tuple(kept)))

    def undo(self) -> None:
        """Take the last change of layers back."""
        if self._past:
            self._future.append(self.replaced)
            self.replaced = self._past.pop()

    def redo(self) -> None:
        """Make the change again that was taken back."""
        if self._future:
            self._past.append(self.replaced)
            self.replaced = self._future.pop()

    def _turn(self, replaced: str) -> None:
        if replaced != self.replaced:
            self._past.append(self.replaced)
            self._future.clear()
            self.replaced = replaced

    def turn_to(self, run: str) -> None:
        """Turn to another run, live: the layers of one network are not those of another."""
        self._forget()
        self.param.update(source="recorded", model="", network="generator", passed="")
        self.choose_run(run)

    def open_model(self, token: str) -> None:
        """Turn to a model that was opened at this server."""
        self._forget()
        self.param.update(source="model", model=token, network="generator", passed="", layer="", a="")

    def turn_to_network(self, name: str) -> None:
        """Turn to another network of the run, or to another recorded pass ("" is the generator's)."""
        self._forget()
        self.param.update(layer="", **{"passed" if self.source == "recorded" else "network": name})

    def _forget(self) -> None:
        self._past.clear()
        self._future.clear()
        self.param.update(replaced="", marker="", delta="", order=None)

    # ------------------------------------------------------------------ the rest
    @property
    def tones(self) -> tuple[tuple[int, int], ...] | None:
        """The tones chosen, (cycles per frame along y, along x) each; None: as recorded."""
        if self.tone_y is None and self.tone_x is None:
            return None
        first = (self.tone_y or 0, self.tone_x or 0)
        if self.second_y is None and self.second_x is None:
            return (first,)
        return (first, (self.second_y or 0, self.second_x or 0))

    @staticmethod
    def place(text: str) -> tuple[float, float] | None:
        """Read a marker; None where there is none.

        >>> MicroscopeState.place("0.1,-0.25"), MicroscopeState.place("")
        ((0.1, -0.25), None)
        """
        try:
            y, x = (float(part) for part in text.split(","))
        except ValueError:
            return None
        return y, x

    def differing(self) -> dict[str, Any]:
        """Return what differs from the defaults: what it takes to repeat the view."""
        defaults = {name: self.param[name].default for name in URL_NAMES}
        return {name: getattr(self, name) for name in URL_NAMES if getattr(self, name) != defaults[name]}
