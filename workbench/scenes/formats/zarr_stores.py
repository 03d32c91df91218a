"""Arrays in zarr stores, SNAP's ZNAP among them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from workbench.scenes.archives import HARMLESS, require_plausible
from workbench.scenes.containers import Contents, Member, Options, number, plain_attrs

SNAP_METADATA = ("SNAP/product_metadata.json", "product_metadata.json")
LARGEST_METADATA = 64 * 2**20
UNKNOWN = 99999.0
"""What SNAP writes for a number that it does not know."""


def is_zarr(path: Path) -> bool:
    """Tell whether a directory holds a zarr group or array."""
    return any((path / name).is_file() for name in ("zarr.json", ".zgroup", ".zarray"))


@contextmanager
def read_zarr(path: Path, _options: Options) -> Iterator[Contents]:
    """Open a zarr group or array."""
    import zarr

    opened = zarr.open(path, mode="r")
    if isinstance(opened, zarr.Array):
        yield Contents({"the array": _member(opened, path)}, plain_attrs(opened.attrs))
        return
    with warnings.catch_warnings():
        # SNAP keeps a folder of its metadata among the arrays.
        warnings.filterwarnings("ignore", message=".*not recognized as a component of a Zarr")
        members = {name: _member(array, path / name) for name, array in sorted(opened.arrays())}
    yield Contents(members, {**plain_attrs(opened.attrs), **snap_attrs(path)})


def _member(array: Any, folder: Path) -> Member:
    dims = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS") or ()

    def read(window: Any) -> np.ndarray:
        _require_plausible(folder, array.nbytes)
        return np.asarray(array[window])

    # What is no number is never read: a store may name a codec that unpickles.
    return Member(
        array.dtype if array.dtype.kind in "biufcV" else None,
        array.shape,
        read,
        tuple(str(dim) for dim in dims),
        tuple(array.chunks),
    )


@lru_cache(maxsize=64)
def _require_plausible(folder: Path, unpacked: int) -> None:
    """Judge a large array once by its chunks on disk: those never written are not there."""
    if unpacked > HARMLESS:
        packed = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        require_plausible(f"its array {folder.name!r}", unpacked, packed)


def snap_attrs(path: Path) -> dict[str, Any]:
    """Wavelength, spacings, sensor that SNAP writes beside the arrays of a product; empty elsewhere."""
    file = next((path / name for name in SNAP_METADATA if (path / name).is_file()), None)
    if file is None or file.stat().st_size > LARGEST_METADATA:
        return {}
    found: dict[str, Any] = {}
    try:
        for name, value in _leaves(json.loads(file.read_text(encoding="utf-8"))):
            found.setdefault(name, value)  # the product's own come before those of its slaves
    except (ValueError, RecursionError):
        return {}
    frequency = number(found.get("radar_frequency"))  # MHz in SNAP's abstracted metadata
    attrs = {
        "wavelength": 299.792458 / frequency if frequency else None,
        "spacing_y": number(found.get("azimuth_spacing")),
        "spacing_x": number(found.get("range_spacing")),
        "incidence": _middle(found.get("incidence_near"), found.get("incidence_far")),
        "sensor": found.get("MISSION"),
    }
    return {name: value for name, value in attrs.items() if value is not None}


def _middle(near: Any, far: Any) -> float | None:
    angles = [angle for angle in (number(near), number(far)) if angle]
    return sum(angles) / len(angles) if angles else None


def _leaves(node: Any) -> Iterator[tuple[str, Any]]:
    """All named values of SNAP's tree of elements with attributes."""
    if isinstance(node, list):
        for value in node:
            yield from _leaves(value)
    if not isinstance(node, dict):
        return
    values = node["data"].get("elems") if isinstance(node.get("data"), dict) else None
    if isinstance(values, list) and len(values) == 1:
        values = values[0]
    if isinstance(values, str | int | float) and values != UNKNOWN:
        yield str(node.get("name")), values
    for name in ("attributes", "elements"):
        yield from _leaves(node.get(name))
