"""Stacks of SNAP's ZNAP archives, which sarxarray puts on one grid."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from workbench.scenes.containers import Contents, Member, UnsuitableError
from workbench.scenes.extras import optional
from workbench.scenes.formats.zarr_stores import snap_attrs


@contextmanager
def read_znap_stack(paths: Sequence[Path]) -> Iterator[Contents]:
    """Open the archives as one stack, sorted by time; dask reads its windows."""
    sarxarray = optional("sarxarray", "a stack of ZNAP archives")
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
