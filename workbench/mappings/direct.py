"""The direct mappings: two real channels on the grid of the complex image.

Source: seed paper (Sibler et al.), section 4.
"""

from __future__ import annotations

from math import pi
from typing import Any

from workbench.mappings.arrays import namespace

CHANNEL = -3


def encode_real_imag(x: Any, edge: str) -> Any:  # noqa: ARG001 - every mapping takes the edge mode
    """Map complex (..., P, Q) to (Re x, Im x), shape (..., 2, P, Q)."""
    return namespace(x).stack((x.real, x.imag), CHANNEL)


def decode_real_imag(y: Any, edge: str) -> Any:  # noqa: ARG001
    """Map (..., 2, P, Q) to complex: y0 + j y1."""
    return y[..., 0, :, :] + 1j * y[..., 1, :, :]


def encode_mag_phase(x: Any, edge: str) -> Any:  # noqa: ARG001
    """Map complex (..., P, Q) to (2|x| - 1, angle(x) / pi), shape (..., 2, P, Q)."""
    xp = namespace(x)
    return xp.stack((2 * xp.abs(x) - 1, xp.angle(x) / pi), CHANNEL)


def decode_mag_phase(y: Any, edge: str) -> Any:  # noqa: ARG001
    """Map (..., 2, P, Q) to complex: (y0 + 1)/2 e^(j pi y1).

    A network may say y0 < -1; the negative magnitude then turns the phase by pi, nothing is clipped.
    """
    xp = namespace(y)
    magnitude, phase = (y[..., 0, :, :] + 1) / 2, pi * y[..., 1, :, :]
    return magnitude * xp.cos(phase) + 1j * (magnitude * xp.sin(phase))
