"""Replacement of single layers in a copy of a network: what would change if this layer were another kind."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from workbench.nets import PADDINGS, LowPass, TransposedConvolution
from workbench.probes.guard import original, placement
from workbench.probes.stand_ins import SAME, Settings, Substitute
from workbench.probes.substitutes import (
    REPLACEMENTS,
    CannotReplaceError,
    find_rule,
    substitute,
)

EVERYWHERE = "*"
_NOTES = "_replacement_notes"
Pairs = Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]]


def replace_layer(
    module: nn.Module, name: str, kind: str, *, padding: str | None = None, taps: int | None = None
) -> nn.Module:
    """Return a copy of a network in which one layer is of another kind, weights kept where they fit.

    ==================================  ===================================================================
    layer                               kinds
    ==================================  ===================================================================
    activation                          every name in ``ACTIVATIONS``, ``leaky_relu(0.1)`` …, ``identity``
    strided convolution                 ``blurpool``, ``filtered``: the same kernel at stride 1, then a
                                        low-pass (triangle; Kaiser-windowed sinc), then the decimation
    max, average pooling                ``blurpool``, ``filtered``: the same pooling at stride 1, then as
                                        above; ``max``, ``average``
    transposed convolution              ``filtered``, ``bilinear``: zero-stuffing, low-pass (Kaiser sinc;
                                        triangle), the same kernel; ``nearest``: the convolution after a
                                        nearest resize that comes closest; ``subpixel``: the same operator
                                        as convolution with pixel shuffle
    resize, pixel shuffle               ``nearest``, ``bilinear``, ``filtered``
    anything with a border              ``zeros``, ``reflect``, ``replicate``, ``circular``; weights kept
    ==================================  ===================================================================

    Filters are centred on the samples that were kept before, so nothing is shifted, and sizes stay. A layer
    used at several places is replaced at each of them. An activation that worked in place still does.

    Parameters
    ----------
    module : Module
        Any network; it is left as it was.
    name : str
        As in ``named_modules`` or in an order analysis ("down2.conv", also "down2.conv#2"); "*" replaces
        every layer for which this kind makes sense, except ``nn.Identity``.
    kind : str
        One of ``REPLACEMENTS``.
    padding : str, optional
        Border rule of new filters; by default the rule of the network's convolutions, if they have one in
        common, else "zeros".
    taps : int, optional
        Length of a ``filtered`` layer's filter; odd after convolutions and pools (default 13 for stride 2),
        a multiple of 4 for a resize (default 12).

    Returns
    -------
    Module
        The copy. ``replacement_notes`` tells what was done to it.

    Raises
    ------
    ValueError
        If there is no such layer, it is a function and no module, or the kind makes no sense for it; the
        message says what does.

    Notes
    -----
    Source: blur pooling, Zhang 2019; transposed convolution as sub-pixel convolution, Shi et al. 2016.

    Examples
    --------
    >>> network = nn.Sequential(nn.Conv2d(1, 2, 4, stride=2, padding=1), nn.ReLU())
    >>> smooth = replace_layer(network, "0", "blurpool")
    >>> smooth(torch.zeros(1, 1, 8, 8)).shape
    torch.Size([1, 2, 4, 4])
    >>> replacement_notes(smooth)
    ('0 (Conv2d) became blurpool: weights kept exactly',)
    """
    return replace_layers(module, [(name, kind)], padding=padding, taps=taps)


def replace_layers(
    module: nn.Module, replacements: Pairs, *, padding: str | None = None, taps: int | None = None
) -> nn.Module:
    """Return a copy of a network with several layers replaced, one after the other (see `replace_layer`).

    Parameters
    ----------
    module, padding, taps
        As of `replace_layer`.
    replacements : mapping or sequence
        ``{layer: kind}``, ``{layer: [kind, kind]}`` or ``[(layer, kind), ...]``.

    Examples
    --------
    >>> network = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.ReLU(), nn.Conv2d(1, 1, 3, padding=1))
    >>> periodic = replace_layers(network, {"*": "circular", "1": "tanh"})
    >>> [part.padding_mode for part in (periodic[0], periodic[2])], periodic[1]
    (['circular', 'circular'], Tanh())
    """
    _known_rule(padding)
    result = _copied(original(module, values=False))
    notes = list(getattr(result, _NOTES, ()))
    for name, kind in listed_replacements(replacements):
        settings = Settings(padding or _border_rule(result), taps)
        for found in _targets(result, name, kind):
            result, note = _replaced(result, found, kind, settings)
            if name != EVERYWHERE or not note[1].endswith(SAME):
                notes.append(note)
    setattr(result, _NOTES, tuple(notes))
    return result


def listed_replacements(replacements: Pairs) -> list[tuple[str, str]]:
    """Return replacements as pairs (layer, kind).

    Examples
    --------
    >>> listed_replacements({"down1.conv": ["circular", "blurpool"], "up1.activation": "tanh"})
    [('down1.conv', 'circular'), ('down1.conv', 'blurpool'), ('up1.activation', 'tanh')]
    """
    if isinstance(replacements, Mapping):
        return [
            (name, kind)
            for name, kinds in replacements.items()
            for kind in ([kinds] if isinstance(kinds, str) else kinds)
        ]
    pairs = [tuple(pair) for pair in replacements if not isinstance(pair, str)]
    if any(len(pair) != 2 for pair in pairs) or (not pairs and replacements):
        raise ValueError(f"replacements are pairs (layer, kind) or a dict of them, found {replacements!r}")
    return [(pair[0], pair[1]) for pair in pairs]


def possible_replacements(module: nn.Module) -> dict[str, list[str]]:
    """Return which kinds each layer of a network can be replaced by.

    Returns
    -------
    dict of str to list of str
        Layers by name, in the order of ``named_modules``; layers without any are left out.

    Examples
    --------
    >>> possible_replacements(nn.Sequential(nn.MaxPool2d(2), nn.Linear(3, 3)))
    {'0': ['blurpool', 'filtered', 'max', 'average']}
    """
    found = {}
    for name, part in _layers(original(module, values=False)).items():
        kinds = [kind for kind in REPLACEMENTS if not _refusal(part, kind)]
        if kinds:
            found[name] = kinds
    return found


def replacement_notes(module: nn.Module) -> tuple[str, ...]:
    """Return what `replace_layer` did to make this network, one sentence per layer; empty for any other."""
    return tuple(text for _, text in getattr(module, _NOTES, ()))


def replaced_layers(module: nn.Module) -> tuple[str, ...]:
    """Return the name of each replaced layer, one per note."""
    return tuple(name for name, _ in getattr(module, _NOTES, ()))


# ---------------------------------------------------------------- finding
def _layers(module: nn.Module) -> dict[str, nn.Module]:
    """Every part under its name in the analysis; what is inside a substitute belongs to it."""
    inside = tuple(
        f"{name}." if name else "" for name, part in module.named_modules() if isinstance(part, Substitute)
    )
    return {
        _clean(name) or type(module).__name__: part
        for name, part in module.named_modules()
        if "parametrizations" not in name and not (inside and name.startswith(inside))
    }


def _clean(name: str) -> str:
    return ".".join(piece for piece in name.split(".") if piece != "_orig_mod").replace("/", "_")


def _refusal(part: nn.Module, kind: str) -> str:
    try:
        find_rule(part, kind)
    except CannotReplaceError as error:
        return str(error)
    return ""


def _targets(module: nn.Module, name: str, kind: str) -> list[nn.Module]:
    """Find the parts to replace, each once."""
    _ = REPLACEMENTS[kind.partition("(")[0] if isinstance(kind, str) else kind]
    layers = _layers(module)
    if name == EVERYWHERE:
        fitting = {key: part for key, part in layers.items() if not _refusal(part, kind)}
        # A placeholder does nothing on purpose; what is inside another target goes with it.
        outer = [
            part
            for key, part in fitting.items()
            if not isinstance(part, nn.Identity) and not key.startswith(tuple(f"{k}." for k in fitting))
        ]
        if not outer:
            raise ValueError(f"{type(module).__name__} has no layer that {kind!r} makes sense for")
        return outer
    part = _find(module, layers, name)
    reason = _refusal(part, kind)
    if reason:
        possible = [other for other in REPLACEMENTS if not _refusal(part, other)]
        there_are = f"there are for it: {', '.join(possible)}" if possible else "nothing stands for it"
        if isinstance(part, Substitute):
            reason = "it was replaced before; start from the original"
        raise ValueError(
            f"layer {name!r} ({type(part).__name__}) cannot become {kind!r}: {reason}; {there_are}"
        )
    return [part]


def _find(module: nn.Module, layers: dict[str, nn.Module], name: str) -> nn.Module:
    first_call = re.sub(r"#\d+$", "", name)
    if first_call in layers:
        return layers[first_call]
    parent, _, function = first_call.rpartition(".")
    names = ", ".join(key for key, kinds in possible_replacements(module).items() if kinds) or "none"
    if not parent or parent in layers:
        where = f"inside {parent!r}" if parent else f"in {type(module).__name__}"
        raise ValueError(
            f"{name!r} is no module of {type(module).__name__}: if the analysis lists it, it is the function "
            f"{function!r} called {where}, which only a change of that code can replace; "
            f"layers that can be replaced: {names}"
        )
    raise ValueError(f"{type(module).__name__} has no layer {name!r}; layers that can be replaced: {names}")


# ---------------------------------------------------------------- replacing
def _replaced(
    module: nn.Module, part: nn.Module, kind: str, settings: Settings
) -> tuple[nn.Module, tuple[str, str]]:
    """Put the substitute wherever the part is used; returns the network, the layer's name with the note."""
    places = list(_places(module, part))
    names = [_clean(name) for name, _, _ in places] or [type(module).__name__]
    what = type(part).__name__
    device, dtype = placement(part if any(True for _ in part.parameters()) else module)
    mode = part.training
    try:
        new, fate = substitute(part, kind, settings)
    except ValueError as error:
        raise ValueError(f"layer {names[0]!r} ({what}) cannot become {kind!r}: {error}") from None
    new = new.to(device).train(mode)
    for filters in new.modules():
        if isinstance(filters, LowPass):
            filters.to(dtype)
    for _, parent, key in places:
        parent._modules[key] = new
    also = f", used at {len(names)} places: {', '.join(names)}" if len(names) > 1 else ""
    note = f"{names[0]} ({what}) became {kind}: {fate}{also}"
    return (new if part is module else module), (names[0], note)


