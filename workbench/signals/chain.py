"""What one convolutional layer does to a line of samples: filter, bias, nonlinearity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.signals.activations import BoundActivation, bind
from workbench.signals.checks import finite_number, whole_number
from workbench.signals.folding import fold
from workbench.signals.harmonics import harmonic_amplitudes
from workbench.signals.lines import predict_spectrum

__all__ = ["chain_lines", "chain_spectrum", "filter_gain", "layer_chain", "oversampled"]

Array = npt.NDArray[Any]
_GRID = 512  # phases of each of two tones: orders alias modulo this many


def oversampled(signal: npt.ArrayLike, function: Callable[[Array], Array], factor: int = 1) -> Array:
    """Apply a pointwise function at `factor` times the sampling rate, between two ideal low-pass filters.

    The signal is interpolated by its zero-padded DFT (periodic), the function applied, everything at or above
    the old Nyquist frequency removed, and the rate reduced again. With factor 1 nothing but the function is
    applied: what it creates above Nyquist folds back (eq. 5).

    Parameters
    ----------
    signal : array, shape (..., n)
        Real samples of whole periods; n even if factor > 1.
    function : callable
        Pointwise, array to array.
    factor : int
        1 or more.

    Returns
    -------
    ndarray, float64, shape (..., n)

    Raises
    ------
    ValueError
        If factor < 1.

    Notes
    -----
    Source: the idea of a nonlinearity between filters is that of T. Karras et al., "Alias-free generative
    adversarial networks", 2021; here with ideal filters, the limit of any design.

    Examples
    --------
    >>> wave = np.cos(2 * np.pi * 5 * np.arange(16) / 16)
    >>> abs(np.fft.rfft(oversampled(wave, np.square, 2), norm="forward")).round(6)[[0, 6]] + 0.0
    array([0.5, 0. ])
    """
    factor = whole_number(factor, "factor", least=1)
    samples = np.asarray(signal, dtype=np.float64)
    if factor == 1:
        return np.asarray(function(samples), dtype=np.float64)
    size = samples.shape[-1]
    dense = np.fft.irfft(np.fft.rfft(samples, norm="forward"), factor * size, norm="forward")
    lines = np.fft.rfft(np.asarray(function(dense), dtype=np.float64), norm="forward")[..., : size // 2 + 1]
    if size % 2 == 0:
        lines[..., -1] = 0.0
    return np.fft.irfft(lines, size, norm="forward")


def filter_gain(kernel: npt.ArrayLike, frequency: npt.ArrayLike) -> Array:
    """Complex gain of a centred kernel at frequencies in cycles per sample.

    ``H(f) = sum_i h[i] exp(-2 pi i f (i - c))`` with c the middle tap: real for symmetric kernels.

    Examples
    --------
    >>> filter_gain([0.25, 0.5, 0.25], [0.0, 0.5]).real.round(12) + 0.0
    array([1., 0.])
    """
    taps = np.asarray(kernel, dtype=np.float64)
    position = np.arange(taps.size) - taps.size // 2
    frequencies = np.asarray(frequency, dtype=np.float64)
    return np.asarray(np.exp(-2j * np.pi * frequencies[..., None] * position) @ taps)


def layer_chain(
    signal: npt.ArrayLike,
    activation: str | Callable[..., Any],
    kernel: Sequence[float] = (1.0,),
    bias: float = 0.0,
    oversampling: int = 1,
    **parameters: Any,
) -> xr.Dataset:
    """Send a line of samples through one layer: ``z = h * x + b``, ``y = a(z)``.

    Parameters
    ----------
    signal : array, shape (n,)
        Whole periods: the convolution is circular.
    activation, **parameters
        As in `harmonic_amplitudes`.
    kernel : sequence of float
        Taps of the centred filter h, applied as a convolution (eq. 2).
    bias : float
        b.
    oversampling : int
        The activation is applied at this many times the rate, between ideal filters (1: plainly).

    Returns
    -------
    Dataset
        ``x``, ``z``, ``y`` over `n` (sample), float64.

    Raises
    ------
    ValueError
        For a signal that is no finite line of samples, or as `harmonic_amplitudes`.

    Notes
    -----
    Source: seed paper (Sibler et al.), eqs. 2 and 3, figure 2.

    Examples
    --------
    >>> layer_chain([1.0, -1.0, 1.0, -1.0], "relu", bias=0.5).y.values
    array([1.5, 0. , 1.5, 0. ])
    """
    x = np.asarray(signal, dtype=np.float64)
    if x.ndim != 1 or x.size < 2 or not np.isfinite(x).all():
        raise ValueError(f"a line of at least two finite samples is needed, found shape {x.shape}")
    bound = bind(activation, parameters)
    gain = filter_gain(kernel, np.fft.rfftfreq(x.size))
    z = np.fft.irfft(np.fft.rfft(x) * gain, x.size) + finite_number(bias, "bias")
    y = oversampled(z, bound, oversampling)
    axis = ("n", np.arange(x.size), {"units": "sample"})
    attrs = {"units": "1"}
    return xr.Dataset(
        {
            "x": ("n", x, attrs | {"long_name": "input"}),
            "z": ("n", z, attrs | {"long_name": "after filter and bias"}),
            "y": ("n", y, attrs | {"long_name": f"after {bound.label}"}),
        },
        coords={"n": axis},
    )


def chain_lines(
    activation: str | Callable[..., Any],
    tones: Sequence[tuple[float, float]],
    bias: float = 0.0,
    orders: int = 12,
    oversampling: int = 1,
    **parameters: Any,
) -> xr.Dataset:
    """Every spectral line that an activation makes of one or two tones: where it belongs, where it appears.

    For ``z = b + A1 cos(2 pi f1 n) + A2 cos(2 pi f2 n)`` the output holds ``c_kl cos(2 pi (k f1 + l f2) n)``.
    A line whose true frequency lies above Nyquist appears folded (eq. 5).

    Parameters
    ----------
    activation, **parameters
        As in `harmonic_amplitudes`.
    tones : sequence of (frequency, amplitude)
        One or two, frequencies in cycles per sample.
    bias : float
        b.
    orders : int
        Highest |k| + |l|.
    oversampling : int
        As in `layer_chain`: what then lies in the removed band has ``kept`` False.

    Returns
    -------
    Dataset
        Over `line`: ``order_1``, ``order_2``, ``true_frequency`` >= 0 and ``frequency`` (folded, >= 0),
        cycles per sample; ``amplitude`` (of the cosine; of order 0: the mean), ``zone`` (Nyquist zone of the
        true frequency: floor(2 f) + 1, so that one at Nyquist counts to zone 2 though it is not moved),
        ``kept``.

    Raises
    ------
    ValueError
        For no tone or more than two, or as `harmonic_amplitudes`.

    Notes
    -----
    One tone: closed forms or quadrature (`harmonic_amplitudes`). Two tones: the two-dimensional DFT of
    ``a(b + A1 cos s + A2 cos t)`` on 512 x 512 phases. Source: seed paper (Sibler et al.), eqs. 4 and 5.

    Examples
    --------
    >>> lines = chain_lines("relu", [(11 / 64, 1.0)], orders=4)
    >>> lines.zone.values, (64 * lines.frequency.values).round(9)
    (array([1, 1, 1, 2, 2]), array([ 0., 11., 22., 31., 20.]))
    """
    if len(tones) not in (1, 2):
        raise ValueError(f"one or two tones are needed, found {len(tones)}")
    orders = whole_number(orders, "orders", least=1)
    if len(tones) == 1:
        k = np.arange(orders + 1)
        second = np.zeros_like(k)
        amplitude = harmonic_amplitudes(
            activation, amplitude=tones[0][1], bias=bias, orders=orders, **parameters
        )
    else:
        k, second, amplitude = _mixed(bind(activation, parameters), tones, bias, orders)
    signed = k * tones[0][0] + (second * tones[1][0] if len(tones) == 2 else 0.0)
    true = np.abs(signed)
    dense, _ = fold(true, float(oversampling))
    kept = (np.abs(dense) < 0.5) if oversampling > 1 else np.ones(true.shape, bool)
    folded = np.abs(fold(true, 1.0)[0]) if oversampling == 1 else np.abs(dense)
    per_sample = {"units": "cycles per sample"}
    return xr.Dataset(
        {
            "order_1": ("line", k),
            "order_2": ("line", second),
            "true_frequency": ("line", true, per_sample),
            "frequency": ("line", folded, per_sample),
            "amplitude": ("line", amplitude, {"units": "1", "long_name": "amplitude of the cosine"}),
            "zone": ("line", (np.floor(2 * true + 1e-12)).astype(int) + 1, {"long_name": "Nyquist zone"}),
            "kept": ("line", kept),
        }
    )


def _mixed(
    bound: BoundActivation, tones: Sequence[tuple[float, float]], bias: float, orders: int
) -> tuple[Array, Array, Array]:
    """Orders (k, l) up to |k| + |l| = orders with k > 0, or k = 0 and l >= 0, and their cosine amplitudes."""
    table = _phase_table(bound, tones, bias)
    pairs = [
        (k, m)
        for k in range(orders + 1)
        for m in range(-orders, orders + 1)
        if abs(k) + abs(m) <= orders and (k > 0 or m >= 0)
    ]
    first, second = np.array(pairs).T
    amplitude = np.where((first == 0) & (second == 0), 1.0, 2.0) * table[first % _GRID, second % _GRID]
    return first, second, amplitude


def _phase_table(bound: BoundActivation, tones: Sequence[tuple[float, float]], bias: float) -> Array:
    """C_kl of a(b + A1 cos s + A2 cos t), real, (512, 512)."""
    wheel = np.cos(2 * np.pi * np.arange(_GRID) / _GRID)
    field = bias + tones[0][1] * wheel[:, None] + tones[1][1] * wheel[None, :]
    half = np.fft.rfft2(bound(field), norm="forward").real
    columns = np.minimum(np.arange(_GRID), _GRID - np.arange(_GRID))
    return half[:, columns]


def chain_spectrum(
    activation: str | Callable[..., Any],
    tones: Sequence[tuple[int, float]],
    size: int,
    bias: float = 0.0,
    oversampling: int = 1,
    **parameters: Any,
) -> Array:
    """Predicted one-sided DFT (norm="forward") of what an activation makes of one or two tones.

    Parameters
    ----------
    tones : sequence of (cycles per frame, amplitude)
        One or two; whole cycles.
    size : int
        Samples per frame, even.
    activation, bias, oversampling, **parameters
        As in `chain_lines`.

    Returns
    -------
    ndarray, float64, shape (size // 2 + 1,)
        Cosine lines: real. One tone: all aliases (`predict_spectrum`); two: all orders below 256.

    Raises
    ------
    ValueError
        As `chain_lines`.

    Examples
    --------
    >>> chain_spectrum("relu", [(11, 1.0)], 64).round(4)[[0, 11, 22]]
    array([0.3181, 0.25  , 0.1064])
    """
    if len(tones) not in (1, 2):
        raise ValueError(f"one or two tones are needed, found {len(tones)}")
    dense = size * oversampling
    if len(tones) == 1:
        cycles, amplitude = tones[0]
        both = predict_spectrum(activation, cycles, dense, amplitude, bias, **parameters).values.real
    else:
        table = _phase_table(bind(activation, parameters), tones, bias)
        k = np.fft.fftfreq(_GRID, 1 / _GRID).astype(int)
        bins = (k[:, None] * tones[0][0] + k[None, :] * tones[1][0]) % dense
        both = np.bincount(bins.ravel(), weights=table.ravel(), minlength=dense)
    lines = both[: size // 2 + 1].copy()
    if oversampling > 1 and size % 2 == 0:
        lines[-1] = 0.0
    return lines
