"""A complex image that a browser sends into the workspace's data folder."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from pathlib import Path

from workbench.scenes import FILES
from workbench.session.user_scenes import data_folder

__all__ = ["LARGEST_UPLOAD", "UPLOADS", "store_upload"]

LARGEST_UPLOAD = 64 * 2**20
"""Bytes; what is larger is copied into the folder by other means."""
UPLOADS = tuple(suffix for suffix in FILES if suffix != ".vrt")
"""Files that stand alone; virtual rasters name other files, stores are folders."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()+-]{0,99}")


def store_upload(name: str, content: bytes, allowed: bool, largest: int = LARGEST_UPLOAD) -> str:
    """Keep a file in the data folder if it can be opened as a scene; return its name.

    It is tried under a hidden name first, so that nothing half-loaded is ever listed, and takes its own name
    only where that is free.

    Parameters
    ----------
    name : str
        As the browser calls it; letters, digits, space and ``. _ ( ) + -``.
    content : bytes
    allowed : bool
        Whether this viewer may.
    largest : int
        Bytes taken at most.

    Raises
    ------
    PermissionError
        If the viewer may only look.
    FileExistsError
        If there is a file of that name.
    OSError
        If the disk is full, or does not take it for another reason.
    ValueError
        For another name or kind of file; too large or empty a file; one that is no complex image.
    """
    if not allowed:
        raise PermissionError("This account may look but not add files.")
    if not _NAME.fullmatch(name) or ".." in name:
        raise ValueError(
            f"the file's name {name!r} cannot be taken: up to 100 letters, digits, spaces and . _ ( ) + - "
            "are needed, the first one a letter or a digit"
        )
    suffix = Path(name).suffix.lower()
    if suffix not in UPLOADS:
        raise ValueError(
            f"{name}: found a {suffix or 'file without a suffix'}; needed is {', '.join(UPLOADS)}"
        )
    if not 0 < len(content) <= largest:
        raise ValueError(
            f"{name}: found {len(content)} bytes; at least one and at most {largest} are taken here: copy a "
            f"larger file into {data_folder()}"
        )
    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink() or not folder.resolve().is_relative_to(folder.parent.resolve()):
        raise ValueError(f"{folder} is a link; a folder is needed")
    if (folder / name).exists():
        raise FileExistsError(f"there is a file {name} already: rename the new one, or remove the old one")
    trial = folder / f".upload-{uuid.uuid4().hex}{suffix}"
    try:
        with trial.open("xb") as file:
            file.write(content)
        _require_scene(trial, name)
        os.link(trial, folder / name)  # fails, unlike a rename, where somebody was faster
    except FileExistsError:
        raise FileExistsError(f"there is a file {name} already: rename the new one") from None
    except OSError as error:
        free = shutil.disk_usage(folder).free
        raise OSError(
            f"{name} cannot be kept in {folder} ({error.strerror or error}): {len(content)} bytes are "
            f"needed, {free} are free"
        ) from None
    finally:
        trial.unlink(missing_ok=True)
    return name


def _require_scene(path: Path, name: str) -> None:
    from workbench.scenes import SelectionError, open_scene

    try:
        open_scene(path)
    except SelectionError:  # which image is said where it is looked at
        return
    except (ValueError, OSError, KeyError, RuntimeError, ImportError) as error:
        raise ValueError(str(error).replace(str(path), name)) from None
