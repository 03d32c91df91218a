"""The U-Net: an encoder, a decoder on the same levels, skips between them."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from workbench.nets.activations import make_activation
from workbench.nets.blocks import DOWNSAMPLERS, UPSAMPLERS, Parts, initialise_weights, norm_parts
from workbench.nets.borders import PADDINGS

DROPOUT_FROM_LEVEL = 5  # pix2pix drops out in "levels − 5" blocks: the inner ones, without the innermost


class UNet(nn.Module):
    """U-Net of any depth whose every layer kind is an argument.

    Level ``i`` of the encoder halves the image and has ``width · min(2^(i−1), 8)`` channels; the decoder
    mirrors it and receives each level's encoder output beside its own. With the default arguments it is
    pix2pix's generator (Isola et al. 2017; seed paper (Sibler et al.), section 5), parameter for parameter.

    Layers are named by level, 1 outside: ``down1.conv``, ``down2.activation``, ``down2.conv``,
    ``down2.norm``, …, ``bottleneck.conv`` (the innermost level), ``up5.activation``, ``up5.conv``,
    ``up5.norm``, … ``up1.conv``, ``output``. ``downN`` halves the image that ``upN`` restores.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of condition and image.
    size : int, optional
        Pixels per axis; sets ``depth`` to log2(size), down to a bottleneck of 1×1, unless depth is given.
    depth : int, optional
        Number of halvings, at least 2 (512 pixels, the extension the seed paper asks for: 9).
    width : int
        Channels of the first level.
    norm : str
        "batch", "instance" (without affine parameters) or "none".
    activation : str, optional
        One of ``ACTIVATIONS`` for encoder and decoder; by default leaky_relu(0.2) and relu as in pix2pix.
    padding : str
        "zeros", "reflect", "circular" or "replicate".
    down, up : str
        One of ``DOWNSAMPLERS``, ``UPSAMPLERS``.
    dropout : bool
        Drop half of the features in the inner decoder blocks (levels 5 … depth − 1) while training.
    up_kernel : int, optional
        Kernel of the decoder's convolutions: 4 for "deconv", else 3.
    bias : bool, optional
        Biases everywhere (True) or in the last layer only (False); by default where no batch
        norm cancels them.
    bottleneck_norm : bool
        Normalise the innermost level too (the lecture slides of the seeds do).

    Raises
    ------
    ValueError
        For unknown names, or sizes that cannot be halved ``depth`` times.

    Examples
    --------
    >>> import torch
    >>> network = UNet(size=32, width=4, in_channels=3, out_channels=1)
    >>> network(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 1, 32, 32])
    >>> [name for name, module in network.down2.named_children()]
    ['activation', 'conv', 'norm']
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        *,
        size: int | None = None,
        depth: int | None = None,
        width: int = 64,
        norm: str = "batch",
        activation: str | None = None,
        padding: str = "zeros",
        down: str = "strided",
        up: str = "deconv",
        dropout: bool = True,
        up_kernel: int | None = None,
        bias: bool | None = None,
        bottleneck_norm: bool = False,
    ) -> None:
        super().__init__()
        _ = PADDINGS[padding]
        self.depth = halvings(size, depth)
        self.in_channels = in_channels
        channels = [width * min(2**level, 8) for level in range(self.depth)]
        if min(in_channels, out_channels, width) < 1:
            raise ValueError(
                f"channels and width must be at least 1, found in_channels={in_channels}, "
                f"out_channels={out_channels}, width={width}"
            )
        bias = norm != "batch" if bias is None else bias
        make_down = DOWNSAMPLERS[down]
        make_up = UPSAMPLERS[up]
        up_kernel = (4 if up == "deconv" else 3) if up_kernel is None else up_kernel
        for level in range(1, self.depth + 1):
            innermost = level == self.depth
            inputs, outputs = in_channels if level == 1 else channels[level - 2], channels[level - 1]
            parts: Parts = []
            if level > 1:
                parts.append(("activation", make_activation(activation or "leaky_relu", padding)))
            parts += make_down(inputs, outputs, bias, padding)
            if 1 < level < self.depth or (innermost and bottleneck_norm):
                parts += norm_parts(norm, outputs)
            self.add_module("bottleneck" if innermost else f"down{level}", nn.Sequential(OrderedDict(parts)))
        for level in range(self.depth, 0, -1):
            inputs = channels[level - 1] * (1 if level == self.depth else 2)
            outputs = out_channels if level == 1 else channels[level - 2]
            parts = [("activation", make_activation(activation or "relu", padding))]
            parts += make_up(inputs, outputs, bias or level == 1, padding, up_kernel)
            if level > 1:
                parts += norm_parts(norm, outputs)
            if dropout and DROPOUT_FROM_LEVEL <= level < self.depth:
                parts.append(("dropout", nn.Dropout(0.5)))
            self.add_module(f"up{level}", nn.Sequential(OrderedDict(parts)))
        self.output = nn.Tanh()
        initialise_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return the image in ``]−1, 1[`` of shape ``(batch, out_channels, y, x)``."""
        self._check(x)
        skips = []
        for level in range(1, self.depth):
            x = self.get_submodule(f"down{level}")(x)
            skips.append(x)
        x = self.get_submodule(f"up{self.depth}")(self.get_submodule("bottleneck")(x))
        for level in range(self.depth - 1, 0, -1):
            x = self.get_submodule(f"up{level}")(torch.cat((skips.pop(), x), dim=1))
        return self.output(x)

    def _check(self, x: Tensor) -> None:
        factor = 2**self.depth
        if x.ndim != 4 or x.shape[1] != self.in_channels:
            raise ValueError(f"needs (batch, {self.in_channels}, y, x), found {tuple(x.shape)}")
        if x.shape[2] % factor or x.shape[3] % factor:
            raise ValueError(
                f"a U-Net of depth {self.depth} needs sizes divisible by {factor}, "
                f"found {x.shape[2]}×{x.shape[3]} pixels"
            )


def halvings(size: int | None, depth: int | None) -> int:
    """Return how often a U-Net halves its input: ``depth``, or log2(size).

    Raises
    ------
    ValueError
        If neither is given, or the size cannot be halved that often.

    Examples
    --------
    >>> halvings(256, None), halvings(96, 5)
    (8, 5)
    """
    if size is None:
        if depth is None:
            raise ValueError("a U-Net needs size (pixels per axis) or depth (number of halvings)")
    elif size < 4:
        raise ValueError(f"a U-Net needs a size of at least 4 pixels, found {size}")
    else:
        possible = (size & -size).bit_length() - 1
        if depth is None and size != 2**possible:
            raise ValueError(
                f"size {size} is not a power of two: give depth, the number of halvings "
                f"(here at most {possible})"
            )
        depth = possible if depth is None else depth
        if depth > possible:
            raise ValueError(
                f"size {size} cannot be halved {depth} times: depth is at most {possible}, "
                f"or the size must be divisible by {2**depth}"
            )
    if depth is None or depth < 2:
        raise ValueError(f"a U-Net needs a depth of at least 2, found {depth}")
    return depth
