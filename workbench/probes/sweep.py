"""How the frames of a phase cycle are sent through a module within a memory budget."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from workbench.probes.drives import Drive
from workbench.probes.forward import Arguments, evaluate
from workbench.probes.taps import Layer

_WIDE = 64  # channels of a network's first layer for which there is room before anything is known
_SPARE = 1.3  # what an operation may need besides its input and output


class Watcher(Protocol):
    """An observer that is told how many frames a pass holds, and may be told which layers to look at."""

    frames: int
    only: frozenset[str] | None

    def __call__(self, layer: Layer, output: Tensor) -> None:
        """See one layer's output."""


class TooLargeError(Exception):
    """The outputs that live at once exceed the budget."""


class Sizes:
    """Observer in front of another that measures the layers' outputs.

    Attributes
    ----------
    bytes : dict of str to int
        What each layer's output takes.
    shown : set of str
        Layers that the other has seen.
    peak : int
        The most that outputs which lived at the same time took.
    """

    def __init__(self, watcher: Watcher | None = None, budget: float = torch.inf) -> None:
        self.watcher, self.budget = watcher, budget
        self.bytes: dict[str, int] = {}
        self.shown: set[str] = set()
        self.peak = 0
        self.live: dict[int, tuple[weakref.ref[Tensor], int]] = {}

    def __call__(self, layer: Layer, output: Tensor) -> None:
        """Measure one layer's output, and show it."""
        self.bytes[layer.name] = output.numel() * output.element_size()
        self.live = {key: entry for key, entry in self.live.items() if entry[0]() is not None}
        self.live[output.untyped_storage().data_ptr()] = (weakref.ref(output), self.bytes[layer.name])
        self.peak = max(self.peak, sum(size for _, size in self.live.values()))
        if _SPARE * self.peak > self.budget:
            raise TooLargeError
        if self.watcher is not None:
            self.watcher(layer, output)
            self.shown.add(layer.name)


@dataclass(frozen=True)
class Sweep:
    """One module, the cycle it is given, and further inputs that are held fixed."""

    module: nn.Module
    drive: Drive
    inputs: Sequence[Any] | Mapping[str, Any] | Arguments
    device: torch.device
    dtype: torch.dtype

    def run(self, watcher: Watcher, layers: Sequence[str] | None, memory: float) -> None:
        """Show every frame to the watcher: in one batch if that fits, else frames and layers in turn.

        Raises
        ------
        ValueError
            If a layer asked for does not exist, or the module fails.
        """
        watcher.only = None if layers is None else frozenset(layers)
        _, height, width = self.drive.shape
        count = self.drive.count
        done: set[str] = set()
        room = _WIDE * count * height * width * self.dtype.itemsize
        if room <= memory:
            sizes = Sizes(watcher, memory)
            try:
                self._pass(0, count, sizes, watcher)
            except TooLargeError:
                done = sizes.shown  # the watcher has all of their frames
            else:
                return _require(watcher.only, sizes)
        sizes = Sizes()
        self._pass(0, 1, sizes)
        _require(watcher.only, sizes)
        frames, groups = self._plan(sizes, watcher.only, memory, done)
        for group in groups:
            watcher.only = group
            for start in range(0, count, frames):
                self._pass(start, min(start + frames, count), watcher, watcher)
        return None

    def _plan(
        self, sizes: Sizes, chosen: frozenset[str] | None, memory: float, done: set[str]
    ) -> tuple[int, list[frozenset[str]]]:
        """Frames per pass, and which layers to look at in each round of passes.

        Half of the memory is for the outputs that live at once, half for the frames that are put together.
        """
        count, each = self.drive.count, max(_SPARE * sizes.peak, 1)
        names = [name for name in sizes.bytes if name not in done and (chosen is None or name in chosen)]
        if count * each <= memory:
            return count, [frozenset(names)]
        frames = int(min(max(memory / 2 // each, 1), count))
        groups: list[list[str]] = [[]]
        held = 0
        for name in names:
            held += count * sizes.bytes[name]
            if held > memory / 2 and groups[-1]:
                groups.append([])
                held = count * sizes.bytes[name]
            groups[-1].append(name)
        return frames, [frozenset(group) for group in groups]

    def _pass(self, start: int, stop: int, observer: Any, watcher: Watcher | None = None) -> None:
        image = self.drive.frames(start, stop).to(self.device, self.dtype)
        if watcher is not None:
            watcher.frames = stop - start
        evaluate(self.module, image, self.inputs, observer, alone=True)


def _require(chosen: frozenset[str] | None, sizes: Sizes) -> None:
    unknown = sorted((chosen or frozenset()) - set(sizes.bytes))
    if unknown:
        raise ValueError(f"no layer {unknown[0]!r}; layers: {', '.join(sizes.bytes)}")
