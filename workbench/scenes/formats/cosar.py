"""COSAR, the format of complex images from TerraSAR-X, TanDEM-X, PAZ."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.scenes.containers import Contents, Options, UnsuitableError
from workbench.scenes.formats.gdal import read_gdal

MAGIC = b"CSAR"
ANNOTATED = 4
"""Lines before the first one of pixels; each line begins with two numbers more than it has pixels."""


@contextmanager
def read_cosar(path: Path, options: Options) -> Iterator[Contents]:
    """Open the first burst through rasterio: stripmap and spotlight images have one.

    The header is judged first: GDAL fills what a truncated file lacks with what it read before.

    Notes
    -----
    T. Fritz, "TerraSAR-X Level 1b product format specification", DLR, TX-GS-DD-3307.
    """
    with path.open("rb") as stream:
        head = stream.read(32)
    if len(head) < 32 or head[28:] != MAGIC:
        raise UnsuitableError(f"begins with {len(head)} bytes that are no COSAR header ('CSAR' at byte 28)")
    burst, _, pixels, lines, _, line, _ = struct.unpack(">7I", head[:28])
    found, needed = path.stat().st_size, line * (lines + ANNOTATED)
    if not (pixels and lines and line == 4 * (pixels + 2)):
        raise UnsuitableError(
            f"its header gives {lines} lines of {pixels} pixels in {line} bytes each; "
            f"4 × (pixels + 2) bytes are needed, and one pixel at least"
        )
    if found < needed:
        raise UnsuitableError(
            f"has {found} bytes; {needed} are needed for {lines} lines of {pixels} pixels; it is truncated"
        )
    with read_gdal(path, options) as contents:
        attrs = {"burst": "the first of several"} if 0 < burst < found else {}
        yield Contents(contents.members, {**contents.attrs, **attrs})
