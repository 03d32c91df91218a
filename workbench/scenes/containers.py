"""How the arrays of an opened scene file are handed on, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

PAIR_FIELDS = (("real", "imag"), ("re", "im"), ("r", "i"), ("i", "q"))
ATTRIBUTES = {
    "wavelength": ("wavelength", "radar_wavelength"),
    "spacing_y": ("spacing_y", "azimuth_pixel_size", "azimuth_spacing", "azimuth_pixel_spacing"),
    "spacing_x": ("spacing_x", "range_pixel_size", "range_spacing", "range_pixel_spacing"),
    "incidence": ("incidence", "center_incidence_angle", "incidence_angle"),
    "sensor": ("sensor", "platform", "mission"),
}
"""Attribute of a scene -> names under which processors write it, in lower case (m, m, m, degrees, text)."""


class UnsuitableError(Exception):
    """The file can be read but does not hold what is needed; the message leaves its name to the caller."""


class UndecidedError(UnsuitableError):
    """The file holds what is needed, but `select` has to say which."""


class SelectionError(ValueError):
    """A sound file with more than one image, or several ways to read it; the message says what to select."""


@dataclass(frozen=True)
class Options:
    """What the caller says about a file beside its path; `open_scene` describes each."""

    select: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    offset: int = 0
    chip: int | None = None


@dataclass(frozen=True)
class Member:
    """One array of a file, not read yet.

    Attributes
    ----------
    dtype, shape
        As stored; dtype is None for Python objects, which are never unpickled.
    read : callable
        Returns the values of a window: one slice of positive step per dimension, or ``...`` for all. Works
        while the file is open.
    dims : tuple of str
        Names of its dimensions, empty where the format has none.
    chunks : tuple of int
        What is decoded at once, per dimension; empty where every pixel can be read by itself.
    """

    dtype: np.dtype | None
    shape: tuple[int, ...]
    read: Callable[[Any], np.ndarray]
    dims: tuple[str, ...] = ()
    chunks: tuple[int, ...] = ()

    @property
    def is_complex(self) -> bool:
        """Whether it is complex, or a structured pair of real and imaginary part."""
        if self.dtype is None:
            return False
        names = tuple(name.lower() for name in self.dtype.names or ())
        return self.dtype.kind == "c" or names in PAIR_FIELDS

    @property
    def is_real(self) -> bool:
        """Whether it holds plain numbers, which may be one part of a complex image."""
        return self.dtype is not None and self.dtype.kind in "fiu"

    def __str__(self) -> str:
        kind = "Python objects" if self.dtype is None else str(self.dtype)
        return f"{kind} of shape {'×'.join(map(str, self.shape)) or 'scalar'}"


@dataclass(frozen=True)
class Contents:
    """All arrays of a file by name, with its attributes.

    Attributes
    ----------
    members, attrs
        Arrays, attributes of the scene.
    coords : dict
        Name -> (dimensions, values, attrs) of what belongs to the scene's samples or channels.
    preferred : str
        Member to take where there are several and none is selected; empty if the caller has to choose.
    selected : bool
        Whether the reader has followed `select` already.
    """

    members: dict[str, Member]
    attrs: dict[str, Any] = field(default_factory=dict)
    coords: Mapping[str, tuple[tuple[str, ...], Any, dict[str, str]]] = field(default_factory=dict)
    preferred: str = ""
    selected: bool = False


Reader = Callable[[Path, Options], AbstractContextManager[Contents]]
"""Opens a file for reading."""


def in_memory(array: np.ndarray, dims: tuple[str, ...] = ()) -> Member:
    """Return a member whose values are there already."""
    return Member(array.dtype, array.shape, lambda window: array[window], dims)


def mapped(
    path: Path, dtype: np.dtype, shape: tuple[int, ...], offset: int, strides: tuple[int, ...] | None = None
) -> Member:
    """Return a member that lies uncompressed in a file; no page of it stays in memory after a window is read.

    Raises
    ------
    UnsuitableError
        If the file ends before the array does.
    """
    steps = strides or tuple(dtype.itemsize * int(np.prod(shape[axis + 1 :])) for axis in range(len(shape)))
    last = offset + sum((n - 1) * step for n, step in zip(shape, steps, strict=True)) + dtype.itemsize
    found = path.stat().st_size
    if min(shape, default=1) > 0 and (found < last or offset < 0 or min(steps, default=1) < 0):
        raise UnsuitableError(f"has {found} bytes; {last} are needed for {dtype} of {shape}; it is truncated")

    def read(window: Any) -> np.ndarray:
        if not all(shape):
            return np.empty(shape, dtype)[window]
        pages = np.memmap(path, np.uint8, mode="r")
        return np.array(np.ndarray(shape, dtype, pages, offset, steps)[window])

    return Member(dtype, shape, read)


def plain_attrs(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the attributes that are single numbers or texts, those of a scene under their names here too."""
    plain: dict[str, Any] = {}
    for name, value in dict(attrs).items():
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        elif isinstance(value, np.ndarray | np.generic) and value.size == 1:
            value = value.item()
            value = value.decode(errors="replace") if isinstance(value, bytes) else value
        if isinstance(value, str | int | float | bool) and not str(name).startswith("_"):
            plain[str(name)] = value
    lower = {name.lower(): value for name, value in reversed(plain.items())}
    for name, others in ATTRIBUTES.items():
        found = next((lower[other] for other in others if other in lower), None)
        if found is None or name in plain:
            continue
        value = str(found) if name == "sensor" else number(found)
        if value is not None:
            plain[name] = value
    return plain


def number(value: Any) -> float | None:
    """Return a finite number that may come as text, else None."""
    try:
        result = float(value)
    except (TypeError, ValueError):
        return None
    return result if np.isfinite(result) else None
