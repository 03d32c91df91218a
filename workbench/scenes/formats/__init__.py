"""Which family of files is opened by which reader."""

from __future__ import annotations

from pathlib import Path

from workbench.scenes.containers import Reader, UnsuitableError
from workbench.scenes.formats.cosar import read_cosar
from workbench.scenes.formats.hdf5 import read_hdf5
from workbench.scenes.formats.netcdf import read_netcdf
from workbench.scenes.formats.numpy_files import read_numpy
from workbench.scenes.formats.opensarship import has_chips, read_chips
from workbench.scenes.formats.raw_binary import read_raw
from workbench.scenes.formats.sentinel1 import is_safe, read_safe
from workbench.scenes.formats.sicd import read_sicd
from workbench.scenes.formats.tiff import read_tiff
from workbench.scenes.formats.virtual_raster import read_vrt
from workbench.scenes.formats.zarr_stores import is_zarr, read_zarr
from workbench.scenes.formats.znap_stack import read_znap_stack

FILES: dict[str, Reader] = {
    ".npy": read_numpy,
    ".npz": read_numpy,
    ".nc": read_netcdf,
    ".h5": read_hdf5,
    ".hdf5": read_hdf5,
    ".tif": read_tiff,
    ".tiff": read_tiff,
    ".vrt": read_vrt,
    ".cos": read_cosar,
    ".zip": read_chips,
    ".ntf": read_sicd,
    ".nitf": read_sicd,
}
"""Suffix of a file -> its reader; any other file is raw numbers, whose shape the caller says."""

STORES = (".zarr", ".znap")
"""Suffixes of directories that are zarr stores."""

LISTED = (*FILES, *STORES, ".safe", ".slc", ".raw", ".bin")
"""Suffixes, in lower case, under which a folder of data is searched: raw numbers need a shape besides."""

FORMATS = ", ".join([*FILES, *STORES, ".SAFE folders, raw complex numbers (shape=, dtype=)"])
"""All of them, in words."""

__all__ = ["FILES", "FORMATS", "LISTED", "STORES", "read_znap_stack", "reader_of"]


def reader_of(path: Path, raw: bool) -> tuple[Reader, Path]:
    """Return the reader for a path, with what it opens (a binary image of ISCE: the .vrt beside it).

    Parameters
    ----------
    path : Path
        An existing file or directory.
    raw : bool
        Whether the caller described raw numbers, which overrules the suffix.

    Raises
    ------
    UnsuitableError
        If nothing here reads it.
    """
    supported = ", ".join([*FILES, *STORES])
    if path.is_dir():
        for recognise, reader in ((is_zarr, read_zarr), (is_safe, read_safe), (has_chips, read_chips)):
            if recognise(path):
                return reader, path
        raise UnsuitableError(
            "is a directory but no zarr store, Sentinel-1 .SAFE or OpenSARShip product; "
            f"a complex {supported} is needed"
        )
    suffix = path.suffix.lower()
    if suffix in STORES:
        raise UnsuitableError(f"is a file; a {suffix[1:]} store is a directory")
    if raw:
        return read_raw, path
    if suffix in FILES:
        return FILES[suffix], path
    beside = path.with_name(f"{path.name}.vrt")
    if beside.is_file():
        return read_vrt, beside
    found = f"files of the kind {suffix!r}" if suffix else "files without a suffix"
    raise UnsuitableError(
        f"{found} cannot be read; supported are {supported}, or raw complex numbers: "
        "say shape=(lines, pixels) and dtype="
    )
