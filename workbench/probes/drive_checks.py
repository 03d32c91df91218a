"""What a caller may ask a module to be driven with."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import torch

from workbench.probes.drives import Tone, TonePair

ONE_TONE, TWO_TONES = 32, 8  # phases, unless the caller says otherwise


def checked_drive(
    shape: Sequence[int],
    tone: Sequence[Any],
    phases: int | None,
    amplitude: float | Sequence[float],
    offset: float,
    channels: Sequence[float] | None,
) -> Tone | TonePair:
    """Return one tone, or two where two are given.

    Raises
    ------
    ValueError
        As `checked_tone`, for either tone or amplitude.

    Examples
    --------
    >>> checked_drive((1, 64, 64), ((5, 11), (7, 9)), None, 0.5, 0.0, None).amplitudes
    (0.5, 0.5)
    """
    try:
        several = any(isinstance(m, Sequence | np.ndarray) for m in tone)
    except TypeError:
        several = False
    if not several:
        return checked_tone(shape, tone, phases, amplitude, offset, channels)
    if len(tone) != 2:
        raise ValueError(
            "tone must be two whole numbers of cycles per frame (m_y, m_x), or two such tones, found "
            f"{len(tone)}: {tone!r}"
        )
    phases = TWO_TONES if phases is None else phases
    both = [amplitude, amplitude] if np.ndim(amplitude) == 0 else list(amplitude)  # type: ignore[arg-type]
    if len(both) != 2:
        raise ValueError(f"two tones need one amplitude or two, found {amplitude!r}")
    first, second = (
        checked_tone(shape, one, phases, each, offset, channels) for one, each in zip(tone, both, strict=True)
    )
    return TonePair(
        first.shape,
        (first.cycles, second.cycles),
        first.phases,
        (first.amplitude, second.amplitude),
        first.offset,
        first.weights,
    )


def checked_tone(
    shape: Sequence[int],
    tone: Sequence[int],
    phases: int | None,
    amplitude: Any,
    offset: Any,
    channels: Sequence[float] | None,
) -> Tone:
    """Return the tone, if a frame of this shape can hold it.

    Raises
    ------
    ValueError
        For a shape that is no image, a tone that is no pair of whole numbers, constant or not below Nyquist,
        fewer than 3 phases, an amplitude or offset that is no finite real number, factors that do not fit the
        channels.
    """
    sizes = _whole(shape, 3, "shape must be (channels, height, width)")
    cycles = _whole(tone, 2, "tone must be two whole numbers of cycles per frame (m_y, m_x)")
    if min(sizes) < 1 or sizes[1] * sizes[2] == 1:
        raise ValueError(
            f"shape must be (channels, height, width) of an image, found {tuple(sizes)}; a network that "
            "makes images of a latent has no input tone: layer_spectra(module, latents) shows its layers"
        )
    if not any(cycles):
        raise ValueError("tone (0, 0) is a constant: at least one of (m_y, m_x) must differ from 0")
    for name, m, n in zip("yx", cycles, sizes[1:], strict=True):
        if 2 * abs(m) >= n:
            raise ValueError(
                f"tone {tuple(cycles)} is not below Nyquist along {name}: |m_{name}| must be below {n / 2:g} "
                f"cycles per frame of {n} pixels"
            )
    try:
        weights = np.ones(sizes[0]) if channels is None else np.asarray(channels, dtype=float)
    except (TypeError, ValueError):
        weights = np.empty(0)
    if weights.shape != (sizes[0],) or not np.isfinite(weights).all() or not weights.any():
        raise ValueError(
            f"channels must be {sizes[0]} finite factors, one per input channel and not all 0, "
            f"found {channels!r}"
        )
    if not (_is_finite(amplitude) and amplitude > 0 and _is_finite(offset)):
        raise ValueError(
            "amplitude must be positive and offset finite, both real (all phases are fed anyway), found "
            f"amplitude={amplitude!r}, offset={offset!r}"
        )
    return Tone(
        (sizes[0], sizes[1], sizes[2]),
        (cycles[0], cycles[1]),
        checked_phases(ONE_TONE if phases is None else phases),
        float(amplitude),
        float(offset),
        tuple(float(w) for w in weights),
    )


def checked_phases(phases: Any) -> int:
    """Return a number of phases.

    Raises
    ------
    ValueError
        If it is not a whole number of at least 3.
    """
    if isinstance(phases, bool) or not isinstance(phases, int | np.integer) or phases < 3:
        raise ValueError(f"phases must be a whole number of at least 3, found {phases!r}")
    return int(phases)


def checked_dtype(dtype: Any) -> torch.dtype | None:
    """Return a floating-point or complex torch dtype, given as such or by its name; None stays None.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> checked_dtype("float64")
    torch.float64
    """
    found = getattr(torch, dtype, None) if isinstance(dtype, str) else dtype
    if found is None and dtype is None:
        return None
    if not isinstance(found, torch.dtype) or not (found.is_floating_point or found.is_complex):
        raise ValueError(
            "dtype must be a floating-point or complex torch.dtype, or its name (float64, float32, bfloat16, "
            f"float16, complex128, …), found {dtype!r}"
        )
    return found


def _is_finite(value: Any) -> bool:
    if np.ndim(value) == 0 and hasattr(value, "item"):
        value = value.item()
    return isinstance(value, Real) and math.isfinite(value)


def _whole(values: Sequence[int], count: int, needed: str) -> list[int]:
    try:
        numbers = [operator.index(value) for value in values]
    except TypeError:
        numbers = []
    if len(numbers) != count:
        raise ValueError(f"{needed}, found {values!r}")
    return numbers
