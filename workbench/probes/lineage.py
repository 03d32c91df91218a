"""Which sampling rates a tensor has passed on its way from the input.

Every torch function maps the lineage of its arguments to that of its result (`derive`). A rate is a pair (y,
x) of exact fractions, in samples per input pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from workbench.probes.axes import (
    PERMUTATIONS,
    RESHAPES,
    Layout,
    find_image,
    image_layout,
    is_vector,
    moved,
    spacing,
)

Rate = tuple[Fraction, Fraction]
ONE = (Fraction(1), Fraction(1))


@dataclass(frozen=True)
class Lineage:
    """What a tensor that depends on the input has been through.

    Attributes
    ----------
    rate : pair of Fraction
        Its samples per input pixel along y and x.
    passed : frozenset of pairs of Fraction
        Every rate on any path from the input to it, its own included.
    size : pair of int
        Its samples along y and x (where it has lost these axes: when it last had them).
    axes : pair of int, optional
        Which of its axes are y and x; None while it is not an image.
    problem : str
        Why no rate can be stated, empty if one can.
    spectral : pair of int, optional
        Sizes before a Fourier transform, while the tensor is a spectrum.
    layout : tuple, optional
        What each of its axes holds (see `workbench.probes.axes`); None if that could not be followed.
    frame : triple of int
        Frames, height and width of the input.
    """

    rate: Rate
    passed: frozenset[Rate]
    size: tuple[int, int]
    axes: tuple[int, int] | None = (2, 3)
    problem: str = ""
    spectral: tuple[int, int] | None = None
    layout: Layout | None = None
    frame: tuple[int, int, int] = (1, 1, 1)

    @property
    def holds_frames(self) -> bool:
        """Whether the first axis holds the frames, as far as is known."""
        return not self.layout or all(atom.kind == "b" for atom in self.layout[0])


def origin(image: Tensor) -> Lineage:
    """Lineage of the input itself.

    Examples
    --------
    >>> origin(torch.zeros(1, 3, 8, 8)).size
    (8, 8)
    """
    frames, _, height, width = (int(size) for size in image.shape)
    return Lineage(
        ONE,
        frozenset([ONE]),
        (height, width),
        layout=image_layout(image.shape, (2, 3)),
        frame=(frames, height, width),
    )


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
    >>> image = torch.zeros(1, 1, 8, 8)
    >>> after = derive("max_pool2d", (image, 2), {}, [origin(image)], image[..., ::2, ::2])
    >>> after.rate, len(after.passed)
    ((Fraction(1, 2), Fraction(1, 2)), 2)
    """
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
        merged = replace(merged, spectral=_spectral(name, main))
    elif main.spectral:
        return merged  # a spectrum is cut and padded at no rate: its inverse transform tells
    change = _CHANGES.get(name, _by_size)(Call(args, kwargs, main, size))
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


# ---------------------------------------------------------------- changes of rate, by name of the function
@dataclass(frozen=True)
class Call:
    """One function call: what it was given, the lineage it goes on from, and the size it led to."""

    args: Sequence[Any]
    kwargs: dict[str, Any]
    parent: Lineage
    size: tuple[int, int]

    def argument(self, position: int, keyword: str, default: Any = None) -> Any:
        """Return an argument given by position or by keyword."""
        return self.kwargs.get(keyword, self.args[position] if len(self.args) > position else default)


Change = Rate | str  # factor of the rate, or why there is none
ChangeRule = Callable[[Call], Change]


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, tuple | list | torch.Size):
        return int(value[0]), int(value[-1])
    return int(value), int(value)


def _keep(_: Call) -> Change:
    return ONE


def _by_size(call: Call) -> Change:
    def factor(before: int, after: int) -> Fraction:
        # one sample left of an axis, or one spread over it, is a mean or the like: nothing was decimated
        whole = min(before, after) > 1 and (before % after == 0 or after % before == 0)
        return Fraction(after, before) if whole else Fraction(1)

    before, after = call.parent.size, call.size
    return factor(before[0], after[0]), factor(before[1], after[1])


def _strided(position: int, sign: int, kernel: int | None = None) -> ChangeRule:
    """Rule of an operation whose stride divides (sign −1) or multiplies (sign +1) the rate.

    The stride is the argument at `position`; if none is given, the kernel size at position `kernel` is it.
    """

    def rule(call: Call) -> Change:
        stride = call.argument(position, "stride")
        if stride in (None, (), []):
            stride = 1 if kernel is None else call.argument(kernel, "kernel_size", 1)
        y, x = _pair(stride)
        return Fraction(y) ** sign, Fraction(x) ** sign

    return rule


def _shuffled(keyword: str, sign: int) -> ChangeRule:
    def rule(call: Call) -> Change:
        factor = Fraction(int(call.argument(1, keyword, 1))) ** sign
        return factor, factor

    return rule


