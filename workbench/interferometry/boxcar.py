"""The bare coherence estimate of arrays over a boxcar window."""

from __future__ import annotations

import numpy as np

from workbench.interferometry.windows import box_sum


def complex_coherence(x: np.ndarray, y: np.ndarray, window: tuple[int, int], border: str) -> np.ndarray:
    """Estimate complex coherence of complex128 arrays (..., y, x); NaN where a window has no power."""
    x, y = _unit_peak(x), _unit_peak(y)
    cross = box_sum(x * y.conj(), window, border)
    power_x = box_sum(x.real**2 + x.imag**2, window, border)
    power_y = box_sum(y.real**2 + y.imag**2, window, border)
    norm = np.sqrt(power_x) * np.sqrt(power_y)
    with np.errstate(invalid="ignore", divide="ignore"):  # no power: the NaN that is promised
        estimate = np.where(norm > 0, cross / norm, np.nan)
        return estimate / np.maximum(np.abs(estimate), 1)  # rounding may pass 1 by an ulp


def _unit_peak(image: np.ndarray) -> np.ndarray:
    """Scale so that no power under- or overflows; coherence does not see it."""
    peak = np.abs(image).max(axis=(-2, -1), keepdims=True)
    return image / np.where(peak > 0, peak, 1)
