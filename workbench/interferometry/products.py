"""The interferogram of two complex images."""

from __future__ import annotations

from typing import Any

import xarray as xr

from workbench.interferometry.images import labelled_pair


def interferogram(x: Any, y: Any) -> xr.DataArray:
    r"""Multiply one complex image with the conjugate of another, pixel by pixel.

    .. math:: I = x\,\bar y

    Parameters
    ----------
    x, y : numpy array, torch tensor or xarray.DataArray
        Complex images of one shape (..., y, x).

    Returns
    -------
    xarray.DataArray
        complex128, dims (..., y, x); its angle is the phase of x against y in rad.

    Raises
    ------
    ValueError
        For real images, different shapes, NaN or infinite values.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.exp(1j * np.arange(8)) * np.ones((4, 1))
    >>> np.angle(interferogram(tone, tone * np.exp(-0.25j)))[0, :3].round(2)
    array([0.25, 0.25, 0.25])
    """
    first, second = labelled_pair(x, y, "interferogram")
    product = first.copy(data=first.values * second.values.conj()).drop_attrs(deep=False)
    return product.rename("interferogram").assign_attrs(long_name="interferogram")
