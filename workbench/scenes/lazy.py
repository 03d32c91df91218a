"""Images that stay on disk: a window is read when its pixels are asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from workbench.scenes.containers import Contents, Member

LAZY_FROM = 2**23
"""Pixels from which an image is left on disk (64 MiB of complex64)."""

Opener = Callable[[], AbstractContextManager[Contents]]


def is_lazy(scene: xr.Dataset) -> bool:
    """Tell whether the image of a scene is on disk still."""
    return "slc" in scene and not scene["slc"]._in_memory


def as_complex(values: np.ndarray) -> np.ndarray:
    """Turn structured pairs into complex64; complex numbers of any precision too."""
    with np.errstate(over="ignore"):  # numbers too large become infinite, which is found later
        if not values.dtype.names:
            return values.astype(np.complex64, copy=False)
        image = np.empty(values.shape, np.complex64)
        image.real, image.imag = (values[name] for name in values.dtype.names)
        return image


def read_window(parts: tuple[Member, ...], window: Any) -> np.ndarray:
    """Read one window of an image: one complex member, or its real and imaginary part."""
    if len(parts) == 1:
        return as_complex(parts[0].read(window))
    real = np.asarray(parts[0].read(window))
    image = np.empty(real.shape, np.complex64)
    with np.errstate(over="ignore"):
        image.real, image.imag = real, parts[1].read(window)
    return image


def read_indexed(key: indexing.ExplicitIndexer, shape: tuple[int, ...], read: Callable[..., Any]) -> Any:
    """Answer xarray's lazy indexing with a function that takes a number, a slice or an array per axis."""
    if isinstance(key, indexing.VectorizedIndexer):
        return indexing.explicit_indexing_adapter(key, shape, indexing.IndexingSupport.OUTER, read)
    return read(key.tuple)


class LazyPixels(BackendArray):
    """An array of a file behind xarray's lazy indexing; the file is opened for every window, never kept open.

    Parameters
    ----------
    opener : callable
        Opens the file.
    names : tuple of str
        The members: the image, or its two parts.
    shape : tuple of int
        In the order of the scene's dimensions.
    order : tuple of int
        Axis of the file for each axis of the scene.
    what : str
        What a message calls the file.
    real : bool
        Whether it is a condition, float32, rather than an image.
    """

    def __init__(
        self,
        opener: Opener,
        names: tuple[str, ...],
        shape: tuple[int, ...],
        order: tuple[int, ...],
        what: str,
        real: bool = False,
    ) -> None:
        self.opener, self.names, self.shape, self.order, self.what = opener, names, shape, order, what
        self.dtype = np.dtype(np.float32 if real else np.complex64)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return read_indexed(key, self.shape, self._read)

    def _read(self, key: tuple[Any, ...]) -> np.ndarray:
        """Read by whole numbers, slices, arrays of them, in the order of the scene's dimensions."""
        stored: list[Any] = [slice(None)] * len(key)
        after: list[Any] = []
        for index, length, axis in zip(key, self.shape, self.order, strict=True):
            if isinstance(index, slice):
                first, stop, step = index.indices(length)
                picked = range(first, stop, step)
                low, high = sorted((picked[0], picked[-1])) if picked else (0, -1)
                stored[axis] = slice(low, high + 1, abs(step))
                after.append(slice(None, None, -1 if step < 0 else 1))
            elif np.ndim(index):
                positions = np.arange(length)[index]
                low, high = (positions.min(), positions.max()) if positions.size else (0, -1)
                stored[axis] = slice(int(low), int(high) + 1, 1)
                after.append(positions - low)
            else:
                stored[axis] = slice(int(index) % length, int(index) % length + 1, 1)
                after.append(0)
        try:
            with self.opener() as contents:
                parts = tuple(contents.members[name] for name in self.names)
                window = tuple(stored)
                if tuple(parts[0].shape[axis] for axis in self.order) != self.shape:
                    raise ValueError(f"the file has changed since: {parts[0]}, {self.shape} are needed")
                values = parts[0].read(window) if self.dtype.kind == "f" else read_window(parts, window)
        except Exception as error:  # libraries raise anything from KeyError to zlib.error on damaged files
            raise ValueError(
                f"{self.what}: a window could not be read ({type(error).__name__}: {error})"
            ) from error
        values = np.ascontiguousarray(values, self.dtype).transpose(self.order)
        for axis in reversed(
            range(len(after))
        ):  # one axis at a time: arrays on two are no pairs of positions
            values = values[(slice(None),) * axis + (after[axis],)]
        return values

    def variable(self, dims: tuple[str, ...], chunks: tuple[int, ...]) -> xr.Variable:
        """Return it as a variable whose encoding tells what is decoded at once."""
        encoding = {"chunksizes": tuple(chunks[axis] for axis in self.order)} if chunks else {}
        return xr.Variable(dims, indexing.LazilyIndexedArray(self), encoding=encoding)
