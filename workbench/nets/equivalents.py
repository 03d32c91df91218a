"""Forms of a given convolution: without its border, as sub-pixel layer, as resize followed by a kernel.

A transposed convolution of stride s, kernel w, crop p is zero-stuffing followed by a filter:
``out[o] = Σ_i x[i] · w[o + p − s·i]``. Everything here rests on that sum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from workbench.nets.convolutions import Convolution, TransposedConvolution
from workbench.nets.lowpass import Border, Sides


@dataclass(frozen=True)
class Edges:
    """Border widths (front, behind) along y and x, with their rule."""

    y: Sides
    x: Sides
    padding: str

    def widened(self, y: int, x: int) -> Border:
        """Return the border with so many pixels more on each side."""
        return Border(
            (self.y[0] + y, self.y[1] + y),
            (self.x[0] + x, self.x[1] + x),
            self.padding,
        )


def edges(conv: nn.Conv2d) -> Edges:
    """Border of a convolution, torch's or ours.

    Examples
    --------
    >>> edges(nn.Conv2d(1, 1, (3, 5), padding=(1, 2), padding_mode="reflect"))
    Edges(y=(1, 1), x=(2, 2), padding='reflect')
    """
    if isinstance(conv, Convolution):
        return Edges(conv.border, conv.border, conv.padding_mode)
    left, right, top, bottom = conv._reversed_padding_repeated_twice
    return Edges((top, bottom), (left, right), conv.padding_mode)


def strip_border(conv: nn.Conv2d) -> Edges:
    """Take a convolution's border away (in place); returns what it was.

    Its weights, however they are parametrised, stay what they are.
    """
    found = edges(conv)
    conv.padding = (0, 0)
    conv._reversed_padding_repeated_twice = [0, 0, 0, 0]
    conv.padding_mode = "zeros"
    if isinstance(conv, Convolution):
        conv.border = (0, 0)
    return found


@dataclass(frozen=True)
class Expansion:
    """One axis of a transposed convolution.

    Attributes
    ----------
    stride, crop, extra : int
        s, p (torch's ``padding``), torch's ``output_padding``.
    length : int
        Taps of the kernel with its dilation.
    """

    stride: int
    crop: int
    extra: int
    length: int

    @property
    def surplus(self) -> int:
        """Samples that the output has beyond ``stride`` times those of the input."""
        return self.length - self.stride - 2 * self.crop + self.extra

    def border(self, reach: int) -> int:
        """Input samples beyond the border that the output, `reach` samples longer on each side, looks at."""
        return max(-(-(self.length - 1 - self.crop + self.extra + reach) // self.stride), 0)


def expansions(conv: nn.ConvTranspose2d) -> tuple[Expansion, Expansion]:
    """Both axes (y, x) of a transposed convolution."""
    y, x = (
        Expansion(
            int(conv.stride[axis]),
            int(conv.padding[axis]),
            int(conv.output_padding[axis]),
            int(conv.dilation[axis]) * (int(conv.kernel_size[axis]) - 1) + 1,
        )
        for axis in (0, 1)
    )
    return y, x


def border_rule(conv: nn.ConvTranspose2d) -> str:
    """Border rule of a transposed convolution: torch knows zeros only."""
    return conv.border_rule if isinstance(conv, TransposedConvolution) else "zeros"


def widen_output(conv: nn.ConvTranspose2d, y: int, x: int, padding: str) -> Border:
    """Make a transposed convolution return so many pixels more on each side (in place).

    Returns
    -------
    Border
        What has to extend its input, by the rule `padding`.
    """
    axes = expansions(conv)
    borders = [axis.border(reach) for axis, reach in zip(axes, (y, x), strict=True)]
    conv.padding = tuple(
        axis.crop + border * axis.stride - reach
        for axis, border, reach in zip(axes, borders, (y, x), strict=True)
    )
    if isinstance(conv, TransposedConvolution):
        conv.border_rule = "zeros"
    return Border((borders[0], borders[0]), (borders[1], borders[1]), padding)


def dense_kernel(conv: nn.ConvTranspose2d) -> Tensor:
    """Kernel as (group, input, output, y, x), dilation filled with zeros."""
    weight = conv.weight.detach()
    y, x = expansions(conv)
    dense = weight.new_zeros(*weight.shape[:2], y.length, x.length)
    dense[..., :: int(conv.dilation[0]), :: int(conv.dilation[1])] = weight
    return dense.reshape(conv.groups, -1, *dense.shape[1:])


def as_subpixel(conv: nn.ConvTranspose2d) -> tuple[Border, nn.Conv2d, nn.PixelShuffle]:
    """Return a transposed convolution as border, low-rate convolution, pixel shuffle: the same operator.

    Phase r of the output is ``out[s·q + r] = Σ_t x[q − t] · w[s·t + r + p]`` (Shi et al. 2016).

    Raises
    ------
    ValueError
        If it does not multiply the size by one whole factor.

    Examples
    --------
    >>> conv = nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1)
    >>> image = torch.randn(1, 2, 5, 5)
    >>> bool(torch.allclose(nn.Sequential(*as_subpixel(conv))(image), conv(image), atol=1e-6))
    True
    """
    y, x = expansions(conv)
    if y.stride != x.stride or y.surplus or x.surplus:
        raise ValueError("a pixel shuffle multiplies both axes by one whole factor, this layer does not")
    (rows, y_sides), (columns, x_sides) = _phases(y), _phases(x)
    groups, inputs, outputs = (dense := dense_kernel(conv)).shape[:3]
    padded = nn.functional.pad(dense, (0, 1, 0, 1))  # index −1 reads the zero
    picked = padded[..., rows[:, :, None, None], columns[None, None]]  # (group, in, out, phase, y, phase, x)
    kernel = picked.permute(0, 2, 3, 5, 1, 4, 6).reshape(-1, inputs, rows.shape[1], columns.shape[1])
    factor = y.stride**2
    small = _valid(kernel, conv, groups, groups * outputs * factor)
    if conv.bias is not None:
        small.bias = nn.Parameter(
            conv.bias.detach().repeat_interleave(factor), requires_grad=conv.bias.requires_grad
        )
    return Border(y_sides, x_sides, border_rule(conv)), small, nn.PixelShuffle(y.stride)


def _phases(axis: Expansion) -> tuple[Tensor, Sides]:
    """Tap of the dense kernel by phase, tap of the low-rate kernel (−1: none); border of the latter."""
    first = -((axis.stride - 1 + axis.crop) // axis.stride)
    last = (axis.length - 1 - axis.crop) // axis.stride
    taps = torch.arange(last, first - 1, -1)
    index = axis.stride * taps[None] + torch.arange(axis.stride)[:, None] + axis.crop
    return torch.where((index >= 0) & (index < axis.length), index, -1), (last, -first)


def as_resize(conv: nn.ConvTranspose2d) -> tuple[nn.Upsample, Border, nn.Conv2d, float]:
    """Return nearest-neighbour upsampling, border, convolution that come closest to a transposed convolution.

    Repeating every sample s times and filtering with g acts as zero-stuffing and filtering with
    ``g ∗ box(s)``: g is the least-squares solution of ``g ∗ box(s) = w``. Where s divides the kernel's length
    the gain of a constant is kept exactly.

    Returns
    -------
    resize, border, convolution
    residual : float
        ``‖g ∗ box − w‖ / ‖w‖``: 0 for a transposed convolution without checkerboard.

    Raises
    ------
    ValueError
        If the kernel is shorter than the stride.

    Examples
    --------
    >>> conv = nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1)
    >>> _ = nn.init.ones_(conv.weight)
    >>> resize, border, small, residual = as_resize(conv)
    >>> small.kernel_size, residual < 1e-6
    ((3, 3), True)
    """
    axes = expansions(conv)
    if any(axis.length < axis.stride for axis in axes):
        raise ValueError("the kernel is shorter than the stride: it leaves gaps that no resize has")
    dense = dense_kernel(conv)
    kernel, residual = _fitted(dense, [_boxes(axis) for axis in axes])
    small = _valid(kernel, conv, conv.groups, int(kernel.shape[0]))
    if conv.bias is not None:
        small.bias = nn.Parameter(conv.bias.detach().clone(), requires_grad=conv.bias.requires_grad)
    sides = [(a.length - a.stride - a.crop, a.length - a.stride - a.crop + a.extra) for a in axes]
    resize = nn.Upsample(scale_factor=(float(axes[0].stride), float(axes[1].stride)), mode="nearest")
    return resize, Border(sides[0], sides[1], border_rule(conv)), small, residual


def _fitted(dense: Tensor, boxes: list[np.ndarray]) -> tuple[Tensor, float]:
    """Kernel (out, in, y, x) whose convolution with the boxes comes closest, with the relative residual."""
    groups, inputs, outputs = dense.shape[:3]
    taps = tuple(box.shape[1] for box in boxes)
    if dense.is_meta:  # shapes alone are asked for
        return dense.new_empty(groups * outputs, inputs, *taps), math.nan
    values = dense.double().cpu().numpy().reshape(-1, boxes[0].shape[0] * boxes[1].shape[0])
    widen = np.kron(*boxes)  # one matrix product for all channels
    fitted = values @ np.linalg.pinv(widen).T
    norm = float(np.linalg.norm(values))
    residual = float(np.linalg.norm(fitted @ widen.T - values)) / norm if norm else 0.0
    kernel = fitted.reshape(groups, inputs, outputs, *taps)[..., ::-1, ::-1].swapaxes(1, 2)
    return torch.from_numpy(kernel.reshape(groups * outputs, inputs, *taps).copy()).to(dense), residual


def _boxes(axis: Expansion) -> np.ndarray:
    """Matrix of ``g → g ∗ box(stride)``."""
    distance = np.arange(axis.length)[:, None] - np.arange(axis.length - axis.stride + 1)[None]
    return ((distance >= 0) & (distance < axis.stride)).astype(float)


def _valid(kernel: Tensor, like: nn.ConvTranspose2d, groups: int, outputs: int) -> nn.Conv2d:
    """Convolution of stride 1 with this kernel, without border; a bias is set by the caller."""
    size = (int(kernel.shape[-2]), int(kernel.shape[-1]))
    with torch.random.fork_rng(devices=[]):  # torch draws weights that are replaced at once
        conv = nn.Conv2d(like.in_channels, outputs, size, groups=groups, bias=False)
    conv.weight = nn.Parameter(kernel.contiguous(), requires_grad=like.weight.requires_grad)
    return conv
