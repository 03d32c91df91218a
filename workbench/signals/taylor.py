"""The Taylor series of the activation functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit, ndtr

from workbench.signals.activations import ACTIVATIONS, Activation, Array, bind
from workbench.signals.checks import finite_number, whole_number

Series = Callable[..., Array]


def taylor_coefficients(activation: str, at: float, orders: int, **parameters: Any) -> Array:
    """Taylor coefficients ``a^(k)(z0) / k!`` of an activation about z0 = `at`, k = 0 ... orders.

    Parameters
    ----------
    activation : str
        A name in `ACTIVATIONS`. "relu" and "leaky_relu" also take `alpha`: the kink is then replaced by the
        warped softplus ``ln(1 + exp(alpha z)) / alpha``. Without `alpha` the series is that of the straight
        piece.
    at : float
        Operating point z0.
    orders : int
        Highest order.
    **parameters
        Parameters of the activation, as in `harmonic_amplitudes`.

    Returns
    -------
    ndarray, shape (orders + 1,)
        Recursive power-series arithmetic, no numeric differentiation. The series converges within
        `taylor_radius`.

    Raises
    ------
    ValueError
        For unknown names or parameters, an operating point that is not finite or lies on a kink.

    Notes
    -----
    Source: seed paper (Sibler et al.), eq. 7, and eqs. 9 and 10 for "relu". Eq. 10 as printed leaves out the
    first derivative; with ``e = exp(alpha z0)`` the series is ``(1/alpha) [ln(1+e) + alpha e/(1+e) D +
    alpha^2 e/(2! (1+e)^2) D^2 - alpha^3 e (e-1)/(3! (1+e)^3) D^3 + ...]``, ``D = z - z0``.

    Examples
    --------
    >>> taylor_coefficients("relu", at=0.4, orders=3, alpha=3.0).round(4)
    array([ 0.4878,  0.7685,  0.2668, -0.1433])
    >>> taylor_coefficients("tanh", at=0.0, orders=3).round(4) + 0.0
    array([ 0.    ,  1.    ,  0.    , -0.3333])
    """
    series, parameters = _prepare(activation, at, parameters)
    orders = whole_number(orders, "orders", least=0)
    kinks = () if parameters.get("alpha") and activation != "elu" else ACTIVATIONS[activation].kinks
    if at in kinks:
        need = " (give alpha for its smooth stand-in)" if activation != "elu" else ""
        raise ValueError(
            f"{activation} has no Taylor series at its kink z = {at:g}: choose another point{need}"
        )
    # one order more than asked: every recurrence then has a first derivative to start from
    return series(float(at), orders + 1, **parameters)[: orders + 1]


def taylor_radius(activation: str, at: float, **parameters: Any) -> float:
    """Radius of convergence of the series that `taylor_coefficients` gives.

    The distance from `at` to the function's nearest complex pole or branch point: ``z = +-i pi/beta`` for
    softplus (and relu with alpha), ``+-i pi`` for sigmoid and silu, ``+-i pi/2`` for tanh; infinite for gelu,
    snake and identity. For relu, leaky_relu and elu, whose pieces are entire, the distance to the kink,
    beyond which the series converges to the wrong piece.

    Parameters
    ----------
    activation, at, **parameters
        As in `taylor_coefficients`.

    Returns
    -------
    float
        In the unit of the activation's input.

    Raises
    ------
    ValueError
        As `taylor_coefficients`, except that a kink has radius 0.

    Examples
    --------
    >>> round(taylor_radius("relu", at=0.4, alpha=3.0), 4)
    1.121
    """
    _, parameters = _prepare(activation, at, parameters)
    sharpness = parameters.get("beta", parameters.get("alpha"))
    if activation in ("softplus", "relu", "leaky_relu") and sharpness:
        return float(np.hypot(at, np.pi / sharpness))
    if ACTIVATIONS[activation].kinks:
        return float(min(abs(at - kink) for kink in ACTIVATIONS[activation].kinks))
    pole = {"sigmoid": np.pi, "silu": np.pi, "tanh": np.pi / 2}.get(activation, np.inf)
    return float(np.hypot(at, pole))


def _prepare(activation: str, at: float, parameters: dict[str, Any]) -> tuple[Series, dict[str, Any]]:
    if isinstance(activation, Activation):
        activation = activation.name
    if not isinstance(activation, str):
        raise ValueError(f"a Taylor series needs the name of an activation; there are: {', '.join(_SERIES)}")
    finite_number(at, "at")
    ACTIVATIONS[activation]  # unknown names fail here
    rest = dict(parameters)
    smooth = {}
    if activation in ("relu", "leaky_relu") and rest.get("alpha") is not None:
        alpha = float(rest.pop("alpha"))
        if not (np.isfinite(alpha) and alpha > 0):
            raise ValueError(f"alpha of the warped softplus must be positive and finite, found {alpha}")
        smooth = {"alpha": alpha}
    elif activation in ("relu", "leaky_relu"):
        rest.pop("alpha", None)
    return _SERIES[activation], dict(bind(activation, rest).parameters) | smooth


def _product(a: Array, b: Array, k: int) -> float:
    """Coefficient k of a product of two power series."""
    return float(a[: k + 1] @ b[k::-1])


def _sigmoid(at: float, orders: int) -> Array:
    """Sigmoid s, from ``u = s'``, ``w = 1 - 2 s``: ``u' = u w``, ``w' = -2 u``."""
    s, u, w = np.zeros((3, orders + 1))
    s[0], u[0], w[0] = expit(at), expit(at) * expit(-at), np.tanh(-at / 2)
    for k in range(orders):
        s[k + 1] = u[k] / (k + 1)
        w[k + 1] = -2.0 * s[k + 1]
        u[k + 1] = _product(u, w, k) / (k + 1)
    return s


