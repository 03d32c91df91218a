"""The activation explorer's lines in words, its photograph, its figures."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.session.explorers.quiz import Answer
from workbench.session.frame import Frame
from workbench.signals import power_db

__all__ = [
    "LISTED",
    "answers_of",
    "beyond_nyquist",
    "folding_frame",
    "level",
    "line_labels",
    "line_name",
    "one_sided_level",
    "photograph_patch",
    "photograph_row",
    "plane_spectrum",
]

LISTED = -80.0
"""Lines below this (dB re the strongest line) are not named."""

Array = npt.NDArray[Any]


@lru_cache(maxsize=1)
def photograph_patch() -> Array:
    """Return a photograph that scikit-image ships, 128 x 128, mean 0, values within +-1.

    >>> photograph_patch().shape, abs(float(photograph_patch().mean())) < 1e-12
    ((128, 128), True)
    """
    from skimage import data

    picture = data.camera()[::4, ::4] / 127.5 - 1
    return np.asarray(picture - picture.mean())


def photograph_row() -> Array:
    """Return row 200 of the full photograph, every fourth pixel."""
    row = photograph_patch()[50]
    return row - row.mean()


def level(amplitude: Array) -> Array:
    """Return the level of amplitudes in dB re 1."""
    return np.asarray(power_db(np.square(np.abs(amplitude))))


def one_sided_level(spectrum: Array, drive: float) -> Array:
    """Return the power of each line, dB re a tone of amplitude `drive`.

    DC and the Nyquist frequency have no partner at -f: a constant c has the power c^2, a tone A^2 / 2.

    Parameters
    ----------
    spectrum : array, shape (n // 2 + 1,)
        ``rfft(..., norm="forward")`` of an even number of samples.
    drive : float
        A.

    >>> one_sided_level(np.fft.rfft([1.0, 1.0, 1.0, 1.0], norm="forward"), 1.0)[0].round(2)
    np.float64(3.01)
    """
    partners = np.full(spectrum.shape[-1], 4.0)
    partners[[0, -1]] = 2.0
    return np.asarray(power_db(partners * np.square(np.abs(spectrum) / drive)))


def plane_spectrum(image: Array, function: Callable[[Array], Array], oversampling: int = 1) -> Array:
    """Return the amplitudes of the lines that a pointwise function makes of an image.

    Parameters
    ----------
    image : array, shape (n, n)
        Whole periods, n even.
    function : callable
        Pointwise.
    oversampling : int
        It is applied at this many times the rate on each axis, between ideal filters.

    Returns
    -------
    ndarray, shape (n, n)
        Frequencies ascending from -1/2; a line and its partner at -f each stand for both.

    >>> wave = np.cos(2 * np.pi * 3 * np.arange(8) / 8) * np.ones((8, 1))
    >>> plane_spectrum(wave, np.square)[4].round(3) + 0.0  # order 2, at 6 of 8, folds to 2
    array([0.   , 0.   , 0.5  , 0.   , 0.707, 0.   , 0.5  , 0.   ])
    >>> plane_spectrum(wave, np.square, 2)[4].round(3) + 0.0
    array([0.   , 0.   , 0.   , 0.   , 0.707, 0.   , 0.   , 0.   ])
    """
    size = image.shape[0]
    if oversampling > 1:
        room = (oversampling - 1) * size // 2
        padded = np.pad(np.fft.fftshift(np.fft.fft2(image, norm="forward")), room)
        dense = function(np.fft.ifft2(np.fft.ifftshift(padded), norm="forward").real)
        lines = np.fft.fftshift(np.fft.fft2(dense, norm="forward"))[room : room + size, room : room + size]
        lines[0, :] = lines[:, 0] = 0.0
    else:
        lines = np.fft.fftshift(np.fft.fft2(function(image), norm="forward"))
    amplitude = 2 * np.abs(lines)
    amplitude[:: size // 2, :: size // 2] /= np.sqrt(2)  # DC and the three like it have no partner
    return np.asarray(amplitude)


def beyond_nyquist(true_frequency: Array) -> Array:
    """Return which lines fold: a line at the Nyquist frequency itself is where it belongs.

    The Nyquist zone counts it to the second, [1/2, 1[, but it is not moved.

    >>> beyond_nyquist(np.array([0.25, 0.5, 0.75]))
    array([False, False,  True])
    """
    return np.asarray(true_frequency > 0.5 + 1e-9)


def line_name(order_1: int, order_2: int, zone: int) -> str:
    """Return a line in words.

    >>> line_name(0, 0, 1), line_name(3, 0, 2), line_name(1, -1, 1)
    ('DC', 'order 3, folded from zone 2', 'orders (1, −1)')
    """
    if order_1 == order_2 == 0:
        return "DC"
    order = f"order {order_1}" if order_2 == 0 else f"orders ({order_1}, {order_2})"
    return order.replace("-", "−") + ("" if zone == 1 else f", folded from zone {zone}")


def line_labels(lines: xr.Dataset, frequency: Array) -> list[str]:
    """Name the strongest line in each bin, where it is strong enough."""
    labels = [""] * frequency.size
    strongest = np.full(frequency.size, LISTED)
    for position, level, kept, label in zip(
        lines.frequency.values, lines.level.values, lines.kept.values, lines.label.values, strict=True
    ):
        at = int(np.abs(frequency - position).argmin())
        if kept and level > strongest[at]:
            strongest[at], labels[at] = level, str(label)
    return labels


def folding_frame(lines: xr.Dataset | None) -> Frame:
    """Return the lines that are worth an arrow, with how many of them fold."""
    if lines is None:
        return Frame(None, "A photograph holds all frequencies at once: no line can be followed.")
    data = lines.isel(line=np.flatnonzero(lines.level.values > LISTED))
    beyond, kept = data.folded.values, data.kept.values.astype(bool)
    above, gone = int(beyond.sum()), int((beyond & ~kept).sum())
    removed = ["all of them" if gone == above else f"{gone} of them"] * bool(gone)
    removed += ["the one at Nyquist"] * bool((~beyond & ~kept).any())
    words = (
        f"{above} of {data.sizes['line']} lines belong above Nyquist"
        if above
        else "No line belongs above Nyquist"
    )
    if removed:
        words += f"; the filter removes {' and '.join(removed)}"
    arrows = ": the arrows show where they appear (eq. 5)" if gone < above else ""
    return Frame(data, f"{words}{arrows}.")


def answers_of(lines: xr.Dataset | None) -> tuple[Answer, ...]:
    """Lines above -40 dB re the strongest, one per place, without DC: what a learner can know."""
    if lines is None:
        return ()
    found: dict[float, Answer] = {}
    known = lines.kept.values & (lines.level.values > -40.0) & (lines.true_frequency.values > 0)
    strongest_first = np.argsort(-lines.level.values, kind="stable")
    for i in strongest_first[known[strongest_first]]:
        place = round(float(lines.frequency.values[i]), 9)
        found.setdefault(place, Answer((place,), str(lines.label.values[i])))
    return tuple(found[place] for place in sorted(found))
