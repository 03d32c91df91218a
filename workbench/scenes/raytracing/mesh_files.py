"""Meshes from the user's own OBJ, PLY, STL files."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from workbench.scenes.raytracing.meshes import MAX_FACES, Mesh, make_mesh

SUFFIXES = (".obj", ".ply", ".stl")
MAX_BYTES = 600_000_000
_HEADER = 65536
UP = {"z": (0, 1, 2), "y": (0, 2, 1)}


def is_mesh_file(name: object) -> bool:
    """Tell whether a name is that of a mesh file.

    Examples
    --------
    >>> is_mesh_file("models/church.OBJ"), is_mesh_file("university")
    (True, False)
    """
    return isinstance(name, str | PathLike) and Path(name).suffix.lower() in SUFFIXES


def open_mesh(path: str | PathLike[str], scale: float = 1.0, up: str = "z", material: str = "wall") -> Mesh:
    """Read a triangle mesh and stand it in the middle of the ground.

    Only the triangles are read: materials, textures and whatever else a file refers to stay where they are.

    Parameters
    ----------
    path : path
        An ``.obj``, ``.ply`` or ``.stl`` file of at most 600 MB and four million triangles.
    scale : float
        Metres per unit of the file.
    up : str
        Axis that points up, "z" or "y".
    material : str
        Name in ``MATERIALS``.

    Returns
    -------
    Mesh
        Its middle over the origin, its lowest point at z = 0.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is of another format, too large, damaged, or no mesh: the message names the file.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"{file}: there is no such file")
    kind = file.suffix.lower()
    if kind not in SUFFIXES:
        raise ValueError(f"{file}: {kind or 'no suffix'} is no mesh format; {', '.join(SUFFIXES)} are needed")
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"{file}: a positive scale in metres per unit is needed, found {scale!r}")
    if up not in UP:
        raise ValueError(f"{file}: the axis that points up is 'z' or 'y', found {up!r}")
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{file}: {size / 1e6:,.0f} MB, at most {MAX_BYTES / 1e6:,.0f} MB are read")
    try:
        promised = _promised(file, size)
        vertices, faces = _read(file, kind[1:])
        if promised is not None and len(vertices) != promised:
            raise ValueError(f"damaged: announces {promised} vertices and holds {len(vertices)}")
        mesh = make_mesh(_standing(vertices, scale, up), faces, material)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    return mesh


def _promised(file: Path, size: int) -> int | None:
    """Return how many vertices a PLY header announces; refuse more than the file can hold."""
    with file.open("rb") as stream:
        start = stream.read(_HEADER)
    if not start:
        raise ValueError("the file is empty; a mesh is needed")
    if file.suffix.lower() != ".ply":
        return None
    if not start.startswith(b"ply"):
        raise ValueError("this is no PLY file: it does not begin with 'ply'")
    if b"end_header" not in start:
        raise ValueError("the header of this PLY file has no end")
    vertices = None
    for name, count in re.findall(rb"element\s+(\w+)\s+(\d+)", start):
        if int(count) > size:
            raise ValueError(
                f"announces {int(count):,} elements '{name.decode()}' in {size:,} bytes: damaged"
            )
        if name == b"face" and int(count) > MAX_FACES:
            raise ValueError(f"announces {int(count):,} triangles, at most {MAX_FACES:,} are read")
        if name == b"vertex":
            vertices = int(count)
    return vertices


def _read(file: Path, kind: str) -> tuple[np.ndarray, np.ndarray]:
    import trimesh

    with file.open("rb") as stream:
        try:  # a stream, without a resolver: nothing beside the file can be opened
            loaded: Any = trimesh.load(
                stream, file_type=kind, force="mesh", process=False, skip_materials=True, allow_remote=False
            )
            vertices, faces = np.asarray(loaded.vertices), np.asarray(loaded.faces)
        except Exception as error:  # its parsers raise whatever damaged bytes lead to
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(f"damaged, or no {kind.upper()} file ({reason})") from None
    if faces.size == 0:
        raise ValueError(
            f"damaged, or no {kind.upper()} file: {len(vertices)} vertices, but no triangles found"
        )
    return vertices, faces


def _standing(vertices: np.ndarray, scale: float, up: str) -> np.ndarray:
    points = scale * np.asarray(vertices, dtype=np.float64)[:, UP[up]]
    if not np.isfinite(points).all():
        return points  # refused with a count where meshes are checked
    low, high = points.min(axis=0), points.max(axis=0)
    return points - np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
