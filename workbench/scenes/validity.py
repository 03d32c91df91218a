"""What a scene, or a number that describes one, has to be."""

from __future__ import annotations

import numpy as np
import xarray as xr

DIMS = ("sample", "y", "x")


def require_scene(dataset: xr.Dataset, what: str = "the scene") -> xr.Dataset:
    """Return the dataset as a scene, or say what is wrong with it.

    Parameters
    ----------
    dataset : xarray.Dataset
        ``slc`` (y, x) or (sample, y, x), complex; optionally ``condition`` with a dimension ``channel`` more.
    what : str
        What the messages call it, such as the name of its file.

    Returns
    -------
    xarray.Dataset
        The same with ``slc`` complex64 and the dimensions in this order, ``condition`` float32. Of an image
        on disk the pixels are not read, thus not judged.

    Raises
    ------
    ValueError
        If ``slc`` is missing, real, of other dimensions, empty or not finite; if ``condition`` does not fit.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> require_scene(xr.Dataset({"slc": (("y", "x"), np.ones((4, 4)))}))
    Traceback (most recent call last):
    ValueError: the scene: slc is float64; complex numbers are needed (complex64 or complex128)
    """
    if "slc" not in dataset:
        found = ", ".join(map(str, dataset.data_vars)) or "none"
        raise ValueError(f"{what}: needs a complex variable 'slc'; found the variables: {found}")
    slc = dataset["slc"]
    dims = DIMS if "sample" in slc.dims else DIMS[1:]
    if slc.dtype.kind != "c":
        raise ValueError(f"{what}: slc is {slc.dtype}; complex numbers are needed (complex64 or complex128)")
    if set(slc.dims) != set(dims):
        raise ValueError(f"{what}: slc has the dimensions {slc.dims}; (y, x) or (sample, y, x) are needed")
    slc = _finite(slc.transpose(*dims), "slc", what, np.complex64)
    scene = dataset.assign(slc=slc)
    if "condition" not in dataset:
        return scene
    condition = dataset["condition"]
    needed = (*dims[:-2], "channel", "y", "x")
    if condition.dtype.kind not in "fiub" or set(condition.dims) != set(needed):
        raise ValueError(
            f"{what}: condition is {condition.dtype} of {condition.dims}; real numbers of {needed} are needed"
        )
    return scene.assign(condition=_finite(condition.transpose(*needed), "condition", what, np.float32))


def require_whole(maker: str, **numbers: object) -> None:
    """Raise ValueError unless all are whole numbers above 0.

    Examples
    --------
    >>> require_whole("onetone", size=64, bands=0)
    Traceback (most recent call last):
    ValueError: onetone needs a positive whole number as bands, found 0
    """
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{maker} needs a positive whole number as {name}, found {value!r}")


def _finite(array: xr.DataArray, name: str, what: str, dtype: type) -> xr.DataArray:
    shape = "×".join(map(str, array.shape))
    if array.size == 0:
        raise ValueError(f"{what}: {name} is empty ({shape}); at least one pixel is needed")
    if not array._in_memory and array.dtype == dtype:
        return array
    with np.errstate(over="ignore"):
        array = array.astype(dtype, copy=False)
    bad = array.size - int(np.count_nonzero(np.isfinite(array.values)))
    if bad:
        raise ValueError(
            f"{what}: {bad} of {array.size} values of {name} are NaN or infinite in {np.dtype(dtype)}; "
            "fill or cut them out first"
        )
    return array
