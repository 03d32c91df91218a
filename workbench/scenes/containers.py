"""The arrays that a scene file contains, by format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

PAIR_FIELDS = (("real", "imag"), ("re", "im"), ("r", "i"), ("i", "q"))


@dataclass(frozen=True)
class Member:
    """One array of a file, not read yet.

    Attributes
    ----------
    dtype, shape
        As stored; dtype is None for Python objects, which are never unpickled.
    read : callable
        Returns the values.
    dims : tuple of str
        Names of its dimensions, empty where the format has none.
    """

    dtype: np.dtype | None
    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]
    dims: tuple[str, ...] = ()

    @property
    def is_complex(self) -> bool:
        """Whether it is complex, or a structured pair of real and imaginary part."""
        if self.dtype is None:
            return False
        names = tuple(name.lower() for name in self.dtype.names or ())
        return self.dtype.kind == "c" or names in PAIR_FIELDS

    def __str__(self) -> str:
        kind = "Python objects" if self.dtype is None else str(self.dtype)
        return f"{kind} of shape {'×'.join(map(str, self.shape)) or 'scalar'}"


@dataclass(frozen=True)
class Contents:
    """All arrays of a file by name, with its attributes."""

    members: dict[str, Member]
    attrs: dict[str, Any] = field(default_factory=dict)


@contextmanager
def _numpy(path: Path) -> Iterator[Contents]:
    with path.open("rb") as stream:  # given a path, numpy leaves damaged archives open
        loaded = np.load(stream, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            yield Contents({"the array": _in_memory(loaded)})
        else:
            yield Contents({name: _zipped(loaded, name) for name in loaded.files})


def _in_memory(array: np.ndarray, dims: tuple[str, ...] = ()) -> Member:
    return Member(array.dtype, array.shape, lambda: array, dims)


def _zipped(archive: Any, name: str) -> Member:
    try:
        return _in_memory(archive[name])
    except ValueError as error:
        if "allow_pickle" in str(error):  # metadata beside the image is common; it is not needed
            return Member(None, (), lambda: np.empty(0))
        raise


@contextmanager
def _netcdf(path: Path) -> Iterator[Contents]:
    with path.open("rb") as stream:
        classic = stream.read(3) == b"CDF"
    if classic:
        from scipy.io import netcdf_file

        with netcdf_file(path, mmap=False) as file:
            members = {name: _in_memory(v.data, v.dimensions) for name, v in file.variables.items()}
            yield Contents(members, _simple(file._attributes))
        return
    import h5py

    with h5py.File(path, "r") as file:
        members = {name: _dataset(item) for name, item in file.items() if isinstance(item, h5py.Dataset)}
        yield Contents(members, _simple(file.attrs))


def _dataset(dataset: Any) -> Member:
    return Member(dataset.dtype, dataset.shape or (), lambda: dataset[()], _scales(dataset))


def _scales(dataset: Any) -> tuple[str, ...]:
    """Names of the dimensions that netCDF attaches to a dataset."""
    attached = [dimension.values() for dimension in dataset.dims]
    return tuple(scales[0].name.rpartition("/")[2] for scales in attached) if all(attached) else ()


@contextmanager
def _zarr(path: Path) -> Iterator[Contents]:
    import zarr

    opened = zarr.open(path, mode="r")
    if isinstance(opened, zarr.Array):
        yield Contents({"the array": _chunked(opened)}, _simple(opened.attrs))
    else:
        yield Contents({name: _chunked(array) for name, array in opened.arrays()}, _simple(opened.attrs))


def _chunked(array: Any) -> Member:
    dims = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS") or ()
    return Member(array.dtype, array.shape, lambda: np.asarray(array[...]), tuple(str(dim) for dim in dims))


def _simple(attrs: Any) -> dict[str, Any]:
    """Keep the attributes that are single numbers or texts."""
    plain = {}
    for name, value in dict(attrs).items():
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        elif isinstance(value, np.ndarray | np.generic) and value.size == 1:
            value = value.item()
        if isinstance(value, str | int | float | bool) and not name.startswith("_"):
            plain[str(name)] = value
    return plain


READERS: dict[str, Callable[[Path], AbstractContextManager[Contents]]] = {
    ".npy": _numpy,
    ".npz": _numpy,
    ".zarr": _zarr,
    ".nc": _netcdf,
}
"""Suffix -> context manager that opens such a file for reading."""


def is_zarr(path: Path) -> bool:
    """Tell whether a directory holds a zarr group or array."""
    return any((path / name).is_file() for name in ("zarr.json", ".zgroup", ".zarray"))
