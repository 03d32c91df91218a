"""How the records of an ended run are rewritten for reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import zarr

from workbench.runs.store import (
    BRANCH,
    SEALED_CHUNK_BYTES,
    STORE_FOLDER,
    add_array,
    open_repository,
    remove_history,
)

_SEALED = "sealed"


def seal(run: Path) -> None:
    """Rewrite every recorded array into chunks of about 4 MB in one commit, then remove what is left behind.

    The caller holds the lease, with no writer open. Rows keep their values, so readers go on undisturbed.
    Doing it again does nothing.
    """
    _rewrite(run, sealed=True)
    remove_history(open_repository(run), age=0.0)


def unseal(run: Path) -> None:
    """Chunk the arrays for appending again, where they were sealed: the run goes on."""
    if (run / STORE_FOLDER).is_dir():
        _rewrite(run, sealed=False)


def _rewrite(run: Path, *, sealed: bool) -> None:
    repository = open_repository(run)
    source = zarr.open_group(repository.readonly_session(BRANCH).store, mode="r")
    if bool(source.attrs.get(_SEALED, False)) == sealed:
        return
    session = repository.writable_session(BRANCH)
    target = zarr.open_group(session.store, mode="r+")
    for path, array in source.members(max_depth=None):
        attrs: Any = dict(array.attrs)
        if not isinstance(array, zarr.Array) or attrs.pop("recorded", None) is not True:
            continue
        metadata: Any = array.metadata
        copy = add_array(
            target,
            path,
            tuple(metadata.dimension_names[1:]),
            array.shape[1:],
            array.dtype,
            attrs,
            rows=array.shape[0],
            sealed=sealed,
        )
        _copy_rows(array, copy)
    target.attrs[_SEALED] = sealed
    session.commit("seal" if sealed else "go on after sealing")


def _copy_rows(source: zarr.Array[Any], target: zarr.Array[Any]) -> None:
    row_bytes = max(1, int(np.prod(source.shape[1:], dtype=int)) * (source.dtype.itemsize or 64))
    slab = max(1, SEALED_CHUNK_BYTES // row_bytes)
    for start in range(0, source.shape[0], slab):
        rows = slice(start, min(start + slab, source.shape[0]))
        target[rows] = source[rows]
