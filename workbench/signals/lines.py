"""The discrete spectrum of a cosine after a pointwise function, alias by alias."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.signals.activations import Array, BoundActivation, bind
from workbench.signals.checks import finite_number, whole_number
from workbench.signals.harmonics import cosine_coefficients

_MAX_ORDER = 4096


def predict_spectrum(
    activation: str | Callable[..., Any],
    tone: int,
    size: int,
    amplitude: float = 1.0,
    bias: float = 0.0,
    **parameters: Any,
) -> xr.DataArray:
    """Predicted DFT (norm="forward") of ``a(b + A cos(2 pi tone n / size))``, n = 0 ... size-1.

    Harmonic k adds c_k / 2 at the bins ``+k tone`` and ``-k tone`` modulo size, c_0 adds at bin 0: with
    ``P = size / gcd(tone, size)`` samples per cycle, all orders congruent to r modulo P share the
    bin ``r tone``.

    Parameters
    ----------
    activation, amplitude, bias, **parameters
        As in `harmonic_amplitudes`.
    tone : int
        Cycles per frame; any sign and size (the tone itself folds like its harmonics).
    size : int
        Samples per frame.

    Returns
    -------
    DataArray, complex128, shape (size,)
        Over `frequency` in cycles per sample, fft order. attrs say how the aliases were summed (``aliases``).

    Raises
    ------
    ValueError
        If tone or size are not integers, size < 1, or as `harmonic_amplitudes`.

    Notes
    -----
    relu and leaky_relu (c_k ~ 1/k^2, infinitely many aliases): closed form. By Poisson's formula the aliases
    of ``sin(k t0) / k`` add up to a Dirichlet kernel. Functions whose harmonics fall below rounding before
    order 4096: summed order by order. Everything else (elu, rough callables, very large amplitudes):
    Poisson's formula itself, which turns the infinite sum into P samples of one cycle. Source: seed paper
    (Sibler et al.), eqs. 5 and 6.

    Examples
    --------
    >>> lines = predict_spectrum("relu", tone=11, size=64)
    >>> float(lines.sel(frequency=11 / 64).real.round(6))
    0.25
    >>> n = np.arange(64)
    >>> numeric = np.fft.fft(np.maximum(np.cos(2 * np.pi * 11 * n / 64), 0), norm="forward")
    >>> bool(abs(lines.values - numeric).max() < 1e-14)
    True
    """
    tone, size = whole_number(tone, "tone"), whole_number(size, "size", least=1)
    bound = bind(activation, parameters)
    amplitude, bias = finite_number(amplitude, "amplitude"), finite_number(bias, "bias")
    period = size // gcd(tone, size)
    if bound.name in ("relu", "leaky_relu"):
        slope = float(bound.parameters.get("slope", 0.0))
        share = (1.0 - slope) * _relu_lines(period, amplitude, bias) + slope * _linear_lines(
            period, amplitude, bias
        )
        how = "closed form (Dirichlet kernel)"
    else:
        share, how = _summed_lines(bound, period, amplitude, bias)
    values = np.zeros(size, dtype=np.complex128)
    values[(np.arange(period) * tone) % size] = share
    axis = (
        "frequency",
        np.fft.fftfreq(size),
        {"units": "cycles per sample", "long_name": "spatial frequency"},
    )
    attrs = {
        "long_name": f"predicted spectrum of {bound.label}",
        "units": "1",
        "reference": "a cosine of amplitude 1 (unit of the activation's output) shows 0.5 at each sign",
        "norm": "forward",
        "aliases": how,
        "tone": tone,
        "amplitude": amplitude,
        "bias": bias,
    }
    return xr.DataArray(
        values, dims="frequency", coords={"frequency": axis}, name="predicted_spectrum", attrs=attrs
    )


def _linear_lines(period: int, amplitude: float, bias: float) -> Array:
    """Lines of b + A cos, by residue of the order modulo `period`."""
    lines = np.zeros(period)
    lines[0] += bias
    lines[1 % period] += 0.5 * amplitude
    lines[-1 % period] += 0.5 * amplitude
    return lines


def _relu_lines(period: int, amplitude: float, bias: float) -> Array:
    """Lines of max(0, b + A cos) by residue r of the order, all aliases included.

    ``d_k = (b s(k) + A/2 (s(k-1) + s(k+1))) / pi`` with ``s(k) = sin(k t0) / k`` is the order's share; s is
    the transform of a box of half width t0, so its aliases add up to pi/P times the sum over the samples
    inside it.
    """
    if amplitude < 0:  # max(0, z) = z + max(0, -z)
        return _linear_lines(period, amplitude, bias) + _relu_lines(period, -amplitude, -bias)
    if bias >= amplitude:
        return _linear_lines(period, amplitude, bias)
    if bias <= -amplitude:
        return np.zeros(period)
    t0 = np.arccos(-bias / amplitude)
    # A sample that rounding puts on the wrong side of the box's edge has the value zero: it does not matter.
    inside = 2 * min(int(period * t0 / (2 * np.pi)), (period - 1) // 2) + 1
    r = np.arange(-1, period + 1)
    phase = np.pi / period
    # reduced so that the kernel's numerator is exact for large r * inside
    numerator = np.sin(phase * ((r * inside) % (2 * period)))
    denominator = np.sin(phase * r)
    singular = r % period == 0
    kernel = np.where(singular, inside, numerator / np.where(singular, 1.0, denominator)) / period
    # the kernel of r = period carries the sign of a full turn: inside is odd, so it is +inside there too
    return np.asarray(bias * kernel[1:-1] + 0.5 * amplitude * (kernel[:-2] + kernel[2:]))


def _summed_lines(
    bound: BoundActivation, period: int, amplitude: float, bias: float
) -> tuple[npt.NDArray[Any], str]:
    one = np.ones(1)
    c = cosine_coefficients(bound, amplitude * one, bias * one, 2 * _MAX_ORDER, 4 * _MAX_ORDER)[0]
    significant = np.flatnonzero(np.abs(c) > 1e-15 * np.abs(c).max())
    orders = int(significant[-1]) if significant.size else 0
    if orders <= _MAX_ORDER:
        k = np.arange(orders + 1)
        lines = np.zeros(period)
        np.add.at(lines, k % period, 0.5 * c[k])
        np.add.at(lines, -k % period, 0.5 * c[k])
        return lines, f"orders 0 to {orders} summed, the rest is below 1e-15 of the largest"
    cycle = bound(bias + amplitude * np.cos(2 * np.pi * np.arange(period) / period))
    return np.fft.fft(cycle, norm="forward"), "Poisson's formula (one cycle of samples)"
