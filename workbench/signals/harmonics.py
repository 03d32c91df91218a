"""How strong each harmonic is that a pointwise function makes of a cosine."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.polynomial import Legendre
from scipy.fft import dct

from workbench.signals.activations import Array, BoundActivation, bind
from workbench.signals.checks import finite_real, whole_number

TOLERANCE = 1e-13  # relative to the largest coefficient; one more halving of the step follows where it is met
_MAX_NODES = 1 << 16  # smooth functions steeper than this resolves go to the adaptive rule
_MAX_GAUSS = 512  # nodes per piece between kinks
_CHUNK = 1 << 20  # function values held at a time


def harmonic_amplitudes(
    activation: str | Callable[..., Any],
    amplitude: float = 1.0,
    bias: float = 0.0,
    orders: int = 12,
    **parameters: Any,
) -> Array:
    """Amplitudes of the harmonics of ``a(b + A cos t)``.

    ``a(b + A cos t) = sum_k c_k cos(k t)`` with
    ``c_k = (2 - [k=0]) / pi * int_0^pi a(b + A cos t) cos(k t) dt``.

    Parameters
    ----------
    activation : str or callable
        A name in `ACTIVATIONS`, or any function that maps a float64 array to a real array of its shape.
    amplitude, bias : float
        A and b, in the unit of the activation's input. A may be zero or negative: c_k(-A) = (-1)^k c_k(A).
    orders : int
        Highest order K.
    **parameters
        Parameters of the activation, e.g. ``slope=0.2`` or ``beta=8``.

    Returns
    -------
    ndarray, shape (orders + 1,)
        c_0 (the mean) to c_K.

    Raises
    ------
    ValueError
        For an unknown name or parameter, an amplitude or bias that is not a finite real number, or
        negative orders.

    Notes
    -----
    Closed form for relu and leaky_relu; Gauss-Legendre between the kinks for elu; otherwise the periodic
    trapezoid rule, whose step is halved until the coefficients agree to 1e-13 of the largest. A callable that
    it does not resolve (kinks, jumps, steep steps) is bisected adaptively to 1e-12 of the largest; a
    RuntimeWarning says so where even that is not reached. Source: seed paper (Sibler et al.), section 3.1.

    Examples
    --------
    >>> harmonic_amplitudes("relu", orders=4).round(4) + 0.0
    array([ 0.3183,  0.5   ,  0.2122,  0.    , -0.0424])
    >>> harmonic_amplitudes(np.square, amplitude=2.0, orders=2).round(12)
    array([2., 0., 2.])
    """
    for name, value in (("amplitude", amplitude), ("bias", bias)):
        if np.ndim(value):
            raise ValueError(
                f"{name} must be one number, found shape {np.shape(value)}; see harmonic_amplitude_field"
            )
    return harmonic_amplitude_field(activation, amplitude, bias, orders, **parameters)


def harmonic_amplitude_field(
    activation: str | Callable[..., Any],
    amplitude: npt.ArrayLike,
    bias: npt.ArrayLike,
    orders: int = 12,
    **parameters: Any,
) -> Array:
    """`harmonic_amplitudes` of many cosines at once: every pixel with its own amplitude and bias.

    Parameters
    ----------
    activation, orders, **parameters
        As in `harmonic_amplitudes`.
    amplitude, bias : array_like
        Arrays that broadcast against each other.

    Returns
    -------
    ndarray, shape (..., orders + 1)
        c_0 to c_K along the last axis.

    Raises
    ------
    ValueError
        As `harmonic_amplitudes`.

    Examples
    --------
    >>> harmonic_amplitude_field("tanh", [[0.0, 1.0]], 0.0, orders=3).shape
    (1, 2, 4)
    """
    bound = bind(activation, parameters)
    orders = whole_number(orders, "orders", least=0)
    a, b = np.broadcast_arrays(finite_real(amplitude, "amplitude"), finite_real(bias, "bias"))
    flat_a, flat_b = np.abs(a).ravel(), b.ravel()
    if bound.name in ("relu", "leaky_relu"):
        slope = float(bound.parameters.get("slope", 0.0))
        result = (1.0 - slope) * _relu(flat_a, flat_b, orders)
        result[:, 0] += slope * flat_b
        result[:, 1:2] += slope * flat_a[:, None]
    elif bound.kinks:
        result = _between_kinks(bound, flat_a, flat_b, orders)
    else:
        result = _trapezoid(bound, flat_a, flat_b, orders)
    result[np.signbit(a).ravel(), 1::2] *= -1.0
    return result.reshape(*a.shape, orders + 1)


def _relu(a: Array, b: Array, orders: int) -> Array:
    """Evaluate the closed form; t0 is where the cosine crosses the kink."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        crossing = np.clip(np.where(a > 0, -b / a, -np.sign(b)), -1.0, 1.0)
    t0 = np.arccos(crossing)
    sigma = [t0, *(np.sin(k * t0) / k for k in range(1, orders + 2))]
    result = np.empty((a.size, orders + 1))
    for k in range(orders + 1):
        result[:, k] = b * sigma[k] + 0.5 * a * (sigma[abs(k - 1)] + sigma[k + 1])
    result *= 2.0 / np.pi
    result[:, 0] *= 0.5
    return result


