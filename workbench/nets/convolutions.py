"""Convolutions with every border rule, forward or transposed."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from workbench.nets.borders import PADDINGS, extend


class Convolution(nn.Conv2d):
    """Two-dimensional convolution whose border rule works for inputs of any size.

    ``z_j = sum_i x_i * h_ij + b_j`` (seed paper (Sibler et al.), eq. 2), sampled every ``stride`` pixels.

    Parameters
    ----------
    in_channels, out_channels, kernel, stride : int
        As in torch.
    before, after : int
        Border pixels in front and behind; they differ where an even kernel has to keep the size.
    padding : str
        "zeros", "reflect", "circular" or "replicate".
    bias : bool
        Whether a bias is added.

    Raises
    ------
    ValueError
        For an unknown padding; the message names those which exist.

    Examples
    --------
    >>> import torch
    >>> Convolution(3, 8, kernel=4, stride=2, padding="circular")(torch.zeros(1, 3, 16, 16)).shape
    torch.Size([1, 8, 8, 8])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int = 3,
        stride: int = 1,
        *,
        before: int = 1,
        after: int = 1,
        padding: str = "zeros",
        bias: bool = True,
    ) -> None:
        _ = PADDINGS[padding]
        super().__init__(
            in_channels,
            out_channels,
            kernel,
            stride,
            padding=before,
            bias=bias,
            padding_mode=padding,  # type: ignore[arg-type]  # checked above
        )
        self.border = (before, after)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        before, after = self.border
        if self.padding_mode == "zeros" and before == after:
            return functional.conv2d(x, self.weight, self.bias, self.stride, before)
        return functional.conv2d(
            extend(x, before, after, self.padding_mode), self.weight, self.bias, self.stride
        )


class TransposedConvolution(nn.ConvTranspose2d):
    """Transposed convolution ("deconvolution") with every border rule.

    It is zero-stuffing by ``stride`` followed by an FIR filter. torch knows only the zero border; here the
    input is extended by its rule first, which for "circular" is the exact periodic operator: a shift of the
    input by one pixel shifts the output by ``stride`` pixels.

    Parameters
    ----------
    in_channels, out_channels, kernel, stride : int
        As in torch; the default kernel 4, stride 2 doubles each axis.
    crop : int
        Pixels cut from each side of the full response (torch's ``padding``).
    padding : str
        "zeros", "reflect", "circular" or "replicate".
    bias : bool
        Whether a bias is added.

    Raises
    ------
    ValueError
        For an unknown padding; the message names those which exist.

    Examples
    --------
    >>> import torch
    >>> TransposedConvolution(8, 3, padding="circular")(torch.zeros(1, 8, 1, 1)).shape
    torch.Size([1, 3, 2, 2])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int = 4,
        stride: int = 2,
        *,
        crop: int = 1,
        padding: str = "zeros",
        bias: bool = True,
    ) -> None:
        _ = PADDINGS[padding]
        super().__init__(in_channels, out_channels, kernel, stride, padding=crop, bias=bias)
        self.border_rule = padding
        # Output o of an axis takes input i where i·stride = o + crop − tap: so many inputs lie outside.
        self.border = max(-(-(kernel - 1 - crop) // stride), (crop - 1) // stride + 1, 0)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:  # noqa: D102
        if self.border_rule == "zeros":
            return super().forward(x, output_size)
        extended = extend(x, self.border, self.border, self.border_rule)
        stride, crop = int(self.stride[0]), int(self.padding[0])
        return functional.conv_transpose2d(
            extended, self.weight, self.bias, stride, crop + self.border * stride
        )
