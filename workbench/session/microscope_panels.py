"""What each of the microscope's panels shows, computed once for each choice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import xarray as xr

from workbench.session import captions
from workbench.session.decibels import decibel
from workbench.session.frame import Frame
from workbench.session.microscope_frames import order_waterfall
from workbench.session.microscope_scope import Scene, Scope
from workbench.session.microscope_words import lines_caption
from workbench.session.order_frames import lineup, order_lines
from workbench.signals import find_lines

__all__ = ["Panels"]

FLOOR = -100.0  # dBc, lowest level drawn
COUNT = 60  # lines listed
KEPT = 64


class Panels:
    """Frames of one viewer: asking again for the same gives the same objects, which are not sent again.

    What comes from records is remembered by the run's hub, for all its viewers.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._memo: OrderedDict[Hashable, Any] = OrderedDict()

    def compose(self, scene: Scene) -> dict[str, Frame]:
        """Return the frame of every panel."""
        return {
            "lineup": self._about(scene, "lineup", self._lineup),
            "order_lines": self._about(scene, "order lines", self._order_lines),
            "spectrum": self._spectrum(scene),
            "waterfall": self._waterfall(scene),
        }

    def lines(self, scene: Scene) -> xr.Dataset | None:
        """Return the lines of the layer above the threshold, of the chosen order."""
        if scene.spectrum is None:
            return None
        state = self.scope.state
        key = ("lines", scene.key, scene.layer, scene.fresh, state.threshold, state.order)
        return self._remember(scene, key, lambda: self._found(scene))

    # ------------------------------------------------------------------ one by one
    def _about(self, scene: Scene, what: str, compute: Callable[[Scene], Frame]) -> Frame:
        if scene.orders is None:
            return self._remember(scene, (what, "nothing", scene.reason), lambda: Frame(None, scene.reason))
        return self._remember(scene, (what, scene.key, scene.layer), lambda: compute(scene))

    def _lineup(self, scene: Scene) -> Frame:
        assert scene.orders is not None
        data = lineup(scene.orders)
        data.attrs["layer"] = scene.layer
        return Frame(data, captions.lineup_caption(data), scene.step)

    def _order_lines(self, scene: Scene) -> Frame:
        assert scene.orders is not None
        if "order" not in scene.orders.dims:
            return Frame(None, "Two tones have no single order axis: see the table of lines.")
        data = order_lines(scene.orders, scene.layer, FLOOR)
        return Frame(data, captions.order_caption(data), scene.step)

    def _found(self, scene: Scene) -> xr.Dataset:
        assert scene.spectrum is not None
        order = self.scope.state.order
        spectrum = scene.spectrum
        lines = find_lines(spectrum, floor=float(self.scope.state.threshold), count=COUNT)
        if order is not None:
            lines = lines.isel(line=np.flatnonzero(np.abs(lines["order"].values) == order))
        return lines

    def _spectrum(self, scene: Scene) -> Frame:
        lines = self.lines(scene)
        if lines is None or scene.spectrum is None:
            reason = scene.reason if scene.orders is None else scene.spectrum_reason
            reason = reason or "The lines of this layer are being analysed."
            return self._remember(scene, ("spectrum", "nothing", reason), lambda: Frame(None, reason))
        state, spectrum = self.scope.state, scene.spectrum
        key = ("spectrum", scene.key, scene.layer, state.threshold, state.order, state.linear, state.units)

        def compute() -> Frame:
            unplaced = sum(spectrum.attrs.get("unplaced", {}).values())
            total = float(spectrum.attrs.get("layer_power", 0.0)) or 1.0
            caption = lines_caption(lines, scene.layer, float(state.threshold), unplaced / total)
            return Frame(spectrum_data(spectrum, lines, state.order), caption, scene.step)

        return self._remember(scene, key, compute)

    def _waterfall(self, scene: Scene) -> Frame:
        hub = self.scope.hub
        if scene.fresh or hub is None or scene.orders is None or not scene.layer:
            reason = "The waterfall shows the orders that a run recorded: choose Recorded above."
            return self._remember(scene, ("waterfall", "nothing", reason), lambda: Frame(None, reason))
        records = hub.records.dataset("orders")
        key = ("waterfall", self.scope.state.run, records.sizes["step"], scene.layer)

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


def spectrum_data(spectrum: xr.Dataset, lines: xr.Dataset, order: int | None) -> xr.Dataset:
    """Level of one layer in two dimensions, of all orders or of ±one, with its lines.

    Returns
    -------
    Dataset
        level (frequency_y, frequency_x) in dB as the lines' level, and the variables of `find_lines`.
    """
    power = spectrum["power"].transpose("order", "frequency_y", "frequency_x")
    if order is not None:
        power = power.isel(order=np.flatnonzero(np.abs(power["order"].values) == order))
    summed = power.values.sum(axis=0)
    # the carrier is whatever power stands at 0 dB in the list of lines
    reference = 1.0
    if lines.sizes["line"]:
        reference = float(lines["power"][0]) / 10 ** (float(lines["level"][0]) / 10)
    # a line of a real layer has half of its power at each of ± its frequency
    half = 2.0 if spectrum.attrs.get("real", True) else 1.0
    return lines.assign(
        level_map=(("frequency_y", "frequency_x"), decibel(half * summed / reference, FLOOR))
    ).assign_coords(
        {name: spectrum[name] for name in ("frequency_y", "frequency_x")}
        if not {"frequency_y", "frequency_x"} & set(lines.variables)
        else {}
    )


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
