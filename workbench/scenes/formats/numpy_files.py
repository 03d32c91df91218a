"""Arrays in NumPy's own files."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from workbench.scenes.archives import require_harmless, require_plausible
from workbench.scenes.containers import Contents, Member, Options, UnsuitableError, mapped


@contextmanager
def read_numpy(path: Path, _options: Options) -> Iterator[Contents]:
    """Open ``.npy`` or ``.npz``; nothing is ever unpickled."""
    with path.open("rb") as stream:  # given a path, numpy leaves damaged archives open
        magic = stream.read(6)
        stream.seek(0)
        if magic == np.lib.format.MAGIC_PREFIX:  # mapped: what a header claims is not allocated
            dtype, shape, fortran = _header(stream)
            strides = tuple(
                np.empty(0, dtype).itemsize * int(np.prod(shape[:axis])) for axis in range(len(shape))
            )
            yield Contents(
                {"the array": mapped(path, dtype, shape, stream.tell(), strides if fortran else None)}
            )
            return
        if not zipfile.is_zipfile(stream):
            raise UnsuitableError("is no .npy or .npz file: it does not begin like one")
        require_harmless(path)
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as loaded:
            yield Contents({name: _zipped(loaded, name, path) for name in loaded.files})


def _header(stream: Any) -> tuple[np.dtype, tuple[int, ...], bool]:
    """Read what follows the magic of an ``.npy`` file."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(stream)
    if dtype.hasobject:
        raise UnsuitableError(
            "holds Python objects, and nothing is ever unpickled here; a complex array is needed"
        )
    return dtype, shape, fortran


def _zipped(archive: Any, name: str, path: Path) -> Member:
    """One array of an archive, left there until its pixels are asked for."""
    entries = {info.filename: info for info in archive.zip.infolist()}
    info = entries.get(f"{name}.npy") or entries[name]
    try:
        with archive.zip.open(info) as stream:
            dtype, shape, fortran = _header(stream)
            header = stream.tell()
    except UnsuitableError:  # Python objects are common beside an image, and not needed
        return Member(None, (), lambda _window: np.empty(0))
    needed = header + dtype.itemsize * int(np.prod(shape, dtype=object))
    if info.file_size < needed:
        raise UnsuitableError(f"its array {name!r} has {info.file_size} bytes; {needed} are needed")
    if info.compress_type != zipfile.ZIP_STORED or fortran:
        return Member(dtype, shape, partial(_unpacked, archive, name, info), chunks=shape)
    with path.open("rb") as raw:  # the local header repeats the name, with fields of its own length
        raw.seek(info.header_offset + 26)
        lengths = np.frombuffer(raw.read(4), "<u2")
    return mapped(path, dtype, shape, info.header_offset + 30 + int(lengths.sum()) + header)


def _unpacked(archive: Any, name: str, info: zipfile.ZipInfo, window: Any) -> np.ndarray:
    """Unpack one array whole, then cut the window out."""
    require_plausible(f"its array {name!r}", info.file_size, info.compress_size)
    return np.asarray(archive[name][window])
