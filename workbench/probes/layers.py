"""Mean spectra of every layer of a network on a batch of images."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from workbench.probes.collecting import NotFiniteError
from workbench.probes.forward import evaluate, further_inputs
from workbench.probes.guard import original, placement, undisturbed
from workbench.probes.images import as_image
from workbench.probes.lineage import Lineage
from workbench.probes.taps import Layer


@dataclass
class SpectrumCollector:
    """Observer that keeps the mean power spectrum of every layer."""

    frames: int
    latent: bool = False
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
        spectrum = _labelled(power, layer, "pixel of the first image" if self.latent else "input pixel")
        self.spectra[layer.name] = (
            spectrum.assign(image_levels(power, layer.lineage)) if self.latent else spectrum
        )


def image_levels(power: np.ndarray, lineage: Lineage) -> dict[str, xr.DataArray]:
    """Share of a layer's power beyond the band of every lower rate on its way, {} where there is none.

    Level d counts the rates passed downwards from the layer's own, q_0 > q_1 > … (samples per frame):
    ``image(d)`` is the share of Σ power inside the band ``−q/2 <= f < q/2`` of q_{d−1} and outside that of
    q_d, f in cycles per frame. All levels together are what lies outside the band of the first image.

    Examples
    --------
    >>> from fractions import Fraction
    >>> one, two = (Fraction(1),) * 2, (Fraction(2),) * 2
    >>> lineage = Lineage(two, frozenset([one, two]), (8, 8), frame=(1, 4, 4))
    >>> image_levels(np.ones((8, 8)), lineage)["image"].values  # white: zeros between the samples
    array([0.75])
    """
    _, *frame = lineage.frame
    sizes = {(int(rate[0] * frame[0]), int(rate[1] * frame[1])) for rate in lineage.passed}
    rates = sorted((size for size in sizes if math.prod(size) < power.size), key=math.prod, reverse=True)
    if not rates:
        return {}
    total = float(power.sum()) or 1.0
    inside = [1.0, *(float(_band(power, size).sum()) / total for size in rates)]
    attrs = {"units": "1", "long_name": "share of the power beyond the band of a rate passed"}
    coords = {
        "level": np.arange(1, len(rates) + 1),
        **{
            f"level_rate_{axis}": ("level", [size[i] for size in rates], {"units": "samples per frame"})
            for i, axis in enumerate("yx")
        },
    }
    shares = -np.diff(inside)
    return {"image": xr.DataArray(np.maximum(shares, 0.0), coords, ("level",), attrs=attrs)}


def _band(power: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Ascending bins −q/2 <= f < q/2 along both axes."""
    starts = [n // 2 - min(q, n) // 2 for n, q in zip(power.shape, size, strict=True)]
    return power[tuple(slice(a, a + q) for a, q in zip(starts, size, strict=True))]


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


def _labelled(power: np.ndarray, layer: Layer, reference: str) -> xr.Dataset:
    coords: dict[str, Any] = {}
    for axis, size, rate in zip("yx", power.shape, layer.lineage.rate, strict=True):
        frequency = np.fft.fftshift(np.fft.fftfreq(size))
        name = f"frequency_{axis}"
        coords[name] = (
            name,
            frequency,
            {"units": "cycles per sample", "long_name": f"frequency along {axis}"},
        )
        labels = {"units": f"cycles per {reference}", "long_name": f"frequency along {axis}, per {reference}"}
        coords[f"input_{name}"] = (name, frequency * float(rate), labels)
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


def layer_spectra(
    module: nn.Module, batch: Any, *inputs: Any, image_input: int | str = 0, **named: Any
) -> xr.DataTree:
    """Mean power spectrum of every layer of a network on a batch of images, or of latents.

    ``power(v, u) = mean over batch and channels of |DFT2 of the output|²`` (norm "forward"): it sums to the
    layer's mean square. The module is evaluated in eval mode and left as it was.

    Parameters
    ----------
    module : Module
        Any module that takes or makes images.
    batch : Tensor or array, shape (batch, channel, y, x), (batch, number) or (batch, number, 1, 1)
        What it is given, images or latents; moved to the module's device and precision.
    *inputs, **named
        Further inputs, by position and by keyword. Their own layers are shown too.
    image_input : int or str
        Position of the batch among all positional inputs, or its keyword.

    Returns
    -------
    DataTree
        One child per layer with a spatial output: ``power(frequency_y, frequency_x)``, ascending frequencies
        in cycles per sample of that layer; coordinates ``input_frequency_y``, ``input_frequency_x`` in cycles
        per input pixel; attrs module_type, rate (samples per input pixel along y, x). Root attrs
        ``not_analysed`` lists the others.

        A generator that makes images of latents has no input tone: orders and folding do not exist for it.
        There rates, and ``input_frequency``, count from the first image it makes, and layers at a higher rate
        have ``image(level)``: the share of the power beyond the band of each lower rate (`image_levels`).
        That is what upsampling left as images, together with detail that the layers themselves have drawn.

    Raises
    ------
    ValueError
        For a batch that is neither images nor latents of finite numbers, or a module that fails on it or
        has no layer with a spatial output.

    Examples
    --------
    >>> tree = layer_spectra(nn.AvgPool2d(2), torch.ones(1, 1, 8, 8))
    >>> float(tree["AvgPool2d"].power.sel(frequency_y=0, frequency_x=0))
    1.0
    """
    module = original(module)
    images = _checked(batch)
    if isinstance(image_input, str):
        further_inputs(named, image_input)  # says if it is given twice
    arguments = replace(further_inputs(inputs, image_input), named=named)
    device, dtype = placement(module, otherwise=images.dtype)
    images = images.to(device) if images.is_complex() else images.to(device, dtype)
    collector = SpectrumCollector(images.shape[0], latent=images.ndim == 2 or images.shape[2:].numel() == 1)
    with undisturbed(module):
        evaluate(module, images, arguments, collector, others=True)
    if not collector.spectra:
        reasons = "; ".join(f"{name}: {why}" for name, why in collector.refused.items())
        raise ValueError(
            f"{type(module).__name__} has no layer with a spatial output ({reasons or 'no layers'})"
        )
    root = xr.Dataset(attrs={"not_analysed": [f"{name}: {why}" for name, why in collector.refused.items()]})
    return xr.DataTree.from_dict({"/": root, **collector.spectra})


def _checked(batch: Any) -> Tensor:
    images = batch if isinstance(batch, Tensor) else torch.as_tensor(np.asarray(batch))
    if images.ndim not in (2, 4) or not (images.is_floating_point() or images.is_complex()):
        raise ValueError(
            "batch must be floating-point images (batch, channel, y, x) or latents (batch, number), found "
            f"shape {tuple(images.shape)} of {str(images.dtype).removeprefix('torch.')}"
        )
    if images.numel() == 0:
        raise ValueError(f"batch holds no pixels: shape {tuple(images.shape)}")
    finite = torch.isfinite(images)
    if not bool(finite.all()):
        raise ValueError(f"batch holds {int((~finite).sum())} NaN or infinite values of {images.numel()}")
    return images.detach()
