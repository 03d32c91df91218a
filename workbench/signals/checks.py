"""What the numbers that a caller gives have to be."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def host_array(values: Any) -> npt.NDArray[Any]:
    """Return anything array-like as numpy, a tensor of any device, with or without gradient, too.

    Examples
    --------
    >>> host_array([[1, 2]])
    array([[1, 2]])
    """
    if hasattr(values, "detach"):  # a tensor; torch itself is not imported here
        values = values.detach().resolve_conj().resolve_neg().cpu().numpy()
    return np.asarray(values)


def finite_real(values: npt.ArrayLike, name: str) -> Array:
    """Return finite real numbers as a float64 array.

    Raises
    ------
    ValueError
        For anything else; the message names the first that is not finite.

    Examples
    --------
    >>> finite_real([1.0, np.nan], "frequency")
    Traceback (most recent call last):
    ValueError: frequency must be finite, found nan
    """
    array = host_array(values)
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{name} must be real numbers, found dtype {array.dtype}")
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite, found {array[~np.isfinite(array)].flat[0]}")
    return array.astype(np.float64)


def finite_number(value: Any, name: str) -> float:
    """Return one finite real number.

    Raises
    ------
    ValueError
        For arrays, complex numbers, NaN, text.

    Examples
    --------
    >>> finite_number(np.float32(0.5), "bias")
    0.5
    """
    array = host_array(value)
    if array.ndim or array.dtype.kind not in "fiu" or not np.isfinite(array):
        raise ValueError(f"{name} must be one finite real number, found {value!r}")
    return float(array)


def whole_number(value: Any, name: str, least: int | None = None) -> int:
    """Return an integer, `least` or more.

    Raises
    ------
    ValueError
        For anything else; a float of whole value is taken.

    Examples
    --------
    >>> whole_number(np.int64(3), "factor", least=2)
    3
    """
    need = "an integer" if least is None else f"an integer >= {least}"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    try:
        number = index(value)
    except TypeError:
        raise ValueError(f"{name} must be {need}, found {value!r}") from None
    if least is not None and number < least:
        raise ValueError(f"{name} must be {need}, found {value!r}")
    return number
