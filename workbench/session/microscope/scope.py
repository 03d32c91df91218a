"""What is under one viewer's microscope: records of a run, or answers about a network."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from workbench.session.frame import record_at
from workbench.session.hub import Hub
from workbench.session.microscope.bench import Bench
from workbench.session.microscope.frames import of_the_tone, one_axis
from workbench.session.microscope.questions import Questions, questions, specimen_of
from workbench.session.microscope.recorded import recorded_spectrum
from workbench.session.microscope.scenes import NO_LINES
from workbench.session.microscope.spacing import pixel_spacing
from workbench.session.microscope.state import MicroscopeState
from workbench.session.order_frames import default_layer

__all__ = ["Scene", "Scope"]

PASSES = "pass_orders"  # the group of records


@dataclass(frozen=True, eq=False)
class Scene:
    """One network, excited once, seen at one layer.

    Parameters
    ----------
    key
        The same for the same analysis: what is computed from it need not be computed again.
    orders
        Table of causes; None while there is none, then `reason` says why.
    before
        The same without replacements, None where nothing is replaced or not known yet.
    layer
        Under the lens.
    spectrum
        Its lines, None where there are none (yet).
    kinds
        What could replace each layer.
    step
        Training step of the weights, None for a model without one.
    fresh
        Whether it was analysed for this viewer.
    reason
        Why there is nothing, or less, to see.
    sweep, swept
        Its orders against the drive, None before somebody looks; which question that answers.
    networks
        All that the run has, as far as known.
    """

    key: Hashable
    orders: xr.Dataset | None
    layer: str = ""
    before: xr.Dataset | None = None
    spectrum: xr.Dataset | None = None
    kinds: dict[str, Any] = field(default_factory=dict)
    step: int | None = None
    fresh: bool = False
    specimen: Any = None
    reason: str = ""
    spectrum_reason: str = ""
    sweep: xr.Dataset | None = None
    swept: Hashable = None
    networks: tuple[str, ...] = ()


class Scope:
    """Finds what the state asks for among records and answers; asks for what is missing.

    Parameters
    ----------
    state
        The viewer's choices.
    bench
        Answers questions about networks.
    may_ask
        Whether this viewer may have networks analysed: that takes the server's time.
    """

    def __init__(self, state: MicroscopeState, bench: Bench, may_ask: bool = True) -> None:
        self.state, self.bench, self.may_ask = state, bench, may_ask
        self.hub: Hub | None = None
        self.run: Any = None
        self.spacing: tuple[float, float] | None = None
        self.mapping = ""
        self._recorded: tuple[Hashable, xr.Dataset] | None = None
        self._last: tuple[Hashable, Scene] | None = None

    def open(self, hub: Hub, run: Any) -> None:
        """Turn to a run."""
        self.hub, self.run = hub, run
        self.spacing = pixel_spacing(getattr(run, "spec", None))
        self.mapping = str(getattr(getattr(run, "spec", None), "mapping", ""))

    @property
    def passes(self) -> list[str]:
        """Names of the passes of other networks that the run records beside its generator."""
        return [] if self.hub is None else self.hub.parts.get(PASSES, [])

    @property
    def recorded(self) -> xr.Dataset | None:
        """Recorded analyses of the generator, or of the pass chosen; None where there are none (yet)."""
        if self.hub is None:
            return None
        records, passed = self.hub.records, self.state.passed
        if passed:
            found = records.tree(PASSES).get(passed) if PASSES in records else None
            return None if found is None else of_the_tone(found)
        return records.dataset("orders") if "orders" in records else None

    def scene(self) -> Scene:
        """Return what can be shown now."""
        if self.state.source == "recorded":
            return self._from_records()
        if not self.may_ask:
            return Scene(
                "refused", None, reason="This account may look at recorded analyses, not start its own."
            )
        try:
            specimen = specimen_of(self.state, self.run)
        except ValueError as error:
            return Scene(("no specimen", str(error)), None, reason=str(error))
        if specimen is None:
            return Scene("no run", None, reason="No run yet: start one on the training desk.")
        self.bench.turn_to(specimen)
        try:
            self._questions("")
        except ValueError as error:
            return Scene(("no question", str(error)), None, reason=f"{error}.")
        return self._from_answers(specimen)

    def ask(self) -> None:
        """Have the next missing answer worked out, if this viewer may."""
        if self.state.source == "recorded" or not self.may_ask or self.bench.specimen is None:
            return
        try:
            wanted = self._questions(self._fresh_layer())
        except ValueError:
            return  # said by the scene
        if self.bench.trouble(wanted.orders):
            return  # until it is tried again, what would follow is of no use
        for request in wanted.all():
            if self.bench.known(request) is None and not self.bench.trouble(request):
                self.bench.ask(request)
                return

    @property
    def trouble(self) -> str:
        """Why something that is asked for was not answered, "" where nothing failed."""
        if self.state.source == "recorded" or not self.may_ask or self.bench.specimen is None:
            return ""
        try:
            wanted = self._questions(self._fresh_layer())
        except ValueError as error:
            return str(error)
        return next(filter(None, map(self.bench.trouble, wanted.all())), "")

    # ------------------------------------------------------------------ from a run's records
    def _from_records(self) -> Scene:
        if self.hub is None:
            return Scene("no run", None, reason="No run yet: start one on the training desk.")
        if self.state.passed:
            self.hub.want(PASSES)
        recorded = self.recorded
        steps = np.zeros(0, int) if recorded is None else recorded["step"].values
        index = record_at(steps, self.state.step)
        if index is None:
            reason = (
                f"No order analysis before step {steps[0]}: this is step {self.state.step}."
                if steps.size
                else self._nothing_recorded()
            )
            records = self.hub.records
            tree = records.tree("layers") if "layers" in records and not self.state.passed else {}
            layer = self.state.layer if self.state.layer in tree else next(iter(tree), "")
            return Scene(("none", reason), None, layer, reason=reason)
        assert recorded is not None
        orders = recorded.isel(step=index)
        layer = default_layer(orders, self.state.layer)
        key = (self.state.run, "recorded", self.state.passed, int(steps[index]))
        return Scene(
            key, orders, layer, spectrum=self._recorded_spectrum((*key, layer), orders, layer),
            step=int(steps[index]),
            reason="" if layer == self.state.layer or not self.state.layer
            else f"There is no layer {self.state.layer} here.",
            spectrum_reason="Images and border leakage lie on many bins: analyse a checkpoint to see them.",
        )  # fmt: skip

    def _nothing_recorded(self) -> str:
        if self.state.passed and self.state.passed not in self.passes:
            there = ", ".join(self.passes) or "none"
            return f"No pass {self.state.passed} is recorded; there are: {there}."
        if self.state.passed:
            return "The records of this pass are being read."
        records, state = (self.hub.records, getattr(self.hub.status, "state", "")) if self.hub else (None, "")
        if records is not None and "layers" in records:
            return (
                "No orders are recorded: this network has no input image that could carry a tone. "
                "Its layer spectra are on the training desk."
            )
        if state in ("finished", "stopped", "failed", "lost"):
            return f"The run is {state} and recorded no order analysis."
        return "Waiting for the first order analysis."

    def _recorded_spectrum(self, key: Hashable, orders: xr.Dataset, layer: str) -> xr.Dataset | None:
        if len(orders.attrs.get("shape", ())) != 3 or "folded_at" not in orders:
            return None
        if self._recorded is None or self._recorded[0] != key:
            self._recorded = (key, recorded_spectrum(orders, layer))
        return self._recorded[1]

    # ------------------------------------------------------------------ from the workshop
    def _questions(self, layer: str) -> Questions:
        recorded: dict[str, Any] = {}
        if self.hub is not None and "orders" in self.hub.records and self.state.source == "checkpoint":
            recorded = dict(self.hub.records.dataset("orders").attrs)
        if self.state.network != "generator":
            recorded.pop("shape", None)
        return questions(self.state, layer, recorded, self.mapping)

    def _fresh_layer(self) -> str:
        """Layer under the lens: the one chosen, else the first with a theory; its parts stand for it."""
        orders = self.bench.known(self._questions("").orders)
        if orders is None:
            return ""
        orders = one_axis(orders)
        names = [str(name) for name in orders["layer"].values]
        if self.state.layer in names:
            return self.state.layer
        parts = [name for name in names if self.state.layer and name.startswith(f"{self.state.layer}.")]
        return parts[-1] if parts else default_layer(orders)

    def _from_answers(self, specimen: Any) -> Scene:
        layer = self._fresh_layer()
        wanted = self._questions(layer)
        orders = self.bench.known(wanted.orders)
        trouble = self.bench.trouble(wanted.orders)
        reason = trouble or ("" if orders is not None else "The network is being analysed.")
        spectra = self.bench.known(wanted.spectra) if wanted.spectra is not None else None
        why = self.bench.trouble(wanted.spectra) if wanted.spectra is not None else ""
        whose = (self.state.source, self.state.run, self.state.model, self.state.network)
        about = (self.bench.known(wanted.about) or {}) if wanted.about is not None else {}
        if orders is None and not trouble:
            return self._until_then(whose, reason)
        scene = Scene(
            (specimen, wanted.orders), orders, layer,
            before=self.bench.known(wanted.before) if wanted.before is not None else None,
            spectrum=spectra[layer].to_dataset() if spectra is not None else None,
            networks=tuple(about.get("networks", ())),
            kinds=self.bench.known(wanted.kinds) or {}, step=specimen.step, fresh=True, specimen=specimen,
            reason=reason, spectrum_reason=NO_LINES if self.state.scene else why,
            sweep=self.bench.known(wanted.sweep) if wanted.sweep is not None else None, swept=wanted.sweep,
        )  # fmt: skip
        if orders is not None:
            self._last = (whose, scene)
        return scene

    def _until_then(self, whose: Hashable, reason: str) -> Scene:
        """Return what is shown while an analysis is awaited: what was seen last of the same network."""
        if self._last is not None and self._last[0] == whose:
            return self._last[1]
        generator = self.state.network == "generator" and not self.state.passed
        if self.state.source == "checkpoint" and generator and self.recorded is not None:
            return self._from_records()
        return Scene(("awaited", reason), None, reason=reason)
