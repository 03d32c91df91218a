"""GDAL's virtual rasters, as ISCE writes them beside its binary images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from workbench.scenes.containers import Contents, Member, Options, UnsuitableError, mapped
from workbench.scenes.formats.gdal import read_gdal
from workbench.scenes.markup import parse_markup, text_of

KINDS = {"CFloat32": "c8", "CFloat64": "c16", "CInt16": "i2", "CInt32": "i4"}
SOURCES = ("SourceFilename", "SourceDataset", "DstFilename")
REMOTE = re.compile(r"^(/vsi|[a-z][a-z0-9+.-]*:)", re.IGNORECASE)
DEPTH = 4


@contextmanager
def read_vrt(path: Path, options: Options) -> Iterator[Contents]:
    """Open a virtual raster: bands of raw numbers are mapped, all others go through rasterio."""
    root = _harmless(path, path.resolve().parent, DEPTH)
    bands = root.findall("VRTRasterBand")
    raw = [
        band for band in bands if band.get("subClass") == "VRTRawRasterBand" and band.get("dataType") in KINDS
    ]
    if bands and len(raw) == len(bands):
        shape = _size(root)
        yield Contents({f"band_{k}": _raw_band(path, band, shape) for k, band in enumerate(bands, 1)})
        return
    with read_gdal(path, options) as contents:
        yield contents


def _harmless(path: Path, folder: Path, depth: int) -> Any:
    """Parse a virtual raster whose sources lie in its folder, or below."""
    root = parse_markup(path.read_bytes(), "the virtual raster")
    if root.tag != "VRTDataset":
        raise UnsuitableError(f"its root is <{root.tag}>; a virtual raster begins with <VRTDataset>")
    for element in root.iter(*SOURCES):
        name = (element.text or "").strip()
        if not name or REMOTE.match(name):
            raise UnsuitableError(f"its source {name!r} is not a file in its folder")
        source = (path.parent / name).resolve()
        if not source.is_relative_to(folder):
            raise UnsuitableError(f"its source {name!r} leads out of its folder; put both into one")
        if not source.is_file():
            raise UnsuitableError(f"its source {name!r} is not there")
        with source.open("rb") as stream:
            begin = stream.read(64)
        if begin.lstrip().startswith(b"<VRT") or source.suffix.lower() == ".vrt":
            if depth == 0:
                raise UnsuitableError(
                    "its sources are virtual rasters of virtual rasters, too deep to follow"
                )
            _harmless(source, folder, depth - 1)
    return root


def _size(root: Any) -> tuple[int, int]:
    try:
        height, width = int(root.get("rasterYSize", "")), int(root.get("rasterXSize", ""))
    except ValueError:
        raise UnsuitableError(
            "its <VRTDataset> has no rasterXSize and rasterYSize in whole numbers"
        ) from None
    if min(height, width) < 0:
        raise UnsuitableError(f"has the size {height}×{width}")
    return height, width


def _raw_band(path: Path, band: Any, shape: tuple[int, int]) -> Member:
    order = ">" if (text_of(band, "ByteOrder") or "LSB").upper() in ("MSB", "1") else "<"
    kind = KINDS[band.get("dataType")]
    dtype = np.dtype(order + kind)
    if kind.startswith("i"):
        dtype = np.dtype([("real", dtype), ("imag", dtype)])
    name = text_of(band, "SourceFilename")
    if name is None:
        raise UnsuitableError("one of its bands has no <SourceFilename>")
    pixel = int(text_of(band, "PixelOffset") or dtype.itemsize)
    line = int(text_of(band, "LineOffset") or pixel * shape[1])
    offset = int(text_of(band, "ImageOffset") or 0)
    try:
        return mapped(path.parent / name, dtype, shape, offset, (line, pixel))
    except UnsuitableError as error:
        raise UnsuitableError(f"its source {name} {error}") from None
