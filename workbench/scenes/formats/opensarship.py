"""Ship chips of OpenSARShip 1.0 or 2.0, in a folder or a zip archive."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from workbench.scenes.archives import read_member, require_harmless
from workbench.scenes.containers import Contents, Options, UnsuitableError, in_memory
from workbench.scenes.formats.ship_labels import CHANNELS, label_planes
from workbench.scenes.formats.ship_list import ShipRecord, read_ship_list

CHIP = re.compile(r"(?P<type>.+)_x(?P<x>\d+)_y(?P<y>\d+)\.tiff?", re.IGNORECASE)
SPACING = (13.9, 2.33)
"""Azimuth and slant-range pixels of the Sentinel-1 IW images that the chips are cut from, metres."""
WAVELENGTH = 0.05547
LARGEST_CHIP, LARGEST_LIST, LARGEST_STACK = 4096, 64 * 2**20, 2**29
CHANNEL = {"VH": 0, "VV": 1}
"""Order of the polarisations in dual-pol chips: VH before VV."""


@dataclass(frozen=True)
class _Chip:
    """One file of the folder Patch."""

    name: str
    kind: str
    x: int
    y: int


def has_chips(path: Path) -> bool:
    """Tell whether a directory is an OpenSARShip product, or one of its folders of chips."""
    if path.name.startswith("Patch"):
        return True
    return any(next(path.glob(pattern), None) is not None for pattern in ("Patch*", "*/Patch*", "Ship.xml"))


@contextmanager
def read_chips(path: Path, options: Options) -> Iterator[Contents]:
    """Open all chips of a product: one stack of the largest chip's size, each in the middle of zeros."""
    with ExitStack() as stack:
        names, read = _folder(path) if path.is_dir() else _archive(path, stack)
        chips, ships = _listed(names), _ships(names, read)
        polarisation = (options.select or "VV").upper()
        if polarisation not in CHANNEL:
            raise UnsuitableError(f"select={options.select!r}: there are VV, VH")
        product = _product(path, chips[0].name)
        images = _images(chips, read, polarisation, product)
        yield _stacked(
            images, [ships.get((chip.x, chip.y)) for chip in chips], chips, options, product, polarisation
        )


def _folder(path: Path) -> tuple[list[str], Callable[[str, int], bytes]]:
    """List the files of a directory that lie in it; how to read one."""
    root = path.parent if path.name.startswith("Patch") else path
    inside = root.resolve()
    files = [file for pattern in ("*", "*/*", "*/*/*") for file in root.glob(pattern) if file.is_file()]
    # A link may lead elsewhere.
    names = [file.relative_to(root).as_posix() for file in files if file.resolve().is_relative_to(inside)]
    if path != root and path.name != "Patch":
        _refuse(path.name)

    def read(name: str, limit: int) -> bytes:
        file = root / name
        if file.stat().st_size > limit:
            raise UnsuitableError(
                f"its file {name!r} has {file.stat().st_size} bytes; at most {limit} are read"
            )
        return file.read_bytes()

    return sorted(names), read


def _archive(path: Path, stack: ExitStack) -> tuple[list[str], Callable[[str, int], bytes]]:
    """List the members of a zip archive; how to read one. Nothing is ever written to disk."""
    members = require_harmless(path)
    archive = stack.enter_context(zipfile.ZipFile(path))
    names = sorted(member.filename for member in members if not member.is_dir())
    inner = [name for name in names if name.lower().endswith(".zip")]
    if inner and not any("Patch/" in name for name in names):
        raise UnsuitableError(
            f"holds {len(inner)} archives, one a product, such as {inner[0]!r}; "
            "unpack it, then open one of them"
        )
    return names, lambda name, limit: read_member(archive, name, limit)


def _refuse(folder: str) -> None:
    reason = {
        "Patch_Cal": "holds the calibrated intensity (sigma nought), which has no phase",
        "Patch_RGB": "holds pictures in false colours, which have no phase",
        "Patch_Uint8": "holds 8-bit pictures, which have no phase",
    }.get(folder, "holds no complex chips")
    raise UnsuitableError(f"{folder} {reason}; the folder Patch of a SLC product is needed")


def _listed(names: list[str]) -> list[_Chip]:
    """Find the complex chips: flat as in 2.0, or below a folder of the product's name as in 1.0."""
    chips = []
    for name in names:
        parts = PurePosixPath(name).parts
        match = CHIP.fullmatch(parts[-1])
        if len(parts) in (2, 3) and parts[-2] == "Patch" and match:
            chips.append(_Chip(name, match["type"], int(match["x"]), int(match["y"])))
    if chips:
        return chips
    folders = sorted(
        {part for name in names for part in PurePosixPath(name).parts[:-1] if part.startswith("Patch")}
    )
    if folders and "Patch" not in folders:
        _refuse(folders[0])
    raise UnsuitableError(
        f"holds no Patch/TYPE_xX_yY.tif; found {', '.join(names[:4]) or 'nothing'}{' …' * (len(names) > 4)}"
    )


def _ships(names: list[str], read: Callable[[str, int], bytes]) -> dict[tuple[int, int], ShipRecord]:
    found = [name for name in names if PurePosixPath(name).name.lower() == "ship.xml"]
    return read_ship_list(read(found[0], LARGEST_LIST)) if found else {}


def _product(path: Path, chip: str) -> str:
    """Name of the Sentinel-1 product: the archive's, or that of the folder around Patch."""
    parts = PurePosixPath(chip).parts
    names = [parts[-3] if len(parts) > 2 else "", path.parent.name if path.name == "Patch" else path.stem]
    return next((name for name in names if name.startswith("S1")), names[1])


