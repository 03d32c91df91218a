"""What each of the microscope's panels shows, computed once for each choice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import numpy as np
import xarray as xr

from workbench.session import captions
from workbench.session.drive_frames import drive_caption, drive_lines, drive_reason
from workbench.session.frame import Frame, record_at, waiting
from workbench.session.line_frames import labelled_spectrum
from workbench.session.microscope.compare import Pair, changes, largest_change
from workbench.session.microscope.frames import one_axis, order_waterfall
from workbench.session.microscope.scenes import fidelity, fidelity_caption, is_scene
from workbench.session.microscope.scope import Scene, Scope
from workbench.session.microscope.words import lines_caption, nearest
from workbench.session.order_frames import layer_spectrum, lineup, order_lines
from workbench.signals import (
    compare_orders,
    describe_increments,
    describe_origins,
    figures_of_merit,
    find_lines,
    order_increments,
)

__all__ = ["Panels"]

FLOOR = -100.0  # dBc, lowest level drawn
DATA_FLOOR = -80.0  # dB re the layer's power
COUNT = 80  # lines listed
KEPT = 64
ON_IMAGE = (
    " Of the tone only: the image judged (order 0) is left out. Where that image changes the answer to the "
    "tone from place to place, it counts as leakage."
)
FIDELITIES = ("phase_fidelity", "linear_order_share")  # of a scene
FIGURES = ("gain", "thd", "sfdr", "sinad", "alias", "leakage")


class Panels:
    """Frames of one viewer: asking again for the same gives the same objects, which are not sent again.

    What comes from records is remembered by the run's hub, for all its viewers.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._memo: OrderedDict[Hashable, Any] = OrderedDict()

    def compose(self, scene: Scene, names: Iterable[str], beside: Pair | None = None) -> dict[str, Frame]:
        """Return the frame of every panel that is looked at; `beside` is what is compared."""
        known: dict[str, Callable[[], Frame]] = {
            "lineup": lambda: self._about(scene, "lineup", self._lineup),
            "orders": lambda: self._about(scene, "orders", self._order_lines),
            "spectrum": lambda: self._spectrum(scene),
            "drive": lambda: self._drive(scene),
            "added": lambda: self._about(scene, "added", self._added),
            "compare": lambda: self._compared(scene, beside),
            "waterfall": lambda: self._waterfall(scene),
            "data": lambda: self._data(scene),
        }
        return {name: known[name]() for name in names}

    def deed(self, scene: Scene) -> str:
        """Say in a sentence what the layer under the lens did to the tone."""
        orders = scene.orders
        if orders is None or "inputs" not in orders.coords:
            return ""
        deeds = self._remember(
            scene, ("deeds", scene.key), lambda: describe_increments(order_increments(orders))
        )
        return str(deeds.get(scene.layer, ""))

    def figures(self, scene: Scene) -> dict[str, float]:
        """Return the figures of merit of the layer under the lens."""
        orders = scene.orders
        if orders is None:
            return {}
        merit = self._remember(scene, ("merit", scene.key), lambda: figures_of_merit(orders))
        one = merit.sel(layer=scene.layer)
        if is_scene(orders):
            return {name: 100 * float(one[name]) for name in FIDELITIES if np.isfinite(one[name])}
        found = {name: float(one[name]) for name in FIGURES if name in one and not one[name].dims}
        if "image" in one:
            found["image"] = float(one["image"].sel(level=0))
        return found

    def lines(self, scene: Scene) -> xr.Dataset | None:
        """Return all lines of the layer, the strongest first."""
        spectrum = scene.spectrum
        if spectrum is None:
            return None
        key = ("lines", scene.key, scene.layer)
        return self._remember(scene, key, lambda: find_lines(spectrum, floor=FLOOR, count=COUNT))

    def listed(self, scene: Scene) -> xr.Dataset | None:
        """Return the lines above the threshold, of the chosen order."""
        lines = self.lines(scene)
        if lines is None:
            return None
        state = self.scope.state
        shown = lines["level"].values >= state.threshold
        if state.order is not None:
            shown &= np.abs(lines["order"].values) == state.order
        return lines.assign(number=("line", np.arange(lines.sizes["line"]))).isel(line=shown)

    # ------------------------------------------------------------------ one by one
    def _about(self, scene: Scene, what: str, compute: Callable[[Scene], Frame]) -> Frame:
        if scene.orders is None:
            return self._remember(scene, (what, "nothing", scene.reason), lambda: Frame(None, scene.reason))
        return self._remember(scene, (what, scene.key, scene.layer), lambda: compute(scene))

    def _lineup(self, scene: Scene) -> Frame:
        assert scene.orders is not None
        if is_scene(scene.orders):
            shares = fidelity(scene.orders)
            shares.attrs["layer"] = scene.layer
            return Frame(shares, fidelity_caption(shares), scene.step)
        data = lineup(one_axis(scene.orders))
        data.attrs["layer"] = scene.layer
        caption = captions.lineup_caption(data)
        return Frame(data, caption + (ON_IMAGE if scene.orders.attrs.get("on_image") else ""), scene.step)

    def _order_lines(self, scene: Scene) -> Frame:
        assert scene.orders is not None
        data = order_lines(one_axis(scene.orders), scene.layer, FLOOR)
        return Frame(data, captions.order_caption(data), scene.step)

    def _drive(self, scene: Scene) -> Frame:
        sweep, layer = scene.sweep, scene.layer
        if sweep is None:
            trouble = self.scope.bench.trouble(scene.swept) if scene.fresh else ""
            reason = trouble or drive_reason(scene)
            return self._remember(scene, ("drive", "nothing", reason), lambda: Frame(None, reason))
        known = {str(name) for name in sweep["layer"].values}
        if layer not in known:
            reason = f"{layer} could not be followed through every drive level."
            return self._remember(scene, ("drive", "nothing", reason), lambda: Frame(None, reason))

        def compute() -> Frame:
            data = drive_lines(sweep, layer)
            return Frame(data, drive_caption(data), scene.step)

        return self._remember(scene, ("drive", scene.key, scene.swept, layer), compute)

    def _added(self, scene: Scene) -> Frame:
        assert scene.orders is not None
        if "inputs" not in scene.orders.coords:
            return Frame(None, "This run was recorded before layers knew their inputs.")
        data = order_increments(scene.orders)
        origins = [text for text in describe_origins(data) if not text.startswith("order_")]
        said = "; ".join(origins[:3])
        return Frame(
            data, f"{said[:1].upper()}{said[1:]}." if said else "No layer added anything.", scene.step
        )

    def _compared(self, scene: Scene, beside: Pair | None) -> Frame:
        if beside is None:
            reason = "Nothing to compare: replace a layer, or hold what is shown as A and go elsewhere."
            return self._remember(scene, ("compare", "nothing"), lambda: Frame(None, reason))
        key = ("compare", scene.key, scene.layer, id(beside.a), id(beside.b), beside.layer_a)

        def compute() -> tuple[Pair, Frame]:
            try:
                data = compare_orders(beside.a, beside.b)
            except ValueError as error:
                return beside, Frame(None, f"{error}.")
            text = largest_change(beside, changes(beside))
            return beside, Frame(data, f"{beside.label_a} · {beside.label_b}. {text}")

        # the pair is kept beside its frame: as long as it lives, its identity is not another one's
        if key not in self._memo:
            self._memo[key] = compute()
        return self._memo[key][1]

    def _spectrum(self, scene: Scene) -> Frame:
        lines, spectrum = self.lines(scene), scene.spectrum
        if lines is None or spectrum is None:
            reason = scene.reason if scene.orders is None else scene.spectrum_reason
            reason = reason or "The lines of this layer are being analysed."
            return self._remember(scene, ("spectrum", "nothing", reason), lambda: Frame(None, reason))
        state = self.scope.state
        marks = [nearest(lines, state.place(text)) for text in (state.marker, state.delta)]
        selected, delta = (-1 if at is None else at for at in marks)
        order, units, linear, threshold, along = (
            state.order, self.units, bool(state.linear), float(state.threshold), str(state.along)
        )  # fmt: skip
        key = ("spectrum", scene.key, scene.layer, threshold, order, units, linear, along, selected, delta)

        def compute() -> Frame:
            unplaced = sum(spectrum.attrs.get("unplaced", {}).values())
            total = float(spectrum.attrs.get("layer_power", 0.0)) or 1.0
            data = labelled_spectrum(
                spectrum, lines, order=order, floor=FLOOR, units=units, linear=linear, along=along,
                threshold=threshold,
                spacing=self.scope.spacing, theory=self._theory(scene), selected=selected, delta=delta,
            )  # fmt: skip
            above = lines.isel(line=lines["level"].values >= threshold)
            more = scene.spectrum_reason if unplaced > 1e-4 * total else ""
            caption = lines_caption(above, scene.layer, threshold, unplaced / total)
            return Frame(data, f"{caption} {more}".strip(), scene.step)

        return self._remember(scene, key, compute)

    @property
    def units(self) -> str:
        """Units of the frequency axes; without a pixel spacing there are no metres."""
        state = self.scope.state
        return "pixel" if state.units == "metre" and self.scope.spacing is None else str(state.units)

    def _theory(self, scene: Scene) -> xr.DataArray | None:
        orders = scene.orders
        if orders is None or "theory" not in orders or "order" not in orders.dims:
            return None
        names = [str(name) for name in orders["layer"].values]
        return orders["theory"].isel(layer=names.index(scene.layer))

    def _data(self, scene: Scene) -> Frame:
        """Return the recorded spectrum of the layer on the fixed data batch: it needs no tone."""
        hub, step = self.scope.hub, self.scope.state.step
        if hub is None or scene.fresh or self.scope.state.passed:
            reason = "Spectra of data are recorded of a generator that trains: choose Recorded above."
            return self._remember(scene, ("data", "nothing", reason), lambda: Frame(None, reason))
        steps = hub.records.steps("layers")
        index = record_at(steps, step)
        if index is None:
            return self._remember(
                scene, ("data", "none", step), lambda: waiting("layer spectra", steps, step)
            )
        tree = hub.records.tree("layers")
        if scene.layer not in tree:
            reason = f"No spectrum of {scene.layer} is recorded."
            return self._remember(scene, ("data", "nothing", reason), lambda: Frame(None, reason))

        def compute() -> Frame:
            data = layer_spectrum(tree[scene.layer].isel(step=index), DATA_FLOOR)
            return Frame(data, captions.spectrum_caption(data, scene.layer), int(steps[index]))

        return self._remember(scene, ("data", self.scope.state.run, index, scene.layer), compute)

    def _waterfall(self, scene: Scene) -> Frame:
        hub = self.scope.hub
        if scene.fresh or hub is None or scene.orders is None or not scene.layer:
            reason = "The waterfall shows the orders that a run recorded: choose Recorded above."
            return self._remember(scene, ("waterfall", "nothing", reason), lambda: Frame(None, reason))
        records = self.scope.recorded
        assert records is not None  # of them the scene was made
        key = ("waterfall", self.scope.state.run, self.scope.state.passed, records.sizes["step"], scene.layer)

        def compute() -> Frame:
            data = order_waterfall(records, scene.layer, FLOOR)
            return Frame(data, waterfall_caption(data))

        return self._remember(scene, key, compute)

    def _remember(self, scene: Scene, key: Hashable, compute: Callable[[], Any]) -> Any:
        hub = self.scope.hub
        if not scene.fresh and hub is not None:
            return hub.remember(("microscope", key), compute)
        if key not in self._memo:
            self._memo[key] = compute()
            while len(self._memo) > KEPT:
                self._memo.popitem(last=False)
        return self._memo[key]


def waterfall_caption(data: xr.Dataset) -> str:
    """Say which order changed most between the first record and the last."""
    level = data["level"].values
    first, last = level[0], level[-1]
    change = np.where(np.isfinite(last - first), last - first, 0.0)
    change[:2] = 0.0
    at = int(np.argmax(np.abs(change)))
    if len(level) < 2 or abs(change[at]) < 0.05:
        return f"{data.attrs['layer']}: no order has changed by 0.05 dB since step {int(data['step'][0])}."
    verb = "risen" if change[at] > 0 else "fallen"
    return (
        f"{data.attrs['layer']}: order {at} has {verb} by {captions.number(abs(float(change[at])))} dB, from "
        f"{captions.number(float(first[at]))} to {captions.number(float(last[at]))} dBc, between the steps "
        f"{int(data['step'][0])} and {int(data['step'][-1])}."
    )
