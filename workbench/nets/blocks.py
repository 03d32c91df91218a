"""The parts a network is assembled from, each kind an entry of a dict."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from workbench.nets.convolutions import Convolution, TransposedConvolution
from workbench.nets.filters import BINOMIAL, FilteredDownsample, FilteredUpsample, windowed_sinc
from workbench.signals import Registry

Parts = list[tuple[str, nn.Module]]

NORMS: Registry[Callable[[int], nn.Module | None]] = Registry(
    "norm",
    {
        "batch": nn.BatchNorm2d,
        "instance": nn.InstanceNorm2d,
        "none": lambda channels: None,  # noqa: ARG005
    },
)


def norm_parts(norm: str, channels: int) -> Parts:
    """Return the normalisation layer as a list of named parts, empty for "none"."""
    layer = NORMS[norm](channels)
    return [] if layer is None else [("norm", layer)]


class SubpixelConvolution(Convolution):
    """Convolution to four sub-images, to be interleaved by a pixel shuffle.

    ``initialise_weights`` gives the four sub-filters one value (ICNR), so that an untrained layer equals a
    nearest-neighbour upsampling and shows no checkerboard.
    """

    def repeat_subfilters(self) -> None:
        """Copy the first of each four sub-filters over the other three."""
        with torch.no_grad():
            self.weight.copy_(self.weight[::4].repeat_interleave(4, dim=0))
            if self.bias is not None:
                self.bias.copy_(self.bias[::4].repeat_interleave(4))


def _strided(inputs: int, outputs: int, bias: bool, padding: str) -> Parts:
    return [("conv", Convolution(inputs, outputs, kernel=4, stride=2, padding=padding, bias=bias))]


def _pooled(pool: type[nn.Module]) -> Callable[[int, int, bool, str], Parts]:
    def parts(inputs: int, outputs: int, bias: bool, padding: str) -> Parts:
        return [("pool", pool(2)), ("conv", Convolution(inputs, outputs, padding=padding, bias=bias))]

    return parts


def _low_passed(design: Callable[[], object]) -> Callable[[int, int, bool, str], Parts]:
    def parts(inputs: int, outputs: int, bias: bool, padding: str) -> Parts:
        conv = Convolution(inputs, outputs, padding=padding, bias=bias)
        return [("conv", conv), ("pool", FilteredDownsample(design(), padding))]  # type: ignore[arg-type]

    return parts


DOWNSAMPLERS: Registry[Callable[[int, int, bool, str], Parts]] = Registry(
    "down-sampling",
    {
        "strided": _strided,
        "max_pool": _pooled(nn.MaxPool2d),
        "avg_pool": _pooled(nn.AvgPool2d),
        "blur_pool": _low_passed(lambda: BINOMIAL),
        "filtered": _low_passed(windowed_sinc),
    },
)
"""Halve both axes: (in_channels, out_channels, bias, padding) -> named parts."""


def _deconvolution(inputs: int, outputs: int, bias: bool, padding: str, kernel: int) -> Parts:
    if kernel % 2 or kernel < 2:
        raise ValueError(f"up='deconv' needs an even kernel to double the size exactly, found {kernel}")
    crop = kernel // 2 - 1
    return [("conv", TransposedConvolution(inputs, outputs, kernel, crop=crop, padding=padding, bias=bias))]


def _resized(resample: Callable[[str], nn.Module]) -> Callable[[int, int, bool, str, int], Parts]:
    def parts(inputs: int, outputs: int, bias: bool, padding: str, kernel: int) -> Parts:
        conv = Convolution(inputs, outputs, **_same(kernel), padding=padding, bias=bias)
        return [("resample", resample(padding)), ("conv", conv)]

    return parts


def _bilinear(padding: str) -> nn.Module:
    if padding in ("zeros", "replicate"):
        return nn.Upsample(scale_factor=2, mode="bilinear")  # torch repeats the border pixel
    return FilteredUpsample(BINOMIAL, padding)  # the same filter with the border rule asked for


def _subpixel(inputs: int, outputs: int, bias: bool, padding: str, kernel: int) -> Parts:
    conv = SubpixelConvolution(inputs, 4 * outputs, **_same(kernel), padding=padding, bias=bias)
    return [("conv", conv), ("shuffle", nn.PixelShuffle(2))]


def _same(kernel: int) -> dict[str, int]:
    """Border widths that keep the size at stride 1, also for an even kernel."""
    return {"kernel": kernel, "before": (kernel - 1) // 2, "after": kernel // 2}


UPSAMPLERS: Registry[Callable[[int, int, bool, str, int], Parts]] = Registry(
    "up-sampling",
    {
        "deconv": _deconvolution,
        "nearest": _resized(lambda padding: nn.Upsample(scale_factor=2, mode="nearest")),  # noqa: ARG005
        "bilinear": _resized(_bilinear),
        "subpixel": _subpixel,
        "filtered": _resized(lambda padding: FilteredUpsample(windowed_sinc(), padding)),
    },
)
"""Double both axes: (in_channels, out_channels, bias, padding, kernel) -> named parts."""


def initialise_weights(network: nn.Module, spread: float = 0.02) -> None:
    """Draw weights as DCGAN and pix2pix do: N(0, spread), biases 0, normalisation gains N(1, spread).

    Draws from torch's global generator, so ``torch.manual_seed`` before it makes a network reproducible.

    Examples
    --------
    >>> conv = Convolution(3, 8)
    >>> initialise_weights(conv)
    >>> bool((conv.bias == 0).all())
    True
    """
    for module in network.modules():
        weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, 0.0, spread)
        elif isinstance(module, nn.BatchNorm2d | nn.InstanceNorm2d) and weight is not None:
            nn.init.normal_(module.weight, 1.0, spread)
        else:
            continue
        if bias is not None:
            nn.init.zeros_(bias)
        if isinstance(module, SubpixelConvolution):
            module.repeat_subfilters()


def parameter_count(network: nn.Module) -> int:
    """Return the number of trainable parameters.

    Examples
    --------
    >>> parameter_count(Convolution(3, 8, kernel=4))
    392
    """
    return sum(parameter.numel() for parameter in network.parameters())
