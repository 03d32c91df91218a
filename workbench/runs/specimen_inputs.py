"""What a network is given besides the tone: further inputs, or a complex scene in its place."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import xarray as xr
from torch import Tensor, nn

from workbench.runs.specimen import SpecimenError

__all__ = ["further_inputs", "open_complex", "parse_input"]

NEEDED = (
    "needed is a number (0.5), a fill (zeros, ones, random: shaped like the image), or a shape without the "
    "batch axis with a fill or a number: 3x64x64, 10:random, 10:0.5; :500 is one number per image"
)
_FILLS = ("zeros", "ones", "random")


def parse_input(text: str, like: Sequence[int]) -> Any:
    """Return the tensor (batch axis of 1 first) or the number that a text stands for.

    ``random`` is normally distributed and the same every time; a shape alone is filled with zeros.

    Parameters
    ----------
    text : "0.5", "zeros", "3x64x64", "10:ones", "10:random", ":500"
    like : shape of the image, without the batch axis

    Raises
    ------
    SpecimenError
        If it is none of these.

    Examples
    --------
    >>> parse_input("0.5", ()), tuple(parse_input("2x3", ()).shape), parse_input(":500", ())
    (0.5, (1, 2, 3), tensor([500]))
    >>> parse_input("label:3", ())
    Traceback (most recent call last):
    workbench.runs.specimen.SpecimenError: 'label:3' is no input; needed is ...
    """
    if text in _FILLS:
        return _filled(tuple(like), text)
    number = _number(text)
    if number is not None:
        return number
    shape, colon, fill = text.partition(":")
    sizes = shape.split("x") if shape else []
    sound = all(size.isdecimal() and int(size) for size in sizes) and (len(sizes) > 1 or colon)
    if not sound or (colon and fill not in _FILLS and _number(fill) is None):
        raise SpecimenError(f"{text!r} is no input; {NEEDED}")
    return _filled(tuple(map(int, sizes)), fill or "zeros")


def _number(text: str) -> float | int | None:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _filled(shape: tuple[int, ...], fill: str) -> Tensor:
    if fill == "random":
        return torch.randn(1, *shape, generator=torch.Generator().manual_seed(0))
    named: dict[str, float] = {"zeros": 0.0, "ones": 1.0}
    return torch.full((1, *shape), named[fill] if fill in named else ast.literal_eval(fill))


def further_inputs(
    module: nn.Module, given: Sequence[tuple[str, str]], shape: Sequence[int]
) -> tuple[Any, ...]:
    """Return the further positional inputs of a module, by the names of its ``forward``.

    Raises
    ------
    SpecimenError
        If a name is not one of its parameters, or one that is needed is missing; they are listed.
    """
    parameters = list(inspect.signature(module.forward).parameters.values())
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if any(p.kind in variable for p in parameters):
        return tuple(parse_input(text, shape) for _, text in given)
    further = [p for p in parameters[1:] if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    names = [p.name for p in further]
    texts = dict(given)
    unknown = [name for name in texts if name not in names]
    if unknown:
        listed = ", ".join(names) or "none"
        raise SpecimenError(
            f"{type(module).__name__}.forward has no further input {unknown[0]!r}; it has: {listed}"
        )
    missing = [p.name for p in further if p.default is p.empty and p.name not in texts]
    if missing:
        raise SpecimenError(
            f"{type(module).__name__}.forward needs further inputs: {', '.join(missing)}. Give each one, for "
            f"example --input {missing[0]}=zeros ({NEEDED})"
        )
    last = max((names.index(name) for name in texts), default=-1)
    return tuple(
        parse_input(texts[p.name], shape) if p.name in texts else p.default for p in further[: last + 1]
    )


def open_complex(source: str, size: Sequence[int], mapping: str) -> xr.DataArray:
    """Return one complex patch that fills a network's input under a mapping, cut from the middle of a scene.

    Raises
    ------
    SpecimenError
        If the scene is smaller than that, or the mapping is unknown.
    """
    from workbench.mappings import MAPPINGS
    from workbench.scenes import SCENES, open_scene

    if mapping not in MAPPINGS:
        raise SpecimenError(f"unknown mapping {mapping!r}; there are: {', '.join(MAPPINGS)}")
    height, width = (side // MAPPINGS[mapping].factor for side in size)
    if source in SCENES:
        scene = SCENES[source](size=max(height, width), count=1, seed=0)
    else:
        scene = open_scene(Path(source))
    slc = scene.slc.isel(sample=0) if "sample" in scene.slc.dims else scene.slc
    if slc.sizes["y"] < height or slc.sizes["x"] < width:
        raise SpecimenError(
            f"{source} holds {slc.sizes['y']}×{slc.sizes['x']} complex pixels; a network that sees "
            f"{size[0]}×{size[1]} pixels needs {height}×{width} under the mapping {mapping}"
        )
    top, left = (slc.sizes["y"] - height) // 2, (slc.sizes["x"] - width) // 2
    return slc.isel(y=slice(top, top + height), x=slice(left, left + width))
