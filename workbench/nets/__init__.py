"""Network blocks of the seeds: U-Net, PatchGAN, with every layer kind an argument."""

from workbench.nets.activations import ACTIVATIONS, FilteredActivation, Snake, make_activation
from workbench.nets.blocks import (
    DOWNSAMPLERS,
    NORMS,
    UPSAMPLERS,
    SubpixelConvolution,
    initialise_weights,
    parameter_count,
)
from workbench.nets.borders import PADDINGS, extend
from workbench.nets.convolutions import Convolution, TransposedConvolution
from workbench.nets.equivalents import (
    as_resize,
    as_subpixel,
    border_rule,
    edges,
    expansions,
    strip_border,
    widen_output,
)
from workbench.nets.filters import BINOMIAL, FilteredDownsample, FilteredUpsample, windowed_sinc
from workbench.nets.lowpass import Border, LowPass, kaiser, triangle
from workbench.nets.patch_discriminator import PatchDiscriminator
from workbench.nets.unet import UNet

__all__ = [
    "ACTIVATIONS",
    "BINOMIAL",
    "DOWNSAMPLERS",
    "NORMS",
    "PADDINGS",
    "UPSAMPLERS",
    "Border",
    "Convolution",
    "FilteredActivation",
    "FilteredDownsample",
    "FilteredUpsample",
    "LowPass",
    "PatchDiscriminator",
    "Snake",
    "SubpixelConvolution",
    "TransposedConvolution",
    "UNet",
    "as_resize",
    "as_subpixel",
    "border_rule",
    "edges",
    "expansions",
    "extend",
    "initialise_weights",
    "kaiser",
    "make_activation",
    "parameter_count",
    "strip_border",
    "triangle",
    "widen_output",
    "windowed_sinc",
]
