"""Fixed FIR filters at a change of sampling rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy
import torch
from torch import Tensor, nn
from torch.nn import functional

from workbench.nets.borders import extend

# Of even length: its centre lies between two pixels, like that of a 4×4 kernel with stride 2.
BINOMIAL = (0.125, 0.375, 0.375, 0.125)


def windowed_sinc(taps: int = 12, cutoff: float = 0.25, half_width: float = 0.08) -> np.ndarray:
    """Low-pass FIR filter: a sinc cut off by a Kaiser window, unit gain at frequency 0.

    ``h[n] = 2 f_c sinc(2 f_c (n − (taps−1)/2)) · w[n]``, normalised to sum 1.

    Parameters
    ----------
    taps : int
        Length; even lengths are centred between two samples.
    cutoff : float
        Frequency of half amplitude in cycles per sample of the higher rate.
    half_width : float
        Half of the transition band in cycles per sample; with ``taps`` it sets the window's attenuation.

    Returns
    -------
    numpy.ndarray
        ``(taps,)`` float64, symmetric.

    Raises
    ------
    ValueError
        If the cutoff does not lie inside ]0, 0.5[ or there are fewer than two taps.

    Examples
    --------
    >>> taps = windowed_sinc()
    >>> round(float(taps.sum()), 12), len(taps)
    (1.0, 12)
    """
    if taps < 2 or not 0 < cutoff < 0.5 or half_width <= 0:
        raise ValueError(
            f"a low-pass filter needs taps ≥ 2, 0 < cutoff < 0.5 and half_width > 0 (cycles per sample), "
            f"found taps={taps}, cutoff={cutoff}, half_width={half_width}"
        )
    return np.asarray(scipy.signal.firwin(taps, cutoff, width=2 * half_width, fs=1.0))


class _Filtered(nn.Module):
    """A symmetric FIR filter along both axes, with the border rule of its input."""

    taps: Tensor
    multiple: int  # of which the filter's length has to be

    def __init__(self, taps: Sequence[float] | np.ndarray, padding: str = "zeros") -> None:
        super().__init__()
        self.padding = padding
        self.register_buffer("taps", _symmetric(taps, self.multiple), persistent=False)

    def extra_repr(self) -> str:
        return f"taps={len(self.taps)}, padding={self.padding!r}"


class FilteredUpsample(_Filtered):
    """Doubling of both axes: zero-stuffing by 2, then a symmetric FIR filter.

    Parameters
    ----------
    taps : sequence of float
        The filter at the higher rate, symmetric, its length a multiple of 4, its sum 1 (each of the two
        phases then keeps a constant exactly).
    padding : str
        Border rule of the input.

    Raises
    ------
    ValueError
        If the filter is not symmetric or of another length; when called, for an unknown padding.

    Examples
    --------
    >>> import torch
    >>> FilteredUpsample(BINOMIAL, "circular")(torch.ones(1, 2, 3, 3)).unique()
    tensor([1.])
    """

    factor = 2
    multiple = 4

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        batch, channels, height, width = x.shape
        phases = 2 * self.taps.to(x.dtype).flip(0).reshape(-1, 2).T  # phase 0 is the output left of a sample
        side = len(self.taps) // 4
        x = extend(x, side, side, self.padding).reshape(batch * channels, 1, height + 2 * side, -1)
        x = _interleave(x, phases[:, None, :, None], axis=2, size=height)
        x = _interleave(x, phases[:, None, None, :], axis=3, size=width)
        return x.reshape(batch, channels, 2 * height, 2 * width)


class FilteredDownsample(_Filtered):
    """Halving of both axes: a symmetric FIR filter of even length, then every second pixel.

    Parameters
    ----------
    taps : sequence of float
        The filter, sum 1, of even length. ``BINOMIAL`` makes this a BlurPool.
    padding : str
        Border rule of the input.

    Raises
    ------
    ValueError
        If the filter is not symmetric or of another length; when called, for an unknown padding.

    Examples
    --------
    >>> import torch
    >>> FilteredDownsample(BINOMIAL, "circular")(torch.ones(1, 2, 8, 8)).shape
    torch.Size([1, 2, 4, 4])
    """

    stride = 2
    multiple = 2

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        batch, channels, height, width = x.shape
        side = len(self.taps) // 2 - 1
        x = extend(x, side, side, self.padding).reshape(batch * channels, 1, height + 2 * side, -1)
        taps = self.taps.to(x.dtype)
        x = functional.conv2d(x, taps[None, None, :, None], stride=(2, 1))
        x = functional.conv2d(x, taps[None, None, None, :], stride=(1, 2))
        return x.reshape(batch, channels, height // 2, width // 2)


def _symmetric(taps: Sequence[float] | np.ndarray, multiple: int) -> Tensor:
    values = np.asarray(taps, dtype=float)
    if values.ndim != 1 or values.size % multiple or not np.allclose(values, values[::-1]):
        raise ValueError(
            f"needs a symmetric filter whose length is a multiple of {multiple}, found shape {values.shape}"
        )
    return torch.as_tensor(values, dtype=torch.get_default_dtype())


def _interleave(x: Tensor, phases: Tensor, axis: int, size: int) -> Tensor:
    """Two filters at the low rate whose outputs alternate: the zeros are never multiplied."""
    both = functional.conv2d(x, phases)
    first, second = both[:, :1].narrow(axis, 0, size), both[:, 1:].narrow(axis, both.shape[axis] - size, size)
    return torch.stack((first, second), dim=axis + 1).flatten(axis, axis + 1)
