"""Arrays in netCDF files, classic or on HDF5."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from workbench.scenes.containers import Contents, Member, Options, plain_attrs
from workbench.scenes.formats.hdf5 import read_hdf5


@contextmanager
def read_netcdf(path: Path, options: Options) -> Iterator[Contents]:
    """Open a netCDF file."""
    with path.open("rb") as stream:
        classic = stream.read(3) == b"CDF"
    if not classic:
        with read_hdf5(path, options) as contents:
            yield contents
        return
    from scipy.io import netcdf_file

    with netcdf_file(path, mmap=True) as file:
        yield Contents(
            {name: _variable(file, name) for name in file.variables}, plain_attrs(file._attributes)
        )


def _variable(file: Any, name: str) -> Member:
    variable = file.variables[name]
    # A copy of the window: the map of the file cannot be closed while a view of it lives.
    return Member(
        variable.data.dtype,
        tuple(variable.data.shape),
        lambda window: np.array(file.variables[name].data[window]),
        variable.dimensions,
    )
