"""The nearest triangle on a ray, with its distance in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Columns = tuple[Array, Array, Array]
Singles = npt.NDArray[np.float32]
Faces = npt.NDArray[np.int32]

OFFSET = 2e-6
"""Start of a bounced ray before its surface, as a share of the scene's extent: some 32-bit steps."""
_GRAZING = 1e-9


class Engine:
    """Triangles that can be asked for the first one on a ray.

    Embree works with 32-bit coordinates, here relative to the middle of the scene. Which triangle is hit
    comes from there; where, from the triangle's plane in 64 bits: ``t = (n·v − n·o) / (n·u)``.

    Parameters
    ----------
    vertices : ndarray, shape (vertex, 3)
        Metres, in any frame.
    faces : ndarray of int, shape (face, 3)
        Triangles with an area.

    Attributes
    ----------
    normal : ndarray, shape (3, face)
        Unit normals, of either side.
    plane : ndarray, shape (face,)
        n·v in metres.
    centre, half : ndarray, shape (3,)
        Middle and half extent of the scene in metres.
    offset : float
        Distance from their surface at which bounced rays start, in metres.

    Examples
    --------
    >>> engine = Engine(np.array([[0, 0, 5.0], [9, 0, 5], [0, 9, 5]]), np.array([[0, 1, 2]]))
    >>> start, along = np.array([[1.0, 1, 0], [8, 8, 0]]), np.array([[0.0, 0, 1], [0, 0, 1]])
    >>> face, distance = engine.first_hit(start, along)
    >>> face.tolist(), distance.tolist()
    ([0, -1], [5.0, inf])
    """

    def __init__(self, vertices: Array, faces: npt.NDArray[np.integer]) -> None:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        low, high = vertices.min(axis=0), vertices.max(axis=0)
        self.centre: Array = (low + high) / 2
        self.half: Array = (high - low) / 2
        self.offset = OFFSET * 2 * float(self.half.max())
        first, second, third = (vertices[faces[:, k]] for k in range(3))
        normal = np.cross(second - first, third - first)
        normal /= np.linalg.norm(normal, axis=1)[:, None]
        self.normal: Array = np.ascontiguousarray(normal.T)
        self.plane: Array = (normal * first).sum(axis=1)
        self._scene: Any = EmbreeScene(robust=True)  # watertight: no ray slips between two triangles
        self._mesh = TriangleMesh(
            self._scene, (vertices - self.centre).astype(np.float32), faces.astype(np.int32)
        )
        self.nearest(np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32))  # builds the tree, once

    def nearest(self, origins: Singles, directions: Singles) -> Faces:
        """Return the first triangle on each ray, −1 for none; 32-bit (ray, 3), origins from `centre`."""
        return self._scene.run(origins, directions)

    def blocked(self, origins: Singles, directions: Singles) -> npt.NDArray[np.bool_]:
        """Tell which rays meet any triangle; arguments as for `nearest`."""
        return self._scene.run(origins, directions, query="OCCLUDED") >= 0

    def local(self, origin: Columns) -> Singles:
        """Turn three coordinate arrays in metres into the engine's 32-bit (ray, 3) from `centre`."""
        start = np.empty((len(origin[0]), 3), np.float32)
        for axis in range(3):
            np.subtract(origin[axis], self.centre[axis], out=start[:, axis], casting="same_kind")
        return start

    def distance(self, face: npt.NDArray[np.integer], origin: Columns, direction: Columns) -> Array:
        """Distance along unit directions to the planes of triangles, in metres; infinite where grazing."""
        n0, n1, n2 = (part.take(face) for part in self.normal)
        towards = n0 * direction[0] + n1 * direction[1] + n2 * direction[2]
        height = self.plane[face] - (n0 * origin[0] + n1 * origin[1] + n2 * origin[2])
        flat = np.abs(towards) < _GRAZING
        return np.where(flat, np.inf, height / np.where(flat, 1.0, towards))

    def first_hit(self, origins: Array, directions: Array) -> tuple[Faces, Array]:
        """Return triangle and distance in metres of the first hit; −1 and infinity where there is none.

        Parameters
        ----------
        origins, directions : ndarray, shape (ray, 3)
            Metres; unit vectors.
        """
        start, along = columns(origins), columns(directions)
        face = self.nearest(self.local(start), np.ascontiguousarray(directions, dtype=np.float32))
        hit = face >= 0
        distance = self.distance(np.where(hit, face, 0), start, along)
        return face, np.where(hit, distance, np.inf)


def columns(points: npt.ArrayLike) -> Columns:
    """Three coordinate arrays of points (point, 3)."""
    values = np.asarray(points, dtype=np.float64)
    return tuple(np.ascontiguousarray(values[:, axis]) for axis in range(3))  # type: ignore[return-value]
