"""Patches drawn from an image that stays on disk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
import xarray as xr

from workbench.scenes.conditions import WINDOW, amplitude_limits, with_condition
from workbench.scenes.opening import open_scene
from workbench.scenes.recentring import RECORD
from workbench.scenes.validity import require_scene, require_whole

CANDIDATES = 20  # positions tried per patch wanted, for images with wide borders of zeros
SAMPLED = 64  # windows read to learn the amplitudes of an image on disk
DIMS = ("sample", "y", "x")

Ranges = Mapping[str, np.ndarray]
"""Pixels of each axis that belong to a part, in a row."""


def draw_patches(
    scene: str | PathLike[str] | xr.Dataset, size: int, count: int = 64, seed: int = 0
) -> xr.Dataset:
    """Draw patches at random positions without repetition, reading nothing else.

    Patches of which more than half is zero, or any pixel is no number, are left out.

    Parameters
    ----------
    scene : path or xarray.Dataset
        A scene, in memory or on disk.
    size, count : int
        Pixels per axis; patches wanted. Fewer are returned where there are not so many.
    seed : int
        Decides the positions.

    Returns
    -------
    xarray.Dataset
        ``slc`` (sample, y, x) complex64 as in the file; coordinates ``origin_sample``, ``origin_y``,
        ``origin_x`` (first pixel of the patch); the attrs of the scene.

    Raises
    ------
    FileNotFoundError, ValueError
        As `open_scene`; if the image is too small, or mostly zero.

    Examples
    --------
    >>> import numpy as np
    >>> scene = xr.Dataset({"slc": (("y", "x"), np.arange(1, 10001).reshape(100, 100) * 1j)})
    >>> patches = draw_patches(scene, size=8, count=5)
    >>> bool(patches.slc[0, 0, 0] == scene.slc[patches.origin_y[0], patches.origin_x[0]])
    True
    """
    require_whole("draw_patches", size=size, count=count)
    image = require_scene(scene) if isinstance(scene, xr.Dataset) else open_scene(scene)
    what = str(image.attrs.get("source", "the scene"))
    lengths = sizes_of(image)
    if min(lengths["y"], lengths["x"]) < size:
        raise ValueError(
            f"{what}: {lengths['y']}×{lengths['x']} pixels are too few for patches of {size}×{size}"
        )
    ranges = {axis: np.arange(lengths[axis]) for axis in DIMS}
    return cut_lazily(image, ranges, size, count, np.random.default_rng(seed), what)


def sizes_of(image: xr.Dataset) -> dict[str, int]:
    """Return the lengths of sample, y, x; one sample where there is no such axis."""
    return {axis: int(image["slc"].sizes.get(axis, 1)) for axis in DIMS}


def sampled_limits(
    image: xr.Dataset, ranges: Ranges, size: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the 1 % and 99 % quantiles of the amplitude in 64 windows of a part of the image."""
    windows = []
    for _ in range(SAMPLED):
        corner = [int(rng.choice(ranges["sample"]))]
        corner += [int(rng.integers(ranges[axis][0], ranges[axis][-1] - size + 2)) for axis in ("y", "x")]
        window = _window(image, corner, size)["slc"].values
        windows.append(np.where(np.isfinite(window), window, 0))
    return amplitude_limits(xr.DataArray(np.stack(windows)))


