"""What a coherence estimate from a finite number of looks can tell."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy
import xarray as xr
from scipy.special import gammaln

Array = npt.NDArray[np.float64]

_DIRECT = 1024  # arrays larger than this are interpolated
_EXACT_TERMS = 4096
_SHARED = 4 * _EXACT_TERMS  # last count up to which the sums of a table share their log-gammas
_PANEL_NODES, _PANEL_WEIGHTS = np.polynomial.legendre.leggauss(16)


def coherence_bias(coherence: npt.ArrayLike, looks: npt.ArrayLike) -> Any:
    """Return the expected coherence magnitude estimate for a true coherence.

    ``E|g^| = G(L) G(3/2) / G(L + 1/2) * 3F2(3/2, L, L; L + 1/2, 1; g^2) * (1 - g^2)^L``.

    Parameters
    ----------
    coherence : array_like
        True coherence magnitude g in [0, 1]; NaN stays NaN (masked pixels).
    looks : array_like
        Number L >= 1 of independent looks, not necessarily whole; the two broadcast.

    Returns
    -------
    float or ndarray or DataArray
        Expected |g^|, in [sqrt(pi)/2 G(L)/G(L + 1/2), 1]. To about 1e-12; arrays of more than
        1024 values are interpolated from 1500 exact ones per number of looks, to 1e-10.

    Raises
    ------
    ValueError
        If a coherence is outside [0, 1] or a number of looks is below 1 or not finite.

    Notes
    -----
    The series is the mean of ``G(n + 3/2) / G(n + 1) * G(L + n) / G(L + n + 1/2)`` over a negative binomial n
    with L successes: all its terms are positive, and none of it overflows. Source: R. Touzi, A. Lopes,
    J. Bruniquel, P. W. Vachon, "Coherence estimation for SAR imagery", IEEE TGRS 37(1), 1999.

    Examples
    --------
    >>> round(coherence_bias(0.0, 25), 6)
    0.178134
    >>> coherence_bias([0.5, 1.0], 4).round(6)
    array([0.604538, 1.      ])
    """
    return _elementwise(_bias, coherence, looks, lowest_looks=1.0)


def coherence_unbiased(estimate: npt.ArrayLike, looks: npt.ArrayLike) -> Any:
    """Return the true coherence whose expected estimate is `estimate`.

    The inverse of `coherence_bias`.

    Parameters
    ----------
    estimate : array_like
        Estimated coherence magnitude in [0, 1]; NaN stays NaN.
    looks : array_like
        Number of independent looks, > 1 (one look always gives 1 and tells nothing).

    Returns
    -------
    float or ndarray or DataArray
        Corrected coherence; estimates at or below the bias floor give 0. Read from a monotone table of exact
        values: `coherence_bias` of the result is the estimate to 1e-6.

    Raises
    ------
    ValueError
        If an estimate is outside [0, 1] or a number of looks is not above 1.

    Notes
    -----
    Source: Touzi et al. 1999, section on bias removal. The inverse of a mean is not the mean of an inverse:
    this corrects the expected value of averaged estimates, single pixels keep their scatter.

    Examples
    --------
    >>> round(coherence_unbiased(coherence_bias(0.4, 9), 9), 5)
    0.4
    >>> coherence_unbiased(0.1, 9)
    0.0
    """
    return _elementwise(_unbiased, estimate, looks, lowest_looks=np.nextafter(1.0, 2.0))


def coherence_null_quantile(looks: npt.ArrayLike, probability: float = 0.95) -> Any:
    """Return the coherence magnitude that incoherent data stays below with a given probability.

    Under true coherence 0, |g^|^2 is Beta(1, L - 1) distributed:
    ``q = sqrt(1 - (1 - probability)^(1 / (L - 1)))``.

    Parameters
    ----------
    looks : array_like
        Number L >= 1 of independent looks (L = 1 gives 1).
    probability : float
        Between 0 and 1, both excluded.

    Returns
    -------
    float or ndarray or DataArray

    Raises
    ------
    ValueError
        If looks are below 1, or the probability is not inside ]0, 1[.

    Notes
    -----
    Source: Touzi et al. 1999, the density of the estimate at zero coherence.

    Examples
    --------
    >>> round(coherence_null_quantile(25), 4)
    0.3426
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"probability must be inside ]0, 1[, found {probability}")

    def quantile(_: Array, n: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.sqrt(-np.expm1(np.log1p(-probability) / (n - 1.0)))

    return _elementwise(quantile, 0.0, looks, lowest_looks=1.0)


def _elementwise(
    function: Callable[[Array, Array], Array],
    coherence: npt.ArrayLike,
    looks: npt.ArrayLike,
    lowest_looks: float,
) -> Any:
    if isinstance(coherence, xr.DataArray) or isinstance(looks, xr.DataArray):
        return xr.apply_ufunc(lambda c, n: _elementwise(function, c, n, lowest_looks), coherence, looks)
    if np.iscomplexobj(coherence):
        raise ValueError("coherence must be a real magnitude, found complex numbers: take abs() first")
    g, n = np.broadcast_arrays(np.asarray(coherence, dtype=np.float64), np.asarray(looks, dtype=np.float64))
    wrong = ~(np.isnan(g) | ((g >= 0.0) & (g <= 1.0)))
    if wrong.any():
        raise ValueError(f"a coherence magnitude lies in [0, 1], found {g[wrong].flat[0]}")
    wrong = ~((n >= lowest_looks) & np.isfinite(n))
    if wrong.any():
        need = "at least 1" if lowest_looks == 1.0 else "above 1"
        raise ValueError(f"the number of looks must be finite and {need}, found {n[wrong].flat[0]}")
    result = function(g, n)
    return float(result) if np.ndim(result) == 0 else result


def _bias(g: Array, looks: Array) -> Array:
    result = np.full(g.shape, np.nan)
    valid = ~np.isnan(g)
    if g.size <= _DIRECT:
        result[valid] = [_expected(float(c), float(n)) for c, n in zip(g[valid], looks[valid], strict=True)]
        return result
    for n in np.unique(looks):
        part = valid & (looks == n)
        nodes, values = _table(float(n))
        result[part] = scipy.interpolate.CubicSpline(nodes, values)(g[part])
    return np.clip(result, None, 1.0)


def _unbiased(estimate: Array, looks: Array) -> Array:
    result = np.full(estimate.shape, np.nan)
    valid = ~np.isnan(estimate)
    for n in np.unique(looks):
        part = valid & (looks == n)
        nodes, values = _table(float(n))
        # the curve leaves its floor like g^2: the table of g^2 over the estimate has a finite slope there
        rising = np.concatenate(([True], np.diff(np.maximum.accumulate(values)) > 0))
        squared = scipy.interpolate.PchipInterpolator(values[rising], nodes[rising] ** 2)(
            np.maximum(estimate[part], values[0])
        )
        result[part] = np.sqrt(np.clip(squared, 0.0, 1.0))
    return result


@lru_cache(maxsize=256)
def _table(looks: float) -> tuple[Array, Array]:
    """Exact curve on nodes that are dense below 8 / sqrt(L), where it bends, and towards 1."""
    bend = min(0.5, 8.0 / np.sqrt(looks))
    rest = np.sin(np.linspace(np.arcsin(bend), np.pi / 2, 801))
    nodes = np.concatenate((np.linspace(0.0, bend, 700, endpoint=False), rest))
    return nodes, _curve(nodes, looks)


def _curve(nodes: Array, looks: float) -> Array:
    """Return `_expected` of many g; what the sums share, the log-gammas of all counts, is computed once."""
    p, gap = nodes * nodes, (1.0 - nodes) * (1.0 + nodes)
    _, last = _ends(p, np.maximum(gap, 1e-15), looks)
    short = (p >= 1e-300) & (gap > 1e-15) & (last <= _SHARED) & (looks > 1.0)
    n = np.arange(float(last[short].max(initial=0.0)) + 1.0)
    log_count, gain = gammaln(looks + n) - gammaln(n + 1.0), _gain(n, looks)
    values = np.empty(nodes.shape)
    for i, g in enumerate(nodes):
        if not short[i]:
            values[i] = _expected(float(g), looks)
            continue
        first, end = (int(x) for x in _ends(p[i], gap[i], looks))
        part = slice(first, end + 1)
        log_mass = log_count[part] + n[part] * _log(p[i], gap[i])
        mass = np.exp(log_mass - log_mass.max())
        values[i] = mass @ gain[part] / mass.sum()
    return values


def _expected(g: float, looks: float) -> float:
    """Mean of the gain g(n) over a negative binomial n, normalised by the same sum without it.

    The normalisation cancels what rounding in log-gamma does to the weights at large n.
    """
    p = g * g
    gap = (1.0 - g) * (1.0 + g)
    if gap <= 1e-15 or looks == 1.0:
        return 1.0
    if p < 1e-300:
        return float(_gain(np.zeros(1), looks)[0])
    n, weight = _nodes(p, gap, looks)
    log_mass = gammaln(looks + n) - gammaln(n + 1.0) + n * _log(p, gap)
    mass = weight * np.exp(log_mass - log_mass.max())
    return float(mass @ _gain(n, looks) / mass.sum())


def _log(p: float, gap: float) -> float:
    """Logarithm of p = 1 - gap, from whichever of the two keeps its digits."""
    return float(np.log(p) if p < 0.5 else np.log1p(-gap))


def _ends(p: Any, gap: Any, looks: float) -> tuple[Any, Any]:
    """First and last count that matter."""
    mean, spread = looks * p / gap, np.sqrt(looks * p) / gap
    first = np.floor(np.maximum(0.0, mean - 12.0 * spread))
    return first, np.ceil(mean + 12.0 * spread + 45.0 / gap)


def _nodes(p: float, gap: float, looks: float) -> tuple[Array, Array]:
    """Return counts n and weights whose sums equal the sum over all n >= 0.

    Long sums become 16-point Gauss-Legendre panels from half a count below the first to far in the tail.
    """
    first, last = _ends(p, gap, looks)
    if last - first <= 4 * _EXACT_TERMS:
        n = np.arange(first, last + 1.0)
        return n, np.ones_like(n)
    if first > 0.0:
        edges = np.linspace(first - 0.5, last + 0.5, 161)
        head = np.empty(0)
    else:
        head = np.arange(float(_EXACT_TERMS))
        start = _EXACT_TERMS - 0.5
        edges = start * np.exp(np.linspace(0.0, np.log(last / start), 1 + int(12 * np.log(last / start)) + 1))
    half = 0.5 * np.diff(edges)[:, None]
    panels = (edges[:-1, None] + half + half * _PANEL_NODES).ravel()
    return np.concatenate((head, panels)), np.concatenate(
        (np.ones_like(head), (half * _PANEL_WEIGHTS).ravel())
    )


def _gain(n: Array, looks: float) -> Array:
    """``G(n + 3/2) / G(n + 1) * G(L + n) / G(L + n + 1/2)``: the expected magnitude given n."""
    return np.asarray(_half_step(n + 1.0) / _half_step(looks + n))


def _half_step(x: Array) -> Array:
    """``G(x + 1/2) / G(x)``, by its Stirling series where log-gamma differences lose digits."""
    large = np.maximum(x, 12.0)
    y = 1.0 / large**2
    series = (-1.0 / 8 + y * (1.0 / 192 + y * (-1.0 / 640 + y * (17.0 / 14336 - y * 31.0 / 18432)))) / large
    return np.where(x >= 12.0, np.sqrt(large) * np.exp(series), np.exp(gammaln(x + 0.5) - gammaln(x)))
