"""Stacks of SNAP's ZNAP archives, which sarxarray puts on one grid."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from workbench.scenes.containers import Contents, Member, Options, UnsuitableError
from workbench.scenes.extras import optional
from workbench.scenes.formats.zarr_stores import SNAP_METADATA, read_zarr, snap_attrs
from workbench.scenes.selection import find_image


@contextmanager
def read_znap_stack(paths: Sequence[Path]) -> Iterator[Contents]:
    """Open the archives as one stack, sorted by time; dask reads its windows."""
    sarxarray = optional("sarxarray", "a stack of ZNAP archives")
    _require_one_grid(paths)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stack = sarxarray.from_znap([str(path) for path in paths])
    if "complex" not in stack:
        raise UnsuitableError(
            f"sarxarray found the layers {', '.join(map(str, stack.data_vars))}; 'complex' is needed"
        )
    image = stack["complex"].transpose("time", "azimuth", "range")

    def read(window: Any) -> np.ndarray:
        return np.asarray(image[window].values)

    chunks = tuple(max(blocks) for blocks in image.chunks or ())
    times = {"time": (("sample",), image["time"].values, {"long_name": "acquisition"})}
    yield Contents(
        {"slc": Member(image.dtype, image.shape, read, ("sample", "y", "x"), chunks)},
        snap_attrs(paths[0]),
        times,
    )


def _require_one_grid(paths: Sequence[Path]) -> None:
    """Refuse what sarxarray would fill with gaps, or fail on without a word about the file."""
    sizes = {}
    for path in paths:
        if not (path / SNAP_METADATA[0]).is_file():
            raise UnsuitableError(f"{path.name} has no {SNAP_METADATA[0]}, which says when it was acquired")
        with read_zarr(path, Options()) as contents:
            sizes[path.name] = find_image(contents)[1][0].shape
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{name} {'×'.join(map(str, shape))}" for name, shape in sizes.items())
        raise UnsuitableError(f"images of equal size are needed to make a stack; found {found}")