def _trapezoid(bound: BoundActivation, a: Array, b: Array, orders: int) -> Array:
    """Nested periodic trapezoid rule: exponentially accurate where the function is analytic."""
    nodes = 1 << max(5, int(2 * orders + 1).bit_length())
    todo = np.arange(a.size)
    result = cosine_coefficients(bound, a, b, orders, nodes)
    while todo.size and nodes < _MAX_NODES:
        between = cosine_coefficients(bound, a[todo], b[todo], orders, nodes, midpoints=True)
        finer = 0.5 * (result[todo] + between)
        change = np.abs(finer - result[todo]).max(axis=1)
        result[todo] = finer
        todo = todo[change > TOLERANCE * np.abs(finer).max(axis=1)]
        nodes *= 2
    for i in todo:
        result[i] = _adaptive(bound, float(a[i]), float(b[i]), orders)
    return result


def cosine_coefficients(
    bound: BoundActivation, a: Array, b: Array, orders: int, nodes: int, midpoints: bool = False
) -> Array:
    """Cosine coefficients up to `orders` of samples that cut the half period into `nodes` intervals.

    The samples are the ends of the intervals (trapezoid rule), or their midpoints. ``orders < nodes``; the
    orders k and ``2 nodes - k`` alias.
    """
    wave = np.cos(np.pi / nodes * (np.arange(nodes) + 0.5 if midpoints else np.arange(nodes + 1)))
    result = np.empty((a.size, orders + 1))
    step = max(1, _CHUNK // wave.size)
    for start in range(0, a.size, step):
        part = slice(start, start + step)
        values = bound(b[part, None] + a[part, None] * wave)
        result[part] = dct(values, type=2 if midpoints else 1, axis=1)[:, : orders + 1] / nodes
    result[:, 0] *= 0.5
    return result


def _between_kinks(bound: BoundActivation, a: Array, b: Array, orders: int) -> Array:
    """Gauss-Legendre on the pieces between kinks, where the function is analytic."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        crossings = [
            np.arccos(np.clip(np.where(a > 0, (kink - b) / a, np.sign(kink - b)), -1.0, 1.0))
            for kink in bound.kinks
        ]
    edges = np.sort(np.stack([np.zeros_like(a), *crossings, np.full_like(a, np.pi)], axis=1), axis=1)
    result = np.zeros((a.size, orders + 1))
    todo, count = np.arange(a.size), max(16, orders)
    while todo.size and count <= _MAX_GAUSS:
        finer = np.zeros((todo.size, orders + 1))
        rule = _legendre(count)
        step = max(1, _CHUNK // count)
        for start in range(0, todo.size, step):
            part = todo[start : start + step]
            for low, high in pairwise(edges[part].T):
                finer[start : start + step] += _integrals(bound, a[part], b[part], orders, low, high, rule)
        change = np.abs(finer - result[todo]).max(axis=1)
        result[todo] = finer
        todo = todo[change > TOLERANCE * np.abs(finer).max(axis=1)]
        count *= 2
    for i in todo:
        result[i] = _adaptive(bound, float(a[i]), float(b[i]), orders)
    return result


def _integrals(
    bound: BoundActivation,
    a: Array,
    b: Array,
    orders: int,
    low: Array,
    high: Array,
    rule: tuple[Array, Array],
) -> Array:
    """Evaluate ``(2 - [k=0]) / pi * int_low^high a(b + A cos t) cos(k t) dt``.

    `rule` holds nodes and weights on [-1, 1].
    """
    x, w = rule
    half = 0.5 * (high - low)[:, None]
    turn = np.exp(1j * (0.5 * (high + low)[:, None] + half * x))
    moment = (bound(b[:, None] + a[:, None] * turn.real) * (half * w * (2.0 / np.pi))).astype(np.complex128)
    result = np.empty((low.size, orders + 1))
    for k in range(orders + 1):
        result[:, k] = moment.real.sum(axis=1)
        moment *= turn
    result[:, 0] *= 0.5
    return result


@cache
def _legendre(count: int) -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(count)


@cache
def _lobatto(count: int) -> tuple[Array, Array]:
    """Gauss-Lobatto rule: it looks at the ends of the interval, so no kink can hide beside them."""
    basis = Legendre.basis(count - 1)
    x = np.concatenate(([-1.0], np.sort(basis.deriv().roots().real), [1.0]))
    return x, 2.0 / (count * (count - 1) * basis(x) ** 2)


def _adaptive(bound: BoundActivation, a: float, b: float, orders: int) -> Array:
    """Bisect [0, pi] wherever ten nodes do not agree with twice ten; closes in on kinks and jumps."""
    edges = np.linspace(0.0, np.pi, max(8, orders) + 1)
    low, high = edges[:-1], edges[1:]

    def integrate(left: Array, right: Array) -> Array:
        return _integrals(
            bound, np.full(left.size, a), np.full(left.size, b), orders, left, right, _lobatto(10)
        )

    whole = integrate(low, high)
    scale = np.abs(whole.sum(axis=0)).max() + np.abs(whole).max()
    result = np.zeros(orders + 1)
    for _ in range(50):
        middle = 0.5 * (low + high)
        left, right = integrate(low, middle), integrate(middle, high)
        open_ = np.abs(whole - left - right).max(axis=1) > 1e-15 * scale
        result += (left + right)[~open_].sum(axis=0)
        rest = (left + right)[open_].sum(axis=0)
        missing = np.abs(whole - left - right)[open_].sum(axis=0).max(initial=0.0)
        low, high = (
            np.concatenate(pair) for pair in ((low[open_], middle[open_]), (middle[open_], high[open_]))
        )
        whole = np.concatenate((left[open_], right[open_]))
        if not low.size or low.size > 20_000:
            break
    if missing > 1e-12 * scale:
        message = (
            f"harmonics of {bound.label} are known to about {missing:.1e} only: it is rough at every scale"
        )
        warnings.warn(message, RuntimeWarning, stacklevel=2)
    return result + rest
