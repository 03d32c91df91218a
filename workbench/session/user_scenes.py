"""The user's own complex images, from the data folder of the workspace only."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.runs import workspace_path

__all__ = ["data_folder", "file_trouble", "user_file", "user_pair", "user_scene", "user_scenes"]

REFUSALS = (ValueError, KeyError, OSError, RuntimeError, ImportError)
"""What reading a file of the user's may raise."""


def data_folder() -> Path:
    """Folder from which pages open files: ``<workspace>/data``."""
    return workspace_path() / "data"


def user_scenes() -> list[str]:
    """Names of the files there, relative to the folder; empty if there is none.

    A store, an OpenSARShip product is one name: what is inside it is not looked through.
    """
    folder, found = data_folder(), []
    for at, below, files in os.walk(folder):
        here = Path(at)
        below[:] = [name for name in below if not name.startswith(".")]
        whole = [name for name in below if _is_scene(here / name)]
        below[:] = [name for name in below if name not in whole or name.lower().endswith(".safe")]
        names = [*whole, *(name for name in files if not name.startswith(".") and _is_scene(here / name))]
        found += [(here / name).relative_to(folder).as_posix() for name in names]
    return sorted(found)


def _is_scene(path: Path) -> bool:
    """Whether a path looks like something to open, by its name or as an OpenSARShip product."""
    from workbench.scenes import LISTED

    return path.suffix.lower() in LISTED or (path / "Patch").is_dir() or (path / "Ship.xml").is_file()


def user_scene(name: str, size: int) -> npt.NDArray[Any]:
    """Return the middle of a user's complex image, (size, size), mean power 1.

    Parameters
    ----------
    name : str
        File name relative to `data_folder`.
    size : int
        Pixels per axis.

    Raises
    ------
    ValueError
        If the name leads out of the folder, there is no such file (those there are listed), it cannot be
        read, or it holds no complex image of this size.
    """
    return _read(name, size)[0]


def user_pair(first: str, second: str, size: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the middles of two images of one place, as `user_scene` does.

    Raises
    ------
    ValueError
        As `user_scene`, or if the images differ in size: pixels of one would not be those of the other.
    """
    (one, shape), (two, other) = (_read(name, size) for name in (first, second))
    if shape != other:
        sizes = " and ".join(f"{name}: {n[0]} x {n[1]}" for name, n in ((first, shape), (second, other)))
        raise ValueError(f"{sizes} pixels found; two images on the same grid, coregistered, are needed")
    return one, two


def user_file(name: str) -> Path:
    """Return where a user's file is.

    Raises
    ------
    ValueError
        If the name, or a link on the way or inside a store, leads out of the folder, or there is no such file
        (those there are listed).
    """
    folder, parts = data_folder(), PurePath(name).parts
    path, plain = folder / name, all(not part.startswith((".", os.sep)) for part in parts)
    if parts and plain and _stays(path, folder) and os.path.lexists(path) and _is_scene(path):
        return path
    there = ", ".join(user_scenes()[:8]) or "nothing yet"
    what = f"no file {name!r}" if name else "no file chosen yet"
    raise ValueError(f"{what} in {folder}: put a complex image there, no link; there is: {there}")


def _stays(path: Path, folder: Path) -> bool:
    """Whether a path, with all links in it where it is a folder, lies in `folder`."""
    root = folder.resolve()
    try:
        if not path.resolve().is_relative_to(root):
            return False
        inside = (Path(at, name) for at, below, files in os.walk(path) for name in (*below, *files))
        return all(one.resolve().is_relative_to(root) for one in inside if one.is_symlink())
    except (OSError, RuntimeError, ValueError):  # links in a circle, a name with a null byte
        return False


def file_trouble(error: BaseException) -> str:
    """Return why a file could not be read, with files by their names in the data folder.

    >>> file_trouble(PermissionError(13, "Permission denied", str(data_folder() / "mine.npy")))
    'mine.npy cannot be read: permission denied'
    """
    if isinstance(error, OSError) and error.strerror and error.filename:
        words = f"{error.filename} cannot be read: {error.strerror.lower()}"
    else:
        words = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
        words = words if isinstance(error, REFUSALS) and words else f"{type(error).__name__}: {words}"
    return words.replace(f"{data_folder()}{os.sep}", "")


def _read(name: str, size: int) -> tuple[npt.NDArray[Any], tuple[int, ...]]:
    path = user_file(name)
    try:
        return _patch(str(path), path.stat().st_mtime_ns, size)
    except REFUSALS as error:
        raise ValueError(file_trouble(error)) from None


@lru_cache(maxsize=8)
def _patch(path: str, _changed: int, size: int) -> tuple[npt.NDArray[Any], tuple[int, ...]]:
    from workbench.scenes import open_scene

    scene = open_scene(path).slc
    image = scene.isel(sample=0) if "sample" in scene.dims else scene
    if min(image.shape) < size:
        raise ValueError(f"{path}: {image.shape[0]} x {image.shape[1]} pixels found, {size} x {size} needed")
    rows, columns = (slice((n - size) // 2, (n - size) // 2 + size) for n in image.shape)
    # Squares of what single precision holds fit into double precision only.
    patch = image.isel({image.dims[0]: rows, image.dims[1]: columns}).values.astype(np.complex128)
    rms = float(np.sqrt(np.mean(np.abs(patch) ** 2)))
    if not np.isfinite(rms):  # of an image on disk this is the first look
        raise ValueError(f"{path}: its middle {size} x {size} pixels hold NaN or numbers beyond 3e38")
    if rms == 0:
        raise ValueError(f"{path}: its middle {size} x {size} pixels hold no power")
    return patch / rms, tuple(image.shape)
