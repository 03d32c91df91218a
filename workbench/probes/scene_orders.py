"""Which orders of a scene's phase every layer holds, the decoded output last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor, nn

from workbench.mappings import SCALE, from_network
from workbench.probes.attribution import TAIL_SHARE
from workbench.probes.collecting import NotFiniteError
from workbench.probes.images import as_image
from workbench.probes.lattice import principal
from workbench.probes.lineage import origin
from workbench.probes.order_tables import PLAIN, SQUARE, layer_coordinates
from workbench.probes.reduction import Frames, row_energies
from workbench.probes.scene_drive import Scene
from workbench.probes.taps import Layer

DECODED = "decoded"


@dataclass
class SceneRecord:
    """What is known of one layer."""

    layer: Layer
    size: tuple[int, int]
    real: bool
    frames: Frames
    rows: Tensor | None = None


@dataclass
class SceneCollector:
    """Observer that keeps the energy of every phase order in every layer."""

    drive: Scene
    only: frozenset[str] | None = None
    records: dict[str, SceneRecord] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    passed_by: dict[str, tuple[str, ...]] = field(default_factory=dict)
    decoded: SceneRecord | None = None
    last: str = ""
    frames: int = 0

    def __call__(self, layer: Layer, output: Tensor) -> None:
        """Take the next frames of one layer."""
        self.last = layer.name
        if self.only is not None and layer.name not in self.only:
            if layer.name not in self.records:
                self.passed_by[layer.name] = layer.inputs
            return
        image, reason = as_image(output, layer.lineage, self.frames)
        if image is None:
            self.refused[layer.name] = reason
            self.passed_by[layer.name] = layer.inputs
            return
        self.passed_by.pop(layer.name, None)
        record = self.records.get(layer.name)
        if record is None:
            record = _record(layer, image, self.drive)
            self.records[layer.name] = record
        self._take(record, image)

    def _take(self, record: SceneRecord, image: Tensor) -> None:
        if record.rows is None:
            whole = record.frames.add(image)
            if whole is not None:
                record.rows = row_energies(whole, self.drive.phases)

    def returned(self, output: Any) -> None:
        """Take what the network returned, and decode it if the mapping can."""
        mapping = self.drive.mapping
        if not isinstance(output, Tensor) or output.is_complex():
            self.refused[DECODED] = f"the network returns no real image but {_described(output)}"
            return
        fits = output.ndim == 4 and output.shape[1] == mapping.channels
        if not fits or any(n % mapping.factor for n in output.shape[2:]) or len(output) != self.frames:
            self.refused[DECODED] = (
                f"{mapping.name} needs an output (batch, {mapping.channels}, y, x) on "
                f"{'an even grid' if mapping.factor == 2 else 'any grid'}, found {tuple(output.shape)}"
            )
            return
        image = mapping.decode(from_network(output.float() if output.itemsize < 4 else output))[:, None]
        if self.decoded is None:
            rate = tuple(
                Fraction(int(n), m) for n, m in zip(image.shape[2:], self.drive.shape[1:], strict=True)
            )
            lineage = replace(origin(image), rate=(rate[0], rate[1]))
            layer = Layer(DECODED, f"decode {mapping.name}", mapping, ((), {}), "", (), lineage)
            self.decoded = _record(layer, image, self.drive)
        self._take(self.decoded, image)

    @contextmanager
    def decoding(self, module: nn.Module) -> Iterator[None]:
        """Take what the module returns while the block runs."""

        def take(_: nn.Module, __: Any, output: Any) -> None:
            with torch._C.DisableTorchFunction():  # decoding is no part of the network
                self.returned(output)

        handle = module.register_forward_hook(take)
        try:
            yield
        finally:
            handle.remove()

    def finished(self) -> list[SceneRecord]:
        """All layers whose whole cycle was seen, the decoded image last.

        Raises
        ------
        NotFiniteError
            If one of them holds NaN or infinite values.
        """
        records = list(self.records.values())
        if self.decoded:
            self.decoded.layer = replace(self.decoded.layer, source=self.last, inputs=(self.last,))
            records.append(self.decoded)
        for record in records:
            if record.rows is not None and not bool(torch.isfinite(record.rows).all()):
                raise NotFiniteError(
                    f"layer {record.layer.name!r} ({record.layer.kind}) returned NaN or infinite values "
                    "for a finite input"
                )
        return [record for record in records if record.rows is not None]


def _record(layer: Layer, image: Tensor, drive: Scene) -> SceneRecord:
    size = (int(image.shape[2]), int(image.shape[3]))
    return SceneRecord(layer, size, not image.is_complex(), Frames(drive.count))


def _described(output: Any) -> str:
    if isinstance(output, Tensor):
        return f"a tensor of {str(output.dtype).removeprefix('torch.')}"
    return f"a {type(output).__name__}"


def signed(rows: npt.NDArray[np.float64], phases: int, real: bool) -> npt.NDArray[np.float64]:
    """Power of the orders −⌊J/2⌋ … ⌊J/2⌋ from that of the stored rows.

    Examples
    --------
    >>> signed(np.array([4.0, 1.0, 0.5]), 4, real=True)
    array([0.25, 1.  , 4.  , 1.  , 0.25])
    >>> signed(np.array([4.0, 1.0, 0.5, 2.0]), 4, real=False)
    array([0.5, 2. , 4. , 1. , 0. ])
    """
    half = phases // 2
    power = np.zeros(2 * half + 1)
    for row, energy in enumerate(rows):
        if not real:
            power[half + (principal(row, phases) if 2 * row != phases else -row)] = energy
        elif row == 0:
            power[half] = energy
        else:
            power[[half + row, half - row]] = energy / (2 if 2 * row == phases else 1)
    return power


def scene_table(collector: SceneCollector) -> xr.Dataset:
    """Table of all layers that were analysed."""
    scene, records = collector.drive, collector.finished()
    phases, half = scene.phases, scene.phases // 2
    power = np.array(
        [
            signed(record.rows.cpu().numpy(), phases, record.real)
            for record in records
            if record.rows is not None
        ]
    )
    orders = np.arange(-half, half + 1)
    total = power.sum(1)
    top = power[:, abs(orders) >= 3 * phases // 8 + 1].sum(1)
    tail = np.divide(top, total, out=np.zeros_like(top), where=total > 0)
    notes = [
        f"{100 * share:.2g} % of the power lies in the highest orders: orders that differ by {phases} are "
        "one; raise phases"
        if share > TAIL_SHARE
        else ""
        for share in tail
    ]
    images, clipped = scene.cycle
    given = signed(row_energies(images, phases).numpy(), phases, real=True)
    image_1, scene_power = float(given[half - 1] + given[half + 1]), float(scene.values.abs().square().mean())
    table = xr.Dataset(
        {
            "power": (("layer", "order", "cause"), power[..., None], SQUARE | {"long_name": "power"}),
            "order_tail": ("layer", tail, PLAIN | {"long_name": "share of the top quarter of orders"}),
            "ambiguous": (
                "layer",
                [bool(note) for note in notes],
                {"long_name": "something was not told apart"},
            ),
            "ambiguity": ("layer", notes, {"long_name": "what was not told apart"}),
            "real": (
                "layer",
                [record.real for record in records],
                {"long_name": "whether the layer is real"},
            ),
            "input_order_1_power": (
                "layer",
                [image_1 if record.real else scene_power for record in records],
                {"long_name": "order 1 of what the layer is compared with: the mapped image, or the scene"},
            ),
        },
        layer_coordinates(records, collector.passed_by)
        | {"order": ("order", orders, PLAIN), "cause": ["all"]},
    )
    return table.assign_attrs(
        mapping=scene.mapping.name,
        scale=SCALE,
        clipped_share=clipped,
        shape=list(scene.shape),
        phases=phases,
        input_power=float(given.sum()),
        input_order_1_power=image_1,
        scene_power=scene_power,
        real=all(record.real for record in records),
        causes='"all": a scene fills all bins, so these tell no cause; order 0 is what no phase turns',
        units="squared units of the layer, summed over channels",
        not_analysed=[f"{name}: {why}" for name, why in collector.refused.items()],
    )
