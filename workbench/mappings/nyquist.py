"""The Nyquist mapping: a complex image becomes one real image on a grid twice as fine.

Source: seed paper (Sibler et al.), section 4 with figure 3; the treatment of the edge bin is our own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.mappings.arrays import namespace
from workbench.mappings.interpolation import PLANE, low_band, upsample


def _index_sum(shape: tuple[int, int]) -> np.ndarray:
    return np.add.outer(np.arange(shape[0]), np.arange(shape[1]))


def carrier(like: Any, shape: tuple[int, int]) -> Any:
    """Sample the carrier c[m, n] = j^(m+n), i.e. the frequency (pi/2, pi/2), without rounding."""
    quarter_turns = np.array(
        [1, 1j, -1, -1j], dtype=np.complex64
    )  # exact in any precision, promotes to float64
    return namespace(like).asarray(quarter_turns[_index_sum(shape) % 4], device=like.device)


def _checkerboard(like: Any, shape: tuple[int, int]) -> Any:
    """Sample (-1)^(m+n), i.e. the frequency (pi, pi)."""
    signs = (1 - 2 * (_index_sum(shape) % 2)).astype(np.float32)
    return namespace(like).asarray(signs, device=like.device)


def _has_edge_bin(shape: tuple[int, int]) -> bool:
    return shape[0] % 2 == 0 and shape[1] % 2 == 0


def encode_nyquist(x: Any, edge: str) -> Any:
    r"""Map complex ``x`` (..., P, Q) to real (..., 1, 2P, 2Q).

    .. math:: y = \mathrm{Re}(u\,c), \quad c[m,n] = j^{m+n}

    with u the ideal interpolation of x. For even P and Q the bin (-P/2, -Q/2) lands on DC, where a real image
    has no room for its imaginary part; ``edge="pack"`` puts that at (pi, pi), which is free, ``"drop"`` loses
    it.
    """
    P, Q = x.shape[-2:]
    y = (upsample(x) * carrier(x, (2 * P, 2 * Q))).real
    if edge == "pack":
        y = pack_edge(y, x)
    return y[..., None, :, :]


def pack_edge(y: Any, x: Any) -> Any:
    """Add to the mapped ``y`` (..., 2P, 2Q), at (pi, pi), what its DC cannot hold of ``x`` (..., P, Q)."""
    P, Q = x.shape[-2:]
    if not _has_edge_bin((P, Q)):
        return y
    lost = (x * _checkerboard(x, (P, Q))).mean(PLANE, keepdims=True).imag
    return y + lost * _checkerboard(x, (2 * P, 2 * Q))


def decode_nyquist(y: Any, edge: str) -> Any:
    r"""Map real ``y`` (..., 1, 2P, 2Q) to complex (..., P, Q).

    .. math:: Z = \mathrm{FFT}(y\,\bar c), \qquad \hat x = \mathrm{IFFT}(2 Z_\mathrm{low} / 4)

    The bin that came from DC is its own mirror, so the factor 2 counts it twice: half of it, the mean of y,
    is taken off again, and ``edge="pack"`` reads its imaginary part back from (pi, pi).
    """
    y = y[..., 0, :, :]
    M, N = y.shape[-2:]
    x = 2 * low_band(y * carrier(y, (M, N)).conj())
    half = (M // 2, N // 2)
    if _has_edge_bin(half):
        correction = -y.mean(PLANE, keepdims=True)
        if edge == "pack":
            correction = correction + 1j * (y * _checkerboard(y, (M, N))).mean(PLANE, keepdims=True)
        x = x + correction * _checkerboard(y, half)
    return x
