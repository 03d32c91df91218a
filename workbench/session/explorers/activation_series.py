"""A layer's Taylor polynomial beside the layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.session.explorers.activation_lines import level
from workbench.session.frame import Frame
from workbench.signals import ACTIVATIONS, taylor_coefficients, taylor_radius

__all__ = ["Layer", "taylor_frame"]

FLOOR = -120.0

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Layer:
    """The nonlinearity that the settings name."""

    function: str | Callable[..., Any]
    parameters: dict[str, float]
    words: str

    def __call__(self, z: Array) -> Array:
        """Evaluate it."""
        if isinstance(self.function, str):
            return np.asarray(ACTIVATIONS[self.function](z, **self.parameters))
        return np.asarray(self.function(z))


def taylor_frame(layer: Layer, z: Array, bias: float, terms: int) -> Frame:
    """Return the Taylor polynomial of a layer about its bias with its error, over the signal."""
    if not isinstance(layer.function, str):
        return Frame(None, "A typed formula is known by its values only: no series is derived from it.")
    own = float(np.abs(z - bias).max())
    reach = max(own, 0.5)  # of the picture: a very weak signal would leave nothing to see
    at, grid = bias, np.linspace(bias - 1.25 * reach, bias + 1.25 * reach, 201)
    parameters = dict(layer.parameters)
    note = ""
    if layer.function in ("relu", "leaky_relu"):
        parameters["alpha"] = 3.0
        note = " (of the warped softplus, α = 3, that stands in for the kink: eq. 9, eq. 10 corrected)"
    coefficients = taylor_coefficients(layer.function, at, terms, **parameters)
    radius = taylor_radius(layer.function, at, **parameters)
    series = np.polynomial.polynomial.polyval(grid - at, coefficients)
    smooth = _smooth(layer, grid, parameters)
    data = xr.Dataset(
        {
            "function": ("z", smooth),
            "series": ("z", series),
            "error": ("z", np.maximum(level(series - smooth), FLOOR)),
        },
        coords={"z": ("z", grid, {"units": "input units"})},
        attrs={"at": at, "radius": radius, "low": float(z.min()), "high": float(z.max()), "floor": FLOOR},
    )
    inside = own < radius
    words = (
        "the signal stays within the radius of convergence: more terms help"
        if inside
        else "the signal leaves the radius of convergence: more terms make it worse there"
    )
    size = "is infinite" if np.isinf(radius) else f"is {radius:.2f}"
    return Frame(data, f"The radius of convergence {size}{note}; {words}.")


def _smooth(layer: Layer, z: Array, parameters: dict[str, float]) -> Array:
    """Return what the series is the series of: the function, or the warped softplus for a kinked one."""
    if "alpha" not in parameters or layer.function not in ("relu", "leaky_relu"):
        return layer(z)
    alpha, slope = parameters["alpha"], parameters.get("slope", 0.0)
    return slope * z + (1 - slope) * np.logaddexp(0.0, alpha * z) / alpha
