"""A thumbnail of a complex image of any size."""

from __future__ import annotations

from os import PathLike

import numpy as np
import xarray as xr

from workbench.scenes.opening import open_scene
from workbench.scenes.validity import require_scene, require_whole

BUDGET = 2**24
"""Pixels read at most of an image whose rows can be read by themselves."""
BLOCK = 2**22
"""Pixels held at once."""


def scene_preview(
    scene: str | PathLike[str] | xr.Dataset, pixels: int = 512, *, sample: int = 0, budget: int = BUDGET
) -> xr.Dataset:
    """Return amplitude and phase of a scene on at most `pixels` × `pixels` points.

    The power is averaged over the pixels that fall on a point (multilooking); of an image larger than the
    budget over an even part of its rows. The phase is that of one pixel, in the middle of what was averaged:
    the mean of phases of speckle says nothing. Memory stays below 2²² complex pixels, whatever the image.
    Where the file packs its pixels in blocks, all blocks are decoded once, or twice at their edges, and as
    many rows of them averaged.

    Parameters
    ----------
    scene : path or xarray.Dataset
        A scene, in memory or on disk.
    pixels : int
        Points per axis at most.
    sample : int
        Which image of a stack.
    budget : int
        Pixels to read at most, where rows can be read by themselves.

    Returns
    -------
    xarray.Dataset
        ``amplitude`` (y, x) float32, dB re 1: ``10 log₁₀⟨|x|²⟩``, −inf where all is zero, NaN where nothing
        is a number; ``phase`` (y, x) float32, rad. Coordinates: the pixel in the middle of what was
        averaged. attrs ``looks`` averaged per point, ``pixels_read``, ``share_read``, ``reads``.

    Raises
    ------
    FileNotFoundError, ValueError
        As `open_scene`; for a sample that is not there.

    Examples
    --------
    >>> import numpy as np
    >>> scene = xr.Dataset({"slc": (("y", "x"), np.full((64, 100), 10j))})
    >>> thumb = scene_preview(scene, pixels=16)
    >>> dict(thumb.sizes), round(float(thumb.amplitude[0, 0]), 3), thumb.attrs["looks"]
    ({'y': 16, 'x': 15}, 20.0, 28)
    """
    require_whole("scene_preview", pixels=pixels, budget=budget)
    opened = require_scene(scene) if isinstance(scene, xr.Dataset) else open_scene(scene)
    slc = opened["slc"]
    if "sample" in slc.dims:
        if not 0 <= sample < slc.sizes["sample"]:
            raise ValueError(f"sample={sample}: there are {slc.sizes['sample']} samples, from 0")
        chunk = (slc.encoding.get("chunksizes") or (1, 1, 1))[-2:]
        slc = slc.isel(sample=sample)
    else:
        chunk = slc.encoding.get("chunksizes") or (1, 1)
        if sample:
            raise ValueError(f"sample={sample}: there is one image only")
    return _thumbnail(slc, pixels, budget, chunk[0]).assign_attrs(
        {name: value for name, value in opened.attrs.items() if name in ("source", "sensor", "wavelength")}
    )


def _thumbnail(slc: xr.DataArray, pixels: int, budget: int, packed: int) -> xr.Dataset:
    height, width = slc.shape
    down, across = -(-height // pixels), -(-width // pixels)
    rows, columns = -(-height // down), -(-width // across)
    taken = int(np.clip(budget // (rows * width), 1, down))
    skipped = min((down - taken) // 2, height - (rows - 1) * down - 1)  # the last point has a row as well
    group = max(1, packed // down)  # rows that are packed together are read together
    power = np.full((rows, columns), np.nan, np.float32)
    phase = np.full((rows, columns), np.nan, np.float32)
    band = max(1, BLOCK // (down * group * across)) * across
    reads = read = 0
    for first in range(0, rows, group):
        last = min(first + group, rows)
        top = first * down + skipped
        bottom = min((last - 1) * down + skipped + taken, height)
        for left in range(0, width, band):
            right = min(left + band, width)
            block = slc.isel(y=slice(top, bottom), x=slice(left, right)).values
            point = (slice(first, last), slice(left // across, -(-right // across)))
            reads, read = reads + 1, read + block.size
            used = np.arange(block.shape[0]) % down < taken
            power[point], phase[point] = _points(block[used], taken, across)
    with np.errstate(divide="ignore"):
        amplitude = 10 * np.log10(power)
    middle = {
        axis: (axis, np.minimum(np.arange(count) * step + first, length - 1), {"units": "pixels"})
        for axis, count, step, first, length in (
            ("y", rows, down, skipped + taken // 2, height),
            ("x", columns, across, across // 2, width),
        )
    }
    return xr.Dataset(
        {
            "amplitude": (("y", "x"), amplitude, {"long_name": "amplitude", "units": "dB"}),
            "phase": (("y", "x"), phase, {"long_name": "phase of one pixel", "units": "rad"}),
        },
        coords=middle,
        attrs={
            "looks": taken * across,
            "pixels_read": read,
            "share_read": read / slc.size,
            "reads": reads,
            "height": height,
            "width": width,
        },
    )


def _points(block: np.ndarray, down: int, across: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean power, phase in the middle, of the points that a block covers; those at the edge have fewer."""
    rows, columns = np.arange(0, block.shape[0], down), np.arange(0, block.shape[1], across)
    finite = np.isfinite(block)
    squares = np.where(finite, block.real**2 + block.imag**2, 0)
    total = np.add.reduceat(np.add.reduceat(squares, columns, axis=1), rows, axis=0)
    count = np.add.reduceat(np.add.reduceat(finite, columns, axis=1, dtype=np.int32), rows, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        power = total / np.where(count, count, np.nan)
    middle = (
        np.minimum(rows + down // 2, block.shape[0] - 1),
        np.minimum(columns + across // 2, block.shape[1] - 1),
    )
    return power, np.angle(block[np.ix_(*middle)])
