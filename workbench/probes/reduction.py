"""How the frames of a phase cycle are reduced to the energy of every order in every bin.

The frames are taken a few channels at a time, so that what lies between them and the energies (the transform
over the phase, that over space) never leaves the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import Tensor

from workbench.probes.lattice import Pair

# Numbers that are worked on at once: what a core's cache holds; elsewhere what keeps a GPU busy.
_CACHED, _AT_ONCE = 1 << 18, 1 << 26
_FEWEST_ROWS = 16  # a matrix product with fewer is bound by reading the frames


@dataclass
class Frames:
    """The frames of one layer, put together from as many passes as they take.

    Attributes
    ----------
    count : int
        Frames of the whole cycle.
    """

    count: int
    store: Tensor | None = field(default=None, repr=False)
    seen: int = 0

    def add(self, part: Tensor) -> Tensor | None:
        """Add the next frames, (frame, channel, y, x); return all of them once they are complete.

        Examples
        --------
        >>> frames = Frames(3)
        >>> frames.add(torch.zeros(2, 1, 4, 4)) is None
        True
        >>> frames.add(torch.ones(1, 1, 4, 4)).shape
        torch.Size([3, 1, 4, 4])
        """
        if len(part) == self.count:
            return part
        if self.store is None:
            self.store = part.new_empty(self.count, *part.shape[1:])
        self.store[self.seen : self.seen + len(part)] = part
        self.seen += len(part)
        if self.seen < self.count:
            return None
        whole, self.store = self.store, None
        return whole


def cropped(frames: Tensor, window: Pair) -> Tensor:
    """Crop frames (frame, channel, y, x) to a window in the middle."""
    top, left = ((n - c) // 2 for n, c in zip(frames.shape[2:], window, strict=True))
    return frames[:, :, top : top + window[0], left : left + window[1]]


def stored_rows(phases: int, axes: int, real: bool) -> int:
    """Count the phase orders that are kept: of real frames those with first index 0 … J//2."""
    return (phases // 2 + 1 if real else phases) * phases ** (axes - 1)


def energies(frames: Tensor, phases: int, axes: int = 1) -> Tensor:
    """Energy E_k(v, u) = Σ_c |DFT2 of C_k|², norm "forward", C_k = (1/J) Σ_j o_j e^{−2πi jk/J}.

    Parameters
    ----------
    frames : Tensor, shape (frame, channel, y, x)
        A whole cycle: J frames, or J × J of two tones (the second one's phase runs faster).
    phases, axes : int
        J, and along how many axes the phase was cycled.

    Returns
    -------
    Tensor, float64, shape (row, y, x), on the frames' device
        Rows are the phase orders 0 … J//2 of real frames, 0 … J−1 of complex ones; with two axes row
        k·J + l is the phase order (k, l).

    Examples
    --------
    >>> waves = torch.cos(torch.arange(4) * torch.pi / 2 + torch.arange(8)[:, None] * torch.pi / 4)
    >>> energies(waves[:, None, None], 8)[1].numpy().round(6) + 0.0
    array([[0.  , 0.25, 0.  , 0.  ]])
    """
    height, width = frames.shape[2:]
    energy = torch.zeros(
        stored_rows(phases, axes, not frames.is_complex()),
        height,
        width,
        2,
        dtype=torch.float64 if frames.dtype in (torch.float64, torch.complex128) else torch.float32,
        device=frames.device,
    )
    for rows, amplitudes in _blocks(frames, phases, axes):
        parts = torch.view_as_real(torch.fft.fft2(amplitudes))
        if parts.shape[1] == 1:
            energy[rows].addcmul_(parts[:, 0], parts[:, 0])
        else:
            energy[rows] += parts.square_().sum(1)
    # Not energy.sum(-1): a sum along an axis of two takes ten times as long.
    return (energy[..., 0] + energy[..., 1]).double().div_((height * width) ** 2)


def row_energies(frames: Tensor, phases: int) -> Tensor:
    """Energy of every phase order in all bins together, float64.

    Examples
    --------
    >>> row_energies(torch.ones(4, 2, 3, 3).double(), 4).numpy().round(9)
    array([2., 0., 0.])
    """
    energy = torch.zeros(
        stored_rows(phases, 1, not frames.is_complex()), dtype=torch.float64, device=frames.device
    )
    for rows, amplitudes in _blocks(frames, phases, 1):
        parts = torch.view_as_real(amplitudes).flatten(1)
        energy[rows] += torch.linalg.vector_norm(parts, dim=1).double().square()
    return energy / (frames.shape[2] * frames.shape[3])


def first_orders(frames: Tensor, phases: int) -> tuple[Tensor, Tensor]:
    """Amplitudes C_0 (real) and C_1 of real frames, each (channel, y, x)."""
    frames = frames.to(_working(frames.dtype))
    matrix = _phase_matrix(phases, False, frames.device, frames.dtype)
    chosen = matrix[[0, 1, phases // 2 + 2]]  # both parts of order 1
    zero, cosine, sine = (chosen @ frames.reshape(phases, -1)).view(3, *frames.shape[1:])
    return zero, torch.complex(cosine, sine)


def _working(dtype: torch.dtype) -> torch.dtype:
    return torch.float32 if dtype in (torch.float16, torch.bfloat16) else dtype


def _blocks(frames: Tensor, phases: int, axes: int) -> Iterator[tuple[slice, Tensor]]:
    """Rows and their complex amplitudes (row, some channels, y, x), block by block."""
    real = not frames.is_complex()
    dtype = _working(frames.dtype)
    matrix = _phase_matrix(phases, not real, frames.device, dtype)
    first = stored_rows(phases, 1, real)
    inner = phases ** (axes - 1)
    limit = _CACHED if frames.device.type == "cpu" else _AT_ONCE
    each = 2 * first * inner * frames.shape[2] * frames.shape[3]
    channels = max(1, limit // each)
    most = max(first * limit // each, _FEWEST_ROWS) if axes == 1 else first
    for c in range(0, frames.shape[1], channels):
        part = frames[:, c : c + channels].to(dtype)
        flat = part.reshape(phases, -1)
        for start in range(0, first, most):
            stop = min(start + most, first)
            if real:
                # The imaginary parts' rows follow those of the real parts.
                chosen = matrix if stop - start == first else matrix.view(2, first, phases)[:, start:stop]
                both = chosen.reshape(-1, phases) @ flat
                amplitudes = torch.complex(both[: stop - start], both[stop - start :])
            else:
                amplitudes = matrix[start:stop] @ flat
            if axes == 2:
                wheel = _phase_matrix(phases, True, frames.device, amplitudes.dtype)
                amplitudes = wheel @ amplitudes.view(first, phases, -1)
            yield slice(start * inner, stop * inner), amplitudes.view(-1, *part.shape[1:])


@lru_cache(maxsize=32)
def _phase_matrix(phases: int, is_complex: bool, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Rows e^{−2πi jk/J}/J, k = 0 … J−1; for real frames the real parts of 0 … J//2, then the imaginary."""
    j = torch.arange(phases)
    angle = (j[:, None] * j[None, :] % phases).double() * (2 * torch.pi / phases)
    wheel = torch.polar(torch.full_like(angle, 1 / phases), -angle)
    half = wheel[: phases // 2 + 1]
    return (wheel if is_complex else torch.cat([half.real, half.imag])).to(device, dtype)
