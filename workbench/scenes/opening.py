"""The user's own complex images, read from a file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from workbench.scenes.containers import (
    Contents,
    Member,
    Options,
    SelectionError,
    UndecidedError,
    UnsuitableError,
)
from workbench.scenes.formats import read_znap_stack, reader_of
from workbench.scenes.lazy import LAZY_FROM, LazyPixels, Opener, read_window
from workbench.scenes.selection import find_image, scene_axes
from workbench.scenes.stacking import stack_scenes
from workbench.scenes.validity import require_scene

PathLikes = str | PathLike[str] | Sequence[str | PathLike[str]]


def open_scene(
    path: PathLikes,
    *,
    select: str | None = None,
    shape: tuple[int, ...] | None = None,
    dtype: str | None = None,
    offset: int = 0,
    chip: int | None = None,
    lazy: bool | None = None,
) -> xr.Dataset:
    """Open a complex image, or a stack of them.

    Parameters
    ----------
    path : path, or several
        ``.npy``, ``.npz``, ``.zarr``, ``.znap``, ``.nc``, ``.h5`` (NISAR RSLC, MintPy, ICEYE, any other),
        ``.tif`` (GeoTIFF, Sentinel-1 measurement), ``.vrt`` (ISCE), ``.cos`` (COSAR), a Sentinel-1 ``.SAFE``
        folder, an OpenSARShip product as folder or ``.zip``, ``.nitf`` (SICD), or raw numbers described by
        `shape`. Some need an optional library; the message says which. The image is the array ``slc``, or
        the only complex one: complex numbers, structured pairs of real and imaginary part, or two arrays
        (``slc_real``, ``slc_imag``; ``i_VV``, ``q_VV``; ``s_i``, ``s_q``). Several paths of equal size become
        one stack. Nothing is ever unpickled, fetched or written.
    select : str, optional
        Which image where there are several: its name or a part of it, such as ``"frequencyA/HV"``,
        ``"band_2"``, ``"iw2 vv"``, ``"VH"``; ``"iq"`` takes two real bands as real and imaginary part.
    shape, dtype, offset : tuple of int, str, int
        Of raw numbers: (lines, pixels) or (samples, lines, pixels); ``complex64`` (default),
        ``complex_int16`` and others, ``>`` in front for big-endian; bytes to skip.
    chip : int, optional
        Pixels per axis of OpenSARShip's chips; by default those of the largest. Larger ones are cut, smaller
        ones get a border of zeros.
    lazy : bool, optional
        Leave the pixels on disk: each window is read when it is asked for (``.isel``, then ``.values``). By
        default from 2²³ pixels on. Values that are no numbers are found in images in memory only.

    Returns
    -------
    xarray.Dataset
        ``slc`` (y, x) or (sample, y, x) complex64; ``condition``, ``slc_2`` (the same ground from a second
        antenna) if there are arrays of these names; attrs of the file,
        ``source``, where the file says so ``wavelength`` (m), ``spacing_y``, ``spacing_x`` (m),
        ``incidence`` (degrees), ``sensor``. Axes named like azimuth, range or time are put in this order;
        unnamed ones are taken as they are.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it cannot be read or does not hold one complex image; the message names the file, what was found
        and what is needed. `SelectionError`, which is one, where only `select` is missing.

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
    options = _options(select, shape, dtype, offset, chip)
    if isinstance(path, str | PathLike):
        return _open(Path(path).expanduser(), options, lazy)
    paths = [Path(one).expanduser() for one in path]
    if not paths:
        raise ValueError("open_scene needs a path, or several; found an empty list")
    if len(paths) > 1 and all(one.suffix.lower() == ".znap" for one in paths):
        missing = [str(one) for one in paths if not one.is_dir()]
        if missing:
            raise FileNotFoundError(f"{missing[0]}: there is no such ZNAP archive")
        return _read(partial(read_znap_stack, paths), ", ".join(map(str, paths)), "ZNAP", options, lazy)
    return stack_scenes([_open(one, options, lazy) for one in paths], [str(one) for one in paths])


def _options(
    select: str | None, shape: tuple[int, ...] | None, dtype: str | None, offset: int, chip: int | None
) -> Options:
    if shape is not None:
        if len(shape) not in (2, 3) or not all(isinstance(n, int | np.integer) and n > 0 for n in shape):
            raise ValueError(f"shape={shape!r}: (lines, pixels) or (samples, lines, pixels) is needed")
        shape = tuple(int(n) for n in shape)
    elif dtype is not None or offset:
        raise ValueError("dtype and offset describe raw numbers; they need shape=(lines, pixels) as well")
    if not isinstance(offset, int | np.integer) or offset < 0:
        raise ValueError(f"offset={offset!r}: a whole number of bytes is needed")
    if chip is not None and not (isinstance(chip, int | np.integer) and 0 < chip <= 4096):
        raise ValueError(f"chip={chip!r}: 1 to 4096 pixels are needed")
    if select is not None and not (isinstance(select, str) and select.strip()):
        raise ValueError(f"select={select!r}: the name of an image is needed")
    return Options(select, shape, None if dtype is None else str(dtype), int(offset), chip)


