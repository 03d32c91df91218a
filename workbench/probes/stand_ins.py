"""Layers made to stand in for another: from the layer, its weights kept where they fit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from workbench.nets import (
    BINOMIAL,
    Border,
    FilteredActivation,
    FilteredDownsample,
    FilteredUpsample,
    LowPass,
    TransposedConvolution,
    as_resize,
    as_subpixel,
    border_rule,
    edges,
    expansions,
    kaiser,
    make_activation,
    strip_border,
    triangle,
    widen_output,
    windowed_sinc,
)

PADS: dict[type[nn.Module], str] = {
    nn.ZeroPad2d: "zeros",
    nn.ReflectionPad2d: "reflect",
    nn.ReplicationPad2d: "replicate",
    nn.CircularPad2d: "circular",
}
_KEPT = "weights kept exactly"
SAME = "the same layer"


class Substitute(nn.Sequential):
    """Several modules in place of one layer."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__(OrderedDict(parts))


class InPlace(nn.Module):
    """An activation that overwrites its input, as the one it replaces did: skips may rely on it."""

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        if any(True for _ in (*activation.parameters(), *activation.buffers())):
            self.activation = activation
        else:
            vars(self)["activation"] = activation  # not a part: the analysis sees one layer, as before

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return x.copy_(self.activation(x.clone()))

    def extra_repr(self) -> str:  # noqa: D102
        return str(self.activation)


@dataclass(frozen=True)
class Settings:
    """How a substitute is made.

    Attributes
    ----------
    padding : str
        Border rule of filters that had no counterpart before.
    taps : int, optional
        Length of the Kaiser-windowed filters of "filtered".
    """

    padding: str = "zeros"
    taps: int | None = None


Maker = Callable[[Any, Settings], tuple[nn.Module, str]]
"""From a layer (which it may change) to its substitute, with what became of the weights."""


# ---------------------------------------------------------------- activations
def activation(spelling: str) -> Maker:
    """Make an activation; the same kind is the same layer, and what worked in place still does."""

    def make(layer: nn.Module, settings: Settings) -> tuple[nn.Module, str]:
        new = nn.Identity() if spelling == "identity" else make_activation(spelling, settings.padding)
        given = "(" in spelling
        if type(new) is type(layer) and not given:
            if not isinstance(new, FilteredActivation):
                return layer, SAME
            if isinstance(layer, FilteredActivation) and type(new.activation) is type(layer.activation):
                return layer, SAME
        if isinstance(new, FilteredActivation) and type(new.activation) is type(layer) and not given:
            new.activation = layer
            if getattr(layer, "inplace", False):
                layer.inplace = False  # type: ignore[assignment]
                return InPlace(new), f"border rule {settings.padding}"
            return new, f"border rule {settings.padding}"
        note = f"border rule {settings.padding}" if isinstance(new, FilteredActivation) else "no weights"
        if not getattr(layer, "inplace", False) or isinstance(new, nn.Identity):
            return new, note
        if isinstance(getattr(new, "inplace", None), bool):
            new.inplace = True  # type: ignore[assignment]
            return new, f"{note}, in place as before"
        return InPlace(new), f"{note}, in place as before"

    return make


# ---------------------------------------------------------------- decimation
def _low_pass(design: str, factors: tuple[int, int], settings: Settings, stride: bool = True) -> LowPass:
    def taps(factor: int) -> np.ndarray:
        return triangle(factor) if design == "triangle" else kaiser(factor, settings.taps)

    return LowPass(taps(factors[0]), taps(factors[1]), factors if stride else (1, 1))


def _pair(value: Any) -> tuple[int, int]:
    return (int(value[0]), int(value[1])) if isinstance(value, tuple | list) else (int(value), int(value))


