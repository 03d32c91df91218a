"""The figures of merit of an activation's lines: distortion, clean range, share of aliases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.signals import power_db

__all__ = ["aliased_share", "flat_share", "harmonic_distortion", "line_power", "residual", "sfdr"]

NOTHING = 1e-20
"""Power re the strongest line; what is below is left of rounding."""

Array = npt.NDArray[Any]


def line_power(spectrum: Array) -> Array:
    """Return the mean square of every line of a real signal.

    Parameters
    ----------
    spectrum : array, shape (n // 2 + 1,)
        ``rfft(..., norm="forward")`` of an even number of samples.

    >>> line_power(np.fft.rfft([2.0, -1.0, 0.0, -1.0], norm="forward"))  # cos(pi n / 2) + cos(pi n)
    array([0. , 0.5, 1. ])
    """
    partners = np.full(spectrum.shape[-1], 2.0)
    partners[[0, -1]] = 1.0  # DC and the Nyquist frequency have no partner at -f
    return np.asarray(partners * np.square(np.abs(spectrum)))


def residual(measured: Array, predicted: Array) -> float:
    """Return the largest difference, dB re the strongest line; what is left of rounding is stated as -320."""
    worst = float(np.abs(measured - predicted).max()) / (float(np.abs(predicted).max()) or 1.0)
    return max(float(power_db(worst**2)), -320.0)


def harmonic_distortion(lines: xr.Dataset) -> float:
    """Return the amplitude of the harmonics that are kept over the fundamental's; NaN without a fundamental.

    >>> from workbench.signals import chain_lines
    >>> [round(harmonic_distortion(chain_lines(name, [(0.1, 1.0)])), 3) for name in ("relu", "identity")]
    [0.435, 0.0]
    """
    power = np.square(lines.amplitude.values)
    if power[1] <= NOTHING * power.max():
        return float("nan")
    return float(np.sqrt(power[2:][lines.kept.values[2:]].sum() / power[1]))


def sfdr(power: Array, tone: int) -> float:
    """Return the tone's power over the strongest other line without DC, dB; NaN where there is no tone.

    >>> sfdr(np.array([9.0, 2.0, 0.02]), 1), sfdr(np.array([9.0, 1e-32, 0.02]), 1)
    (20.0, nan)
    """
    if power[tone] <= NOTHING * power.max():
        return float("nan")
    others = power.copy()
    others[[0, tone]] = 0.0
    return float(power_db(power[tone] / others.max())) if others.max() > 0 else float("inf")


def flat_share(function: Callable[[Array], Array], z: Array) -> float:
    """Return the share of samples at which a function is less than a twentieth as steep as at the steepest.

    >>> z = np.array([-2.0, -1.0, 1.0, 2.0])
    >>> flat_share(lambda z: np.maximum(z, 0.0), z), flat_share(np.sign, z)
    (0.5, 1.0)
    """
    slope = np.abs(function(z + 1e-6) - function(z - 1e-6)) / 2e-6
    steepest = float(slope.max())
    return float((slope < 0.05 * steepest).mean()) if steepest > 1e-9 else 1.0


def aliased_share(lines: xr.Dataset, power: Array) -> float:
    """Return the share of the power that has come from above Nyquist, DC left out; NaN without any power.

    Lines that meet in one bin add up before they are squared; those that fold onto DC are left out with it.

    Parameters
    ----------
    lines : Dataset
        As `chain_lines` returns them, with ``folded``.
    power : array, shape (n // 2 + 1,)
        As `line_power` returns it.
    """
    everything = float(power[1:].sum())
    if everything <= NOTHING * float(power.sum()):
        return float("nan")
    aliases = lines.isel(line=np.flatnonzero(lines.folded.values & lines.kept.values))
    last = power.size - 1
    bins = np.rint(2 * last * aliases.frequency.values).astype(int)
    amplitude = np.bincount(bins, weights=aliases.amplitude.values, minlength=power.size)
    return (
        float(line_power(amplitude / np.where(np.arange(power.size) % last, 2.0, 1.0))[1:].sum()) / everything
    )
