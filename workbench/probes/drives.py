"""What a module is fed during a phase cycle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from workbench.probes.lattice import Pair


class Drive(Protocol):
    """A cycle of input frames."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width of a frame."""

    @property
    def phases(self) -> int:
        """J: phases along every axis of the cycle."""

    @property
    def tones(self) -> tuple[Pair, ...]:
        """Cycles per frame of each tone, one axis of the cycle each; none for a scene."""

    @property
    def count(self) -> int:
        """Frames of the cycle."""

    def frames(self, start: int, stop: int) -> Tensor:
        """Frames `start` … `stop` − 1 as (frame, channel, y, x), float64."""


@dataclass(frozen=True)
class Tone:
    """A real tone ``offset + amplitude · cos(2π(m_y y/H + m_x x/W) + 2πj/J)``, frame j of J.

    Attributes
    ----------
    shape : triple of int
        Channels, height H, width W.
    cycles : pair of int
        (m_y, m_x) per frame.
    phases : int
        J.
    amplitude, offset : float
        In units of the input.
    weights : tuple of float
        Factor of each channel.
    """

    shape: tuple[int, int, int]
    cycles: Pair
    phases: int
    amplitude: float
    offset: float
    weights: tuple[float, ...]

    @property
    def tones(self) -> tuple[Pair]:
        """The tone."""
        return (self.cycles,)

    @property
    def count(self) -> int:
        """J."""
        return self.phases

    def frames(self, start: int, stop: int) -> Tensor:
        """Frames `start` … `stop` − 1 as (frame, channel, y, x), float64.

        Examples
        --------
        >>> Tone((1, 2, 4), (0, 1), 4, 1.0, 0.0, (1.0,)).frames(0, 1)[0, 0, 0].numpy().round(12) + 0.0
        array([ 1.,  0., -1.,  0.])
        """
        wave = waves(self.shape, self.cycles, self.phases, torch.arange(start, stop))
        return weighted(self.offset + self.amplitude * wave, self.weights)


@dataclass(frozen=True)
class TonePair:
    """Two real tones, ``offset + Σ_i amplitude_i · cos(2π m_i·r + 2πj_i/J)``, frame j_1 J + j_2 of J × J.

    Attributes
    ----------
    shape : triple of int
        Channels, height H, width W.
    tones : pair of pairs of int
        (m_y, m_x) per frame of each.
    phases : int
        J.
    amplitudes : pair of float
        Of each tone, in units of the input.
    offset : float
        In units of the input.
    weights : tuple of float
        Factor of each channel.
    """

    shape: tuple[int, int, int]
    tones: tuple[Pair, Pair]
    phases: int
    amplitudes: tuple[float, float]
    offset: float
    weights: tuple[float, ...]

    @property
    def count(self) -> int:
        """J × J."""
        return self.phases**2

    def frames(self, start: int, stop: int) -> Tensor:
        """Frames `start` … `stop` − 1 as (frame, channel, y, x), float64.

        Examples
        --------
        >>> pair = TonePair((1, 1, 4), ((0, 1), (0, 2)), 4, (1.0, 2.0), 0.0, (1.0,))
        >>> pair.frames(0, 1)[0, 0, 0].numpy().round(12) + 0.0
        array([ 3., -2.,  1., -2.])
        """
        frame = torch.arange(start, stop)
        first, second = (
            amplitude * waves(self.shape, tone, self.phases, phase)
            for amplitude, tone, phase in zip(
                self.amplitudes,
                self.tones,
                (frame.div(self.phases, rounding_mode="floor"), frame % self.phases),
                strict=True,
            )
        )
        return weighted(self.offset + first + second, self.weights)


def waves(shape: tuple[int, int, int], cycles: Pair, phases: int, phase: Tensor) -> Tensor:
    """Return ``cos(2π(m_y y/H + m_x x/W) + 2πj/J)`` for the phases j given, (j, 1, y, x), float64.

    Samples of equal phase are equal to the last bit.
    """
    height, width = shape[1:]
    # All values are among those of one cycle sampled this often.
    period = math.lcm(phases, height // math.gcd(cycles[0], height), width // math.gcd(cycles[1], width))
    cycle = torch.cos(torch.arange(period, dtype=torch.float64) * (2 * torch.pi / period)).repeat(2)
    rows = torch.arange(height) * (cycles[0] * period // height) % period
    columns = torch.arange(width) * (cycles[1] * period // width) % period
    place = (rows[:, None] + columns) % period
    return cycle[phase[:, None, None, None] * (period // phases) + place]


def weighted(wave: Tensor, weights: tuple[float, ...]) -> Tensor:
    """Give every channel its factor."""
    if set(weights) == {1.0}:
        return wave.expand(-1, len(weights), -1, -1)
    return wave * torch.tensor(weights, dtype=torch.float64)[:, None, None]