def _interpolated(call: Call) -> Change:
    before, after = call.parent.size, call.size
    if call.argument(4, "align_corners") and min(*before, *after) > 1:
        return Fraction(after[0] - 1, before[0] - 1), Fraction(after[1] - 1, before[1] - 1)

    def factor(axis: int) -> Fraction:
        if before[axis] == 1:  # a whole frame in one sample, by strides or as a mean
            return Fraction(after[axis], call.parent.frame[axis + 1]) / call.parent.rate[axis]
        return Fraction(after[axis], before[axis])

    return factor(0), factor(1)


def _adaptive(call: Call) -> Change:
    before, after = call.parent.size, call.size
    if after == (1, 1):
        return ONE  # the whole frame in one value: nothing is decimated
    if before[0] % after[0] or before[1] % after[1]:
        return (
            f"adaptive pooling from {before} to {after} samples has windows of several sizes: no single rate"
        )
    return Fraction(after[0], before[0]), Fraction(after[1], before[1])


def _free(_: Call) -> Change:
    return "resampled at freely chosen positions: no single rate"


def _indexed(call: Call) -> Change:
    """``x[..., ::2, ::2]`` decimates; slices of step 1 crop."""
    steps = index_steps(call.args[1], call.parent)
    return Fraction(1, steps[0]), Fraction(1, steps[1])


def _selected(call: Call) -> Change:
    axis = int(call.argument(1, "dim", 0)) % 4
    factor = Fraction(1, _step(call.argument(2, "index")))
    y, x = call.parent.axes or (2, 3)
    return factor if axis == y else Fraction(1), factor if axis == x else Fraction(1)


def index_steps(index: Any, lineage: Lineage) -> tuple[int, int]:
    """Read the steps along y and x from an index expression such as ``[..., ::2, ::2]``."""
    parts = list(index) if isinstance(index, tuple) else [index]
    explicit = sum(part is not None and part is not Ellipsis for part in parts)
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    steps, axis = {}, 0
    for part in parts:
        if part is Ellipsis:
            axis += 4 - explicit
        elif part is not None:
            steps[axis] = _step(part)
            axis += 1
    y, x = lineage.axes or (2, 3)
    return steps.get(y, 1), steps.get(x, 1)


def _step(part: Any) -> int:
    if isinstance(part, slice):
        return abs(part.step or 1)
    if isinstance(part, Tensor | list) and len(part) > 1:
        positions = torch.as_tensor(part)
        if positions.ndim == 1 and positions.dtype != torch.bool:
            jumps = positions.diff()
            # Only an even spacing is a decimation; borders repeated or mirrored by index are a pad.
            return max(int(jumps[0].abs()), 1) if bool((jumps == jumps[0]).all()) else 1
    return 1


def _spectral(name: str, parent: Lineage) -> tuple[int, int] | None:
    if name in ("fft_fftshift", "fft_ifftshift"):
        return parent.spectral
    inverse = name.startswith(("fft_i", "fft_hfft"))
    return None if inverse else parent.spectral or parent.size


def _transformed(call: Call) -> Change:
    """Resample ideally, by any rational factor: the inverse transform of a cut or padded spectrum."""
    before, after = call.parent.spectral, call.size
    return (Fraction(after[0], before[0]), Fraction(after[1], before[1])) if before else ONE


_CHANGES: dict[str, ChangeRule] = {
    "conv2d": _strided(3, -1),
    "conv_transpose2d": _strided(3, +1),
    "max_pool2d": _strided(2, -1, kernel=1),
    "max_pool2d_with_indices": _strided(2, -1, kernel=1),
    "avg_pool2d": _strided(2, -1, kernel=1),
    "lp_pool2d": _strided(3, -1, kernel=2),
    "max_unpool2d": _strided(3, +1, kernel=2),
    "pixel_shuffle": _shuffled("upscale_factor", +1),
    "pixel_unshuffle": _shuffled("downscale_factor", -1),
    "interpolate": _interpolated,
    "upsample": _interpolated,
    "adaptive_avg_pool2d": _adaptive,
    "adaptive_max_pool2d": _adaptive,
    "adaptive_max_pool2d_with_indices": _adaptive,
    "fractional_max_pool2d": _free,
    "fractional_max_pool2d_with_indices": _free,
    "grid_sample": _free,
    "__getitem__": _indexed,
    "index_select": _selected,
    **dict.fromkeys(
        (
            "pad",
            "cat",
            "concat",
            "concatenate",
            "chunk",
            "split",
            "narrow",
            "tile",
            "repeat",
            "expand",
            "unbind",
        ),
        _keep,
    ),
    **dict.fromkeys(
        ("fft_ifft2", "fft_irfft2", "fft_ifftn", "fft_irfftn", "fft_ifft", "fft_irfft"), _transformed
    ),
    **dict.fromkeys(
        (
            "fft_fft2",
            "fft_rfft2",
            "fft_fftn",
            "fft_rfftn",
            "fft_fft",
            "fft_rfft",
            "fft_fftshift",
            "fft_ifftshift",
        ),
        _keep,
    ),
}
