"""How the lineage of a torch function's result follows from that of its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from torch import Tensor

from workbench.probes.axes import (
    PERMUTATIONS,
    RESHAPES,
    find_image,
    image_layout,
    is_vector,
    moved,
    spacing,
)
from workbench.probes.lineage import ONE, Lineage, Rate
from workbench.probes.rates import CHANGES, Call, by_size, spectral_sizes


def derive(
    name: str, args: Sequence[Any], kwargs: dict[str, Any], parents: Sequence[Lineage], out: Tensor
) -> Lineage:
    """Lineage of one result of a torch function.

    Parameters
    ----------
    name : str
        The function's name, e.g. "conv2d".
    args, kwargs
        What it was called with.
    parents : sequence of Lineage
        Those of its tensor arguments that depend on the input; at least one.
    out : Tensor
        The result.

    Examples
    --------
    >>> import torch
    >>> from workbench.probes.lineage import origin
    >>> image = torch.zeros(1, 1, 8, 8)
    >>> after = derive("max_pool2d", (image, 2), {}, [origin(image)], image[..., ::2, ::2])
    >>> after.rate, len(after.passed)
    ((Fraction(1, 2), Fraction(1, 2)), 2)
    """
    key = _key(name, args, kwargs, parents, out)
    if key is None:
        return _from_origin(_derived(name, args, kwargs, parents, out))
    found = _KNOWN.get(key)
    if found is None:
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
        found = _KNOWN[key] = _from_origin(_derived(name, args, kwargs, parents, out))
    return found


# What was derived before: a network is probed again and again. The same call gives the same object.
_KNOWN: dict[Any, Lineage] = {}
_MOST = 1 << 12
_READ = frozenset(("__getitem__", "index_select"))  # whose rate depends on the values of a tensor argument


class _UnknownError(Exception):
    """An argument cannot be told by its value."""


def _key(
    name: str, args: Sequence[Any], kwargs: dict[str, Any], parents: Sequence[Lineage], out: Tensor
) -> Any:
    """Everything a lineage follows from, None if that cannot be told quickly."""
    try:
        given = _frozen(args[1:] if name in _READ else args, name not in _READ)
        named = _frozen(tuple(kwargs.items()), name not in _READ) if kwargs else ()
        key = (name, given, named, tuple(parents), tuple(out.shape))
        hash(key)
    except (_UnknownError, TypeError):
        return None
    return key


def _frozen(value: Any, blind: bool) -> Any:
    """Replace lists and slices by what can be hashed, tensors by nothing where they are not read."""
    kind = type(value)
    if kind is tuple or kind is list:
        return (kind, *[_frozen(item, blind) for item in value])
    if kind is slice:
        return slice, value.start, value.stop, value.step
    if isinstance(value, Tensor):
        if not blind:
            raise _UnknownError
        return None
    return kind, value


def _from_origin(found: Lineage) -> Lineage:
    if found.latent and found.axes and found.size != (1, 1):
        # the first image made of a latent: rates count from here
        return replace(
            found, rate=ONE, passed=frozenset([ONE]), frame=(found.frame[0], *found.size), problem=""
        )
    return found


def _derived(
    name: str, args: Sequence[Any], kwargs: dict[str, Any], parents: Sequence[Lineage], out: Tensor
) -> Lineage:
    main = _main_parent(parents, out)
    merged = replace(
        main,
        problem=next((parent.problem for parent in parents if parent.problem), ""),
        passed=frozenset().union(*(parent.passed for parent in parents)),
    )
    if main.axes is None or out.ndim != 4 or name in PERMUTATIONS or name in RESHAPES:
        return _rearranged(name, args, kwargs, merged, out)
    axes = _einsum_axes(args, main.axes) if name == "einsum" else main.axes
    size = _size_at(out, axes)
    items = main.layout[0] if main.layout else None
    merged = replace(merged, axes=axes, size=size, layout=image_layout(out.shape, axes, items))
    if name.startswith("fft_"):
        merged = replace(merged, spectral=spectral_sizes(name, main))
    elif main.spectral:
        return merged  # a spectrum is cut and padded at no rate: its inverse transform tells
    change = CHANGES.get(name, by_size)(Call(args, kwargs, main, size))
    if isinstance(change, str):
        return replace(merged, problem=merged.problem or change)
    return _at_rate(merged, change)


def _at_rate(lineage: Lineage, factor: Rate) -> Lineage:
    rate = (lineage.rate[0] * factor[0], lineage.rate[1] * factor[1])
    return replace(lineage, rate=rate, passed=lineage.passed | {rate})


def _rearranged(
    name: str, args: Sequence[Any], kwargs: dict[str, Any], lineage: Lineage, out: Tensor
) -> Lineage:
    """Lineage of what is, or no longer is, or is again an image after its axes were moved."""
    layout = lineage.layout and moved(lineage.layout, name, args[1:], kwargs, out.shape)
    lost = replace(lineage, axes=None, layout=layout)
    if layout is not None:
        steps = spacing(layout)
        if steps != (1, 1):  # windows: what follows treats only positions so far apart alike
            rate = (lineage.rate[0] / steps[0], lineage.rate[1] / steps[1])
            lost = replace(lost, passed=lost.passed | {rate})
        found = find_image(layout)
        if found:
            axes, factor = found
            image = replace(
                lost, axes=axes, size=_size_at(out, axes), layout=image_layout(out.shape, axes, layout[0])
            )
            return _at_rate(image, factor)
    if out.ndim != 4 or name not in RESHAPES or out.shape[0] != lineage.frame[0]:
        return lost
    if layout is not None and not is_vector(layout):
        return lost
    return _from_vector(lost, name, out)


def _from_vector(lineage: Lineage, name: str, out: Tensor) -> Lineage:
    """Lineage of an image made of one vector per frame: its own lattice is one sample per frame."""
    size = _size_at(out, (2, 3))
    image = replace(lineage, axes=(2, 3), size=size, layout=image_layout(out.shape, (2, 3)))
    if size == (1, 1):
        return image  # a gate or a style: the same everywhere
    if lineage.layout is None:
        reason = f"rows and columns could not be followed to this image ({name})"
        return replace(image, problem=image.problem or reason)
    _, height, width = lineage.frame
    rate = (Fraction(size[0], height), Fraction(size[1], width))
    single = (Fraction(1, height), Fraction(1, width))
    return replace(image, rate=rate, passed=lineage.passed | {single, rate})


def _einsum_axes(args: Sequence[Any], axes: tuple[int, int]) -> tuple[int, int]:
    """Follow the letters of rows and columns through "bchw,cd->bdhw"."""
    equation = args[0].replace(" ", "") if isinstance(args[0], str) else ""
    first, _, result = equation.partition("->")
    term = next((term for term in first.split(",") if len(term) == 4), "")
    if len(result) == 4 and term and term[axes[0]] in result and term[axes[1]] in result:
        return result.index(term[axes[0]]), result.index(term[axes[1]])
    return axes


def resized(parents: Sequence[Lineage], out: Tensor) -> Lineage:
    """Lineage of the result of an unknown operation: an exact integer size ratio counts as its factor."""
    return derive("", (), {}, parents, out)


def _main_parent(parents: Sequence[Lineage], out: Tensor) -> Lineage:
    """Find the argument whose grid the result lives on: same size, else the largest (others broadcast)."""
    for parent in parents:
        if parent.axes and out.ndim > max(parent.axes) and _size_at(out, parent.axes) == parent.size:
            return parent
    return max(parents, key=lambda parent: parent.size[0] * parent.size[1])


def _size_at(out: Tensor, axes: tuple[int, int]) -> tuple[int, int]:
    return int(out.shape[axes[0]]), int(out.shape[axes[1]])
