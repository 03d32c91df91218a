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
from workbench.nets.filters import BINOMIAL, FilteredDownsample, FilteredUpsample, windowed_sinc
from workbench.nets.patch_discriminator import PatchDiscriminator
from workbench.nets.unet import UNet

__all__ = [
    "ACTIVATIONS",
    "BINOMIAL",
    "DOWNSAMPLERS",
    "NORMS",
    "PADDINGS",
    "UPSAMPLERS",
    "Convolution",
    "FilteredActivation",
    "FilteredDownsample",
    "FilteredUpsample",
    "PatchDiscriminator",
    "Snake",
    "SubpixelConvolution",
    "TransposedConvolution",
    "UNet",
    "extend",
    "initialise_weights",
    "make_activation",
    "parameter_count",
    "windowed_sinc",
]
