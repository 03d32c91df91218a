"""Arrays become what the explorers' pictures draw."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.signals import power_db

__all__ = ["FLOOR", "album", "level_picture", "plane", "signed_picture"]

FLOOR = -80.0


def plane(values: npt.ArrayLike, name: str, **attrs: Any) -> xr.DataArray:
    """Return an image (y, x) with axes of its own, so that images of several sizes share a Dataset."""
    return xr.DataArray(np.asarray(values), dims=(f"y_{name}", f"x_{name}"), attrs=attrs)


def signed_picture(values: npt.ArrayLike, name: str) -> xr.DataArray:
    """Return a real image with a scale that is symmetric about zero and holds 99 % of the values.

    >>> signed_picture([[0.0, -2.0]], "a").attrs["scale"]
    (-2.0, 2.0)
    """
    image = np.asarray(values)
    reach = float(np.percentile(np.abs(image), 99)) if image.size > 100 else float(np.abs(image).max())
    reach = reach or 1.0
    return plane(image, name, scale=(-reach, reach))


def level_picture(values: npt.ArrayLike, name: str, reference: float | None = None) -> xr.DataArray:
    """Return the spectrum of an image in dB, not below `FLOOR`, frequencies ascending.

    Parameters
    ----------
    values : array, shape (y, x)
        Real or complex image.
    name : str
        Makes the axes' names unique.
    reference : float, optional
        Power of 0 dB; default: the strongest line.

    >>> level_picture(np.ones((2, 2)), "a").values
    array([[-80., -80.],
           [-80.,   0.]])
    """
    power = np.abs(np.fft.fftshift(np.fft.fft2(np.asarray(values), norm="forward"))) ** 2
    reference = float(power.max()) if reference is None else reference
    level = np.maximum(power_db(power / (reference or 1.0)), FLOOR)
    axes = _frequencies(name, *power.shape)
    attrs = {"units": "dB", "reference": reference}
    return xr.DataArray(level, dims=(f"fy_{name}", f"fx_{name}"), coords=axes, attrs=attrs)


@lru_cache(maxsize=64)
def _frequencies(name: str, rows: int, columns: int) -> xr.Coordinates:
    """Both axes of a spectrum; their indexes cost more than its levels, so they are kept."""
    axes = {f"fy_{name}": rows, f"fx_{name}": columns}
    return xr.Dataset(
        coords={axis: np.fft.fftshift(np.fft.fftfreq(size)) for axis, size in axes.items()}
    ).coords


def album(pictures: Mapping[str, xr.DataArray], attrs: Mapping[str, Any] | None = None) -> xr.Dataset:
    """Return pictures as one Dataset.

    Each has axes of its own, so there is nothing to align: that is what `xarray.Dataset` would spend most on.

    >>> one = {"a": plane([[1.0]], "a"), "b": level_picture([[1.0]], "b")}
    >>> album(one).identical(xr.Dataset(one))
    True
    """
    variables: dict[Any, Any] = {}
    indexes: dict[Any, Any] = {}
    for picture in pictures.values():
        variables |= dict(picture.coords.variables)
        indexes |= dict(picture.xindexes)
    axes = xr.Coordinates(variables, indexes=indexes)
    return xr.Dataset({name: picture.variable for name, picture in pictures.items()}, axes, attrs)
