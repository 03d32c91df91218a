"""What is kept of every layer while the frames of a phase cycle pass."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from torch import Tensor

from workbench.probes.attribution import Share, attribute
from workbench.probes.images import as_image
from workbench.probes.lattice import Grid, grid
from workbench.probes.phases import PhaseSum, Tone, energies
from workbench.probes.prediction import ToneField, is_activation, predict_orders
from workbench.probes.taps import Layer

FEW_ORDERS = 1e-6  # an activation's input may hold so much of orders |k| >= 2 and count as a single tone


class NotFiniteError(ValueError):
    """A layer returned NaN or infinite values."""


@dataclass
class Record:
    """What is known of one layer."""

    layer: Layer
    size: tuple[int, int]
    spectrum: Grid
    sum: PhaseSum
    share: Share | None = None
    tones: ToneField | None = None
    higher: float = 0.0
    theory: npt.NDArray[np.float64] | None = None
    note: str = "not a pointwise activation"


@dataclass
class Collector:
    """Observer that reduces every layer's frames as they come."""

    tone: Tone
    only: frozenset[str] | None = None
    records: dict[str, Record] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    passed_by: dict[str, tuple[str, ...]] = field(default_factory=dict)  # inputs of layers that are not kept
    frames: int = 0

    def __call__(self, layer: Layer, output: Tensor) -> None:
        """Take the next frames of one layer."""
        if layer.name in self.refused:
            return
        if self.only is not None and layer.name not in self.only:
            if layer.name not in self.records:
                self.passed_by[layer.name] = layer.inputs
            return
        self.passed_by.pop(layer.name, None)
        record = self.records.get(layer.name) or self._begin(layer, output)
        if record is None:
            return
        image, _ = as_image(output, layer.lineage, self.frames)
        if image is None:
            return
        record.sum.add(image)
        if record.sum.complete:
            self._finish(record)

    def _begin(self, layer: Layer, output: Tensor) -> Record | None:
        image, reason = as_image(output, layer.lineage, self.frames)
        spectrum = None
        if image is not None:
            size = (int(image.shape[2]), int(image.shape[3]))
            _, height, width = self.tone.shape
            spectrum, reason = grid(
                layer.lineage.rate, layer.lineage.passed, size, (height, width), self.tone.cycles
            )
        if spectrum is None:
            self.refused[layer.name] = reason
            self.passed_by[layer.name] = layer.inputs
            return None
        record = Record(layer, size, spectrum, PhaseSum(self.tone.phases, spectrum.window))
        self.records[layer.name] = record
        return record

    def _finish(self, record: Record) -> None:
        amplitudes, real = record.sum.orders()
        record.sum.total = None
        energy = energies(amplitudes)
        if not np.isfinite(energy).all():
            raise NotFiniteError(
                f"layer {record.layer.name!r} ({record.layer.kind}) returned NaN or infinite values "
                "for a finite input"
            )
        record.share = attribute(energy, record.spectrum, self.tone.phases, real)
        record.higher = (
            1 - float(record.share.by_phase[:2].sum()) / (record.share.total or 1.0) if real else 1.0
        )
        if record.higher < FEW_ORDERS:
            record.tones = ToneField(amplitudes[0].real.cpu().numpy(), amplitudes[1].cpu().numpy())
        if is_activation(record.layer):
            self._predict(record)

    def _predict(self, record: Record) -> None:
        source = self.records.get(record.layer.source)
        tones: ToneField | None
        if record.layer.source == "input":
            tones, higher = _input_field(self.tone), 0.0
        elif source is None:
            record.note = "its input is not the output of an analysed layer"
            return
        else:
            tones, higher = source.tones, source.higher
        if tones is None:
            record.note = f"the input already holds other orders ({100 * higher:.2g} %)"
            return
        assert record.share is not None
        power, record.note = predict_orders(record.layer, tones, record.share.period)
        record.theory = record.share.listed(power)


def _input_field(tone: Tone) -> ToneField:
    frames = tone.frames(0, tone.phases).numpy()
    cycle = np.exp(-2j * np.pi * np.arange(tone.phases) / tone.phases)
    return ToneField(frames.mean(0), np.einsum("jcyx,j->cyx", frames, cycle) / tone.phases)
