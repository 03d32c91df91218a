"""Figures of a held-out comparison that coherence alone does not give."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from scipy import fft

from workbench.interferometry.boxcar import complex_coherence
from workbench.interferometry.estimator import coherence
from workbench.interferometry.images import labelled_pair
from workbench.interferometry.windows import box_sum, window_size
from workbench.signals import power_db

ZERO_PADDING = 8
NEAR = 2
"""Half-width, in bins, of the neighbourhood in which a row's energy counts as its tone's."""
CLEAR = 4
"""Bins that a tone has to be away from 0 and half the sampling rate to tell it from its mirror."""


def area_above(magnitude: Any, level: float = 0.8) -> float:
    """Share of pixels with a coherence magnitude above ``level``, of those that have one (NaN if none has).

    Examples
    --------
    >>> area_above([0.9, 0.5, 0.7, np.nan, 0.95])
    0.5
    """
    values = np.asarray(magnitude)
    finite = np.isfinite(values)
    return float(np.mean(values[finite] > level)) if finite.any() else np.nan


def magnitude_histogram(magnitude: Any, bins: int = 50) -> xr.DataArray:
    """Shares of pixels per coherence magnitude, dim ``bin`` with the bins' centres in 0..1 (NaN left out).

    Examples
    --------
    >>> histogram = magnitude_histogram([0.1, 0.9, 0.9, np.nan], bins=4)
    >>> histogram.values.round(2).tolist(), histogram.bin.values.tolist()
    ([0.33, 0.0, 0.0, 0.67], [0.125, 0.375, 0.625, 0.875])
    """
    values = np.asarray(magnitude)
    counts, edges = np.histogram(values[np.isfinite(values)], bins=bins, range=(0, 1))
    centres = xr.DataArray(
        (edges[:-1] + edges[1:]) / 2, dims="bin", attrs={"long_name": "coherence magnitude"}
    )
    shares = counts / max(counts.sum(), 1)
    attrs = {"long_name": "share of pixels", "units": "1"}
    return xr.DataArray(shares, dims="bin", coords={"bin": centres}, attrs=attrs)


def mean_coherence(real: Any, fake: Any, window: int | tuple[int, int] = 5) -> float:
    """Mean coherence magnitude alone: what `coherence` adds to it costs more than the estimate itself.

    Parameters
    ----------
    real, fake, window
        As in `coherence`, borders mirrored.

    Returns
    -------
    float
        0..1, not corrected for its bias; NaN where no window has power.

    Raises
    ------
    ValueError
        As `coherence`.

    Examples
    --------
    >>> tone = np.exp(1j * np.arange(64).reshape(8, 8))
    >>> round(mean_coherence(tone, 2j * tone), 9)
    1.0
    """
    real, fake = _pair(real, fake, "mean_coherence")
    return _mean(np.abs(complex_coherence(real, fake, window_size(window, real.shape), "reflect")))


def power_ratio_db(real: Any, fake: Any) -> float:
    """Power of all fakes over power of all real images, in dB (-inf for a fake without power).

    Raises
    ------
    ValueError
        As `coherence`, but for windows.

    Examples
    --------
    >>> image = np.ones((4, 4), complex)
    >>> power_ratio_db(image, 10 * image)
    20.0
    """
    real, fake = _pair(real, fake, "power_ratio_db")
    return _power_ratio(real, fake)


def _power_ratio(real: np.ndarray, fake: np.ndarray) -> float:
    return _decibel(_energy(fake).sum(), _energy(real).sum())


def frequency_error_bins(real: Any, fake: Any) -> float:
    """Median distance of the rows' strongest frequencies along x, in DFT bins of the row.

    The frequency of a row is the peak of its Hann-windowed spectrum, zero-padded 8 times; distances are
    taken around the circle. Rows without power, real or fake, are left out (NaN if none is left).

    Raises
    ------
    ValueError
        As `coherence`, but for windows.

    Examples
    --------
    >>> n = np.arange(32)
    >>> rows = lambda bins: np.exp(2j * np.pi * bins * n / 32) * np.ones((4, 1))
    >>> frequency_error_bins(rows(15.0), rows(-15.5))
    1.5
    """
    real, fake = _pair(real, fake, "frequency_error_bins")
    return _frequency_error(_row_energy(real), _row_energy(fake))


def _frequency_error(real: np.ndarray, fake: np.ndarray) -> float:
    """Compare the peaks of energy spectra (row, fine frequency)."""
    used = (real.max(axis=-1) > 0) & (fake.max(axis=-1) > 0)
    if not used.any():
        return np.nan
    fine = real.shape[-1]
    steps = (fake[used].argmax(axis=-1) - real[used].argmax(axis=-1)) % fine
    return float(np.median(np.minimum(steps, fine - steps)) / ZERO_PADDING)


def mirror_ratio_db(real: Any, fake: Any) -> float:
    """Energy the fake has at the mirror of the real rows' frequencies over that at the frequencies, in dB.

    Frequencies +w are those of the real rows (as `frequency_error_bins`); energies are those within 2 bins of
    -w and +w in the Hann-windowed rows of the fake, summed over all rows whose w is at least 4 bins away
    from 0 and half the sampling rate (NaN if there are none). 0 dB is a full mirror, as the real part alone
    has it.

    Raises
    ------
    ValueError
        As `coherence`, but for windows.

    Examples
    --------
    >>> tone = np.exp(2j * np.pi * 6 * np.arange(32) / 32) * np.ones((4, 1))
    >>> round(mirror_ratio_db(tone, tone.real + 0j), 6)
    0.0
    >>> round(mirror_ratio_db(tone, tone + 0.1 * tone.conj()), 1)
    -20.0
    """
    real, fake = _pair(real, fake, "mirror_ratio_db")
    return _mirror_ratio(_row_energy(real), _row_energy(fake))


def _mirror_ratio(real: np.ndarray, fake: np.ndarray) -> float:
    """Sum the fake's energy around the mirrored peaks of the real energy spectra (row, fine frequency)."""
    fine = real.shape[-1]
    peak = real.argmax(axis=-1)
    from_zero = np.minimum(peak, fine - peak) / ZERO_PADDING
    used = (from_zero >= CLEAR) & (from_zero <= fine / ZERO_PADDING / 2 - CLEAR) & (real.max(axis=-1) > 0)
    if not used.any():
        return np.nan
    near = np.arange(-NEAR * ZERO_PADDING, NEAR * ZERO_PADDING + 1)
    rows, centres = fake[used], peak[used, None]
    at_tone = np.take_along_axis(rows, (centres + near) % fine, axis=-1).sum()
    at_mirror = np.take_along_axis(rows, (near - centres) % fine, axis=-1).sum()
    return _decibel(at_mirror, at_tone)


