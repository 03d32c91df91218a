"""The fixed scale from mapped images to the [-1, 1] of a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.mappings.arrays import is_tensor, namespace, require_real

SCALE = 1.25
"""One scale for all images: a scale per image would hide amplitudes from the network."""


def to_network(mapped: Any, scale: float = SCALE) -> tuple[Any, Any]:
    r"""Divide by the scale, clip to [-1, 1], tell how much was clipped.

    .. math:: z = \mathrm{clip}(y / s, -1, 1)

    Parameters
    ----------
    mapped : numpy array, torch tensor or xarray.DataArray
        Real mapped image(s), any shape (..., y, x).
    scale : float
        Mapped value that becomes 1; > 0.

    Returns
    -------
    scaled : same kind as mapped
        In [-1, 1]; a DataArray keeps labels, its attrs gain ``scale`` and ``clipped_share``.
    clipped_share : float, or 0-d tensor
        Share of samples with |y| > scale, 0..1 (a tensor on its device: no waiting for it).

    Raises
    ------
    ValueError
        If the scale is not a positive number, the image complex, or (numpy, xarray) NaN.

    Examples
    --------
    >>> import numpy as np
    >>> to_network(np.array([[0.5, -1.0, 2.5, 0.0]]))
    (array([[ 0.4, -0.8,  1. ,  0. ]]), 0.25)
    """
    _check_scale(scale)
    if isinstance(mapped, xr.DataArray):
        values, share = to_network(mapped.values, scale)
        return mapped.copy(data=values).assign_attrs(scale=scale, clipped_share=share), share
    mapped = require_real(mapped, "to_network")
    xp = namespace(mapped)
    share = xp.mean((xp.abs(mapped) > scale) * 1.0)
    return xp.clip(mapped / scale, -1, 1), share if is_tensor(mapped) else float(share)


def from_network(image: Any, scale: float = SCALE) -> Any:
    """Undo `to_network` (what was clipped stays clipped): multiply by the scale.

    Raises
    ------
    ValueError
        If the scale is not a positive number, the image complex, or (numpy, xarray) NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from_network(np.array([[0.4, 1.0]]))
    array([[0.5 , 1.25]])
    """
    _check_scale(scale)
    if isinstance(image, xr.DataArray):
        attrs = {key: value for key, value in image.attrs.items() if key not in ("scale", "clipped_share")}
        return image.copy(data=from_network(image.values, scale)).drop_attrs(deep=False).assign_attrs(attrs)
    return require_real(image, "from_network") * scale


def _check_scale(scale: float) -> None:
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"scale: a positive number is needed, found {scale}")
