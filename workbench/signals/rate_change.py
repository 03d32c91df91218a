"""How images change their sampling rate: applied to pixels, followed line by line."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.signals.checks import whole_number
from workbench.signals.resampling import kernel_of

__all__ = ["change_rate", "convolution_size", "follow_line", "overlap_counts", "transposed_size"]

Array = npt.NDArray[Any]
MAX_POOL = "max_pool"


def change_rate(image: npt.ArrayLike, kind: str, factor: int = 2, **options: Any) -> Array:
    """Resample an image by a whole factor along both axes, borders wrapped.

    Up: zeros between the pixels, then the FIR of `resample_response`. Down: the FIR, then every factor-th
    pixel. Pixels lie where torch's layers put them: nearest copies pixel n to ``R n ... R n + R - 1``,
    bilinear has half-pixel centres, pooling takes ``R n ... R n + R - 1``.

    Parameters
    ----------
    image : array, shape (y, x)
        Real.
    kind : str
        A name in `RESAMPLERS`, or "max_pool" (not linear, which makes harmonics as well).
    factor : int
        R >= 2; must divide both sizes when going down.
    **options
        As in `resample_response`.

    Returns
    -------
    ndarray, float64
        Shape (R y, R x) or (y / R, x / R).

    Raises
    ------
    ValueError
        For an image that is not real, finite, two-dimensional; a size that the factor does not divide; or as
        `resample_response`.

    Examples
    --------
    >>> change_rate([[1.0, 2.0]], "nearest", 2)
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.]])
    >>> change_rate([[1.0, 3.0], [5.0, 7.0]], "average_pool", 2)
    array([[4.]])
    """
    pixels = np.asarray(image)
    if pixels.ndim != 2 or pixels.dtype.kind not in "fiub" or not np.isfinite(pixels).all():
        raise ValueError(f"a finite real image (y, x) is needed, found {pixels.dtype} {pixels.shape}")
    factor = whole_number(factor, "factor", least=2)
    pixels = pixels.astype(np.float64)
    if kind == MAX_POOL:
        _check_divides(pixels.shape, factor)
        rows, columns = pixels.shape
        return pixels.reshape(rows // factor, factor, columns // factor, factor).max(axis=(1, 3))
    direction, taps = kernel_of(kind, factor, options)
    if direction == "down":
        _check_divides(pixels.shape, factor)
    for axis in (0, 1):
        moved = np.moveaxis(pixels, axis, -1)
        moved = _raised(moved, taps, factor) if direction == "up" else _lowered(moved, taps, factor)
        pixels = np.moveaxis(moved, -1, axis)
    return pixels


def _check_divides(shape: tuple[int, ...], factor: int) -> None:
    if shape[0] % factor or shape[1] % factor:
        raise ValueError(f"{shape[0]} x {shape[1]} pixels cannot be divided by the factor {factor}")


def _first(taps: Array, factor: int) -> int:
    """Position of the first tap, so that a kernel of `factor` taps starts at the pixel itself."""
    return -((taps.size - factor + 1) // 2) if taps.size > 1 else 0


def _raised(lines: Array, taps: Array, factor: int) -> Array:
    size = factor * lines.shape[-1]
    dense = np.zeros((*lines.shape[:-1], size))
    dense[..., ::factor] = lines
    first = _first(taps, factor)
    result = np.zeros_like(dense)
    for i, tap in enumerate(taps):
        if tap:
            result += tap * np.roll(dense, first + i, axis=-1)
    return result


def _lowered(lines: Array, taps: Array, factor: int) -> Array:
    first = _first(taps, factor)
    result = np.zeros((*lines.shape[:-1], lines.shape[-1] // factor))
    for i, tap in enumerate(taps):
        if tap:
            result += tap * np.roll(lines, -(first + i), axis=-1)[..., ::factor]
    return result


def follow_line(lines: xr.Dataset, kind: str, factor: int = 2, **options: Any) -> xr.Dataset:
    """Follow spectral lines through one linear change of rate along one axis.

    Parameters
    ----------
    lines : Dataset
        Over `line`: ``bin`` (signed whole cycles per frame), ``gain`` (complex amplitude), ``cause``
        ("direct", "alias" or "image"); attrs ``size``, the samples per frame.
    kind, factor, **options
        As in `change_rate`, without "max_pool".

    Returns
    -------
    Dataset
        The lines behind it: up, every line has factor - 1 images; down, lines come together at their aliases
        (eq. 5), which add up. A line from above the new Nyquist frequency is an "alias" (one at it stays
        where it is); one that zero-stuffing added is an "image"; where several meet, the strongest names the
        sum.

    Raises
    ------
    ValueError
        For "max_pool", which is not linear, or as `change_rate`.

    Examples
    --------
    >>> start = xr.Dataset(
    ...     {"bin": ("line", [5]), "gain": ("line", [1.0 + 0j]), "cause": ("line", ["direct"])},
    ...     attrs={"size": 16},
    ... )
    >>> behind = follow_line(start, "zero_stuff")
    >>> behind.bin.values, behind.cause.values.tolist()
    (array([-11,   5]), ['image', 'direct'])
    """
    if kind == MAX_POOL:
        raise ValueError("max_pool is not linear: lines cannot be followed through it one by one")
    factor = whole_number(factor, "factor", least=2)
    direction, taps = kernel_of(kind, factor, options)
    size = int(lines.attrs["size"])
    if direction == "down" and size % factor:
        raise ValueError(f"{size} samples cannot be divided by the factor {factor}")
    dense = size * factor if direction == "up" else size
    after = dense if direction == "up" else size // factor
    found: dict[int, list[tuple[complex, str]]] = {}
    for place, gain, cause in zip(lines.bin.values, lines.gain.values, lines.cause.values, strict=True):
        copies = range(factor) if direction == "up" else range(1)
        for copy in copies:
            at = _signed(int(place) + copy * size, dense)
            response = _gain(taps, _first(taps, factor), at / dense, direction)
            weight = gain * response / (factor if direction == "up" else 1)
            new = _signed(at, after)
            if direction == "up":
                name = str(cause) if at == place else "image"
            else:
                moved = 2 * abs(at) > after
                name = "alias" if moved and cause == "direct" else str(cause)
            found.setdefault(new, []).append((complex(weight), name))
    places = sorted(found)
    total = [sum(weight for weight, _ in found[place]) for place in places]
    names = [max(found[place], key=lambda part: abs(part[0]))[1] for place in places]
    return xr.Dataset(
        {"bin": ("line", np.array(places)), "gain": ("line", np.array(total)), "cause": ("line", names)},
        attrs={"size": after},
    )


def _signed(place: int, size: int) -> int:
    return (place + size // 2) % size - size // 2


def _gain(taps: Array, first: int, frequency: float, direction: str) -> complex:
    """Response of the FIR; a decimator correlates, an interpolator convolves."""
    position = first + np.arange(taps.size)
    sign = -1 if direction == "up" else 1
    return complex(np.exp(sign * 2j * np.pi * frequency * position) @ taps)


def overlap_counts(size: int, kernel: int, stride: int, padding: int = 0) -> npt.NDArray[np.int64]:
    """How many input pixels reach each output pixel of a transposed convolution.

    Uneven counts are what makes a checkerboard: with kernel 3, stride 2 they alternate 1, 2, 4; where the
    stride divides the kernel they are even inside.

    Parameters
    ----------
    size : int
        Input pixels per axis.
    kernel, stride : int
        Of the layer, 1 or more.
    padding : int
        Output pixels cut off on each side, 0 or more.

    Returns
    -------
    ndarray of int, shape (M, M)
        M as `transposed_size`.

    Raises
    ------
    ValueError
        If a number does not make sense or nothing is left.

    Notes
    -----
    Source: A. Odena et al., "Deconvolution and checkerboard artifacts", Distill, 2016; the DCGAN primer's
    example is a 2 x 2 input, kernel 2, stride 1.

    Examples
    --------
    >>> overlap_counts(2, kernel=2, stride=1)
    array([[1, 2, 1],
           [2, 4, 2],
           [1, 2, 1]])
    """
    after = transposed_size(size, kernel, stride, padding)
    line = np.zeros(after + 2 * padding, dtype=np.int64)
    for place in range(size):
        line[place * stride : place * stride + kernel] += 1
    line = line[padding : padding + after]
    return np.outer(line, line)


def convolution_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Output pixels per axis of a convolution: ``floor((N + 2p - k - (k-1)(r-1)) / s) + 1``.

    Raises
    ------
    ValueError
        If a number does not make sense or the kernel does not fit.

    Notes
    -----
    Source: seed thesis on image translation, section 2.1.2, padded, strided and dilated convolution.

    Examples
    --------
    >>> convolution_size(256, kernel=4, stride=2, padding=1)
    128
    """
    _check_layer(size, kernel, stride, padding)
    whole_number(dilation, "dilation", least=1)
    room = size + 2 * padding - kernel - (kernel - 1) * (dilation - 1)
    if room < 0:
        reach = kernel + (kernel - 1) * (dilation - 1)
        raise ValueError(f"a kernel of {reach} does not fit into {size + 2 * padding} pixels")
    return room // stride + 1


def transposed_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Output pixels per axis of a transposed convolution: ``(N - 1) s + k - 2p``.

    Raises
    ------
    ValueError
        If a number does not make sense or nothing is left.

    Notes
    -----
    Source: seed thesis on image translation, section 2.1.2.

    Examples
    --------
    >>> transposed_size(128, kernel=4, stride=2, padding=1)
    256
    """
    _check_layer(size, kernel, stride, padding)
    after = (size - 1) * stride + kernel - 2 * padding
    if after < 1:
        raise ValueError(f"padding {padding} leaves nothing of {after + 2 * padding} pixels")
    return after


def _check_layer(size: int, kernel: int, stride: int, padding: int) -> None:
    whole_number(size, "size", least=1)
    whole_number(kernel, "kernel", least=1)
    whole_number(stride, "stride", least=1)
    whole_number(padding, "padding", least=0)
