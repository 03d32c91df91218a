"""Labelled arrays as files that other programs read."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["csv_file", "netcdf_file"]


def csv_file(data: xr.Dataset) -> io.StringIO:
    """Return every variable as CSV: one block per set of dimensions, each with its own header.

    >>> data = xr.Dataset({"a": ("x", [1.0, 2.0]), "b": ("x", [3.0, 4.0])}, coords={"x": [0.1, 0.2]})
    >>> print(csv_file(data).read().replace(chr(13), ""), end="")
    x,a,b
    0.1,1.0,3.0
    0.2,2.0,4.0
    """
    blocks: dict[tuple[Any, ...], list[Any]] = {}
    for name, variable in data.data_vars.items():
        blocks.setdefault(variable.dims, []).append(name)
    parts = []
    for dims, names in blocks.items():
        table = data[names].to_dataframe()[names] if dims else data[names].to_pandas().to_frame().T
        parts.append(table.to_csv(index=bool(dims)))
    return io.StringIO("\n".join(parts))


def netcdf_file(data: xr.Dataset) -> io.BytesIO:
    """Return a Dataset as a NetCDF file; what NetCDF has no type for becomes JSON, complex two variables.

    >>> raw = netcdf_file(xr.Dataset({"a": ("x", [1.0])}, attrs={"names": ["b", "c"], "on": True}))
    >>> back = xr.load_dataset(raw, engine="h5netcdf")
    >>> back.attrs["names"], int(back.attrs["on"])
    ('["b", "c"]', 1)
    """
    plain = data.copy()
    for name, variable in data.variables.items():
        if variable.dtype.kind == "c":
            plain[f"{name}_real"] = variable.real
            plain[f"{name}_imag"] = variable.imag
            plain = plain.drop_vars([name])
        elif variable.dtype == bool:
            plain[name] = variable.astype(np.int8)
    plain.attrs = {name: _plain(value) for name, value in plain.attrs.items()}
    for variable in plain.variables.values():
        variable.attrs = {name: _plain(value) for name, value in variable.attrs.items()}
    buffer = io.BytesIO()
    plain.to_netcdf(buffer, engine="h5netcdf")
    buffer.seek(0)
    return buffer


def _plain(value: Any) -> Any:
    if isinstance(value, bool | np.bool_):
        return int(value)
    if isinstance(value, str | int | float | np.number | np.ndarray):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(v, int | float) for v in value):
        return list(value)
    return json.dumps(value)
