"""One forward pass of a module, shown to an observer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from workbench.probes.guard import unchanged
from workbench.probes.taps import Observer, tapped


@dataclass(frozen=True)
class Arguments:
    """What a module is called with besides the image whose way is followed.

    Attributes
    ----------
    fixed : tuple
        Further positional inputs, in order.
    named : Mapping
        Further inputs by keyword.
    image : int or str
        Position of the image among the positional inputs, or its keyword.
    """

    fixed: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)
    image: int | str = 0

    def placed(self, image: Tensor) -> tuple[list[Any], dict[str, Any]]:
        """Positional and keyword arguments of one call; what is held fixed is repeated for every frame.

        Examples
        --------
        >>> import torch
        >>> label = torch.tensor([3])
        >>> positional, named = Arguments((label,), image=1).placed(torch.zeros(2, 1, 4, 4))
        >>> positional[0].tolist(), positional[1].shape[0], named
        ([3, 3], 2, {})
        """
        positional = [_repeated(value, image) for value in self.fixed]
        named = {name: _repeated(value, image) for name, value in self.named.items()}
        if isinstance(self.image, str):
            named[self.image] = image
        else:
            positional.insert(self.image, image)
        return positional, named


def further_inputs(inputs: Sequence[Any] | Mapping[str, Any] | Arguments, image: int | str = 0) -> Arguments:
    """Check what a module is given besides the image.

    Parameters
    ----------
    inputs : sequence or mapping
        Further inputs by position, or by keyword.
    image : int or str
        Position of the image among the positional inputs (0 the first), or its keyword.

    Raises
    ------
    ValueError
        If a bare tensor is given, keywords are no names, or the image has no place among the inputs.

    Examples
    --------
    >>> import torch
    >>> further_inputs({"label": 3}).placed(torch.zeros(1, 1, 2, 2))[1]
    {'label': 3}
    """
    if isinstance(inputs, Arguments):
        return inputs
    if isinstance(inputs, Tensor | str | bytes) or not isinstance(inputs, Sequence | Mapping):
        raise ValueError(
            f"inputs must be a sequence of further inputs, as inputs=(z,), or a dict of them by keyword, as "
            f"inputs={{'z': z}}; found a {type(inputs).__name__}"
        )
    named = dict(inputs) if isinstance(inputs, Mapping) else {}
    fixed = () if isinstance(inputs, Mapping) else tuple(inputs)
    if not all(isinstance(name, str) for name in named):
        raise ValueError(f"inputs by keyword need names, found {sorted(map(repr, named))}")
    if isinstance(image, str):
        if image in named:
            raise ValueError(f"the image is given as {image!r}, so inputs cannot hold {image!r} too")
    elif isinstance(image, bool) or not isinstance(image, int) or not 0 <= image <= len(fixed):
        raise ValueError(
            f"the image's place must be a position 0 … {len(fixed)} among {len(fixed)} further positional "
            f"inputs, or the name of an argument; found {image!r}"
        )
    return Arguments(fixed, named, image)


def evaluate(
    module: nn.Module,
    image: Tensor,
    inputs: Sequence[Any] | Mapping[str, Any] | Arguments,
    observer: Observer,
    *,
    alone: bool = False,
    others: bool = False,
) -> Any:
    """Run one forward pass, show its layers to an observer and return what the module returned.

    Parameters
    ----------
    module : Module
        In the mode it is to be evaluated in.
    image : Tensor, shape (frame, channel, y, x) or (frame, number)
        The input whose way is followed.
    inputs : sequence, mapping or Arguments
        What else it is given.
    observer : callable
        ``observer(layer, output)``. What it raises is raised unchanged.
    alone : bool
        Whether nothing but the image differs from frame to frame: what does is then known to come from it,
        also where torch did not see how.
    others : bool
        Whether the layers of the other inputs (images, latents) are shown too.

    Raises
    ------
    ValueError
        If the image is neither floating-point nor complex, or the module fails on this input; the message
        says which and how.
    """
    if not (image.is_floating_point() or image.is_complex()):
        raise ValueError(
            f"the input must be floating-point or complex, found {str(image.dtype).removeprefix('torch.')}"
        )
    positional, named = further_inputs(inputs).placed(image)
    with unchanged(module), tapped(module, observer) as taps:
        taps.begin(image, alone=alone)
        for value in (*positional, *named.values()) if others else ():
            if isinstance(value, Tensor) and value.is_floating_point() and len(value) == len(image):
                taps.follow(value)
        try:
            return module(*positional, **named)
        except Exception as error:
            if taps.trouble is not None:
                raise taps.trouble from None
            given = ", ".join(_described(value) for value in positional)
            given += "".join(f", {name}={_described(value)}" for name, value in named.items())
            dtype = str(image.dtype).removeprefix("torch.")
            axes = "(batch, channel, y, x)" if image.ndim == 4 else "(batch, number)"
            raise ValueError(
                f"{type(module).__name__} failed on an input {axes} = {given} of {dtype} on "
                f"{image.device}: {str(error) or type(error).__name__}"
            ) from error


def _described(value: Any) -> str:
    return str(tuple(value.shape)) if isinstance(value, Tensor) else type(value).__name__


def _repeated(value: Any, image: Tensor) -> Any:
    """Hold an input fixed: on the image's device, once per frame; a copy, so no module changes the user's."""
    if isinstance(value, Tensor):
        value = value.detach().to(image.device)
        one = value.ndim > 0 and value.shape[0] == 1
        return (value.expand(image.shape[0], *value.shape[1:]) if one else value).clone()
    if isinstance(value, dict):
        return {key: _repeated(item, image) for key, item in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_repeated(item, image) for item in value)
    return value
