"""Which outputs of a layer are images of the frames it was given."""

from __future__ import annotations

from torch import Tensor

from workbench.probes.lineage import Lineage


def as_image(output: Tensor, lineage: Lineage, frames: int) -> tuple[Tensor | None, str]:
    """Return a layer's output as (frame, channel, y, x), or None with the reason.

    Examples
    --------
    >>> import torch
    >>> from workbench.probes.lineage import origin
    >>> flat = torch.zeros(2, 12)
    >>> as_image(flat, origin(torch.zeros(2, 3, 2, 2)), 2)
    (None, 'no spatial axes: shape (2, 12)')
    """
    shape = tuple(output.shape)
    if lineage.problem:
        return None, lineage.problem
    if output.ndim != 4 or lineage.axes is None:
        return None, f"no spatial axes: shape {shape}"
    if shape[0] != frames or not lineage.holds_frames:
        return None, f"its first axis holds {shape[0]} items, not the {frames} frames of the input"
    if set(lineage.axes) != {2, 3}:
        channel = ({1, 2, 3} - set(lineage.axes)).pop()
        output = output.permute(0, channel, *lineage.axes)
    elif lineage.axes == (3, 2):
        output = output.transpose(2, 3)
    if output.shape[2] * output.shape[3] == 1:
        return None, "no spatial axis: one sample per frame (1×1)"
    for name, size, rate, frame in zip("yx", output.shape[2:], lineage.rate, lineage.frame[1:], strict=True):
        if size == 1 and rate * frame > 1:
            return None, f"one value along {name}: the axis was averaged away, not sampled"
    return output, ""
