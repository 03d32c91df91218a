"""What can stand in for a layer, by kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import nn

from workbench.nets import (
    ACTIVATIONS,
    PADDINGS,
    Border,
    FilteredActivation,
    FilteredDownsample,
    FilteredUpsample,
    Snake,
)
from workbench.probes import stand_ins
from workbench.probes.stand_ins import Maker, Settings
from workbench.signals import Registry

ACTIVATION_TYPES = (
    *(nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.Hardtanh, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU),
    *(nn.Mish, nn.Softplus, nn.Softsign, nn.Sigmoid, nn.Tanh, nn.Hardsigmoid, nn.Hardswish, nn.LogSigmoid),
    *(nn.Tanhshrink, nn.Softshrink, nn.Hardshrink, nn.Threshold, nn.Identity, Snake, FilteredActivation),
)


class CannotReplaceError(ValueError):
    """A layer for which a kind of substitute makes no sense."""


@dataclass(frozen=True)
class Rule:
    """How layers of some types are replaced; `refuse` says why one of them cannot be, or ""."""

    types: tuple[type[nn.Module], ...]
    make: Maker
    refuse: Callable[[Any], str] = lambda layer: ""  # noqa: ARG005


def _rules() -> dict[str, tuple[Rule, ...]]:
    pools = (nn.MaxPool2d, nn.AvgPool2d)
    resizes = (nn.Upsample, FilteredUpsample)
    rules: dict[str, tuple[Rule, ...]] = {
        name: (Rule(ACTIVATION_TYPES, stand_ins.activation(name)),) for name in (*ACTIVATIONS, "identity")
    }
    for name, design in (("blurpool", "triangle"), ("filtered", "kaiser")):
        rules[name] = (
            Rule(
                (nn.Conv2d,), partial(stand_ins.low_passed_convolution, design=design), stand_ins.not_strided
            ),
            Rule(pools, partial(stand_ins.low_passed_pool, design=design), stand_ins.undecimating_pool),
            Rule((FilteredDownsample,), partial(stand_ins.other_filter, design=design)),
        )
    rules["max"] = (Rule((*pools, FilteredDownsample), stand_ins.maximum),)
    rules["average"] = (Rule((*pools, FilteredDownsample), stand_ins.average, stand_ins.not_averaging),)
    rules["nearest"] = (
        Rule((nn.ConvTranspose2d,), stand_ins.resized, stand_ins.unfit_for_resize),
        Rule(resizes, stand_ins.nearest),
    )
    rules["bilinear"] = (
        Rule(
            (nn.ConvTranspose2d,),
            partial(stand_ins.low_passed_expansion, design="triangle"),
            stand_ins.not_expanding,
        ),
        Rule((nn.PixelShuffle,), partial(stand_ins.low_passed_shuffle, design="triangle")),
        Rule(resizes, stand_ins.bilinear),
    )
    rules["filtered"] += (
        Rule(
            (nn.ConvTranspose2d,),
            partial(stand_ins.low_passed_expansion, design="kaiser"),
            stand_ins.not_expanding,
        ),
        Rule((nn.PixelShuffle,), partial(stand_ins.low_passed_shuffle, design="kaiser")),
        Rule(resizes, stand_ins.filtered_resize, stand_ins.not_doubling),
    )
    rules["subpixel"] = (Rule((nn.ConvTranspose2d,), stand_ins.subpixel, stand_ins.unfit_for_subpixel),)
    others = (*stand_ins.PADS, Border, FilteredActivation, FilteredDownsample, FilteredUpsample, nn.Upsample)
    for padding in PADDINGS:
        rules[padding] = (
            Rule((nn.Conv2d,), stand_ins.bordered(padding), stand_ins.borderless),
            Rule((nn.ConvTranspose2d,), stand_ins.bordered_expansion(padding)),
            Rule((stand_ins.Substitute,), stand_ins.rebordered(padding), stand_ins.unbordered),
            Rule(others, stand_ins.padded(padding), stand_ins.no_border_to_choose),
        )
    return rules


REPLACEMENTS: Registry[tuple[Rule, ...]] = Registry("replacement", _rules())
"""Kind -> how layers of each type become it."""


def find_rule(layer: nn.Module, kind: str) -> Rule:
    """Return how a layer becomes that kind.

    Raises
    ------
    CannotReplaceError
        If it cannot; the message says why.
    """
    bare = kind.partition("(")[0] if isinstance(kind, str) else kind
    reasons = []
    for rule in REPLACEMENTS[bare]:
        if isinstance(layer, rule.types):
            reason = rule.refuse(layer)
            if not reason:
                return rule
            reasons.append(reason)
    raise CannotReplaceError("; ".join(reasons) or f"nothing of this kind stands for a {_plain(layer)}")


def substitute(layer: nn.Module, kind: str, settings: Settings) -> tuple[nn.Module, str]:
    """Make what stands in for a layer (which may be changed and become a part of it).

    Returns
    -------
    substitute : Module
    note : str
        What became of its weights.

    Raises
    ------
    CannotReplaceError
        If this kind makes no sense for it.

    Examples
    --------
    >>> substitute(nn.ReLU(), "leaky_relu(0.1)", Settings())
    (LeakyReLU(negative_slope=0.1), 'no weights')
    """
    rule = find_rule(layer, kind)
    if "(" in kind:
        return stand_ins.activation(kind)(layer, settings)
    return rule.make(layer, settings)


def _plain(layer: nn.Module) -> str:
    return type(layer).__name__.removeprefix("Parametrized")