def _places(module: nn.Module, part: nn.Module) -> Iterator[tuple[str, nn.Module, str]]:
    """Every (name, parent, key) under which a part is registered."""
    for name, parent in module.named_modules():
        for key, child in parent._modules.items():
            if child is part:
                yield f"{name}.{key}" if name else key, parent, key


def _copied(module: nn.Module) -> nn.Module:
    """Deep copy that also takes weights computed by hooks (torch.nn.utils.weight_norm)."""
    memo: dict[int, Any] = {}
    for part in module.modules():
        for value in vars(part).values():
            if isinstance(value, Tensor) and value.grad_fn is not None:
                memo[id(value)] = value.detach().clone()
    try:
        with torch.no_grad():
            return copy.deepcopy(module, memo)
    except (TypeError, RuntimeError, AttributeError) as error:
        raise ValueError(
            f"{type(module).__name__} cannot be copied, so nothing is replaced: {error}"
        ) from error


def _border_rule(module: nn.Module) -> str:
    """Border rule that all convolutions with a border have in common, else zeros."""
    rules: set[str] = set()
    for part in _layers(module).values():
        if isinstance(part, Substitute):  # its convolution has handed its border on
            children = dict(part.named_children())
            rules |= {str(children["border"].padding)} if {"border", "conv"} <= set(children) else set()
        elif isinstance(part, TransposedConvolution):
            rules.add(part.border_rule)
        elif isinstance(part, nn.Conv2d) and (
            any(part._reversed_padding_repeated_twice) or any(getattr(part, "border", ()))
        ):
            rules.add(part.padding_mode)
    return rules.pop() if len(rules) == 1 else "zeros"


def _known_rule(padding: str | None) -> None:
    if padding is not None:
        _ = PADDINGS[padding]