def phase_std(real: Any, fake: Any, window: int | tuple[int, int] = 5) -> float:
    r"""Local phase noise of the interferogram I of real and fake in rad.

    .. math:: \sigma = \sqrt{\langle \arg^2 (I\,\overline{\textstyle\sum_w I}) \rangle}

    The root mean square, over all pixels with power, of the phase about that of the window around it: 0 for a
    perfect fake up to slow phase errors, about 1.6 for independent speckle at 5 x 5.

    Raises
    ------
    ValueError
        As `coherence`.

    Examples
    --------
    >>> tone = np.exp(1j * np.arange(64).reshape(8, 8))
    >>> round(phase_std(tone, tone * np.exp(0.7j)), 9)
    0.0
    """
    real, fake = _pair(real, fake, "phase_std")
    return _phase_std(real, fake, window)


def _phase_std(real: np.ndarray, fake: np.ndarray, window: int | tuple[int, int]) -> float:
    product = real * fake.conj()
    local = box_sum(product, window_size(window, product.shape), "reflect")
    deviation = product * local.conj()
    used = np.abs(deviation) > 0
    return float(np.sqrt(np.mean(np.angle(deviation[used]) ** 2))) if used.any() else np.nan


def quality_figures(
    real: Any, fake: Any, window: int | tuple[int, int] = 5, maps: xr.Dataset | None = None
) -> xr.Dataset:
    """Compare fakes with held-out real images, in the figures a run records.

    Parameters
    ----------
    real, fake : numpy array, torch tensor or xarray.DataArray
        Complex, one shape (..., y, x).
    window : int or (int, int)
        Coherence window.
    maps : xarray.Dataset, optional
        ``coherence(real, fake, window)``, if it is there already.

    Returns
    -------
    xarray.Dataset
        Scalars ``mean``, ``corrected_mean``, ``area_above_0_8``, ``null_level``, ``mirror_ratio_db``,
        ``frequency_error_bins``, ``power_ratio_db``, ``phase_std``, each with ``long_name`` and ``units``.

    Raises
    ------
    ValueError
        As `coherence`.

    Examples
    --------
    >>> tone = np.exp(2j * np.pi * 6 * np.arange(32) / 32) * np.ones((2, 32, 1))
    >>> quality_figures(tone, tone.real + 0j).frequency_error_bins.item()
    0.0
    """
    maps = coherence(real, fake, window) if maps is None else maps
    real, fake = _pair(real, fake, "quality_figures")
    rows_real, rows_fake = _row_energy(real), _row_energy(fake)
    values = {
        "mean": (_mean(maps.magnitude.values), "mean coherence", "1"),
        "corrected_mean": (_mean(maps.corrected.values), "mean bias-corrected coherence", "1"),
        "area_above_0_8": (area_above(maps.magnitude), "area with coherence above 0.8", "1"),
        "null_level": (maps.attrs["null_level"], "95 % quantile without coherence", "1"),
        "mirror_ratio_db": (_mirror_ratio(rows_real, rows_fake), "mirror over signal", "dB"),
        "frequency_error_bins": (_frequency_error(rows_real, rows_fake), "median frequency error", "bins"),
        "power_ratio_db": (_power_ratio(real, fake), "power, fake over real", "dB"),
        "phase_std": (_phase_std(real, fake, window), "local phase standard deviation", "rad"),
    }
    return xr.Dataset(
        {
            name: ((), value, {"long_name": text, "units": units})
            for name, (value, text, units) in values.items()
        }
    )


def _pair(real: Any, fake: Any, task: str) -> tuple[np.ndarray, np.ndarray]:
    first, second = labelled_pair(real, fake, task)
    return first.values, second.values


def _energy(values: np.ndarray) -> np.ndarray:
    return values.real**2 + values.imag**2


def _row_energy(images: np.ndarray) -> np.ndarray:
    """Return energy spectra (row, fine frequency) of the Hann-windowed rows; no pixel gets weight 0."""
    width = images.shape[-1]
    hann = np.sin(np.pi * (np.arange(width) + 0.5) / width) ** 2
    return _energy(fft.fft(images.reshape(-1, width) * hann, ZERO_PADDING * width, overwrite_x=True))


def _decibel(numerator: float, denominator: float) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing over something is -inf dB, not a warning
        return float(power_db(np.divide(numerator, denominator)))


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else np.nan
