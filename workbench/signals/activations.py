"""The activation functions whose spectra are predicted, as float64 functions of real numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtr

from workbench.signals.registry import Registry

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Activation:
    """A named pointwise function ``a(z, **parameters)``; calling it evaluates it in float64.

    Attributes
    ----------
    name : str
        Its name in `ACTIVATIONS`.
    function : callable
        ``function(z, **parameters) -> array`` of z's shape.
    defaults : mapping
        Its parameters with their default values.
    kinks : tuple of float
        Where it is continuous but not smooth.
    """

    name: str
    function: Callable[..., Any]
    defaults: Mapping[str, float] = field(default_factory=dict)
    kinks: tuple[float, ...] = ()

    def __call__(self, z: npt.ArrayLike, **parameters: float) -> Any:
        """Evaluate at z."""
        return self.function(np.asarray(z, dtype=np.float64), **self.complete(parameters))

    def complete(self, parameters: Mapping[str, float]) -> dict[str, float]:
        """Return `parameters` filled up with the defaults; unknown or unusable ones raise ValueError."""
        unknown = sorted(set(parameters) - set(self.defaults))
        if unknown:
            takes = ", ".join(f"{name}={value}" for name, value in self.defaults.items()) or "none"
            raise ValueError(
                f"activation {self.name!r} has no parameter {unknown[0]!r}; its parameters: {takes}"
            )
        complete = {**self.defaults, **parameters}
        for name, value in complete.items():
            if not np.isfinite(value):
                raise ValueError(f"parameter {name} of {self.name!r} must be finite, found {value}")
            if name in ("beta", "alpha") and self.name != "elu" and not value > 0:
                raise ValueError(f"parameter {name} of {self.name!r} must be positive, found {value}")
        return complete


def _leaky_relu(z: Array, slope: float) -> Array:
    return np.where(z > 0, z, slope * z)


def _softplus(z: Array, beta: float) -> Array:
    return np.logaddexp(0.0, beta * z) / beta


def _elu(z: Array, alpha: float) -> Array:
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))


def _snake(z: Array, alpha: float) -> Array:
    return z + np.sin(alpha * z) ** 2 / alpha


#: name -> Activation. Default parameters are torch's (leaky_relu slope 0.01, softplus beta 1, elu alpha 1).
ACTIVATIONS: Registry[Activation] = Registry(
    "activation",
    {
        entry.name: entry
        for entry in (
            Activation("relu", lambda z: np.maximum(z, 0.0), kinks=(0.0,)),
            Activation("leaky_relu", _leaky_relu, {"slope": 0.01}, kinks=(0.0,)),
            Activation("softplus", _softplus, {"beta": 1.0}),
            Activation("elu", _elu, {"alpha": 1.0}, kinks=(0.0,)),
            Activation("silu", lambda z: z * expit(z)),
            Activation("gelu", lambda z: z * ndtr(z)),
            Activation("tanh", np.tanh),
            Activation("sigmoid", expit),
            Activation("snake", _snake, {"alpha": 1.0}),
            Activation("identity", lambda z: z),
        )
    },
)


@dataclass(frozen=True)
class BoundActivation:
    """An activation with its parameters fixed, ``bound(z) -> array``; a user's callable has no name."""

    name: str | None
    function: Callable[..., Any]
    parameters: Mapping[str, Any]
    kinks: tuple[float, ...] = ()

    def __call__(self, z: Array) -> Array:
        """Evaluate at z; what a user's callable returns is checked."""
        values = np.asarray(self.function(z, **self.parameters))
        if self.name is None:
            self._check(z, values)
        return values

    @property
    def label(self) -> str:
        """Name as shown to a reader."""
        return self.name or str(getattr(self.function, "__name__", "callable"))

    def _check(self, z: Array, values: npt.NDArray[Any]) -> None:
        if values.shape != z.shape:
            raise ValueError(
                f"{self.label} must return an array of its input's shape {z.shape}, found {values.shape}"
            )
        if values.dtype.kind not in "fiub":
            raise ValueError(f"{self.label} must return real numbers, it returned dtype {values.dtype}")
        if not np.all(np.isfinite(values)):
            where = z[~np.isfinite(values)].flat[0]
            raise ValueError(
                f"{self.label} must be finite on the signal's range, it is not at z = {where:.6g}"
            )


def bind(activation: str | Callable[..., Any], parameters: Mapping[str, Any]) -> BoundActivation:
    """Fix the parameters of a named activation or of any callable that maps arrays to arrays.

    Raises
    ------
    ValueError
        For an unknown name (the message lists those which exist), an unknown or unusable parameter.

    Examples
    --------
    >>> bind("leaky_relu", {"slope": 0.2})(np.array([-1.0, 2.0]))
    array([-0.2,  2. ])
    """
    if isinstance(activation, Activation):
        activation = activation.name
    if isinstance(activation, str):
        entry = ACTIVATIONS[activation]
        return BoundActivation(entry.name, entry.function, entry.complete(parameters), entry.kinks)
    if not callable(activation):
        raise ValueError(f"activation must be a name or a callable, found {type(activation).__name__}")
    return BoundActivation(None, activation, dict(parameters))
