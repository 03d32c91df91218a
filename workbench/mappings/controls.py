"""The controls of an honest comparison: Real-Imag on the doubled grid, so that only the grid differs."""

from __future__ import annotations

from typing import Any

from workbench.mappings.arrays import namespace
from workbench.mappings.direct import decode_real_imag, encode_real_imag
from workbench.mappings.interpolation import low_band, upsample


def encode_real_imag_2x(x: Any, edge: str) -> Any:
    """Map complex (..., P, Q) to Re and Im of its ideal interpolation, shape (..., 2, 2P, 2Q)."""
    return encode_real_imag(upsample(x), edge)


def decode_real_imag_2x(y: Any, edge: str) -> Any:
    """Map (..., 2, 2P, 2Q) to complex (..., P, Q) by keeping the low band only."""
    return low_band(decode_real_imag(y, edge))


def encode_real_imag_repeat(x: Any, edge: str) -> Any:
    """Map complex (..., P, Q) to Re and Im with every pixel repeated 2 x 2, shape (..., 2, 2P, 2Q)."""
    P, Q = x.shape[-2:]
    blocks = namespace(x).broadcast_to(x[..., :, None, :, None], (*x.shape[:-2], P, 2, Q, 2))
    return encode_real_imag(blocks.reshape(*x.shape[:-2], 2 * P, 2 * Q), edge)


def decode_real_imag_repeat(y: Any, edge: str) -> Any:
    """Map (..., 2, 2P, 2Q) to complex (..., P, Q) by the mean of every 2 x 2 block."""
    u = decode_real_imag(y, edge)
    P, Q = u.shape[-2] // 2, u.shape[-1] // 2
    return u.reshape(*u.shape[:-2], P, 2, Q, 2).mean((-3, -1))
