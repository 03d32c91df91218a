"""The labelled tables of an order analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import xarray as xr

from workbench.probes.attribution import Share
from workbench.probes.collecting import Collector
from workbench.probes.drives import Tone, TonePair
from workbench.probes.lattice import IMAGE, folding_rates
from workbench.probes.taps import Layer, listed_inputs

SQUARE, PLAIN = {"units": "squared units of the layer"}, {"units": "1"}


class Recorded(Protocol):
    """What is listed of any layer."""

    layer: Layer
    size: tuple[int, int]


def order_table(collector: Collector, drive: Tone | TonePair) -> xr.Dataset:
    """Table of all layers that were analysed."""
    records = [record for record in collector.records.values() if record.share is not None]
    shares = [record.share for record in records if record.share is not None]
    axes = len(drive.tones)
    highest = max(share.highest for share in shares)
    levels = max(share.table.shape[-1] for share in shares) - IMAGE - 1
    causes = ["direct", "folded", *(f"image_{level}" for level in range(1, levels + 1)), "leakage"]
    names = ["order"] if axes == 1 else ["order_1", "order_2"]
    side = (2 * highest + 1,) * axes
    power = np.zeros((len(records), *side, len(causes)))
    theory = np.full((len(records), *side), np.nan)
    folds = np.full((len(records), *side), np.nan)
    for i, (record, share) in enumerate(zip(records, shares, strict=True)):
        rows: Any = (i, *(slice(highest - share.highest, highest + share.highest + 1),) * axes)
        power[rows][..., : share.table.shape[-1] - 1] = share.table[..., :-1]
        power[rows][..., -1] = share.table[..., -1]
        folds[rows] = folding_rates(record.spectrum, share.highest)
        if record.theory is not None:
            theory[rows] = record.theory
    rate = {"units": "samples per frame", "long_name": "rate that folds"}
    data: dict[str, Any] = {
        "power": (("layer", *names, "cause"), power, SQUARE | {"long_name": "power"}),
        "folded_at": (("layer", *names), folds, rate),
        **_by_layer(shares),
    }
    if axes == 1:
        notes = [record.note for record in records]
        data["theory"] = (("layer", "order"), theory, SQUARE | {"long_name": "predicted power"})
        data["theory_note"] = ("layer", notes, {"long_name": "why theory does not apply"})
    order = np.arange(-highest, highest + 1)
    labels = {name: (name, order, PLAIN) for name in names} | {"cause": causes}
    table = xr.Dataset(data, layer_coordinates(records, collector.passed_by) | labels)
    return table.assign_attrs(
        _input_attributes(drive),
        real=all(share.real for share in shares),
        units="squared units of the layer, summed over channels",
        not_analysed=[f"{name}: {why}" for name, why in collector.refused.items()],
    )


def _by_layer(shares: Sequence[Share]) -> dict[str, Any]:
    visible = [1 - share.filled for share in shares]
    tails, spurs = [share.tail for share in shares], [share.spur for share in shares]
    notes = [share.ambiguity for share in shares]
    return {
        "order_tail": ("layer", tails, PLAIN | {"long_name": "share of the top quarter of orders"}),
        "largest_spur": ("layer", spurs, SQUARE | {"long_name": "strongest other pair of bins"}),
        "ambiguous": ("layer", [bool(note) for note in notes], {"long_name": "something was not told apart"}),
        "ambiguity": ("layer", notes, {"long_name": "what was not told apart"}),
        "leakage_visible": ("layer", visible, PLAIN | {"long_name": "share of bins off lattice"}),
    }


def _input_attributes(drive: Tone | TonePair) -> dict[str, Any]:
    squares = float(np.square(drive.weights).sum())
    single = isinstance(drive, Tone)
    amplitudes = np.array([drive.amplitude] if isinstance(drive, Tone) else drive.amplitudes)
    fundamental = squares * float(np.square(amplitudes).sum()) / 2
    tones = [list(tone) for tone in drive.tones]
    return {
        "tone": tones[0] if single else tones,
        "shape": list(drive.shape),
        "phases": drive.phases,
        "amplitude": float(amplitudes[0]) if single else amplitudes.tolist(),
        "offset": drive.offset,
        "channels": list(drive.weights),
        "input_power": squares * drive.offset**2 + fundamental,
        "input_order_1_power": fundamental,
    }


def layer_coordinates(
    records: Sequence[Recorded], passed_by: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """Coordinates along `layer`: name, kind, what feeds it, rate, size."""
    rates = [record.layer.lineage.rate for record in records]
    per_pixel = {"units": "samples per input pixel"}
    return {
        "layer": [record.layer.name for record in records],
        "module_type": ("layer", [record.layer.kind for record in records]),
        "inputs": (
            "layer",
            [" + ".join(listed_inputs(record.layer.inputs, passed_by)) for record in records],
            {"long_name": "layers that feed it"},
        ),
        "rate_y": ("layer", [float(rate[0]) for rate in rates], per_pixel),
        "rate_x": ("layer", [float(rate[1]) for rate in rates], per_pixel),
        "axis": ["y", "x"],
        "size": (("layer", "axis"), [record.size for record in records], {"units": "samples"}),
    }
