"""Sentinel-1 products: the images of a .SAFE folder, their annotation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from workbench.scenes.containers import Contents, Options, UnsuitableError, number
from workbench.scenes.markup import LARGEST, parse_markup, text_of

LIGHT = 299_792_458.0


def is_safe(path: Path) -> bool:
    """Tell whether a directory is a Sentinel-1 product."""
    return (path / "manifest.safe").is_file() and (path / "measurement").is_dir()


def annotation_attrs(image: Path) -> dict[str, Any]:
    """Attributes of a measurement from the annotation beside it; empty where there is none."""
    file = image.parent.parent / "annotation" / f"{image.stem}.xml"
    if image.parent.name != "measurement" or not file.is_file() or file.stat().st_size > LARGEST:
        return {}
    root = parse_markup(file.read_bytes(), f"the annotation {file.name}")
    frequency = number(text_of(root, "radarFrequency"))
    attrs = {
        "wavelength": LIGHT / frequency if frequency else None,
        "spacing_y": number(text_of(root, "azimuthPixelSpacing")),
        "spacing_x": number(text_of(root, "rangePixelSpacing")),
        "incidence": number(text_of(root, "incidenceAngleMidSwath")),
        "sensor": text_of(root, "missionId"),
        "polarisation": text_of(root, "polarisation"),
        "swath": text_of(root, "swath"),
        "acquired": text_of(root, "startTime"),
    }
    return {name: value for name, value in attrs.items() if value is not None}


@contextmanager
def read_safe(path: Path, options: Options) -> Iterator[Contents]:
    """Open the measurement of a product that is selected; its attributes come along."""
    from workbench.scenes.formats.tiff import read_tiff

    images = {file.stem: file for file in sorted((path / "measurement").glob("*.tif*"))}
    if not images:
        raise UnsuitableError("is a Sentinel-1 product without any measurement/*.tiff")
    words = (options.select or "").lower().split()
    chosen = [name for name in images if all(word in name.lower().split("-") for word in words)]
    if len(chosen) != 1:
        raise UnsuitableError(
            f"holds the images {', '.join(images)}; select one, such as select='iw2 vv' "
            f"({len(chosen)} match {options.select!r})"
        )
    with ExitStack() as stack:
        contents = stack.enter_context(read_tiff(images[chosen[0]], Options()))
        yield Contents(contents.members, contents.attrs, selected=True)