def _open(path: Path, options: Options, lazy: bool | None) -> xr.Dataset:
    try:
        there = path.exists()
    except (OSError, ValueError) as error:  # too long a name, or a null byte in it
        raise ValueError(f"{path}: is no path ({error})") from None
    if not there:
        raise FileNotFoundError(f"{path}: there is no such file; a complex image is needed")
    try:
        reader, file = reader_of(path, options.shape is not None)
    except UnsuitableError as error:
        raise ValueError(f"{path}: {error}") from None
    return _read(partial(reader, file, options), str(path), path.suffix.lower() or "zarr", options, lazy)


def _read(
    opener: Opener,
    what: str,
    kind: str,
    options: Options,
    lazy: bool | None,
) -> xr.Dataset:
    """Read what `opener` opens, or prepare to read it window by window."""
    try:
        with opener() as contents:
            scene = _scene(contents, opener, what, options.select, lazy)
    except UndecidedError as error:
        raise SelectionError(f"{what}: {error}") from None
    except UnsuitableError as error:
        raise ValueError(f"{what}: {error}") from None
    except MemoryError:
        raise ValueError(
            f"{what}: does not fit into memory; open it with lazy=True, or cut out a part"
        ) from None
    except Exception as error:  # libraries raise anything from KeyError to zlib.error on damaged files
        raise ValueError(
            f"{what}: could not be read as {kind}, it may be truncated or of another format "
            f"({type(error).__name__}: {error})"
        ) from error
    return require_scene(scene, what)


def _scene(
    contents: Contents, opener: Opener, what: str, select: str | None, lazy: bool | None
) -> xr.Dataset:
    names, parts = find_image(contents, select)
    shape = parts[0].shape
    axes = scene_axes(parts[0].dims, ("sample", "y", "x")[-len(shape) :])
    pixels = int(np.prod(shape, dtype=object))
    on_disk = pixels > 0 and (pixels >= LAZY_FROM if lazy is None else lazy)
    dims = ("sample", "y", "x")[-len(shape) :]
    order = tuple(axes.index(dim) for dim in dims)
    sizes = tuple(shape[axis] for axis in order)
    arrays: dict[str, Any] = {}
    if on_disk:
        for corner in (0, -1):  # a truncated file has no last pixel
            read_window(parts, tuple(slice(n - 1, n) if corner else slice(0, 1) for n in shape))
        arrays["slc"] = LazyPixels(opener, names, sizes, order, what).variable(dims, parts[0].chunks)
    else:
        arrays["slc"] = (axes, read_window(parts, ...))
    second = contents.members.get("slc_2")
    if names == ("slc",) and second is not None:
        arrays["slc_2"] = _second(second, parts[0], opener, what, (axes, dims, order) if on_disk else (axes,))
    condition = contents.members.get("condition")
    if condition is not None and condition.dtype is not None and names != ("condition",):
        arrays["condition"] = _condition(
            condition, dict(zip(axes, shape, strict=True)), opener, what, on_disk
        )
    attrs = {**contents.attrs, "source": what}
    if len(contents.members) > 1 and names[0] != "slc":
        attrs["image"] = names[0]
    return xr.Dataset(arrays, contents.coords, attrs)


def _second(member: Member, image: Member, opener: Opener, what: str, axes: tuple[Any, ...]) -> Any:
    """Prepare the image of a second antenna beside the first; `axes` as stored, as wanted, their order."""
    if not member.is_complex or (member.shape, member.dims) != (image.shape, image.dims):
        raise UnsuitableError(f"slc_2 is {member}; complex numbers beside slc, {image}, are needed")
    if len(axes) > 1:
        _, dims, order = axes
        sizes = tuple(image.shape[axis] for axis in order)
        return LazyPixels(opener, ("slc_2",), sizes, order, what).variable(dims, member.chunks)
    pixels = read_window((member,), ...)
    if not np.isfinite(pixels).all():
        raise UnsuitableError("slc_2 holds values that are NaN or infinite; fill or cut them out first")
    return axes[0], pixels


def _condition(member: Member, sizes: dict[str, int], opener: Opener, what: str, on_disk: bool) -> Any:
    """Prepare the planes beside an image of these sizes."""
    needed = ("sample", "channel", "y", "x")[-len(sizes) - 1 :]
    found = dict(zip(scene_axes(member.dims, needed), member.shape, strict=False))
    if len(member.shape) != len(needed) or any(found[axis] != n for axis, n in sizes.items()):
        raise UnsuitableError(f"condition is {member}; {needed} beside an image of {sizes} is needed")
    if not on_disk:
        return tuple(found), member.read(...)
    order = tuple(tuple(found).index(dim) for dim in needed)
    lazy = LazyPixels(
        opener, ("condition",), tuple(member.shape[axis] for axis in order), order, what, real=True
    )
    return lazy.variable(needed, member.chunks)
