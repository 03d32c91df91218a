"""What a pointwise activation must make of an input that is one tone per pixel.

Where the input of an activation holds only the orders 0 and ±1, every pixel is ``b + A cos(φ + θ)`` in the
phase φ of the cycle, whatever padding did to it: convolutions act linearly on the tone. The activation's
harmonics at that pixel are then known in closed form.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from workbench.probes.taps import Layer
from workbench.signals import ACTIVATIONS, harmonic_amplitude_field

MAX_POINTS = 16384  # distinct (b, A, θ) evaluated; a layer with more is sampled evenly
_SMOOTH_ORDERS = 128  # analytic activations have nothing left beyond these

Array = npt.NDArray[Any]

# Class of module or name of function -> (name in signals.ACTIVATIONS, its parameter, the module's attribute).
_NAMED: dict[str, tuple[str, str | None, str]] = {
    "relu": ("relu", None, ""),
    "leaky_relu": ("leaky_relu", "slope", "negative_slope"),
    "leakyrelu": ("leaky_relu", "slope", "negative_slope"),
    "tanh": ("tanh", None, ""),
    "sigmoid": ("sigmoid", None, ""),
    "elu": ("elu", "alpha", "alpha"),
    "silu": ("silu", None, ""),
    "gelu": ("gelu", None, ""),
    "softplus": ("softplus", "beta", "beta"),
    "snake": ("snake", "alpha", "frequency"),
}
# Pointwise without a closed form here: the function itself is sampled.
_SAMPLED = frozenset(
    (
        "hardtanh",
        "relu6",
        "hardswish",
        "hardsigmoid",
        "selu",
        "celu",
        "softsign",
        "mish",
        "logsigmoid",
        "tanhshrink",
        "softshrink",
        "hardshrink",
        "threshold",
        "square",
        "abs",
        "sin",
        "cos",
        "exp",
    )
)


@dataclass(frozen=True)
class ToneField:
    """Mean and first order of every pixel: ``b = mean``, ``A e^{iθ} = 2·first``, each (channel, y, x).

    `cycles` are those of the tone per field, (m_y, m_x).
    """

    mean: npt.NDArray[Any]
    first: npt.NDArray[Any]
    cycles: tuple[int, int]


def is_activation(layer: Layer) -> bool:
    """Whether a layer is a pointwise activation whose harmonics can be predicted."""
    kind = layer.kind.strip("_").lower()
    return kind in _NAMED or kind in _SAMPLED


def predict_orders(layer: Layer, field: ToneField, period: int) -> tuple[npt.NDArray[np.float64], str]:
    """Power of every class of orders modulo `period` that an activation makes of a tone field.

    ``P_k = Σ_c mean_{y,x} |Σ_n c_{k+nP}(b, A)/2 · e^{i n P θ}|²`` with ``c_k(b, A)`` the cosine coefficients
    of ``a(b + A cos t)`` (c_0 counts whole): orders that differ by P fold onto each other with their phases,
    as they do in the measurement.

    Returns
    -------
    power : ndarray, shape (period,)
        In the order −⌊P/2⌋ … ⌈P/2⌉−1, summed over channels.
    note : str
        What was not exact, if anything.
    """
    b, amplitude, turn, share, note = _distinct(field, period)
    name, parameters = _named(layer)
    if name and not ACTIVATIONS[name].kinks:
        folded = _series(name, parameters, b, amplitude, turn, period)
    else:
        function = partial(ACTIVATIONS[name], **parameters) if name else _callable(layer)
        folded = _poisson(function, b, amplitude, turn, period)
    return field.mean.shape[0] * (share @ np.abs(folded) ** 2), note


def _series(
    name: str, parameters: dict[str, float], b: Array, amplitude: Array, turn: Array, period: int
) -> Array:
    """Σ_n c_{k+nP}/2 · e^{inPθ}: analytic activations have no harmonics left beyond a few hundred."""
    half, folds = period // 2, -(-_SMOOTH_ORDERS // period)
    one_sided = harmonic_amplitude_field(name, amplitude, b, orders=half + folds * period, **parameters)
    one_sided[:, 1:] /= 2
    signed = np.abs(np.arange(-half - folds * period, -half + (folds + 1) * period))
    terms = one_sided[:, signed].reshape(b.size, 2 * folds + 1, period)
    return np.einsum("pnk,pn->pk", terms, turn[:, None] ** np.arange(-folds, folds + 1))


def _poisson(
    function: Callable[[Array], Array], b: Array, amplitude: Array, turn: Array, period: int
) -> Array:
    """Sum the same by Poisson's formula where it converges slowly: the DFT of P samples of one cycle."""
    angle = (np.angle(turn)[:, None] + 2 * np.pi * np.arange(period)) / period
    samples = function(b[:, None] + amplitude[:, None] * np.cos(angle))
    return np.roll(np.fft.fft(samples, axis=1, norm="forward"), period // 2, axis=1)


@dataclass
class _Pixels:
    """Pixels (b, A, e^{iPθ}) and how many of each there are."""

    b: Array
    amplitude: Array
    turn: Array
    counts: Array

    def __add__(self, other: _Pixels) -> _Pixels:
        return _Pixels(
            *(
                np.concatenate([getattr(self, name), getattr(other, name)])
                for name in ("b", "amplitude", "turn", "counts")
            )
        )


def _distinct(field: ToneField, period: int) -> tuple[Any, Any, Any, Any, str]:
    """Distinct (b, A, e^{iPθ}) with their shares of all pixels.

    In a circular network every pixel of a channel is the same; zero padding adds a few border values. Pixels
    are grouped where they agree to rounding, and each group is represented by its mean.
    """
    mean, first = np.broadcast_arrays(field.mean, field.first)
    pixels, even = _even(mean, first, field.cycles, period)
    if not even.all():
        scale = max(float(np.abs(mean).max()), 2 * float(np.abs(first).max())) or 1.0
        pixels += _grouped(mean[~even], first[~even], period, scale)
    share, note = pixels.counts / mean.size, ""
    if share.size > MAX_POINTS:
        chosen = np.linspace(0, share.size - 1, MAX_POINTS).astype(int)
        note = f"from {MAX_POINTS} of {share.size} different pixels"
        share = share[chosen] / share[chosen].sum()
        return pixels.b[chosen], pixels.amplitude[chosen], pixels.turn[chosen], share, note
    return pixels.b, pixels.amplitude, pixels.turn, share, note


def _even(
    mean: Array, first: Array, cycles: tuple[int, int], period: int
) -> tuple[_Pixels, npt.NDArray[np.bool_]]:
    """Group the pixels of each channel that equal its middle one but for the tone's advance, and say which.

    Only where e^{iPθ} is the same for all of them; sorting what remains, the border, is then quick.
    """
    size = mean.shape[1:]
    if any(period * m % n for m, n in zip(cycles, size, strict=True)):
        none = np.zeros(0)
        return _Pixels(none, none, none.astype(complex), none), np.zeros(mean.shape, dtype=bool)
    y, x = (np.exp(-2j * np.pi * m * np.arange(n) / n) for m, n in zip(cycles, size, strict=True))
    still = first * (y[:, None] * x).astype(first.dtype)
    tolerance = 2.0**-18 if first.dtype == np.complex64 else 2.0**-42
    middle = (slice(None), slice(size[0] // 2, size[0] // 2 + 1), slice(size[1] // 2, size[1] // 2 + 1))
    scale = max(float(np.abs(mean[middle]).max()), 2 * float(np.abs(still[middle]).max()))
    off = still - still[middle]
    even = np.abs(mean - mean[middle]) <= tolerance * scale
    even &= off.real**2 + off.imag**2 <= (tolerance * scale / 2) ** 2
    counts = even.sum((1, 2)).astype(float)
    b = np.where(even, mean, 0).sum((1, 2), dtype=np.float64) / counts
    a = 2 * np.where(even, still, 0).sum((1, 2), dtype=np.complex128) / counts
    return _Pixels(b, np.abs(a), np.exp(1j * period * np.angle(a)), counts), even


def _grouped(mean: Array, first: Array, period: int, scale: float) -> _Pixels:
    """Group pixels in any order that agree to rounding."""
    single = first.dtype == np.complex64
    b, amplitude = mean.astype(np.float64), 2 * np.abs(first.astype(np.complex128))
    turn = np.exp(1j * period * np.angle(first.astype(np.complex128)))
    fine, coarse = (2.0**18, 2.0**8) if single else (2.0**42, 2.0**26)
    keys = [b / scale * fine, amplitude / scale * fine, turn.real * coarse, turn.imag * coarse]
    # One integer per pixel: sums that wrap around, with odd factors far apart, do not collide in practice.
    factors = np.array([1, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
    code = sum(
        (np.rint(key).astype(np.int64).view(np.uint64) * f for key, f in zip(keys, factors, strict=True))
    )
    _, index, counts = np.unique(code, return_inverse=True, return_counts=True)
    groups = [np.bincount(index, weights=v) / counts for v in (b, amplitude, turn.real, turn.imag)]
    phasor = groups[2] + 1j * groups[3]
    phasor /= np.maximum(np.abs(phasor), 1e-300)
    return _Pixels(groups[0], groups[1], phasor, counts.astype(float))


def _named(layer: Layer) -> tuple[str, dict[str, float]]:
    """Name and parameters in `signals.ACTIVATIONS`, "" if it has none."""
    name, parameter, attribute = _NAMED.get(layer.kind.strip("_").lower(), ("", None, ""))
    operation, (args, kwargs) = layer.operation, layer.arguments
    if isinstance(operation, nn.Module):
        if getattr(operation, "approximate", "none") != "none":
            return "", {}
        return name, {parameter: float(getattr(operation, attribute))} if parameter else {}
    if kwargs.get("approximate", "none") != "none":
        return "", {}
    given = kwargs.get(attribute, args[0] if args else None)
    return name, {parameter: float(given)} if parameter and given is not None else {}


def _callable(layer: Layer) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    args, kwargs = layer.arguments
    operation = layer.operation
    if isinstance(operation, nn.Module):
        operation = copy.deepcopy(operation).double().cpu()

    def evaluate(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        with torch.no_grad():
            return operation(torch.from_numpy(values.copy()), *args, **kwargs).numpy()

    return evaluate
