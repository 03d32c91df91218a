"""What is kept of every layer while the frames of a phase cycle pass."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workbench.probes.attribution import Share, attribute
from workbench.probes.drives import Drive, Tone
from workbench.probes.handed_on import HandedOn
from workbench.probes.images import as_image
from workbench.probes.lattice import Grid, grid
from workbench.probes.partition import Partition, partition
from workbench.probes.prediction import ToneField, is_activation, predict_orders
from workbench.probes.reduction import Frames, cropped, energies, first_orders
from workbench.probes.taps import Layer

FEW_ORDERS = 1e-6  # an activation's input may hold so much of orders |k| >= 2 and count as a single tone


class NotFiniteError(ValueError):
    """A layer returned NaN or infinite values."""


@dataclass
class Record:
    """What is known of one layer.

    Its sums and first orders stay on the device until all layers are done.
    """

    layer: Layer
    size: tuple[int, int]
    spectrum: Grid
    frames: Frames
    partition: Partition | None = None
    sums: Tensor | None = None
    first: tuple[Tensor, Tensor] | None = None
    share: Share | None = None
    theory: npt.NDArray[np.float64] | None = None
    note: str = "not a pointwise activation"


@dataclass
class Collector:
    """Observer that reduces every layer's frames as they come."""

    drive: Drive
    only: frozenset[str] | None = None
    records: dict[str, Record] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    passed_by: dict[str, tuple[str, ...]] = field(default_factory=dict)  # inputs of layers that are not kept
    handed_on: HandedOn = field(default_factory=HandedOn)
    frames: int = 0

    def __call__(self, layer: Layer, output: Tensor) -> None:
        """Take the next frames of one layer."""
        if layer.name in self.refused:
            return
        record = self.records.get(layer.name)
        if self.only is not None and layer.name not in self.only:
            if record is None:
                self.passed_by[layer.name] = layer.inputs
            return
        self.passed_by.pop(layer.name, None)
        record = record or self._begin(layer, output)
        if record is None or record.sums is not None:
            return
        image, _ = as_image(output, layer.lineage, self.frames)
        if image is None:
            return
        whole = record.frames.add(cropped(image, record.spectrum.window))
        if whole is not None:
            self._reduce(record, whole)

    def _begin(self, layer: Layer, output: Tensor) -> Record | None:
        image, reason = as_image(output, layer.lineage, self.frames)
        spectrum = None
        if image is not None:
            size = (int(image.shape[2]), int(image.shape[3]))
            _, height, width = self.drive.shape
            spectrum, reason = grid(
                layer.lineage.rate, layer.lineage.passed, size, (height, width), *self.drive.tones
            )
        if spectrum is None:
            self.refused[layer.name] = reason
            self.passed_by[layer.name] = layer.inputs
            return None
        record = Record(layer, size, spectrum, Frames(self.drive.count))
        self.records[layer.name] = record
        return record

    def _reduce(self, record: Record, frames: Tensor) -> None:
        phases, axes = self.drive.phases, len(self.drive.tones)
        energy = self.handed_on.energy_of(record.layer, frames)
        if energy is None:
            energy = energies(frames, phases, axes)
        self.handed_on.keep(record.layer.name, frames, energy)
        record.partition = partition(record.spectrum, phases, not frames.is_complex(), frames.device)
        record.sums = record.partition.sums(energy)
        if axes == 2 or frames.is_complex():
            return
        if frames.device.type == "cpu":  # elsewhere it is not yet known whether they are needed
            rows = record.sums[record.partition.number : -1]
            if float(record.partition.twice[2:] @ rows[2:]) > 2 * FEW_ORDERS * float(rows.sum()):
                return
        record.first = first_orders(frames, phases)

    def finish(self) -> None:
        """Divide the energies of all layers, in one copy from the device, and predict the activations' lines.

        Raises
        ------
        NotFiniteError
            If a layer returned NaN or infinite values; the first one is named.
        """
        records = [record for record in self.records.values() if record.sums is not None]
        if not records:
            return
        together = torch.cat([record.sums for record in records if record.sums is not None]).cpu().numpy()
        lengths = [len(record.sums) for record in records if record.sums is not None]
        for record, sums in zip(records, np.split(together, np.cumsum(lengths)[:-1]), strict=True):
            if not np.isfinite(sums).all():
                raise NotFiniteError(
                    f"layer {record.layer.name!r} ({record.layer.kind}) returned NaN or infinite values "
                    "for a finite input"
                )
            assert record.partition is not None
            record.share = attribute(record.partition, sums)
        if isinstance(self.drive, Tone):
            for record in records:
                if is_activation(record.layer):
                    self._predict(record, self.drive)

    def _predict(self, record: Record, tone: Tone) -> None:
        source = self.records.get(record.layer.source)
        if record.layer.source == "input":
            field = _input_field(tone)
        elif source is None or source.share is None:
            record.note = "its input is not the output of an analysed layer"
            return
        elif source.first is None or source.share.higher >= FEW_ORDERS:
            record.note = f"the input already holds other orders ({100 * source.share.higher:.2g} %)"
            return
        else:
            mean, first = source.first
            field = ToneField(mean.cpu().numpy(), first.cpu().numpy(), source.spectrum.tone)
        assert record.share is not None
        power, record.note = predict_orders(record.layer, field, record.share.period)
        record.theory = record.share.listed(power)


def _input_field(tone: Tone) -> ToneField:
    frames = tone.frames(0, tone.phases).numpy()
    cycle = np.exp(-2j * np.pi * np.arange(tone.phases) / tone.phases)
    first = np.einsum("jcyx,j->cyx", frames, cycle) / tone.phases
    return ToneField(frames.mean(0), first, tone.cycles)
