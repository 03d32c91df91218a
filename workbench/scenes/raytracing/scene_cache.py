"""Datasets kept on disk under the hash of what made them."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

FORMAT = 2  # part of every hash: raised when the same settings make other numbers
MAX_BYTES = 8 * 10**9
_DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)


def cache_folder(cache: str | os.PathLike[str] | bool | None = None) -> Path | None:
    """Folder of the cached scenes; None for no caching.

    Parameters
    ----------
    cache : path, bool or None
        A folder; False for none; by default ``cache/scenes`` in the environment's ``WORKBENCH_WORKSPACE``,
        else in ``~/spectral-workbench``.

    Examples
    --------
    >>> cache_folder("/tmp/mine").as_posix(), cache_folder(False)
    ('/tmp/mine', None)
    """
    if cache is False:
        return None
    if cache is None or cache is True:
        workspace = os.environ.get("WORKBENCH_WORKSPACE") or Path.home() / "spectral-workbench"
        return Path(workspace).expanduser().resolve() / "cache" / "scenes"
    return Path(cache).expanduser().resolve()


def content_hash(settings: dict[str, Any], *arrays: np.ndarray) -> str:
    """Hash of settings (JSON) with arrays, equal for equal contents on any machine.

    Examples
    --------
    >>> content_hash({"a": 1, "b": 2.0}) == content_hash({"b": 2.0, "a": 1})
    True
    """
    digest = hashlib.sha256(json.dumps([FORMAT, settings], sort_keys=True).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]


def cached(
    name: str, key: str, make: Callable[[], xr.Dataset], folder: Path | None, limit: int = MAX_BYTES
) -> xr.Dataset:
    """Return what is stored under `key`, else make and store it.

    A damaged file counts as none and is written anew. Files appear whole (written beside, then renamed). The
    longest unused ones go when all together pass `limit` bytes.

    Parameters
    ----------
    name : str
        Beginning of the file's name.
    key : str
        From `content_hash`.
    make : callable
        Makes the dataset.
    folder : path or None
        From `cache_folder`; None: make it, store nothing.
    limit : int
        Bytes.
    """
    if folder is None:
        return make()
    path = folder / f"{name}-{key}.npz"
    if path.is_file():
        try:
            dataset = _load(path, key)
            os.utime(path)
        except _DAMAGE:
            path.unlink(missing_ok=True)
        else:
            return dataset
    dataset = make()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _store(path, key, dataset)
        _make_room(folder, path, limit)
    except OSError as error:
        warnings.warn(f"the scene is not cached in {folder}: {error}", RuntimeWarning, stacklevel=2)
    return dataset


def _store(path: Path, key: str, dataset: xr.Dataset) -> None:
    described = {
        str(name): {"dims": list(array.dims), "attrs": array.attrs, "coord": name in dataset.coords}
        for name, array in dataset.variables.items()
    }
    meta = json.dumps({"key": key, "variables": described, "attrs": dataset.attrs})
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with beside.open("wb") as stream:
            np.savez(
                stream,
                allow_pickle=False,
                meta=np.array(meta),
                **{f"array_{name}": array.values for name, array in dataset.variables.items()},
            )
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _load(path: Path, key: str) -> xr.Dataset:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        meta = json.loads(str(stored["meta"]))
        if meta["key"] != key:
            raise ValueError(f"{path} holds something else than its name says")
        arrays = {
            name: (tuple(entry["dims"]), stored[f"array_{name}"], entry["attrs"])
            for name, entry in meta["variables"].items()
        }
    coords = {name for name, entry in meta["variables"].items() if entry["coord"]}
    return xr.Dataset(
        {name: value for name, value in arrays.items() if name not in coords},
        {name: value for name, value in arrays.items() if name in coords},
        meta["attrs"],
    )


def _make_room(folder: Path, newest: Path, limit: int) -> None:
    """Delete the longest unused files beyond the limit, never the newest."""
    files = []
    for path in folder.glob("*-*.npz"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # another process made room
        files.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= limit:
            break
        if path != newest:
            path.unlink(missing_ok=True)
            total -= size
