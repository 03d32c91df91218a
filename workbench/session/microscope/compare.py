"""A beside B: two steps, two runs, two layers, a network before beside after a replacement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from workbench.session.decibels import decibel
from workbench.session.frame import record_at
from workbench.session.microscope.scope import Scene, Scope
from workbench.session.microscope.state import Held
from workbench.session.microscope.words import change_sentence
from workbench.session.order_frames import default_layer
from workbench.signals import grouped_power

__all__ = ["Comparison", "Pair", "changes", "largest_change"]

Rows = list[tuple[str, float, float]]
SHARES = ("fundamental", "harmonic", "mirror", "folded", "leakage")
LEAST = 0.05  # dB worth a word
SHOWN = -100.0  # dB: shares that stay below this on both sides are left out


@dataclass(frozen=True, eq=False)
class Pair:
    """Two analyses, one layer of each.

    Parameters
    ----------
    label_a, label_b
        What they are, in words.
    a, b
        Tables of causes.
    layer_a, layer_b
        The layers compared.
    """

    label_a: str
    label_b: str
    a: xr.Dataset
    b: xr.Dataset
    layer_a: str
    layer_b: str


class Comparison:
    """Finds what stands beside what is shown now.

    Parameters
    ----------
    scope
        What is shown.
    records_of
        Returns the recorded analyses of a run by its name, None where there are none.
    """

    def __init__(self, scope: Scope, records_of: Callable[[str], xr.Dataset | None]) -> None:
        self._scope, self._records_of = scope, records_of
        self._kept: dict[str, tuple[xr.Dataset, str]] = {}

    def hold(self, scene: Scene) -> None:
        """Keep what is shown as A; a second time, let it go."""
        state = self._scope.state
        if state.a or scene.orders is None:
            state.a = ""
            return
        held = Held(state.run or state.model, scene.step or 0, scene.layer).write()
        what = "fresh" if scene.fresh else "recorded"
        self._kept = {held: (scene.orders, f"{scene.layer}, step {scene.step or 0}, {what}")}
        state.a = held

    def pair(self, scene: Scene) -> Pair | None:
        """Return A beside B; None where nothing is compared, or A is not known."""
        if scene.orders is None:
            return None
        if self._scope.state.a:
            return self._held(scene, self._scope.state.a)
        if scene.before is None:
            return None
        names = {str(name) for name in scene.before["layer"].values}
        layer = scene.layer if scene.layer in names else _namesake(scene.layer, names)
        if not layer:
            return None
        return Pair("before", "after", scene.before, scene.orders, layer, scene.layer)

    def _held(self, scene: Scene, text: str) -> Pair | None:
        try:
            held = Held.read(text)
        except ValueError:
            return None
        now = f"{scene.layer}, step {scene.step or 0}"
        assert scene.orders is not None
        if text in self._kept:
            orders, label = self._kept[text]
            return Pair(f"A: {label}", f"B: {now}", orders, scene.orders, held.layer, scene.layer)
        records = self._records_of(held.run)
        if records is None:
            return None
        index = record_at(records["step"].values, held.step)
        if index is None:
            return None
        orders = records.isel(step=index)
        layer = default_layer(orders, held.layer)
        label = f"{layer}, step {int(records['step'][index])}, recorded"
        label = label if held.run == self._scope.state.run else f"{held.run}: {label}"
        return Pair(f"A: {label}", f"B: {now}", orders, scene.orders, layer, scene.layer)


def _namesake(layer: str, names: set[str]) -> str:
    """Return the layer that a part of a replacement stands for, "" if none."""
    found = [name for name in names if layer.startswith(f"{name}.")]
    return max(found, key=len) if found else ""


def changes(pair: Pair) -> Rows:
    """Return (what, dB in A, dB in B): the layer's level re the tone, then shares of all power except DC."""
    a, b = (_levels(orders, layer) for orders, layer in ((pair.a, pair.layer_a), (pair.b, pair.layer_b)))
    rows = [(group, a.get(group, -np.inf), b.get(group, -np.inf)) for group in dict.fromkeys([*a, *b])]
    rows.sort(key=lambda row: row[0] == "leakage")
    return [row for row in rows if row[0] == "level" or max(row[1:]) > SHOWN]


def _levels(orders: xr.Dataset, layer: str) -> dict[str, float]:
    names = [str(name) for name in orders["layer"].values]
    found = grouped_power(orders.isel(layer=[names.index(layer)])).isel(layer=0)
    power = {str(group): float(p) for group, p in zip(found["group"].values, found.values, strict=True)}
    total = power["all"] if power["all"] > 0 else np.nan
    reference = float(np.sum(orders.attrs.get("input_order_1_power", 1.0)))
    shown = [group for group in power if group in SHARES or group.startswith("image_")]
    return {"level": decibel(total / reference), **{group: decibel(power[group] / total) for group in shown}}


def _size(row: tuple[str, float, float]) -> float:
    return abs(max(row[2], SHOWN) - max(row[1], SHOWN))


def largest_change(pair: Pair, rows: Rows) -> str:
    """Say which spurious share changed most between A and B."""
    causes = [row for row in rows if row[0] not in ("level", "fundamental", "harmonic")]
    orders = [row for row in rows if row[0] == "harmonic"]
    if not causes and not orders:
        return f"{pair.layer_b} has no spurious share on either side."
    what, a, b = max(causes or orders, key=_size)
    if _size((what, a, b)) < LEAST and orders:
        what, a, b = orders[0]
    where = pair.layer_b if pair.layer_a == pair.layer_b else f"{pair.layer_a} beside {pair.layer_b}"
    return change_sentence(where, what, a, b)
