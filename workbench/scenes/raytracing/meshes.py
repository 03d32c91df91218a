"""Triangle meshes in metres: what they have to be, how they are moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.scenes.raytracing.materials import MATERIALS, NAMES

MAX_FACES = 4_000_000
MAX_EXTENT = 1e5  # metres: beyond, the engine's 32-bit coordinates are coarser than a centimetre

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mesh:
    """A surface of triangles over the ground.

    Attributes
    ----------
    vertices : ndarray, shape (vertex, 3)
        Metres: x ground range (away from the sensor), y azimuth, z up.
    faces : ndarray of int, shape (face, 3)
        Indices of vertices; either orientation.
    material : ndarray of uint8, shape (face,)
        Index into ``NAMES`` of ``MATERIALS``.

    Raises
    ------
    ValueError
        For NaN, no faces, too many, indices without a vertex, an extent beyond 100 km.

    Examples
    --------
    >>> mesh = make_mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], "roof")
    >>> mesh.turned(90.0).vertices.round(6).tolist()[1], mesh.bounds.tolist()
    ([0.0, 1.0, 0.0], [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    """

    vertices: Array
    faces: npt.NDArray[np.int32]
    material: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        _require(self.vertices, self.faces)
        if self.material.shape != (len(self.faces),) or self.material.max() >= len(NAMES):
            raise ValueError(f"a mesh needs one of the materials {', '.join(NAMES)} for each of its faces")

    @property
    def bounds(self) -> Array:
        """Lowest and highest coordinates, shape (2, 3), in metres."""
        return np.stack([self.vertices.min(axis=0), self.vertices.max(axis=0)])

    def moved(self, offset: npt.ArrayLike) -> Mesh:
        """Shift by (x, y, z) in metres."""
        return Mesh(self.vertices + np.asarray(offset, dtype=np.float64), self.faces, self.material)

    def turned(self, degrees: float) -> Mesh:
        """Turn about the vertical axis through the origin, from x towards y."""
        angle = np.deg2rad(degrees)
        x, y, z = self.vertices.T
        turned = [x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle), z]
        return Mesh(np.stack(turned, axis=1), self.faces, self.material)


def make_mesh(vertices: npt.ArrayLike, faces: npt.ArrayLike, material: str = "wall") -> Mesh:
    """Make a mesh of one material; triangles without area are left out.

    Parameters
    ----------
    vertices : array, shape (vertex, 3)
        Metres.
    faces : array of int, shape (face, 3)
    material : str
        Name in ``MATERIALS``.

    Raises
    ------
    ValueError
        If this is no mesh, or no triangle has an area; for an unknown material.
    """
    MATERIALS[material]
    points = np.ascontiguousarray(vertices, dtype=np.float64)
    corners = np.asarray(faces)
    _require(points, corners)
    first, second, third = (points[corners[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(second - first, third - first), axis=1)
    span = float(np.ptp(points, axis=0).max())
    kept = corners[area > 1e-12 * span**2].astype(np.int32)
    if not len(kept):
        raise ValueError(f"a mesh needs triangles with an area, found {len(corners)} without")
    return Mesh(points, kept, np.full(len(kept), NAMES.index(material), dtype=np.uint8))


def join_meshes(meshes: Iterable[Mesh]) -> Mesh:
    """Put meshes together into one.

    Examples
    --------
    >>> triangle = make_mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> join_meshes([triangle, triangle.moved([5, 0, 0])]).faces.tolist()
    [[0, 1, 2], [3, 4, 5]]
    """
    parts = list(meshes)
    starts = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    return Mesh(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=True)]).astype(
            np.int32
        ),
        np.concatenate([part.material for part in parts]),
    )


def _require(vertices: npt.NDArray[np.float64], faces: npt.NDArray[np.integer]) -> None:
    if vertices.ndim != 2 or vertices.shape[1] != 3:
        raise ValueError(f"a mesh needs vertices of shape (n, 3), found {vertices.shape}")
    if faces.ndim != 2 or faces.shape[1] != 3 or faces.dtype.kind not in "iu":
        raise ValueError(
            f"a mesh needs whole-numbered faces of shape (n, 3), found {faces.dtype} {faces.shape}"
        )
    if not len(faces):
        raise ValueError(f"a mesh needs at least one triangle, found none among {len(vertices)} vertices")
    if len(faces) > MAX_FACES:
        raise ValueError(f"a mesh may have {MAX_FACES:,} triangles, found {len(faces):,}; simplify it first")
    if not np.isfinite(vertices).all():
        bad = int(np.count_nonzero(~np.isfinite(vertices).all(axis=1)))
        raise ValueError(f"a mesh needs finite vertices, found {bad} of {len(vertices)} NaN or infinite")
    if faces.min() < 0 or faces.max() >= len(vertices):
        worst = int(faces.min() if faces.min() < 0 else faces.max())
        raise ValueError(f"a mesh of {len(vertices)} vertices has no vertex {worst}")
    extent = float(np.ptp(vertices, axis=0).max())
    if not 0 < extent <= MAX_EXTENT:
        raise ValueError(
            f"a mesh may extend over {MAX_EXTENT:,.0f} m at most and not be a point, found {extent:,.6g} m"
        )
