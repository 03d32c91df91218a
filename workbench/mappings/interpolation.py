"""Ideal interpolation by two per axis, done in the DFT."""

from __future__ import annotations

from typing import Any

from workbench.mappings.arrays import namespace

PLANE = (-2, -1)


def upsample(x: Any) -> Any:
    r"""Double the grid of complex ``x`` (..., P, Q) by zero-padding its spectrum at the same signed bins.

    .. math:: u = 4\,\mathrm{IFFT}(X_\mathrm{padded}), \qquad u[2m, 2n] = x[m, n]

    Bins are k in {-floor(P/2) ... ceil(P/2)-1}; the bin -P/2 of an even size stays where it is (not split),
    so that the low band holds the spectrum of x unchanged and `low_band` undoes this exactly.
    """
    xp = namespace(x)
    P, Q = x.shape[-2:]
    top, left = P - P // 2, Q - Q // 2
    padded = xp.zeros((*x.shape[:-2], 2 * P, 2 * Q), dtype=x.dtype, device=x.device)
    padded[..., top : top + P, left : left + Q] = xp.fft.fftshift(xp.fft.fft2(x), PLANE)
    return 4 * xp.fft.ifft2(xp.fft.ifftshift(padded, PLANE))


def low_band(u: Any) -> Any:
    r"""Halve the grid of complex ``u`` (..., 2P, 2Q), keeping the bins of the smaller grid only.

    .. math:: x = \mathrm{IFFT}(U_\mathrm{low} / 4)
    """
    xp = namespace(u)
    P, Q = u.shape[-2] // 2, u.shape[-1] // 2
    top, left = P - P // 2, Q - Q // 2
    low = xp.fft.fftshift(xp.fft.fft2(u), PLANE)[..., top : top + P, left : left + Q]
    return xp.fft.ifft2(xp.fft.ifftshift(low, PLANE)) / 4
