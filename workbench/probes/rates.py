"""By how much each torch function changes the sampling rate of an image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from workbench.probes.lineage import ONE, Lineage, Rate


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


def by_size(call: Call) -> Change:
    """Count an exact integer ratio of sizes as the factor of an unknown operation."""

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


def spectral_sizes(name: str, parent: Lineage) -> tuple[int, int] | None:
    """Sizes before the Fourier transform that is not undone yet, None where all are."""
    if name in ("fft_fftshift", "fft_ifftshift"):
        return parent.spectral
    inverse = name.startswith(("fft_i", "fft_hfft"))
    return None if inverse else parent.spectral or parent.size


def _transformed(call: Call) -> Change:
    """Resample ideally, by any rational factor: the inverse transform of a cut or padded spectrum."""
    before, after = call.parent.spectral, call.size
    return (Fraction(after[0], before[0]), Fraction(after[1], before[1])) if before else ONE


CHANGES: dict[str, ChangeRule] = {
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
