"""Arrays in HDF5 files: netCDF-4, NISAR RSLC, MintPy stacks, any other with a complex image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from workbench.scenes.archives import require_plausible
from workbench.scenes.containers import Contents, Member, Options, UnsuitableError, number, plain_attrs

LIGHT = 299_792_458.0
OBJECTS = 20_000
NISAR = re.compile(
    r"(?P<swath>science/(?P<band>[LS]SAR)/(?:RSLC|SLC)/swaths/frequency[AB])/(?P<pol>[HVRL]{2})"
)


@contextmanager
def read_hdf5(path: Path, _options: Options) -> Iterator[Contents]:
    """Open an HDF5 file; links to other files are not followed."""
    import h5py

    with h5py.File(path, "r") as file:
        members = dict(_datasets(file))
        images = [name for name in members if NISAR.fullmatch(name)]
        if not images:
            yield Contents(members, plain_attrs(file.attrs))
            return
        # The images of a RSLC only: its look-up tables are complex in places too.
        yield Contents({name: members[name] for name in images}, _nisar_attrs(file, images[0]), {}, images[0])


def _datasets(file: Any) -> Iterator[tuple[str, Member]]:
    """Walk through all groups, in order of name."""
    import h5py

    found: list[tuple[str, Any]] = []

    def keep(name: str, item: Any) -> bool | None:
        found.append((name, item))
        return True if len(found) > OBJECTS else None

    file.visititems(keep)
    if len(found) > OBJECTS:
        raise UnsuitableError(f"holds more than {OBJECTS} objects; export the image to a file of its own")
    for name, item in found:
        if not isinstance(item, h5py.Dataset):
            continue
        if item.external or item.is_virtual:  # their pixels lie in files that the author of this one chose
            raise UnsuitableError(
                f"its dataset {name!r} lies in other files; one that holds its pixels is needed"
            )
        yield (
            name,
            Member(item.dtype, item.shape or (), partial(_window, item), _scales(item), item.chunks or ()),
        )


def _window(dataset: Any, window: Any) -> np.ndarray:
    """Read a window; a chunk is unpacked whole, and one that was never written takes no place on disk."""
    require_plausible(f"its dataset {dataset.name!r}", dataset.nbytes, dataset.id.get_storage_size())
    return np.asarray(dataset[window])


def _scales(dataset: Any) -> tuple[str, ...]:
    """Names of the dimensions that netCDF attaches to a dataset."""
    attached = [dimension.values() for dimension in dataset.dims]
    return tuple(scales[0].name.rpartition("/")[2] for scales in attached) if all(attached) else ()


def _nisar_attrs(file: Any, image: str) -> dict[str, Any]:
    """Wavelength, spacings, sensor of a RSLC; what the file does not say is left out."""
    match = NISAR.fullmatch(image)
    assert match is not None
    swath = match["swath"]

    def scalar(name: str) -> Any:
        value = np.asarray(file[name][()]) if name in file else np.empty(0)
        return value.item() if value.size == 1 else None

    frequency = number(scalar(f"{swath}/processedCenterFrequency"))
    identity = f"science/{match['band']}/identification"
    sensor = scalar(f"{identity}/missionId") or scalar(f"{identity}/platformName") or "NISAR RSLC"
    attrs = {
        "wavelength": LIGHT / frequency if frequency else None,
        "spacing_x": number(scalar(f"{swath}/slantRangeSpacing")),
        "spacing_y": number(scalar(f"{swath}/sceneCenterAlongTrackSpacing")),
        "sensor": sensor.decode(errors="replace") if isinstance(sensor, bytes) else str(sensor),
    }
    return {name: value for name, value in attrs.items() if value is not None}