def low_passed_convolution(conv: nn.Conv2d, settings: Settings, design: str) -> tuple[nn.Module, str]:
    """Run the kernel at stride 1 on a border wide enough for the low-pass, which then decimates."""
    low_pass = _low_pass(design, _pair(conv.stride), settings)
    border = strip_border(conv).widened(*low_pass.reach)
    conv.stride = (1, 1)
    return Substitute(border=border, conv=conv, pool=low_pass), _KEPT


def not_strided(conv: nn.Conv2d) -> str:
    """Why a convolution decimates nothing, or an empty text."""
    return "" if max(_pair(conv.stride)) > 1 else "its stride is 1: it decimates nothing"


def low_passed_pool(
    pool: nn.MaxPool2d | nn.AvgPool2d, settings: Settings, design: str
) -> tuple[nn.Module, str]:
    """Pool at stride 1, then low-pass with the decimation."""
    factors, pad = _pair(pool.stride), _pair(pool.padding)
    low_pass = _low_pass(design, factors, settings)
    rule = settings.padding
    if isinstance(pool, nn.MaxPool2d):
        # What replicates the edge adds nothing to a maximum: that is torch's border of −inf.
        rule = "replicate" if rule == "zeros" or max(pad) else rule
    elif max(pad):
        rule = "zeros"
    sides = [(p + reach, p + reach) for p, reach in zip(pad, low_pass.reach, strict=True)]
    pool.stride, pool.padding = 1, 0
    border = Border(sides[0], sides[1], rule)
    return Substitute(border=border, pool=pool, blur=low_pass), f"no weights, border rule {rule}"


def _odd_pool(pool: nn.MaxPool2d | nn.AvgPool2d) -> str:
    if pool.ceil_mode:
        return "its ceil_mode lets windows hang over the border"
    if isinstance(pool, nn.MaxPool2d):
        if pool.return_indices:
            return "it returns indices, which an unpooling needs"
        if max(_pair(pool.dilation)) > 1:
            return "its windows are dilated"
    elif max(_pair(pool.padding)) and not pool.count_include_pad:
        return "its windows shrink at the border (count_include_pad=False)"
    return ""


def undecimating_pool(pool: nn.MaxPool2d | nn.AvgPool2d) -> str:
    """Why a pooling cannot be low-passed, or an empty text."""
    if max(_pair(pool.stride)) == 1:
        return "its stride is 1: it decimates nothing"
    return _odd_pool(pool)


def other_filter(layer: FilteredDownsample, settings: Settings, design: str) -> tuple[nn.Module, str]:
    """Another filter before the same decimation."""
    taps = BINOMIAL if design == "triangle" else windowed_sinc(settings.taps or 12)
    return FilteredDownsample(taps, layer.padding), "no weights"


def average(layer: nn.Module, settings: Settings) -> tuple[nn.Module, str]:  # noqa: ARG001
    """Average pooling over the same windows."""
    if isinstance(layer, nn.AvgPool2d):
        return layer, SAME
    if isinstance(layer, nn.MaxPool2d):
        pool = nn.AvgPool2d(layer.kernel_size, layer.stride, layer.padding, layer.ceil_mode, False)
        return pool, "no weights"
    return nn.AvgPool2d(2), "no weights"


def maximum(layer: nn.Module, settings: Settings) -> tuple[nn.Module, str]:  # noqa: ARG001
    """Maximum pooling over the same windows."""
    if isinstance(layer, nn.MaxPool2d):
        return layer, SAME
    if isinstance(layer, nn.AvgPool2d):
        pool = nn.MaxPool2d(layer.kernel_size, layer.stride, layer.padding, ceil_mode=layer.ceil_mode)
        return pool, "no weights"
    return nn.MaxPool2d(2), "no weights"


def not_averaging(layer: nn.Module) -> str:
    """Why a pooling has no average over the same windows, or an empty text."""
    return _odd_pool(layer) if isinstance(layer, nn.MaxPool2d) else ""


