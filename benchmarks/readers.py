"""How long a preview of a large complex image takes, how much memory."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.machine import describe_machine, print_table

__all__ = ["main", "table"]

LINES = 16384  # lines and pixels: 2 GiB of complex64
STRIP = 256

FRESH = """
import json, pathlib, sys, time
began = time.perf_counter()
from workbench.scenes import draw_patches, open_scene, scene_preview
loaded = time.perf_counter()
scene = open_scene(sys.argv[1])
thumb = scene_preview(scene, 512)
shown = time.perf_counter()
draw_patches(scene, 128, 64)
drawn = time.perf_counter()
# The peak since this process began: getrusage would count that of the parent before it.
status = pathlib.Path("/proc/self/status").read_text().splitlines()
memory = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
print(json.dumps({"import": loaded - began, "preview": shown - loaded, "patches": drawn - shown,
                  "memory": memory, "looks": thumb.looks, "share": thumb.share_read, "reads": thumb.reads}))
"""


def strip(first: int) -> np.ndarray:
    """Return some lines of speckle with a ramp of power, the same for all formats."""
    rng = np.random.default_rng(first)
    noise = rng.standard_normal((STRIP, LINES, 2), np.float32).view(np.complex64)[..., 0]
    return noise * np.linspace(1, 10, LINES, dtype=np.float32)


def write_tiff(path: Path, lines: int, dtype: str = "complex64") -> None:
    """Write an uncompressed BigTIFF."""
    import tifffile

    image = tifffile.memmap(path, shape=(lines, LINES), dtype=dtype, bigtiff=True)
    for first in range(0, lines, STRIP):
        image[first : first + STRIP] = strip(first)
    image.flush()


def write_npy(path: Path, lines: int) -> None:
    """Write NumPy's own file."""
    image = np.lib.format.open_memmap(path, "w+", np.complex64, (lines, LINES))
    for first in range(0, lines, STRIP):
        image[first : first + STRIP] = strip(first)
    image.flush()


def write_hdf5(path: Path, lines: int) -> None:
    """Write an HDF5 file whose chunks are those of a NISAR RSLC, without compression."""
    import h5py

    with h5py.File(path, "w") as file:
        image = file.create_dataset("slc", (lines, LINES), np.complex64, chunks=(512, 512))
        for first in range(0, lines, STRIP):
            image[first : first + STRIP] = strip(first)


WRITERS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "TIFF, complex64, strips": ("a.tif", write_tiff),
    "npy": ("a.npy", write_npy),
    "HDF5, chunks of 512×512": ("a.h5", write_hdf5),
}


def in_fresh_process(path: Path, cold: bool) -> dict[str, float]:
    """Open the file, draw its preview, then patches, in a process of its own."""
    if cold:
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(path)], capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def table(lines: int) -> list[Sequence[object]]:
    """Write each file, read it, delete it; return the rows."""
    rows: list[Sequence[object]] = []
    for kind, (name, write) in WRITERS.items():
        with tempfile.TemporaryDirectory(prefix="readers-benchmark-") as folder:
            path = Path(folder) / name
            write(path, lines)
            size = path.stat().st_size / 1e9
            for cold in (True, False):
                found = in_fresh_process(path, cold)
                rows.append(
                    (
                        f"{kind}, {size:.2f} GB",
                        "dropped" if cold else "warm",
                        f"{found['import']:.2f} s",
                        f"{found['preview']:.2f} s",
                        f"{found['memory']:.0f} MB",
                        f"{found['looks']:.0f}",
                        f"{100 * found['share']:.0f} % in {found['reads']:.0f}",
                        f"{found['patches']:.2f} s",
                    )
                )
    return rows


def main(lines: int = LINES) -> None:
    """Print the readers' table."""
    print(describe_machine())
    print_table(
        "Open a large image, draw its preview: goal < 3 s, < 500 MB in a fresh process",
        ("file", "disk cache", "import", "open + preview", "peak RSS", "looks", "read", "64 patches of 128²"),
        table(lines),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES, help="of 16384 pixels, 131072 bytes each")
    main(parser.parse_args().lines)
