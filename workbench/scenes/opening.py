"""The user's own complex images, read from a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from os import PathLike
from pathlib import Path

import numpy as np
import xarray as xr

from workbench.scenes.containers import READERS, Contents, Member, is_zarr
from workbench.scenes.validity import require_scene

AXES = {
    "sample": ("sample", "time", "epoch", "date"),
    "y": ("y", "azimuth", "line", "lines", "row", "rows"),
    "x": ("x", "range", "slant_range", "pixel", "pixels", "samples", "column", "columns"),
    "channel": ("channel",),
}


def open_scene(path: str | PathLike[str]) -> xr.Dataset:
    """Open a complex image, or a stack of them.

    Parameters
    ----------
    path : path
        ``.npy``, ``.npz``, ``.zarr`` (group or array) or ``.nc``. The image is the array ``slc``, or the only
        complex one: complex64, complex128, structured pairs of real and imaginary part of any number type
        (such as int16), or two arrays ``slc_real``, ``slc_imag`` (how complex netCDF is exported here).
        Nothing is ever unpickled.

    Returns
    -------
    xarray.Dataset
        ``slc`` (y, x) or (sample, y, x) complex64, ``condition`` if the file has one; attrs of the file and
        ``source``. Axes named like azimuth, range or time are put in this order; unnamed ones are taken
        as they are.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it cannot be read or does not hold one complex image; the message names the file, what was found
        and what is needed.

    Examples
    --------
    >>> import numpy as np, tempfile, pathlib
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = pathlib.Path(folder.name) / "image.npy"
    >>> np.save(file, np.ones((3, 4), complex))
    >>> open_scene(file).slc.sizes
    Frozen({'y': 3, 'x': 4})
    >>> folder.cleanup()
    """
    path = Path(path).expanduser()
    reader = _reader(path)
    try:
        with reader(path) as contents:
            arrays = _read(contents, path)
            attrs = contents.attrs
    except _UnsuitableError as error:
        raise ValueError(str(error)) from None
    except MemoryError:
        raise ValueError(f"{path}: does not fit into memory; cut out a part first") from None
    except Exception as error:  # libraries raise anything from KeyError to zlib.error on damaged files
        raise ValueError(
            f"{path}: could not be read as {path.suffix.lower() or 'zarr'}, it may be truncated or of "
            f"another format ({type(error).__name__}: {error})"
        ) from error
    return require_scene(xr.Dataset(arrays, attrs={**attrs, "source": str(path)}), str(path))


class _UnsuitableError(Exception):
    """The file can be read but does not hold one complex image."""


def _reader(path: Path) -> Callable[[Path], AbstractContextManager[Contents]]:
    suffix = path.suffix.lower()
    supported = ", ".join(READERS)
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file; a complex {supported} is needed")
    if path.is_dir():
        if is_zarr(path):
            return READERS[".zarr"]
        raise ValueError(f"{path}: is a directory but no zarr store; a complex {supported} is needed")
    if suffix == ".zarr":
        raise ValueError(f"{path}: is a file; a zarr store is a directory")
    if suffix not in READERS:
        found = f"files of the kind {suffix!r}" if suffix else "files without a suffix"
        raise ValueError(f"{path}: {found} cannot be read; supported are {supported}")
    return READERS[suffix]


def _read(contents: Contents, path: Path) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Read the image, with its condition where there is one."""
    members = contents.members
    name, parts = _image(members, path)
    shape = parts[0].shape
    if len(shape) not in (2, 3):
        raise _UnsuitableError(
            f"{path}: {name} is {parts[0]}; 2 dimensions (y, x) or 3 (sample, y, x) are needed"
        )
    values = [_complex(part.read()) for part in parts]
    slc = values[0] if len(parts) == 1 else values[0] + 1j * values[1]
    axes = _axes(parts[0].dims, ("sample", "y", "x")[-len(shape) :])
    arrays = {"slc": (axes, slc)}
    condition = members.get("condition")
    if condition is None or condition.dtype is None:
        return arrays
    needed = ("sample", "channel", "y", "x")[-len(shape) - 1 :]
    found = dict(zip(_axes(condition.dims, needed), condition.shape, strict=False))
    if len(condition.shape) != len(needed) or any(
        found[axis] != n for axis, n in zip(axes, shape, strict=True)
    ):
        raise _UnsuitableError(
            f"{path}: condition is {condition}; {needed} beside {name}, {parts[0]}, is needed"
        )
    return {**arrays, "condition": (tuple(found), condition.read())}


def _image(members: dict[str, Member], path: Path) -> tuple[str, tuple[Member, ...]]:
    """Find the complex image: one array, or its two parts."""
    candidates: dict[str, tuple[Member, ...]] = {n: (m,) for n, m in members.items() if m.is_complex}
    for name, part in members.items():
        other = members.get(f"{name.removesuffix('real')}imag") if name.endswith("real") else None
        if other is not None and other.shape == part.shape and _is_real(part) and _is_real(other):
            candidates[name.removesuffix("real").rstrip("_") or "slc"] = (part, other)
    if "slc" in candidates:
        return "slc", candidates["slc"]
    if len(candidates) == 1:
        return next(iter(candidates.items()))
    listing = "; ".join(f"{name}: {member}" for name, member in members.items()) or "nothing"
    if candidates:
        raise _UnsuitableError(
            f"{path}: holds several complex arrays ({', '.join(candidates)}); name the one to use 'slc'"
        )
    raise _UnsuitableError(
        f"{path}: a complex array is needed (complex64, complex128, or real and imaginary part); "
        f"found {listing}"
    )


def _is_real(member: Member) -> bool:
    return member.dtype is not None and member.dtype.kind in "fiu"


def _complex(values: np.ndarray) -> np.ndarray:
    """Turn structured pairs into complex numbers; keep everything else."""
    if not values.dtype.names:
        return values
    real, imaginary = (values[name].astype(np.float32) for name in values.dtype.names)
    return real + 1j * imaginary


def _axes(dims: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    """Translate the field's names of axes; the default unless they are all known."""
    known = {alias: axis for axis, aliases in AXES.items() for alias in aliases}
    axes = tuple(known.get(dim.lower(), "") for dim in dims)
    return axes if set(axes) == set(default) and len(axes) == len(default) else default