def cut_lazily(
    image: xr.Dataset,
    ranges: Ranges,
    size: int,
    count: int,
    rng: np.random.Generator,
    what: str,
    limits: tuple[float, float] | None = None,
) -> xr.Dataset:
    """Draw patches from a part of an image, one window after the other.

    With `limits` they come with a condition: the image's own, or the one that is made from these amplitudes
    and, for its smoothed plane, from the pixels around the patch that belong to the same part.
    """
    grid = (len(ranges["sample"]), *(len(ranges[axis]) - size + 1 for axis in ("y", "x")))
    positions = math.prod(grid)
    drawn = rng.choice(positions, min(CANDIDATES * count, positions), replace=False)
    patches, origins = [], []
    for place in zip(*np.unravel_index(drawn, grid), strict=True):
        corner = [int(ranges[axis][index]) for axis, index in zip(DIMS, place, strict=True)]
        around = _margins(corner, ranges, size) if limits else ((0, 0), (0, 0))
        patch = _window(image, corner, size, around)
        inner = {
            axis: slice(before, before + size) for axis, (before, _) in zip(("y", "x"), around, strict=True)
        }
        values = patch["slc"].isel(inner).values
        if not np.isfinite(patch["slc"].values).all() or 2 * np.count_nonzero(values) < size * size:
            continue
        patches.append((with_condition(patch, limits) if limits else patch[["slc"]]).isel(inner))
        origins.append(corner)
        if len(patches) == count:
            break
    if not patches:
        raise ValueError(
            f"{what}: every patch of {size}×{size} pixels is mostly zero, or has values that are NaN"
        )
    joined = xr.concat(
        patches, "sample", combine_attrs="override", join="override", coords="minimal", compat="override"
    )
    corners: dict[str, Any] = {
        f"origin_{axis}": ("sample", list(values))
        for axis, values in zip(DIMS, zip(*origins, strict=True), strict=True)
    }
    if RECORD in image.coords:  # of each image: as its patches lie now
        corners[RECORD] = image.coords[RECORD].variable.isel(sample=[origin[0] for origin in origins])
    drop = [name for name in (*DIMS, RECORD) if name in joined.coords]
    return (
        joined.drop_vars(drop)
        .assign_coords(corners)
        .assign_attrs(image.attrs | joined.attrs | {"size": size})
    )


def draw_parts(
    image: xr.Dataset,
    pieces: list[dict[str, np.ndarray]],
    size: int,
    counts: tuple[int, int],
    rng: np.random.Generator,
    what: str,
) -> tuple[xr.Dataset, xr.Dataset]:
    """Draw training and held-out patches from the two parts of an image on disk.

    As `training_patches` does from one in memory, with the amplitudes learnt from windows of the training
    part.
    """
    lengths = sizes_of(image)
    parts = [{axis: piece.get(axis, np.arange(lengths[axis])) for axis in DIMS} for piece in pieces]
    limits = sampled_limits(image, parts[0], size, rng)
    known = image.attrs.get("amplitude_scale")
    scale = float(limits[1] if known is None else known)
    attrs = {
        "amplitude_scale": scale,
        "amplitude_scale_meaning": f"99 % quantile of the amplitude in {SAMPLED} windows of training",
    }
    drawn = []
    for part, count in zip(parts, counts, strict=True):
        patches = cut_lazily(image, part, size, count, rng, what, limits)
        if known is None:
            patches = patches.assign(slc=patches["slc"] / np.float32(scale)).assign_attrs(attrs)
            if "amplitude_limits" in patches["condition"].attrs:
                patches["condition"].attrs["amplitude_limits"] = [limit / scale for limit in limits]
        drawn.append(patches)
    return drawn[0], drawn[1]


def _margins(corner: list[int], ranges: Ranges, size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Pixels before and after a patch, along y and x, that the smoothed plane looks at."""
    reach = WINDOW // 2
    y, x = (
        (min(reach, first - int(part[0])), min(reach, int(part[-1]) - (first + size - 1)))
        for first, part in zip(corner[1:], (ranges["y"], ranges["x"]), strict=True)
    )
    return y, x


def _window(
    image: xr.Dataset,
    corner: list[int],
    size: int,
    margins: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0)),
) -> xr.Dataset:
    """Read one patch of an image, with its condition where there is one."""
    names = [name for name in ("slc", "condition") if name in image]
    picked: dict[str, int | slice] = {
        axis: slice(first - before, first + size + after)
        for axis, first, (before, after) in zip(("y", "x"), corner[1:], margins, strict=True)
    }
    if "sample" in image["slc"].dims:
        picked["sample"] = corner[0]
    return image[names].isel(picked).load()
