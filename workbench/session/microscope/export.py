"""An order analysis as tables that other programs read."""

from __future__ import annotations

import io

import xarray as xr

__all__ = ["lines_csv", "orders_csv"]


def orders_csv(orders: xr.Dataset) -> io.StringIO:
    """Return power by layer, order and cause as CSV, one row each; rows without power are left out."""
    table = orders["power"].to_dataframe()[["power"]]
    return io.StringIO(table[table["power"] > 0].to_csv())


def lines_csv(lines: xr.Dataset) -> io.StringIO:
    """Return the lines of one layer as CSV."""
    return io.StringIO(lines.to_dataframe().to_csv(index=False))
