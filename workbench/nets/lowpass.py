"""Borders per axis for low-pass filters that keep the sampling grid in place."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from workbench.nets.borders import PADDINGS, extend
from workbench.nets.filters import windowed_sinc

Sides = tuple[int, int]


def triangle(factor: int) -> np.ndarray:
    """Return the filter of linear interpolation by a factor: two boxes convolved, odd length, sum 1.

    It has its zeros at the multiples of ``1/factor`` cycles per sample, where the images of a constant lie.

    Examples
    --------
    >>> triangle(2)
    array([0.25, 0.5 , 0.25])
    """
    return np.convolve(np.ones(factor), np.ones(factor)) / factor**2


def kaiser(factor: int, taps: int | None = None) -> np.ndarray:
    """Return a Kaiser-windowed sinc of odd length whose cutoff is the Nyquist frequency after decimation.

    Parameters
    ----------
    factor : int
        Decimation or expansion; 1 gives the filter that does nothing.
    taps : int, optional
        Odd length; ``6·factor + 1`` by default (about −1 dB at 80 % of the new Nyquist frequency).

    Raises
    ------
    ValueError
        If the length is even.

    Examples
    --------
    >>> len(kaiser(2)), kaiser(1).tolist()
    (13, [1.0])
    """
    if factor == 1:
        return np.ones(1)
    count = 6 * factor + 1 if taps is None else taps
    if count % 2 == 0 or count < 3:
        raise ValueError(f"a filter that keeps the grid in place needs odd taps ≥ 3, found {count}")
    return windowed_sinc(count, cutoff=0.5 / factor, half_width=0.16 / factor)


class Border(nn.Module):
    """Extension of an image by a border rule, of its own width on each side; negative widths crop.

    Parameters
    ----------
    y, x : pair of int
        Pixels in front and behind along each axis.
    padding : str
        "zeros", "reflect", "circular" or "replicate".

    Examples
    --------
    >>> Border((1, 0), (0, -1), "circular")(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))[0, 0]
    tensor([[3.],
            [1.],
            [3.]])
    """

    def __init__(self, y: Sides, x: Sides, padding: str = "zeros") -> None:
        super().__init__()
        _ = PADDINGS[padding]
        self.y, self.x, self.padding = y, x, padding

    def forward(self, image: Tensor) -> Tensor:  # noqa: D102
        before, after = max(self.y[0], self.x[0], 0), max(self.y[1], self.x[1], 0)
        wide = extend(image, before, after, self.padding)
        height, width = wide.shape[-2:]
        return wide[
            ...,
            before - self.y[0] : height - after + self.y[1],
            before - self.x[0] : width - after + self.x[1],
        ]

    def extra_repr(self) -> str:  # noqa: D102
        return f"y={self.y}, x={self.x}, padding={self.padding!r}"


class LowPass(nn.Module):
    """Separable symmetric FIR filter of odd length, kept at every ``stride``-th sample; no border.

    The first sample kept lies ``(taps − 1)/2`` samples inside: with a border of that width in front it stands
    where the first sample of the input stood.

    Parameters
    ----------
    taps_y, taps_x : ndarray
        The filters along each axis, of sum 1.
    stride : pair of int
        Decimation along y and x.

    Raises
    ------
    ValueError
        If a filter is not symmetric or of even length.

    Examples
    --------
    >>> LowPass(triangle(2), triangle(2), (2, 2))(torch.ones(1, 3, 9, 9)).shape
    torch.Size([1, 3, 4, 4])
    """

    taps_y: Tensor
    taps_x: Tensor

    def __init__(self, taps_y: np.ndarray, taps_x: np.ndarray, stride: tuple[int, int] = (1, 1)) -> None:
        super().__init__()
        for name, taps in (("taps_y", taps_y), ("taps_x", taps_x)):
            if taps.ndim != 1 or taps.size % 2 == 0 or not np.allclose(taps, taps[::-1]):
                raise ValueError(f"{name} must be a symmetric filter of odd length, found {taps}")
            self.register_buffer(name, torch.as_tensor(taps, dtype=torch.float64), persistent=False)
        self.stride = stride

    @property
    def reach(self) -> tuple[int, int]:
        """Samples on each side of a pixel that the filter looks at, along y and x."""
        return len(self.taps_y) // 2, len(self.taps_x) // 2

    def forward(self, image: Tensor) -> Tensor:  # noqa: D102
        batch, channels, height, width = image.shape
        x = image.reshape(batch * channels, 1, height, width)
        x = functional.conv2d(x, self.taps_y.to(x.dtype)[None, None, :, None], stride=(self.stride[0], 1))
        x = functional.conv2d(x, self.taps_x.to(x.dtype)[None, None, None, :], stride=(1, self.stride[1]))
        return x.reshape(batch, channels, *x.shape[2:])

    def extra_repr(self) -> str:  # noqa: D102
        return f"taps={len(self.taps_y)}×{len(self.taps_x)}, stride={self.stride}"