def _images(
    chips: list[_Chip], read: Callable[[str, int], bytes], polarisation: str, product: str
) -> list[np.ndarray]:
    """Decode all chips, as long as they fit into a stack."""
    images, total = [], 0
    for chip in chips:
        images.append(_image(read(chip.name, 16 * LARGEST_CHIP**2), chip, polarisation, product))
        total += images[-1].nbytes
        if total > LARGEST_STACK:
            raise UnsuitableError(
                f"its first {len(images)} of {len(chips)} chips are {total} bytes; "
                f"at most {LARGEST_STACK} are read"
            )
    return images


def _image(data: bytes, chip: _Chip, polarisation: str, product: str) -> np.ndarray:
    """Decode the chip of one polarisation."""
    import tifffile

    if data[:8] == b"\x89PNG\r\n\x1a\n":
        raise UnsuitableError(f"{chip.name} is a PNG picture under the name of a TIFF; it has no phase")
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page = file.pages[0]
            large = max(page.shape) > LARGEST_CHIP or page.nbytes > 16 * LARGEST_CHIP**2
            if page.ndim != 3 or large or page.dtype != np.float32:
                raise UnsuitableError(
                    f"{chip.name} is {page.dtype} of {page.shape}; "
                    "float32 of (lines, pixels, 2 or 4) is needed"
                )
            values = page.asarray()
            values = values if page.axes.endswith("S") else np.moveaxis(values, 0, -1)
    except UnsuitableError:
        raise
    except Exception as error:  # tifffile raises anything from IndexError to struct.error on damage
        raise UnsuitableError(f"{chip.name} could not be read, it may be truncated ({error})") from None
    bands = values.shape[-1]
    if bands not in (2, 4) or 0 in values.shape:
        raise UnsuitableError(
            f"{chip.name} is of shape {values.shape}; 2 or 4 bands of at least a pixel are needed"
        )
    if not np.isfinite(values).all():
        raise UnsuitableError(f"{chip.name} holds values that are NaN or infinite")
    if bands == 2 and ("GRD" in product or (values.min() >= 0 and values.size > 8)):
        raise UnsuitableError(
            f"{chip.name} holds the amplitudes VH, VV of a GRD product, which have no phase; "
            "a SLC product is needed"
        )
    if bands == 2 and polarisation != "VV":
        raise UnsuitableError(f"{chip.name} has one polarisation only; {polarisation} is not there")
    first = 2 * CHANNEL[polarisation] if bands == 4 else 0
    return np.asarray(values[..., first] + 1j * values[..., first + 1], np.complex64)


def _stacked(
    images: list[np.ndarray],
    ships: list[ShipRecord | None],
    chips: list[_Chip],
    options: Options,
    product: str,
    polarisation: str,
) -> Contents:
    """Chips of any size on one grid, with their labels."""
    size = options.chip or max(max(image.shape) for image in images)
    if len(images) * size**2 * 8 > LARGEST_STACK:
        raise UnsuitableError(
            f"{len(images)} chips of {size}×{size} need more than 512 MiB; say a smaller chip="
        )
    slc = np.zeros((len(images), size, size), np.complex64)
    condition = np.full((len(images), len(CHANNELS), size, size), -1, np.float32)
    for sample, (image, ship) in enumerate(zip(images, ships, strict=True)):
        planes = label_planes(image, ship.length if ship else None, ship.width if ship else None, SPACING)
        _centred(slc[sample], image)
        for plane, label in zip(condition[sample], planes, strict=True):
            _centred(plane, label)
    numbers = {
        "length": ("m", [ship.length if ship and ship.length else np.nan for ship in ships]),
        "width": ("m", [ship.width if ship and ship.width else np.nan for ship in ships]),
        "chip_y": ("pixels", [image.shape[0] for image in images]),
        "chip_x": ("pixels", [image.shape[1] for image in images]),
        "centre_x": ("pixels", [chip.x for chip in chips]),
        "centre_y": ("pixels", [chip.y for chip in chips]),
    }
    texts = {
        "ship_type": [chip.kind for chip in chips],
        "ais_type": [ship.kind if ship else "" for ship in ships],
    }
    coords: dict[str, Any] = {
        **{
            name: (("sample",), np.array(values), {"units": unit}) for name, (unit, values) in numbers.items()
        },
        **{name: (("sample",), np.array(values, str), {}) for name, values in texts.items()},
        "channel": (("channel",), list(CHANNELS), {"meaning": "+1 on that part of the ship, else -1"}),
    }
    unlisted = sum(ship is None for ship in ships)
    attrs = {
        "wavelength": WAVELENGTH,
        "spacing_y": SPACING[0],
        "spacing_x": SPACING[1],
        "sensor": product[:3] if product.startswith("S1") else "Sentinel-1",
        "product": product,
        "polarisation": polarisation,
        "condition_source": "derived from length, width in Ship.xml; axis estimated from the bright pixels; "
        "bow, stern are ambiguous by 180 degrees: the bow is put at the far range",
        "ships_not_in_list": unlisted,
    }
    members = {
        "slc": in_memory(slc, ("sample", "y", "x")),
        "condition": in_memory(condition, ("sample", "channel", "y", "x")),
    }
    return Contents(members, attrs, coords, selected=True)


def _centred(target: np.ndarray, image: np.ndarray) -> None:
    """Put the middle of an image onto the middle of the target, cutting what stands over."""
    inside, outside = [], []
    for have, want in zip(image.shape, target.shape, strict=True):
        first = have // 2 - want // 2
        inside.append(slice(max(first, 0), max(first, 0) + min(have, want)))
        outside.append(slice(max(-first, 0), max(-first, 0) + min(have, want)))
    target[tuple(outside)] = image[tuple(inside)]
