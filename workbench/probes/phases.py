"""How the frames of a phase cycle are reduced to the energy of every order in every bin."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workbench.probes.lattice import Pair


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

    def frames(self, start: int, stop: int) -> Tensor:
        """Frames `start` … `stop` − 1 as (frame, channel, y, x), float64.

        Examples
        --------
        >>> Tone((1, 2, 4), (0, 1), 4, 1.0, 0.0, (1.0,)).frames(0, 1)[0, 0, 0].numpy().round(12) + 0.0
        array([ 1.,  0., -1.,  0.])
        """
        _, height, width = self.shape
        # Whole numbers before the division keep samples of equal phase equal to the last bit.
        steps = (
            self.phases * (self.cycles[0] * torch.arange(height)[:, None] * width)
            + self.phases * (self.cycles[1] * torch.arange(width)[None, :] * height)
            + torch.arange(start, stop)[:, None, None] * height * width
        ) % (self.phases * height * width)
        wave = torch.cos(steps.double() * (2 * torch.pi / (self.phases * height * width)))
        weights = torch.tensor(self.weights, dtype=torch.float64)[:, None, None]
        return weights * (self.offset + self.amplitude * wave[:, None])


@dataclass
class PhaseSum:
    """The discrete Fourier transform of one layer's frames over their phase, summed up chunk by chunk.

    Attributes
    ----------
    phases : int
        J.
    window : pair of int
        Samples kept along y and x, from the middle of the layer.
    """

    phases: int
    window: Pair
    total: Tensor | None = field(default=None, repr=False)
    seen: int = 0

    def add(self, frames: Tensor) -> None:
        """Add the next frames of the cycle, (frame, channel, y, x)."""
        top, left = ((n - c) // 2 for n, c in zip(frames.shape[2:], self.window, strict=True))
        frames = frames[:, :, top : top + self.window[0], left : left + self.window[1]]
        if frames.dtype in (torch.float16, torch.bfloat16):
            frames = frames.float()
        count = frames.shape[0]
        matrix = _phase_matrix(self.phases, frames.is_complex()).to(frames)[:, self.seen : self.seen + count]
        part = (matrix @ frames.reshape(count, -1)).reshape(-1, *frames.shape[1:])
        self.total = part if self.total is None else self.total.add_(part)
        self.seen += count

    @property
    def complete(self) -> bool:
        """Whether the whole cycle was seen."""
        return self.seen == self.phases

    def orders(self) -> tuple[Tensor, bool]:
        """Complex amplitudes C_k (row, channel, y, x), and whether the layer is real.

        Rows are the phase orders 0 … J//2 of a real layer, 0 … J−1 of a complex one.
        """
        assert self.total is not None
        if self.total.is_complex():
            return self.total, False
        rows = len(self.total) // 2
        return torch.complex(self.total[:rows], self.total[rows:]), True


@lru_cache(maxsize=16)
def _phase_matrix(phases: int, is_complex: bool) -> Tensor:
    """Rows e^{−2πi jk/J}/J, k = 0 … J−1; for real frames the real parts of 0 … J//2, then the imaginary."""
    j = torch.arange(phases)
    angle = (j[:, None] * j[None, :] % phases).double() * (2 * torch.pi / phases)
    wheel = torch.polar(torch.full_like(angle, 1 / phases), -angle)
    half = wheel[: phases // 2 + 1]
    return wheel if is_complex else torch.cat([half.real, half.imag])


def energies(amplitudes: Tensor) -> npt.NDArray[np.float64]:
    """Energy E_k(v, u) = Σ_c |DFT2 of C_k|², norm "forward", of complex amplitudes (row, channel, y, x).

    Examples
    --------
    >>> tone = torch.exp(2j * torch.pi * torch.arange(4) / 4).expand(1, 1, 4, 4)
    >>> energies(tone)[0, 0].round(12) + 0.0
    array([0., 1., 0., 0.])
    """
    spectra = torch.view_as_real(torch.fft.fft2(amplitudes, norm="forward"))
    return spectra.square_().sum(1).sum(-1).double().cpu().numpy()
