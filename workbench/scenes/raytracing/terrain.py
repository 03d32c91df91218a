"""The ground that buildings stand on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.scenes.raytracing.meshes import MAX_FACES, Mesh, make_mesh


def height_field(height: npt.ArrayLike, spacing: float, material: str = "ground") -> Mesh:
    """Mesh of two triangles between any four neighbours of a grid of heights.

    Parameters
    ----------
    height : array, shape (x, y)
        Heights in metres at the points of a grid around the origin.
    spacing : float
        Metres between neighbours.
    material : str
        Name in ``MATERIALS``.

    Raises
    ------
    ValueError
        If it is no grid of two points or more per axis, not finite, or too fine.

    Examples
    --------
    >>> height_field([[0, 0], [0, 1]], 10.0).bounds.tolist()
    [[-5.0, -5.0, 0.0], [5.0, 5.0, 1.0]]
    """
    z = np.asarray(height, dtype=np.float64)
    if z.ndim != 2 or min(z.shape) < 2:
        raise ValueError(f"terrain needs a grid of 2×2 heights or more, found the shape {z.shape}")
    if 2 * z.size > MAX_FACES:
        raise ValueError(f"terrain may have {MAX_FACES // 2:,} heights, found {z.size:,}; thin it out first")
    if not (np.isfinite(spacing) and spacing > 0):
        raise ValueError(f"terrain needs a positive spacing in metres, found {spacing!r}")
    rows, columns = z.shape
    x, y = np.meshgrid(
        (np.arange(rows) - (rows - 1) / 2) * spacing,
        (np.arange(columns) - (columns - 1) / 2) * spacing,
        indexing="ij",
    )
    index = np.arange(z.size).reshape(z.shape)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]))
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    return make_mesh(np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1), faces, material)


def flat_ground(extent: float) -> Mesh:
    """Square of `extent` metres at z = 0 around the origin."""
    return height_field(np.zeros((2, 2)), extent)


def rolling_ground(extent: float, relief: float, rng: np.random.Generator, scale: float = 60.0) -> Mesh:
    """Smooth hills: sixteen waves of `scale` metres and longer, `relief` metres root mean square.

    Parameters
    ----------
    extent : float
        Metres per side.
    relief : float
        Root mean square height in metres; 0 is flat.
    rng : numpy.random.Generator
        Draws directions, lengths, phases.
    scale : float
        Shortest wavelength in metres.
    """
    if relief == 0:
        return flat_ground(extent)
    if not (np.isfinite(relief) and 0 < relief <= scale / 4):
        raise ValueError(f"a relief from 0 to {scale / 4:g} m is needed, found {relief!r}")
    points = int(np.ceil(extent / (scale / 12))) + 1
    spacing = extent / (points - 1)
    axis = (np.arange(points) - (points - 1) / 2) * spacing
    height = np.zeros((points, points))
    for direction, stretch, phase in rng.random((16, 3)):
        wave = 2 * np.pi / (scale * (1 + 3 * stretch))
        along = np.cos(2 * np.pi * direction) * axis[:, None] + np.sin(2 * np.pi * direction) * axis
        height += np.cos(wave * along + 2 * np.pi * phase)
    return height_field(relief * height / np.sqrt(8), spacing)
