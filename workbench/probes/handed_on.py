"""The energies of layers that only hand on what other layers made: known without another look."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import torch
from torch import Tensor

from workbench.probes.taps import Layer

# Kinds of layers that join their inputs channel by channel, or return their only input as it is.
_JOINING = frozenset(("cat", "concat", "concatenate"))
_RETURNING = frozenset(("identity", "dropout", "dropout1d", "dropout2d", "dropout3d", "featuredropout"))
_POINTS = 4  # along y and x, of every channel, by which frames are recognised
_KEPT = 1 << 24  # numbers; energies beyond are not kept


@dataclass
class HandedOn:
    """The energies of the layers so far, and a few points of their frames to recognise these by.

    An operation that works in place may have changed a layer's frames since: the points tell.
    """

    parts: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)
    held: int = 0

    def keep(self, name: str, frames: Tensor, energy: Tensor) -> None:
        """Remember one layer's energy (row, y, x)."""
        self.held += energy.numel()
        if self.held <= _KEPT:
            self.parts[name] = (_points(frames).clone(), energy)

    def energy_of(self, layer: Layer, frames: Tensor) -> Tensor | None:
        """Energy of a layer that is made of remembered ones, None if it is not."""
        kind = layer.kind.lower().replace("_", "")
        if kind not in _JOINING and (kind not in _RETURNING or len(layer.inputs) != 1):
            return None
        if not all(name in self.parts for name in layer.inputs):
            return None
        parts = [self.parts[name] for name in layer.inputs]
        channels = [0, *itertools.accumulate(points.shape[1] for points, _ in parts)]
        points = _points(frames)
        if channels[-1] != frames.shape[1] or any(
            energy.shape[1:] != frames.shape[2:] or not torch.equal(points[:, a:b], part)
            for (a, b), (part, energy) in zip(itertools.pairwise(channels), parts, strict=True)
        ):
            return None
        return torch.stack([energy for _, energy in parts]).sum(0)


def _points(frames: Tensor) -> Tensor:
    """Every channel of two frames at a few points."""
    some = frames[:: max(len(frames) // 2, 1)][:2]
    steps = [max(n // _POINTS, 1) for n in frames.shape[2:]]
    return some[..., steps[0] // 2 :: steps[0], steps[1] // 2 :: steps[1]]
