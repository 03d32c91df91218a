"""Labels around a mapping: dims, coordinates on the finer grid, attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from workbench.mappings.mapping import Mapping

AXES = ("y", "x")


def encode_labelled(mapping: Mapping, x: xr.DataArray, edge: str) -> xr.DataArray:
    """Encode a DataArray (..., y, x) to (..., channel, y, x).

    Numeric coordinates of y and x are refined: the Nyquist grid keeps the pixels' positions and adds the ones
    half-way, repeated pixels lie a quarter to either side of the centre. Coordinates that cannot be refined
    (text, a single pixel, 2-D latitudes) are left out on a finer grid. ``attrs`` gain ``mapping``, ``edge``.
    """
    _require_dims(x, AXES, f"{mapping.name}.encode")
    if "channel" in x.dims:
        raise ValueError(f"{mapping.name}.encode: a complex image has no dim 'channel', found dims {x.dims}")
    x = x.transpose(..., *AXES)
    values = mapping.encode(x.values, edge)
    coords = _coords(
        x, {axis: _refine(x[axis], mapping.offsets) for axis in AXES if axis in x.coords}, mapping.factor == 1
    )
    coords["channel"] = xr.DataArray(list(mapping.labels), dims="channel")
    dims = (*x.dims[:-2], "channel", *AXES)
    attrs = {**x.attrs, "mapping": mapping.name, "edge": edge}
    return xr.DataArray(values, dims=dims, coords=coords, name=x.name, attrs=attrs)


def decode_labelled(mapping: Mapping, y: xr.DataArray, edge: str) -> xr.DataArray:
    """Decode a DataArray (..., channel, y, x) to (..., y, x), with the coordinates of the coarse grid."""
    task = f"{mapping.name}.decode"
    _require_dims(y, ("channel", *AXES), task)
    made_by = y.attrs.get("mapping", mapping.name)
    if made_by != mapping.name:
        raise ValueError(f"{task}: this image was made by mapping {made_by!r}")
    y = y.transpose(..., "channel", *AXES)
    values = mapping.decode(y.values, edge)
    coords = _coords(
        y,
        {axis: _coarsen(y[axis], mapping.offsets) for axis in AXES if axis in y.coords},
        mapping.factor == 1,
    )
    attrs = {key: value for key, value in y.attrs.items() if key not in ("mapping", "edge")}
    return xr.DataArray(values, dims=(*y.dims[:-3], *AXES), coords=coords, name=y.name, attrs=attrs)


def _require_dims(array: xr.DataArray, dims: tuple[str, ...], task: str) -> None:
    if not set(dims) <= set(array.dims):
        raise ValueError(
            f"{task}: dims {', '.join(dims)} needed, found {', '.join(map(str, array.dims)) or 'none'}"
        )


def _coords(array: xr.DataArray, axes: dict[str, xr.DataArray | None], same_grid: bool) -> dict:
    """Take the coordinates that are still true on the new grid, with ``axes`` in the place of y and x."""
    coords: dict = {}
    for name, coord in array.coords.items():
        on_plane = bool(set(coord.dims) & set(AXES))
        if name not in axes and "channel" not in coord.dims and (same_grid or not on_plane):
            coords[name] = coord
    return coords | {name: coord for name, coord in axes.items() if coord is not None}


def _refine(coord: xr.DataArray, offsets: tuple[float, ...]) -> xr.DataArray | None:
    if len(offsets) == 1:
        return coord
    if coord.dtype.kind not in "iuf" or coord.size < 2:
        return None
    values = coord.values.astype(np.float64)
    steps = np.diff(values)
    steps = np.append(steps, steps[-1])  # the last pixel continues with the step before it
    fine = values[:, None] + steps[:, None] * np.array(offsets)
    return xr.DataArray(fine.ravel(), dims=coord.dims, attrs=coord.attrs)


def _coarsen(coord: xr.DataArray, offsets: tuple[float, ...]) -> xr.DataArray | None:
    if len(offsets) == 1:
        return coord
    if coord.dtype.kind not in "iuf":
        return None
    pairs = coord.values.reshape(-1, len(offsets))
    values = pairs[:, 0] if offsets[0] == 0 else pairs.mean(axis=1)
    return xr.DataArray(values, dims=coord.dims, attrs=coord.attrs)
