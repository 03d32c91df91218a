"""An order analysis as files that other programs read."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["lines_csv", "orders_csv", "orders_netcdf"]


def orders_csv(orders: xr.Dataset) -> io.StringIO:
    """Return power by layer, order and cause as CSV, one row each; rows without power are left out."""
    table = orders["power"].to_dataframe()[["power"]]
    return io.StringIO(table[table["power"] > 0].to_csv())


def lines_csv(lines: xr.Dataset) -> io.StringIO:
    """Return the lines of one layer as CSV."""
    return io.StringIO(lines.to_dataframe().to_csv(index=False))


def orders_netcdf(orders: xr.Dataset) -> io.BytesIO:
    """Return the whole analysis as a NetCDF file; attributes that NetCDF has no type for become JSON."""
    plain = orders.copy()
    plain.attrs = {name: _plain(value) for name, value in plain.attrs.items()}
    for variable in plain.variables.values():
        variable.attrs = {name: _plain(value) for name, value in variable.attrs.items()}
    for name, variable in plain.variables.items():
        if variable.dtype == bool:
            plain[name] = variable.astype(np.int8)
    buffer = io.BytesIO()
    plain.to_netcdf(buffer, engine="h5netcdf")
    buffer.seek(0)
    return buffer


def _plain(value: Any) -> Any:
    if isinstance(value, bool | np.bool_):
        return int(value)
    if isinstance(value, str | int | float | np.number):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(v, int | float) for v in value):
        return list(value)
    if isinstance(value, np.ndarray):
        return value
    return json.dumps(value)
