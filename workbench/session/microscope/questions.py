"""Which network a microscope looks at, asked which questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.runs import Request, Specimen, registered
from workbench.session.microscope.scenes import scene_source
from workbench.session.microscope.state import MicroscopeState

__all__ = ["Questions", "checkpoint_at", "drive_levels", "questions", "read_weights", "specimen_of"]

SWEEP_STEP = 5  # dB between the drives of a sweep
LEAST_RANGE = 10  # dB: three drives, from which a slope can be read


@dataclass(frozen=True)
class Questions:
    """What has to be known for a view, the most important first.

    Parameters
    ----------
    orders
        The table of causes of the network as it is shown.
    before
        The same of the network as it was; None where nothing is replaced.
    spectra
        Lines of the chosen layer; None before a layer is known.
    kinds
        What could replace each layer.
    sweep
        Orders against the drive level; None while nobody looks at them.
    about
        Which networks there are beside this one; None for a model.
    """

    orders: Request
    before: Request | None
    spectra: Request | None
    kinds: Request
    sweep: Request | None = None
    about: Request | None = None

    def all(self) -> tuple[Request, ...]:
        """Return them in the order in which they should be asked."""
        found = (self.orders, self.sweep, self.spectra, self.about, self.before, self.kinds)
        return tuple(request for request in found if request is not None)


def checkpoint_at(steps: list[int], step: int) -> int | None:
    """Return the newest checkpoint at or before `step`, else the first, None where there is none.

    >>> checkpoint_at([0, 300, 600], 450), checkpoint_at([300], 20), checkpoint_at([], 20)
    (300, 300, None)
    """
    earlier = [known for known in steps if known <= step]
    return earlier[-1] if earlier else (steps[0] if steps else None)


def specimen_of(state: MicroscopeState, run: Any) -> Specimen | None:
    """Return the network that is to be analysed afresh; None where recorded analyses are shown.

    Raises
    ------
    ValueError
        If the token is not of this server process, or the run has no checkpoint yet.
    """
    if state.source == "model":
        return registered(state.model)
    if state.source == "recorded" or run is None:
        return None
    from workbench.runs import list_checkpoints

    step = checkpoint_at([one.step for one in list_checkpoints(run.path)], state.step)
    if step is None:
        raise ValueError(f"run {run.name} has no checkpoint yet: press Checkpoint on its desk, or wait")
    return Specimen(run=str(run.path), step=step, network=state.network)


def read_weights(text: str) -> tuple[float, ...] | None:
    """Return the factors of the input's channels, None for none.

    Raises
    ------
    ValueError
        For anything but finite numbers, or if all of them are 0.

    >>> read_weights("1, 0.5"), read_weights(" ")
    ((1.0, 0.5), None)
    >>> read_weights("1; 0.5")
    Traceback (most recent call last):
    ValueError: channel weights are numbers with commas between them, as 1, 0.5; found '1; 0.5'
    """
    if not text.strip():
        return None
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not np.isfinite(found).all():
        raise ValueError(f"channel weights are numbers with commas between them, as 1, 0.5; found {text!r}")
    if not any(found):
        raise ValueError("channel weights that are all 0 leave no tone in the input")
    return found


def questions(state: MicroscopeState, layer: str, recorded: dict[str, Any], mapping: str = "") -> Questions:
    """Return what to ask for the viewer's choices.

    Parameters
    ----------
    state
        The choices.
    layer
        Name of the layer under the lens, "" before one is known.
    recorded
        Attributes of the run's recorded analysis: its tone and shape are the default.
    mapping
        Of the run, "" for a model.

    Raises
    ------
    ValueError
        For channel weights that are none, or a scene that does not exist.
    """
    shape = recorded.get("shape")
    size = None if shape is None else (int(shape[1]), int(shape[2]))
    kinds = Request("replacements", size=size)
    about = Request("about") if state.source != "model" else None
    if state.scene:
        scene = {"scene": scene_source(state.scene), "mapping": state.mapping or mapping or "nyquist",
                 "size": size, "phases": state.phases}  # fmt: skip
        return Questions(*_orders(state, scene), None, kinds, about=about)
    chosen = state.tones
    if chosen is None and recorded.get("tone") is not None:
        chosen = (tuple(int(m) for m in recorded["tone"]),)  # type: ignore[assignment]
    common: dict[str, Any] = {
        "size": size,
        "weights": read_weights(state.weights),
        "tone": None if chosen is None else chosen[0],
        "phases": state.phases,
        "amplitude": state.amplitude,
        "offset": state.offset,
    }
    second = chosen[1] if chosen is not None and len(chosen) > 1 else None
    changed = state.replacements
    orders, before = _orders(state, {"tone2": second, **common})
    spectra = (
        Request("spectra", tone2=second, layers=(layer,), replacements=changed, **common) if layer else None
    )
    sweep = None
    if state.lens == "drive":
        # a small drive leaves the higher orders below what single precision rounds away
        fixed = {name: value for name, value in common.items() if name != "amplitude"}
        amplitudes = drive_levels(state.drive_from, state.drive_to)
        sweep = Request(
            "sweep", tone2=second, replacements=changed, amplitudes=amplitudes, dtype="float64", **fixed
        )
    return Questions(orders, before, spectra, kinds, sweep, about)


def _orders(state: MicroscopeState, excitation: dict[str, Any]) -> tuple[Request, Request | None]:
    """Return the question of the network as it is shown, then as it was where something is replaced."""
    before = Request("orders", **excitation) if state.replacements else None
    return Request("orders", replacements=state.replacements, **excitation), before


def drive_levels(lowest: int, highest: int) -> tuple[float, ...]:
    """Return amplitudes from `lowest` to `highest` dB, some 5 dB apart, over at least 10 dB.

    >>> drive_levels(-20, 0)
    (0.1, 0.17782794, 0.31622777, 0.56234133, 1.0)
    >>> drive_levels(0, -40)
    (1.0, 1.7782794, 3.1622777)
    """
    highest = max(highest, lowest + LEAST_RANGE)
    count = round((highest - lowest) / SWEEP_STEP) + 1
    return tuple(float(f"{a:.8g}") for a in 10 ** (np.linspace(lowest, highest, count) / 20))
