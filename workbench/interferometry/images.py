"""What the estimators accept as an image pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.signals import host_array

AXES = ("y", "x")


def labelled_pair(x: Any, y: Any, task: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Return a complex pair (numpy, torch or xarray) as complex128 DataArrays with dims (..., "y", "x").

    One leading axis of an unlabelled array is called ``sample``, several ``axis_0``, ``axis_1``, ...

    Raises
    ------
    ValueError
        If an image is real, empty, of another shape than its partner, or holds NaN or infinite values.
    """
    first, second = _labelled(x, f"{task}: x"), _labelled(y, f"{task}: y")
    if set(first.dims) == set(second.dims):
        second = second.transpose(*first.dims)
    if first.shape != second.shape:
        raise ValueError(
            f"{task}: two images of one shape are needed, found {first.shape} with {second.shape}"
        )
    return first, second


def _labelled(image: Any, task: str) -> xr.DataArray:
    if isinstance(image, xr.DataArray):
        if not set(AXES) <= set(image.dims):
            raise ValueError(f"{task}: dims y, x needed, found {', '.join(map(str, image.dims)) or 'none'}")
        image = image.transpose(..., *AXES)
        return image.copy(data=_checked(image.values, task))
    values = _checked(host_array(image), task)
    leading = ("sample",) if values.ndim == 3 else tuple(f"axis_{i}" for i in range(values.ndim - 2))
    return xr.DataArray(values, dims=(*leading, *AXES))


def _checked(values: np.ndarray, task: str) -> np.ndarray:
    if values.dtype.kind != "c":
        raise ValueError(f"{task}: complex needed (complex64 or complex128), found {values.dtype}")
    if values.ndim < 2 or values.size == 0:
        raise ValueError(f"{task}: an image (..., y, x) is needed, found shape {values.shape}")
    bad = int(values.size - np.count_nonzero(np.isfinite(values)))
    if bad:
        raise ValueError(
            f"{task}: {bad} of {values.size} values are NaN or infinite; "
            "set masked pixels to 0, windows without power are masked in the result"
        )
    return values.astype(np.complex128)
