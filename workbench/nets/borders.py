"""What a layer sees beyond the border of its input."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from workbench.signals import Registry

PADDINGS = Registry(
    "padding", {"zeros": "constant", "reflect": "reflect", "circular": "circular", "replicate": "replicate"}
)


def extend(x: Tensor, before: int, after: int, padding: str = "zeros") -> Tensor:
    """Extend both spatial axes of an image, by any width.

    ``torch.nn.functional.pad`` refuses borders wider than the image; the inner layers of a U-Net are one or
    two pixels wide, so there the rule is applied as often as needed (as ``numpy.pad`` does).

    Parameters
    ----------
    x : Tensor
        ``(batch, channel, y, x)``.
    before, after : int
        Pixels added in front of and behind each spatial axis.
    padding : str
        "zeros", "reflect" (without repeating the border pixel), "circular" or "replicate".

    Returns
    -------
    Tensor
        ``(batch, channel, y + before + after, x + before + after)``.

    Raises
    ------
    ValueError
        For an unknown padding.

    Examples
    --------
    >>> import torch
    >>> extend(torch.tensor([[[[1.0, 2.0, 3.0]]]]), 0, 1, "circular")[0, 0, 0]
    tensor([1., 2., 3., 1.])
    """
    mode = PADDINGS[padding]
    if before == after == 0:
        return x
    smallest = min(x.shape[-2:])
    widest = max(before, after)
    if mode in ("constant", "replicate") or widest < smallest + (mode == "circular"):
        return functional.pad(x, (before, after, before, after), mode=mode)
    for axis in (-2, -1):
        x = x.index_select(axis, _source_index(x.shape[axis], before, after, padding).to(x.device))
    return x


def _source_index(size: int, before: int, after: int, padding: str) -> Tensor:
    """Which sample stands at each position of the extended axis."""
    position = torch.arange(-before, size + after)
    if padding == "circular":
        return position % size
    period = max(2 * size - 2, 1)
    folded = position % period
    return torch.minimum(folded, period - folded) if size > 1 else torch.zeros_like(position)
