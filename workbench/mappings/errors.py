"""Errors that a network makes on a mapped image, one at a time, to see what decoding turns them into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from workbench.mappings.arrays import require_real
from workbench.signals import Registry

__all__ = ["ERRORS", "disturb"]

Array = npt.NDArray[Any]
_STREAM = 11
Rule = Callable[[Array, float, np.random.Generator], Array]


def _signs(shape: tuple[int, ...], axes: str) -> Array:
    rows, columns = np.indices(shape[-2:])
    return 1.0 - 2.0 * ((rows * ("y" in axes) + columns * ("x" in axes)) % 2)


def _rms(y: Array) -> float:
    return float(np.sqrt(np.mean(np.square(y)))) or 1.0


def _layer(y: Array, amount: float, rng: np.random.Generator) -> Array:
    """Add what one random 3 x 3 convolution with a ReLU makes of every channel, as strong as asked."""
    kernel = rng.normal(size=(3, 3)) / 3
    planes = y.reshape(-1, *y.shape[-2:])
    made = np.stack(
        [np.maximum(scipy.signal.convolve2d(p, kernel, mode="same", boundary="wrap"), 0) for p in planes]
    )
    made -= made.mean()
    return y + amount * _rms(y) * (made / _rms(made)).reshape(y.shape)


def _added(pattern: Callable[[tuple[int, ...], np.random.Generator], Any]) -> Rule:
    """Add a pattern of rms 1, as strong as asked."""
    return lambda y, amount, rng: y + amount * _rms(y) * pattern(y.shape, rng)


def _gain(y: Array, amount: float, _: np.random.Generator) -> Array:
    return y * (1 + amount * _signs(y.shape, "yx"))


def _clip(y: Array, amount: float, _: np.random.Generator) -> Array:
    level = float(np.abs(y).max()) * max(1 - amount, 0.0)
    return np.clip(y, -level, level)


#: name -> rule ``(image, amount, generator) -> image``; amounts are relative to the image's rms.
ERRORS: Registry[Rule] = Registry(
    "error",
    {
        "none": lambda y, _amount, _rng: y,
        "white noise": _added(lambda shape, rng: rng.normal(size=shape)),
        "DC offset": _added(lambda _shape, _rng: 1.0),
        "column alternation": _added(lambda shape, _rng: _signs(shape, "x")),
        "checkerboard": _added(lambda shape, _rng: _signs(shape, "yx")),
        "gain alternation": _gain,
        "clipping": _clip,
        "a layer with ReLU": _layer,
    },
)


def disturb(image: npt.ArrayLike, kind: str, amount: float, seed: int = 0) -> Array:
    """Add one kind of error to a mapped image.

    ``white noise``, ``DC offset``, ``column alternation`` (-1)^n, ``checkerboard`` (-1)^(m+n), ``a layer with
    ReLU`` (random 3 x 3 convolution) are added with an rms of `amount` times the image's; ``gain
    alternation`` multiplies by 1 + amount (-1)^(m+n); ``clipping`` cuts at 1 - amount of the largest value.

    Parameters
    ----------
    image : array, shape (..., y, x)
        Real, mapped.
    kind : str
        A name in `ERRORS`.
    amount : float
        0 or more; 0 leaves the image as it is.
    seed : int
        Of noise and weights.

    Returns
    -------
    ndarray of the image's shape

    Raises
    ------
    ValueError
        For an unknown kind, an amount that is negative or not finite, an image that is complex or not finite.

    Examples
    --------
    >>> disturb(np.ones((2, 2)), "checkerboard", 0.5)
    array([[1.5, 0.5],
           [0.5, 1.5]])
    """
    rule = ERRORS[kind]
    if not (np.isfinite(amount) and amount >= 0):
        raise ValueError(f"an error needs a finite amount of at least 0, found {amount}")
    values = np.asarray(require_real(np.asarray(image, dtype=np.float64), "disturb"))
    if amount == 0:
        return values
    # A stream of its own: the same seed must not draw the scene's noise again.
    return np.asarray(rule(values, float(amount), np.random.default_rng([_STREAM, seed])))
