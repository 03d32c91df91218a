"""The user's own complex images, from the data folder of the workspace only."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.runs import workspace_path

__all__ = ["data_folder", "user_file", "user_scene", "user_scenes"]


def data_folder() -> Path:
    """Folder from which pages open files: ``<workspace>/data``."""
    return workspace_path() / "data"


def user_scenes() -> list[str]:
    """Names of the files there, relative to the folder; empty if there is none."""
    from workbench.scenes import LISTED

    folder = data_folder()
    if not folder.is_dir():
        return []
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in LISTED)
    return sorted(path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))


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
        If the name leads out of the folder, there is no such file (those there are listed), or it holds no
        complex image of this size.
    """
    path = user_file(name)
    return _patch(str(path), path.stat().st_mtime_ns, size)


def user_file(name: str) -> Path:
    """Return where a user's file is.

    Raises
    ------
    ValueError
        If the name, or a link on the way, leads out of the folder, or there is no such file (those there are
        listed).
    """
    folder = data_folder()
    listed = user_scenes()
    inside = (folder / name).resolve().is_relative_to(folder.resolve()) if name else False
    if not inside or name not in listed:
        there = ", ".join(listed[:8]) or "nothing yet"
        raise ValueError(f"no file {name!r} in {folder}: put a complex image there; there is: {there}")
    return folder / name


@lru_cache(maxsize=8)
def _patch(path: str, _changed: int, size: int) -> npt.NDArray[Any]:
    from workbench.scenes import open_scene

    try:
        scene = open_scene(path).slc
    except FileNotFoundError as error:
        raise ValueError(str(error)) from None
    image = scene.isel(sample=0) if "sample" in scene.dims else scene
    if min(image.shape) < size:
        raise ValueError(f"{path}: {image.shape[0]} x {image.shape[1]} pixels found, {size} x {size} needed")
    rows, columns = (slice((n - size) // 2, (n - size) // 2 + size) for n in image.shape)
    patch = np.asarray(image.isel({image.dims[0]: rows, image.dims[1]: columns}).values)
    rms = float(np.sqrt(np.mean(np.abs(patch) ** 2)))
    if not (np.isfinite(rms) and rms > 0):
        raise ValueError(f"{path}: its middle {size} x {size} pixels hold no power")
    return patch / rms
