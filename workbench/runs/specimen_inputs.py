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

__all__ = ["fixed_inputs", "open_complex", "parse_input"]

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


def _is_index(name: str) -> bool:
    """Whether an input of this name usually is one whole number per image: a class, a time step."""
    return name.lower() in ("t", "time", "steps") or any(
        word in name.lower() for word in ("label", "class", "index", "timestep")
    )


def _filled(shape: tuple[int, ...], fill: str) -> Tensor:
    if fill == "random":
        return torch.randn(1, *shape, generator=torch.Generator().manual_seed(0))
    named: dict[str, float] = {"zeros": 0.0, "ones": 1.0}
    return torch.full((1, *shape), named[fill] if fill in named else ast.literal_eval(fill))


def fixed_inputs(
    module: nn.Module, given: Sequence[tuple[str, str]], shape: Sequence[int], tone_input: str | None = None
) -> dict[str, Any] | tuple[Any, ...]:
    """Return what a module is given besides the image, by the names of its ``forward``.

    Parameters
    ----------
    module : Module
    given : pairs of name and text, see `parse_input`
    shape : of the image, without the batch axis
    tone_input : name of the input that takes the image, None for the first

    Returns
    -------
    dict or tuple
        Values by name; by position where ``forward`` takes any number of inputs.

    Raises
    ------
    SpecimenError
        If a name is not one of its parameters, or one that is needed is missing; they are listed.
    """
    parameters = list(inspect.signature(module.forward).parameters.values())
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if any(p.kind in variable for p in parameters):
        return tuple(parse_input(text, shape) for _, text in given)
    names = [p.name for p in parameters]
    image = tone_input or (names[0] if names else "")
    texts = dict(given)
    for name in (image, *texts):
        if name not in names:
            raise SpecimenError(
                f"{type(module).__name__}.forward has no input {name!r}; it has: {', '.join(names) or 'none'}"
            )
    if image in texts:
        raise SpecimenError(
            f"input {image!r} takes the tone, so it cannot be given; name another --tone-input"
        )
    needed = [p.name for p in parameters if p.default is p.empty and p.name not in (image, *texts)]
    if needed:
        raise SpecimenError(
            f"{type(module).__name__}.forward needs further inputs: {', '.join(needed)}. Give each one, for "
            f"example --input {needed[0]}={':0' if _is_index(needed[0]) else 'zeros'} ({NEEDED})"
        )
    return {name: parse_input(text, shape) for name, text in texts.items()}


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
