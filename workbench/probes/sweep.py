"""How the frames of a phase cycle are sent through a module within a memory budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from workbench.probes.collecting import Collector
from workbench.probes.forward import Arguments, evaluate
from workbench.probes.phases import Tone
from workbench.probes.taps import Layer

SMALL = 1 << 18  # pixels of a cycle that need no plan
_COPIES = 6  # of one layer's frames, while it is reduced


class Watcher(Protocol):
    """An observer that is told how many frames a pass holds."""

    frames: int

    def __call__(self, layer: Layer, output: Tensor) -> None:
        """See one layer's output."""


class Sizes:
    """Observer that measures how many bytes each layer's output takes."""

    def __init__(self) -> None:
        self.frames = 1
        self.bytes: dict[str, int] = {}

    def __call__(self, layer: Layer, output: Tensor) -> None:
        """Measure one layer's output."""
        self.bytes[layer.name] = output.numel() * max(output.element_size(), 4)


@dataclass(frozen=True)
class Sweep:
    """One module, the tone it is given, and further inputs that are held fixed."""

    module: nn.Module
    tone: Tone
    inputs: Sequence[Any] | Mapping[str, Any] | Arguments
    device: torch.device
    dtype: torch.dtype

    def run(self, collector: Collector, layers: Sequence[str] | None, memory: float) -> None:
        """Show every frame to the collector: in one batch if that fits, else phases and layers in turn."""
        for frames, group in self._plan(layers, memory):
            collector.only = group
            for start in range(0, self.tone.phases, frames):
                self._pass(start, min(start + frames, self.tone.phases), collector)

    def _plan(self, layers: Sequence[str] | None, memory: float) -> list[tuple[int, frozenset[str] | None]]:
        """Frames per pass, and which layers to look at in each round of passes."""
        phases = self.tone.phases
        chosen = None if layers is None else frozenset(layers)
        if phases * self.tone.shape[1] * self.tone.shape[2] < SMALL and chosen is None:
            return [(phases, None)]
        sizes = Sizes()
        self._pass(0, 1, sizes)
        unknown = (chosen or frozenset()) - set(sizes.bytes)
        if unknown:
            raise ValueError(f"no layer {sorted(unknown)[0]!r}; layers: {', '.join(sizes.bytes)}")
        # Without gradients about half of all outputs live at once (skips); reducing one takes a few copies.
        largest = max(sizes.bytes.values(), default=1)
        each = sum(sizes.bytes.values()) / 2 + _COPIES * largest
        if phases * each <= memory:
            return [(phases, chosen)]
        frames = int(min(max(memory / 2 // each, 1), phases))
        groups: list[list[str]] = [[]]
        held = 0
        for name in sizes.bytes:
            if chosen is not None and name not in chosen:
                continue
            held += phases * sizes.bytes[name]
            if held > memory / 2 and groups[-1]:
                groups.append([])
                held = phases * sizes.bytes[name]
            groups[-1].append(name)
        return [(frames, frozenset(group)) for group in groups]

    def _pass(self, start: int, stop: int, watcher: Watcher) -> None:
        image = self.tone.frames(start, stop).to(self.device, self.dtype)
        watcher.frames = stop - start
        evaluate(self.module, image, self.inputs, watcher, alone=True)