# ---------------------------------------------------------------- expansion
def low_passed_expansion(conv: nn.ConvTranspose2d, settings: Settings, design: str) -> tuple[nn.Module, str]:
    """Zero-stuffing, low-pass, the same kernel: the three commute, so the low-pass may come last."""
    rule = border_rule(conv)
    y, x = expansions(conv)
    low_pass = _low_pass(design, (y.stride, x.stride), settings, stride=False)
    border = widen_output(conv, *low_pass.reach, rule)
    return Substitute(border=border, conv=conv, blur=low_pass), _KEPT


def not_expanding(conv: nn.ConvTranspose2d) -> str:
    """Why a transposed convolution expands nothing, or an empty text."""
    return "" if max(_pair(conv.stride)) > 1 else "its stride is 1: it expands nothing"


def resized(conv: nn.ConvTranspose2d, settings: Settings) -> tuple[nn.Module, str]:  # noqa: ARG001
    """Nearest resize, then the convolution that comes closest."""
    resize, border, small, residual = as_resize(conv)
    note = (
        f"kernel {_size(conv.kernel_size)} fitted by {_size(small.kernel_size)}, "
        f"relative residual {residual:.2g}{'' if conv.bias is None else ', bias kept'}"
    )
    return Substitute(resample=resize, border=border, conv=small), note


def _size(kernel: Any) -> str:
    return "×".join(str(k) for k in _pair(kernel))


def unfit_for_resize(conv: nn.ConvTranspose2d) -> str:
    """Why no resize comes close to a transposed convolution, or an empty text."""
    if any(axis.length < axis.stride for axis in expansions(conv)):
        return "its kernel is shorter than its stride"
    return not_expanding(conv)


def subpixel(conv: nn.ConvTranspose2d, settings: Settings) -> tuple[nn.Module, str]:  # noqa: ARG001
    """Make the same operator of a convolution with pixel shuffle."""
    border, small, shuffle = as_subpixel(conv)
    note = "the same operator, its kernel sorted by phase: nothing changes until it is trained on"
    return Substitute(border=border, conv=small, shuffle=shuffle), note


def unfit_for_subpixel(conv: nn.ConvTranspose2d) -> str:
    """Why a transposed convolution is no sub-pixel convolution, or an empty text."""
    y, x = expansions(conv)
    if y.stride != x.stride or y.surplus or x.surplus:
        return "it does not multiply both axes by one whole factor"
    return not_expanding(conv)


def low_passed_shuffle(shuffle: nn.PixelShuffle, settings: Settings, design: str) -> tuple[nn.Module, str]:
    """Follow a pixel shuffle by a low-pass against its images."""
    factor = int(shuffle.upscale_factor)
    low_pass = _low_pass(design, (factor, factor), settings, stride=False)
    side = (low_pass.reach[0], low_pass.reach[0])
    border = Border(side, side, settings.padding)
    return Substitute(shuffle=shuffle, border=border, blur=low_pass), f"border rule {settings.padding}"


def nearest(layer: nn.Module, settings: Settings) -> tuple[nn.Module, str]:  # noqa: ARG001
    """Nearest resize by the same factor."""
    if not isinstance(layer, nn.Upsample):
        return nn.Upsample(scale_factor=2, mode="nearest"), "no weights"
    if layer.mode == "nearest":
        return layer, SAME
    return nn.Upsample(layer.size, layer.scale_factor, "nearest"), "no weights"


def bilinear(layer: nn.Module, settings: Settings) -> tuple[nn.Module, str]:
    """Bilinear resize by the same factor."""
    if isinstance(layer, nn.Upsample) and layer.mode == "bilinear":
        return layer, SAME
    if _doubles(layer) and settings.padding not in ("zeros", "replicate"):
        return FilteredUpsample(BINOMIAL, settings.padding), f"border rule {settings.padding}"
    if not isinstance(layer, nn.Upsample):
        return nn.Upsample(scale_factor=2, mode="bilinear"), "no weights, border rule replicate"
    return nn.Upsample(layer.size, layer.scale_factor, "bilinear"), "no weights, border rule replicate"


