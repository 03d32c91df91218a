"""The seam to the array libraries: which one an array belongs to, what a mapping accepts of it.

The mappings are written once, with the functions that numpy and torch spell alike (``fft.fft2``, ``stack``).
Torch is never imported here: a tensor can only exist when its owner has imported torch already.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

COMPLEX = ("complex64", "complex128")
REAL = ("float32", "float64")


def is_tensor(array: Any) -> bool:
    """Tell a torch tensor from everything else, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(array, torch.Tensor)


def namespace(array: Any) -> Any:
    """Return the module (numpy or torch) whose functions work on ``array``."""
    return sys.modules["torch"] if is_tensor(array) else np


def dtype_name(array: Any) -> str:
    """Name the data type without its library, e.g. ``"complex64"``."""
    return str(array.dtype).removeprefix("torch.")


def require_complex(array: Any, task: str) -> Any:
    """Return ``array`` as complex numpy or torch of shape (..., y, x).

    Raises
    ------
    ValueError
        If it is real, has fewer than two axes, is empty, or (numpy only) holds NaN or infinite values.
        A tensor's values are not looked at: that would make the host wait for the device at every call.
    """
    array = array if is_tensor(array) else np.asarray(array)
    if dtype_name(array) not in COMPLEX:
        raise ValueError(f"{task}: complex needed (complex64 or complex128), found {dtype_name(array)}")
    return _require_image(array, task, axes="(..., y, x)")


def require_real(array: Any, task: str) -> Any:
    """Return ``array`` as real numpy or torch of shape (..., y, x); integers become float64 (numpy only).

    Raises
    ------
    ValueError
        As `require_complex`, and if the array is complex or of half precision (few FFTs serve that).
    """
    array = array if is_tensor(array) else np.asarray(array)
    if not is_tensor(array) and array.dtype.kind in "iu":
        array = array.astype(np.float64)
    if dtype_name(array) not in REAL:
        raise ValueError(f"{task}: real needed (float32 or float64), found {dtype_name(array)}")
    return _require_image(array, task, axes="(..., y, x)")


def _require_image(array: Any, task: str, axes: str) -> Any:
    shape = tuple(array.shape)
    if len(shape) < 2 or 0 in shape:
        raise ValueError(f"{task}: an image {axes} of at least 1 x 1 is needed, found shape {shape}")
    if not is_tensor(array):
        bad = int(array.size - np.count_nonzero(np.isfinite(array)))
        if bad:
            raise ValueError(f"{task}: {bad} of {array.size} values are NaN or infinite")
    return array
