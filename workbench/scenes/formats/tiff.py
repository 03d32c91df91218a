"""Complex TIFF images, GeoTIFF among them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from workbench.scenes.archives import require_plausible
from workbench.scenes.containers import Contents, Member, Options, UndecidedError, UnsuitableError, mapped
from workbench.scenes.extras import COMMANDS, installed
from workbench.scenes.formats.gdal import read_gdal
from workbench.scenes.formats.sentinel1 import annotation_attrs

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
COMPLEX_INTEGER, COMPLEX_FLOAT = 5, 6
"""Values of the tag SampleFormat."""
PAGES = 512


@contextmanager
def read_tiff(path: Path, options: Options) -> Iterator[Contents]:
    """Open a TIFF: mapped where it is uncompressed, else window by window."""
    import tifffile

    _refuse_pictures(path)
    with _complaints() as complaints, tifffile.TiffFile(path) as file:
        pages: list[Any] = [page for page, _ in zip(file.pages, range(PAGES), strict=False)]
        if complaints:
            raise UnsuitableError(f"is damaged: {complaints[0]}")
        if not pages:
            raise UnsuitableError("holds no image")
        members = _bands(path, pages, file.byteorder)
        if options.select == "iq":
            members = _from_parts(pages)
        elif not members:
            parts = pages[0].samplesperpixel == 2  # perhaps real and imaginary
            raise (UndecidedError if parts else UnsuitableError)(_why_not(pages[0], path))
        attrs = annotation_attrs(path)
        known = {name: member for name, member in members.items() if member is not None}
        if len(known) == len(members):
            yield Contents(known, attrs, selected=options.select == "iq")
            return
    if not installed("rasterio"):
        raise UnsuitableError(
            f"is packed in a way that needs rasterio. Install it with: {COMMANDS['rasterio']}. "
            "Everything else works without it"
        )
    with read_gdal(path, options) as contents:
        yield Contents(contents.members, {**contents.attrs, **attrs})


class _Collector(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what tifffile says about a damaged directory, which it would only log."""
    logger, messages = logging.getLogger("tifffile"), list[str]()
    handler, propagate = _Collector(messages), logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield messages
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate


def _refuse_pictures(path: Path) -> None:
    with path.open("rb") as stream:
        magic = stream.read(8)
    if magic == PNG or magic.startswith(JPEG):
        kind = "PNG" if magic == PNG else "JPEG"
        raise UnsuitableError(
            f"is a {kind} picture under the name of a TIFF (OpenSARShip 1.0 has such in Patch_RGB); "
            "it has no phase, a complex image is needed"
        )


def _bands(path: Path, pages: list[Any], order: str) -> dict[str, Member | None]:
    """All complex bands of all pages; None stands for one that tifffile cannot decode."""
    members: dict[str, Member | None] = {}
    for page in pages:
        if page.sampleformat not in (COMPLEX_INTEGER, COMPLEX_FLOAT):
            continue
        if page.ndim != 2:  # polarisations in one image, as GDAL writes them
            require_plausible("its image", page.nbytes, sum(page.databytecounts))
            members |= dict.fromkeys(f"band_{len(members) + k + 1}" for k in range(page.samplesperpixel))
            continue
        members[f"band_{len(members) + 1}"] = _band(path, page, order)
    return members


def _band(path: Path, page: Any, order: str) -> Member | None:
    bits = page.bitspersample
    if page.sampleformat == COMPLEX_INTEGER and bits not in (32, 64):
        raise UnsuitableError(f"has complex integers of {bits} bits; 32 or 64 are read")
    integer = np.dtype(f"{order}i{bits // 16}")
    dtype = np.dtype([("real", integer), ("imag", integer)])
    if page.sampleformat == COMPLEX_FLOAT:
        dtype = np.dtype(f"{order}c{bits // 8}")
    blocks = np.prod([-(-n // size) for n, size in zip(page.shape, _block(page), strict=True)], dtype=object)
    if not len(page.dataoffsets) == len(page.databytecounts) == blocks:
        raise UnsuitableError(
            f"lists {len(page.dataoffsets)} of the {blocks} blocks that its pixels are in; it is truncated"
        )
    start = _start(page)
    if start is not None:
        return mapped(path, dtype, page.shape, start)
    require_plausible("its image", page.nbytes, sum(page.databytecounts))
    try:
        page.decode  # noqa: B018 -- building the decoder tells whether the compression is known
    except (ValueError, ImportError):
        return None
    if page.compression not in (1, 8, 32946):
        return None

    def read(window: Any) -> np.ndarray:
        import zarr

        return np.asarray(zarr.open(page.aszarr(), mode="r")[window])

    return Member(np.dtype(page.dtype), page.shape, read, ("y", "x"), _block(page))


def _block(page: Any) -> tuple[int, int]:
    """Lines, pixels that are stored together."""
    if page.is_tiled:
        return max(page.tilelength, 1), max(page.tilewidth, 1)
    return max(min(page.rowsperstrip, page.shape[0]), 1), max(page.shape[1], 1)


def _start(page: Any) -> int | None:
    """Where the pixels begin if they lie in one piece as in memory, else None."""
    counts, offsets = np.asarray(page.databytecounts), np.asarray(page.dataoffsets)
    whole = page.shape[0] * page.shape[1] * page.bitspersample // 8
    plain = page.compression == 1 and not page.is_tiled and page.fillorder == 1 and offsets.size > 0
    if not plain or int(counts.sum()) != whole or (np.diff(offsets) != counts[:-1]).any():
        return None
    return int(offsets[0])


def _from_parts(pages: list[Any]) -> dict[str, Member | None]:
    """Join the image whose real and imaginary part are the two bands of a file."""
    page = pages[0]
    for one in pages[:2]:
        require_plausible("its image", one.nbytes, sum(one.databytecounts))
    bands = page.asarray() if page.ndim == 3 else np.stack([p.asarray() for p in pages[:2]])
    if page.ndim == 3 and page.axes.endswith("S"):
        bands = np.moveaxis(bands, -1, 0)
    if len(bands) != 2 or bands.ndim != 3 or bands.dtype.kind not in "fi":
        raise UnsuitableError(
            f"select='iq' needs two bands of real numbers, real and imaginary part; found {bands.dtype} of "
            f"{'×'.join(map(str, bands.shape))}"
        )
    image = bands[0].astype(np.complex64)
    image.imag = bands[1]
    return {"iq": Member(image.dtype, image.shape, image.__getitem__)}


def _why_not(page: Any, path: Path) -> str:
    shape = "×".join(map(str, page.shape))
    found = f"holds {page.dtype} of shape {shape} ({page.axes}), {page.samplesperpixel} bands"
    found += "; a complex band is needed"
    if page.samplesperpixel == 2:
        return f"{found}. If its bands are the real and imaginary part, say select='iq'"
    if path.parent.name.startswith("Patch"):
        return f"{found}. For OpenSARShip open the folder of the product, or its .zip"
    return found
