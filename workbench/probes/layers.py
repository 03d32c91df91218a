"""Mean spectra of every layer of a network on a batch of images."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from workbench.probes.collecting import NotFiniteError
from workbench.probes.forward import evaluate
from workbench.probes.guard import original, placement, undisturbed
from workbench.probes.images import as_image
from workbench.probes.taps import Layer


@dataclass
class SpectrumCollector:
    """Observer that keeps the mean power spectrum of every layer."""

    frames: int
    spectra: dict[str, xr.Dataset] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def __call__(self, layer: Layer, output: Tensor) -> None:
        """Reduce one layer's output."""
        image, reason = as_image(output, layer.lineage, self.frames)
        if image is None:
            self.refused[layer.name] = reason
            return
        power = mean_power(image)
        if not np.isfinite(power).all():
            raise NotFiniteError(
                f"layer {layer.name!r} ({layer.kind}) returned NaN or infinite values for a finite batch"
            )
        self.spectra[layer.name] = _labelled(power, layer)


def mean_power(image: Tensor) -> np.ndarray:
    """Mean over batch and channels of |DFT2|², norm "forward", ascending frequencies, float64 (y, x).

    Examples
    --------
    >>> mean_power(torch.ones(2, 3, 4, 4)).sum()
    np.float64(1.0)
    """
    if image.dtype in (torch.float16, torch.bfloat16):
        image = image.float()
    height, width = image.shape[2:]
    transform = torch.fft.fft2 if image.is_complex() else torch.fft.rfft2
    count = image.shape[0] * image.shape[1]
    spectra = torch.view_as_real(transform(image, norm="forward"))
    half = (spectra.square_().sum((0, 1)).sum(-1).double() / count).cpu().numpy()
    if not image.is_complex():
        u = np.arange(width // 2 + 1, width)
        mirrored = half[-np.arange(height) % height][:, width - u]
        half = np.concatenate([half, mirrored], axis=1)
    return np.fft.fftshift(half)


def _labelled(power: np.ndarray, layer: Layer) -> xr.Dataset:
    coords: dict[str, Any] = {}
    for axis, size, rate in zip("yx", power.shape, layer.lineage.rate, strict=True):
        frequency = np.fft.fftshift(np.fft.fftfreq(size))
        name = f"frequency_{axis}"
        coords[name] = (
            name,
            frequency,
            {"units": "cycles per sample", "long_name": f"frequency along {axis}"},
        )
        coords[f"input_{name}"] = (
            name,
            frequency * float(rate),
            {"units": "cycles per input pixel", "long_name": f"frequency along {axis} at the input"},
        )
    attrs = {"units": "squared units of the layer", "long_name": "mean power over batch and channels"}
    return xr.Dataset(
        {"power": (("frequency_y", "frequency_x"), power, attrs)},
        coords=coords,
        attrs={
            "module_type": layer.kind,
            "rate": [float(rate) for rate in layer.lineage.rate],
            "norm": "forward",
            "window": "rectangular",
        },
    )


def layer_spectra(module: nn.Module, batch: Any, *inputs: Any) -> xr.DataTree:
    """Mean power spectrum of every layer of a network on a batch of images.

    ``power(v, u) = mean over batch and channels of |DFT2 of the output|²`` (norm "forward"): it sums to the
    layer's mean square. The module is evaluated in eval mode and left as it was.

    Parameters
    ----------
    module : Module
        Any module that takes images.
    batch : Tensor or array, shape (batch, channel, y, x)
        What it is given; moved to the module's device and precision.
    *inputs
        Further positional inputs.

    Returns
    -------
    DataTree
        One child per layer with a spatial output: ``power(frequency_y, frequency_x)``, ascending frequencies
        in cycles per sample of that layer; coordinates ``input_frequency_y``, ``input_frequency_x`` in cycles
        per input pixel; attrs module_type, rate (samples per input pixel along y, x). Root attrs
        ``not_analysed`` lists the others.

    Raises
    ------
    ValueError
        For a batch that is no (batch, channel, y, x) array of finite numbers, or a module that fails on it or
        has no layer with a spatial output.

    Examples
    --------
    >>> tree = layer_spectra(nn.AvgPool2d(2), torch.ones(1, 1, 8, 8))
    >>> float(tree["AvgPool2d"].power.sel(frequency_y=0, frequency_x=0))
    1.0
    """
    module = original(module)
    images = _checked(batch)
    device, dtype = placement(module, otherwise=images.dtype)
    images = images.to(device) if images.is_complex() else images.to(device, dtype)
    collector = SpectrumCollector(images.shape[0])
    with undisturbed(module):
        evaluate(module, images, inputs, collector)
    if not collector.spectra:
        reasons = "; ".join(f"{name}: {why}" for name, why in collector.refused.items())
        raise ValueError(
            f"{type(module).__name__} has no layer with a spatial output ({reasons or 'no layers'})"
        )
    root = xr.Dataset(attrs={"not_analysed": [f"{name}: {why}" for name, why in collector.refused.items()]})
    return xr.DataTree.from_dict({"/": root, **collector.spectra})


def _checked(batch: Any) -> Tensor:
    images = batch if isinstance(batch, Tensor) else torch.as_tensor(np.asarray(batch))
    if images.ndim != 4 or not (images.is_floating_point() or images.is_complex()):
        raise ValueError(
            "batch must be floating-point images (batch, channel, y, x), found shape "
            f"{tuple(images.shape)} of {str(images.dtype).removeprefix('torch.')}"
        )
    if images.numel() == 0:
        raise ValueError(f"batch holds no pixels: shape {tuple(images.shape)}")
    finite = torch.isfinite(images)
    if not bool(finite.all()):
        raise ValueError(f"batch holds {int((~finite).sum())} NaN or infinite values of {images.numel()}")
    return images.detach()