def filtered_resize(layer: nn.Module, settings: Settings) -> tuple[nn.Module, str]:
    """Zero-stuffing, then a Kaiser-windowed sinc."""
    rule = layer.padding if isinstance(layer, FilteredUpsample) else settings.padding
    return FilteredUpsample(windowed_sinc(settings.taps or 12), rule), f"no weights, border rule {rule}"


def _doubles(layer: nn.Module) -> bool:
    return isinstance(layer, FilteredUpsample) or (
        isinstance(layer, nn.Upsample) and layer.scale_factor in (2, 2.0, (2, 2), (2.0, 2.0))
    )


def not_doubling(layer: nn.Module) -> str:
    """Why a resize is none by 2, or an empty text."""
    return "" if _doubles(layer) else "its factor is not 2 along both axes"


# ---------------------------------------------------------------- borders
def bordered(padding: str) -> Callable[[nn.Conv2d, Settings], tuple[nn.Module, str]]:
    """Change the border rule of a convolution."""

    def make(conv: nn.Conv2d, settings: Settings) -> tuple[nn.Module, str]:  # noqa: ARG001
        if conv.padding_mode == padding:
            return conv, SAME
        conv.padding_mode = padding  # type: ignore[assignment]
        return conv, _KEPT

    return make


def borderless(conv: nn.Conv2d) -> str:
    """Why a convolution has no border rule to choose, or an empty text."""
    found = edges(conv)
    return "" if max(*found.y, *found.x) else "it has no border"


def bordered_expansion(padding: str) -> Maker:
    """Change the border rule of a transposed convolution."""

    def make(conv: nn.ConvTranspose2d, settings: Settings) -> tuple[nn.Module, str]:  # noqa: ARG001
        if border_rule(conv) == padding:
            return conv, SAME
        if isinstance(conv, TransposedConvolution):
            conv.border_rule = padding
            return conv, _KEPT
        return Substitute(border=widen_output(conv, 0, 0, padding), conv=conv), _KEPT

    return make


def padded(padding: str) -> Maker:
    """Change the border rule of a pad or filter."""

    def make(pad: nn.Module, settings: Settings) -> tuple[nn.Module, str]:  # noqa: ARG001
        if isinstance(pad, Border | FilteredDownsample | FilteredUpsample):
            pad.padding = padding
        elif isinstance(pad, FilteredActivation):
            pad.up.padding = pad.down.padding = padding
        elif isinstance(pad, nn.Upsample):
            if padding == "replicate":
                return pad, SAME
            return FilteredUpsample(BINOMIAL, padding), "the same filter"
        elif PADS[type(pad)] == padding:
            return pad, SAME
        else:
            left, right, top, bottom = pad.padding  # type: ignore[misc]
            return Border((top, bottom), (left, right), padding), "no weights"
        return pad, "the same filter"

    return make


def no_border_to_choose(layer: nn.Module) -> str:
    """Why a layer has no border rule to choose, or an empty text."""
    if isinstance(layer, nn.Upsample):
        if layer.mode != "bilinear" or layer.align_corners:
            return f"up-sampling of mode {layer.mode} looks at no border"
        return not_doubling(layer)
    return ""


def rebordered(padding: str) -> Maker:
    """Change the border rule of a substitute."""

    def make(layer: Substitute, settings: Settings) -> tuple[nn.Module, str]:  # noqa: ARG001
        border = layer.get_submodule("border")
        assert isinstance(border, Border)
        # A border of zeros would be the maximum among negative values.
        highest = any(isinstance(part, nn.MaxPool2d) for part in layer)
        rule = "replicate" if highest and padding == "zeros" else padding
        if border.padding == rule:
            return layer, SAME
        border.padding = rule
        return layer, _KEPT

    return make


def unbordered(layer: Substitute) -> str:
    """Why a substitute has no border rule to choose, or an empty text."""
    return "" if "border" in dict(layer.named_children()) else "it has no border"
