"""Formats that sarpy decodes: SICD in NITF (Umbra, Capella, ICEYE among them)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from workbench.scenes.containers import Contents, Member, Options, UnsuitableError, number
from workbench.scenes.extras import optional

LIGHT = 299_792_458.0


@contextmanager
def read_sicd(path: Path, _options: Options) -> Iterator[Contents]:
    """Open the complex images of a file; rows of a SICD are slant range, columns azimuth."""
    optional("sarpy", "a SICD image (NITF; Umbra, Capella, ICEYE)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # sarpy recommends its successor on each use
        converter = optional("sarpy.io.complex.converter", "a SICD image (NITF; Umbra, Capella, ICEYE)")
        opened = converter.open_complex(str(path))
    with closing(opened) as reader:
        sizes = reader.get_data_size_as_tuple()
        images = reader.get_sicds_as_tuple() or (None,)
        if not sizes:
            raise UnsuitableError("holds no complex image")
        members = {
            f"image_{index + 1}": _member(reader, index, tuple(size)) for index, size in enumerate(sizes)
        }
        yield Contents(members, _attrs(images[0]))


def _member(reader: Any, index: int, size: tuple[int, ...]) -> Member:
    def read(window: Any) -> np.ndarray:
        rows, columns = (slice(None), slice(None)) if window is ... else window
        return np.asarray(reader.read(rows, columns, index=index, squeeze=False))

    return Member(np.dtype(np.complex64), size, read, ("range", "azimuth"))


def _attrs(image: Any) -> dict[str, Any]:
    """Wavelength, spacings, incidence, sensor as far as the metadata has them."""

    def at(*names: str) -> Any:
        node = image
        for name in names:
            node = getattr(node, name, None)
        return node

    low, high = (number(at("RadarCollection", "TxFrequency", end)) for end in ("Min", "Max"))
    attrs = {
        "wavelength": 2 * LIGHT / (low + high) if low and high else None,
        "spacing_y": number(at("Grid", "Col", "SS")),
        "spacing_x": number(at("Grid", "Row", "SS")),
        "incidence": number(at("SCPCOA", "IncidenceAng")),
        "sensor": at("CollectionInfo", "CollectorName"),
    }
    return {name: value for name, value in attrs.items() if value is not None}