def _tanh(at: float, orders: int) -> Array:
    """``tanh(z) = 2 s(2 z) - 1``: the sigmoid at twice the point."""
    y = 2.0 * _sigmoid(2.0 * at, orders) * 2.0 ** np.arange(orders + 1)
    y[0] = np.tanh(at)
    return y


def _softplus(at: float, orders: int, beta: float = 1.0) -> Array:
    """``softplus' = s(beta z)``."""
    p = np.empty(orders + 1)
    p[0] = np.logaddexp(0.0, beta * at) / beta
    p[1:] = _sigmoid(beta * at, orders - 1) * beta ** np.arange(orders) / np.arange(1, orders + 1)
    return p


def _leaky_relu(at: float, orders: int, slope: float = 0.0, alpha: float | None = None) -> Array:
    """Straight piece, or ``slope z + (1 - slope) softplus_alpha(z)``."""
    if alpha is None:
        return _straight(at, orders) * (1.0 if at > 0 else slope)
    return slope * _straight(at, orders) + (1.0 - slope) * _softplus(at, orders, alpha)


def _times_argument(f: Array, at: float) -> Array:
    """Series of ``z f(z)``."""
    return at * f + np.concatenate(([0.0], f[:-1]))


def _gelu(at: float, orders: int) -> Array:
    """``z Phi(z)`` with ``Phi' = phi``, ``phi' = -z phi``."""
    phi, big = np.zeros((2, orders + 1))
    phi[0], big[0] = np.exp(-0.5 * at * at) / np.sqrt(2.0 * np.pi), ndtr(at)
    for k in range(orders):
        phi[k + 1] = -(at * phi[k] + (phi[k - 1] if k else 0.0)) / (k + 1)
        big[k + 1] = phi[k] / (k + 1)
    return _times_argument(big, at)


def _elu(at: float, orders: int, alpha: float = 1.0) -> Array:
    if at > 0:
        return _straight(at, orders)
    series = alpha * np.exp(at) / _factorials(orders)
    series[0] = alpha * np.expm1(at)
    return series


def _snake(at: float, orders: int, alpha: float = 1.0) -> Array:
    """``z + (1 - cos(2 alpha z)) / (2 alpha)``."""
    k = np.arange(orders + 1)
    series = -np.cos(2 * alpha * at + k * np.pi / 2) * (2 * alpha) ** k / _factorials(orders) / (2 * alpha)
    series[0] = np.sin(alpha * at) ** 2 / alpha
    return series + _straight(at, orders)


def _straight(at: float, orders: int) -> Array:
    """Series of z itself."""
    series = np.zeros(orders + 1)
    series[:2] = at, 1.0
    return series


def _factorials(orders: int) -> Array:
    return np.cumprod(np.maximum(np.arange(orders + 1.0), 1.0))


_SERIES: dict[str, Series] = {
    "relu": _leaky_relu,
    "leaky_relu": _leaky_relu,
    "softplus": _softplus,
    "elu": _elu,
    "silu": lambda at, orders: _times_argument(_sigmoid(at, orders), at),
    "gelu": _gelu,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "snake": _snake,
    "identity": _straight,
}
