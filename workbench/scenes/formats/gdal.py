"""Images that GDAL decodes: COSAR, compressed GeoTIFF, virtual rasters."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from workbench.scenes.containers import Contents, Member, Options, UnsuitableError, plain_attrs
from workbench.scenes.extras import optional

DRIVERS = {".tif": "GTiff", ".tiff": "GTiff", ".vrt": "VRT", ".cos": "COSAR"}
"""Suffix -> the one driver tried: a file cannot choose another that reads elsewhere."""
KINDS = {"complex64": np.complex64, "complex128": np.complex128, "complex_int16": np.complex64}


@contextmanager
def read_gdal(path: Path, _options: Options) -> Iterator[Contents]:
    """Open an image through rasterio."""
    rasterio = optional("rasterio", f"an image like this ({path.suffix.lower()})")
    driver = DRIVERS[path.suffix.lower()]
    with (
        rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_VRT_ENABLE_PYTHON="NO"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # radar images have no map projection
        with rasterio.open(path, driver=driver) as file:
            members = {f"band_{band}": _member(rasterio, file, band) for band in file.indexes}
            if not any(member.is_complex for member in members.values()):
                raise UnsuitableError(
                    f"holds {file.count} bands of {', '.join(sorted(set(file.dtypes)))}, "
                    f"{file.height}×{file.width}; a complex band is needed"
                )
            yield Contents(members, plain_attrs(file.tags()))


def _member(rasterio: Any, file: Any, band: int) -> Member:
    kind = file.dtypes[band - 1]
    shape = (file.height, file.width)

    def read(window: Any) -> np.ndarray:
        rows, columns = (slice(None), slice(None)) if window is ... else window
        (top, bottom, down), (left, right, across) = rows.indices(shape[0]), columns.indices(shape[1])
        if bottom <= top or right <= left:
            return np.empty((len(range(top, bottom, down)), len(range(left, right, across))), np.complex64)
        block = rasterio.windows.Window(left, top, right - left, bottom - top)
        return np.asarray(file.read(band, window=block)[::down, ::across])

    chunks = file.block_shapes[band - 1]
    return Member(
        np.dtype(KINDS.get(kind, kind)), shape, read, ("y", "x"), () if chunks[0] == 1 else tuple(chunks)
    )
