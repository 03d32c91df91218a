"""The magnitude that two incoherent images still show: effective looks, null level."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from scipy import fft

from workbench.interferometry.boxcar import complex_coherence
from workbench.interferometry.windows import box_sum
from workbench.signals import coherence_null_quantile

PROBABILITY = 0.95
NULLS = ("auto", "analytic", "empirical")
PAIRS = 64
"""Image pairs an empirical null takes at most, as long as every sample is in one."""
PERSISTENT = 0.5
"""Row autocorrelation beyond two windows that counts as not decaying: 1 for a tone, < 0.3 for speckle."""
STEP = 0.02
"""Step of the logarithm of the effective looks."""
ROWS = 512
"""Rows that are looked at for it, at most about."""


@dataclass(frozen=True)
class NullHypothesis:
    """What the estimate looks like without coherence."""

    effective_looks: float
    null_level: float
    method: str


def null_hypothesis(
    x: np.ndarray, y: np.ndarray, window: tuple[int, int], border: str = "reflect", null: str = "auto"
) -> NullHypothesis:
    """Find the 95 % quantile of the coherence magnitude that incoherent images like x and y would show.

    ``analytic``
        From the effective looks of the window, see `effective_looks`; right for speckle, careful where looks
        are few (of incoherent pixels 1 to 4 % pass the level, with fewer than 8 looks). Pixels at a reflected
        border have fewer looks than the rest: up to 8 % pass on an image as small as 32 x 32.
    ``empirical``
        From x against other samples' y; needed where the autocorrelation does not decay within two windows
        (tones), as there are no independent looks then. The effective looks are those with the same quantile.
    ``auto``
        The first where the autocorrelation decays, else the second. A single tone image has nothing to be
        compared with: it gets the fewest looks there are (2, null level 0.975), method ``conservative``.

    Raises
    ------
    ValueError
        For an unknown ``null``, or ``empirical`` with fewer than two samples.
    """
    if null not in NULLS:
        raise ValueError(f"unknown null {null!r}; there are {', '.join(NULLS)}")
    x, y = x.reshape(-1, *x.shape[-2:]), y.reshape(-1, *y.shape[-2:])
    if null == "empirical" and len(x) < 2:
        raise ValueError(f"an empirical null needs two samples or more, found {len(x)}")
    if null == "analytic" or (null == "auto" and not is_persistent(x, y, window)):
        looks = effective_looks(x, y, window)
        return NullHypothesis(looks, float(coherence_null_quantile(looks, PROBABILITY)), "analytic")
    if len(x) < 2:
        return NullHypothesis(2.0, float(coherence_null_quantile(2, PROBABILITY)), "conservative")
    return _empirical(x, y, window, border)


def effective_looks(x: np.ndarray, y: np.ndarray, window: tuple[int, int]) -> float:
    r"""Count the independent looks in a window, fewer than its pixels where the images are oversampled.

    .. math:: L_e = L \Big/ \sum_\Delta \mathrm{tri}(\Delta)\,\mathrm{Re}(\rho_x(\Delta)\,\bar\rho_y(\Delta))

    with the normalised autocorrelations rho (mean over all samples) and the share tri of the window that
    overlaps itself after a shift by the lag; clipped to [2, L], rounded to 2 % as the estimate is no better.
    Both images are first divided by their local amplitude (twice the window): a bright scatterer fills the
    estimate in its own surroundings only, so it must not rule the autocorrelation of the whole image.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> white = rng.normal(size=(2, 1, 128, 128)) + 1j * rng.normal(size=(2, 1, 128, 128))
    >>> round(effective_looks(*white, (5, 5)))
    25
    >>> round(effective_looks(*white.repeat(2, axis=-1), (5, 5)))
    18
    """
    correlations = [_autocorrelation(_level(image, window), window) for image in (x, y)]
    overlap = np.multiply.outer(*(1 - np.abs(np.arange(1 - side, side)) / side for side in window))
    correlated = np.sum(overlap * (correlations[0] * correlations[1].conj()).real)
    return _rounded(window[0] * window[1] / max(correlated, 1e-9), window)


def is_persistent(x: np.ndarray, y: np.ndarray, window: tuple[int, int]) -> bool:
    """Tell whether the autocorrelation along rows or columns does not decay within two windows.

    Rows are taken one by one: bands with a tone each decorrelate on the mean over rows, though within any
    window there is only one look.
    """
    return any(
        _persistence(np.swapaxes(x, axis, -1), side) * _persistence(np.swapaxes(y, axis, -1), side)
        > PERSISTENT**2
        for axis, side in zip((-2, -1), window, strict=True)
    )


def _empirical(x: np.ndarray, y: np.ndarray, window: tuple[int, int], border: str) -> NullHypothesis:
    shifts = range(1, 1 + max(1, min(len(x) - 1, PAIRS // len(x))))
    magnitudes = [np.abs(complex_coherence(x, np.roll(y, shift, axis=0), window, border)) for shift in shifts]
    finite = np.concatenate([part[np.isfinite(part)] for part in magnitudes])
    if finite.size == 0:
        return NullHypothesis(2.0, np.nan, "empirical")
    level = float(np.quantile(finite, PROBABILITY))
    missed = np.log1p(
        -(min(level, 1 - 1e-9) ** 2)
    )  # the quantile's formula, 1 - (1-q^2)^(L-1) = p, solved for L
    looks = 1 + log(1 - PROBABILITY) / min(float(missed), -1e-9)
    return NullHypothesis(_rounded(looks, window), level, "empirical")


def _rounded(looks: float, window: tuple[int, int]) -> float:
    """Round to steps of 2 %, so that the bias table of a number of looks serves again at the next step."""
    return float(np.clip(np.exp(STEP * round(log(looks) / STEP)), 2, window[0] * window[1]))


def _level(images: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    """Divide by the local amplitude in a window of about twice the size."""
    power = box_sum(images.real**2 + images.imag**2, (2 * window[0] + 1, 2 * window[1] + 1), "reflect")
    return images / np.sqrt(np.where(power > 0, power, 1))


def _autocorrelation(images: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    """Normalised autocorrelation at lags -(w-1)...w-1 per axis, over all ``images`` (sample, y, x)."""
    sizes = images.shape[-2:]
    padded = [fft.next_fast_len(size + side - 1) for size, side in zip(sizes, window, strict=True)]
    power = np.sum(np.abs(fft.fft2(images, padded)) ** 2, axis=0)
    lags = [np.arange(1 - side, side) for side in window]
    products = fft.ifft2(power)[np.ix_(*lags)]
    pixels = np.multiply.outer(*(size - np.abs(lag) for size, lag in zip(sizes, lags, strict=True)))
    mean = products / pixels
    zero = mean[window[0] - 1, window[1] - 1].real
    return mean / zero if zero > 0 else np.zeros_like(mean)


def _persistence(images: np.ndarray, side: int) -> float:
    """Mean magnitude of the rows' autocorrelation at lags of two to three windows, weighted by power."""
    length = images.shape[-1]
    rows = images.reshape(-1, length)
    rows = rows[:: max(1, len(rows) // ROWS)]
    first = min(2 * side, length // 2)
    lags = np.arange(first, max(first + 1, min(3 * side, length - side)))
    spectrum = fft.fft(rows, fft.next_fast_len(length + int(lags[-1])))
    correlation = np.abs(fft.ifft(np.abs(spectrum) ** 2))
    power = correlation[:, 0].sum() / length
    return float(np.mean(correlation[:, lags].sum(axis=0) / (length - lags)) / power) if power > 0 else 0.0
