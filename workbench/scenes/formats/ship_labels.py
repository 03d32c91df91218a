"""Semantic labels of a ship's chip, derived from its length, width, brightest axis."""

from __future__ import annotations

import numpy as np

CHANNELS = ("hull", "stern", "bow")
STERN, BOW = 0.22, 0.80
"""Where the stern ends, where the bow begins, as a share of the length from the stern."""
SLENDERNESS = 0.16
"""Width over length where the list gives only one of both."""
BRIGHT = 0.98


def label_planes(
    image: np.ndarray, length: float | None, width: float | None, spacing: tuple[float, float]
) -> np.ndarray:
    """Return planes for hull, stern, bow: +1 inside, −1 outside.

    The ship is a hull with a pointed bow around the brightest pixels (the upper 2 % of the power, weighted by
    it): their centre of mass is its middle, their principal axis in metres its axis. Which end is the bow
    cannot be told from that: it is put at the far range (at equal range, late azimuth).

    Parameters
    ----------
    image : ndarray
        Complex chip (y, x).
    length, width : float or None
        Metres; without a length all is background.
    spacing : pair of float
        Azimuth and slant-range pixel in metres.

    Returns
    -------
    ndarray
        (3, y, x) float32.
    """
    planes = np.full((len(CHANNELS), *image.shape), -1, np.float32)
    if length is None and width is None:
        return planes
    long = length if length is not None else (width or 0.0) / SLENDERNESS
    wide = max(width or long * SLENDERNESS, min(spacing))
    y, x, axis = _axis(image, spacing)
    along = (y * axis[0] + x * axis[1]) / long + 0.5
    across = (x * axis[0] - y * axis[1]) / wide
    narrowing = np.clip((1 - along) / (1 - BOW), 0, 1)
    inside = (np.abs(across) <= 0.5 * narrowing) & (along >= 0) & (along <= 1)
    parts = (along >= STERN) & (along <= BOW), along < STERN, along > BOW
    for plane, part in zip(planes, parts, strict=True):
        plane[inside & part] = 1
    return planes


def _axis(image: np.ndarray, spacing: tuple[float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Metres from the ship's middle in azimuth, in range; the unit vector towards its bow."""
    power = np.abs(image).astype(float) ** 2
    weight = np.where(power >= np.quantile(power, BRIGHT), power, 0.0)
    total = weight.sum()
    rows, columns = (np.arange(n) * step for n, step in zip(image.shape, spacing, strict=True))
    if total == 0:
        return (rows - rows.mean())[:, None], (columns - columns.mean())[None], np.array([0.0, 1.0])
    y = (rows - (weight.sum(1) @ rows) / total)[:, None]
    x = (columns - (weight.sum(0) @ columns) / total)[None]
    mixed = (weight * y * x).sum()
    spread = np.array([[(weight * y**2).sum(), mixed], [mixed, (weight * x**2).sum()]]) / total
    axis = np.linalg.eigh(spread)[1][:, -1]
    return y, x, axis if (axis[1], axis[0]) > (0, 0) else -axis
