"""Patches to train on, with held-out ones that share no pixel with them."""

from __future__ import annotations

import math
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from workbench.scenes.conditions import amplitude_limits, with_condition
from workbench.scenes.drawing import CANDIDATES, draw_parts, sizes_of
from workbench.scenes.lazy import is_lazy
from workbench.scenes.opening import open_scene
from workbench.scenes.recentring import recentre
from workbench.scenes.registry import SCENES
from workbench.scenes.validity import require_scene, require_whole

HELDOUT_SHARE = 0.2
FILE_OPTIONS = ("select", "shape", "dtype", "offset", "chip")
"""What may be said about a file: arguments of `open_scene`."""
PATCH_OPTIONS = ("recentred",)
"""What may be said about any scene."""
HELDOUT_SEED = 2**32
"""Added to a synthetic scene's seed for its held-out images: never the seed of another run's training."""


def training_patches(
    scene: str | PathLike[str] | xr.Dataset,
    size: int,
    count: int = 250,
    seed: int = 0,
    heldout: int = 64,
    recentred: bool | str = False,
    **scene_options: Any,
) -> tuple[xr.Dataset, xr.Dataset]:
    """Make training and held-out patches of any scene.

    A synthetic scene is made twice, from two seeds. A single image is cut in two along its longer axis (a
    fifth of it is held out, at the end that the seed chooses), several images are split by image (a fifth, at
    least one). Patches are drawn at random positions without repetition; those of which more than half is
    zero are left out. Amplitudes are divided by the 99 % quantile of the training part. Of an image on disk
    the patches are read, nothing else but 64 windows to learn its amplitudes.

    Parameters
    ----------
    scene : str, path or xarray.Dataset
        Name in ``SCENES``, a file for ``open_scene``, or a Dataset with ``slc`` (y, x) or
        (sample, y, x).
    size : int
        Pixels per axis of the complex patches.
    count, heldout : int
        Patches wanted; where an image has fewer positions, all of them are taken.
    seed : int
        Seed of the scene, the split and the positions.
    recentred : bool or "each"
        Move the spectrum to the middle (see `recentre`): True by the centroid of the whole scene, which both
        parts share; "each" every image by its own, as chips from different places need it.
    **scene_options
        Further arguments of a synthetic scene, such as ``bands=4``; for a file those of `open_scene` that
        describe it, such as ``select="VV"``.

    Returns
    -------
    training, heldout : xarray.Dataset
        ``slc`` (sample, y, x) complex64, ``condition`` (sample, channel, y, x) float32; for cut patches the
        coordinates ``origin_sample``, ``origin_y``, ``origin_x`` (first pixel of the patch); attrs
        ``source``, ``split``, ``amplitude_scale`` (amplitude that became 1) and ``condition_source``;
        ``recentred_y``, ``recentred_x``, or the coordinate ``recentred``: what was taken away, counted from
        the first pixel of the image that a patch is from.

    Raises
    ------
    FileNotFoundError, ValueError
        If the scene is not there, does not fit, or is too small for two disjoint patches; for another
        `recentred`.

    Examples
    --------
    >>> training, heldout = training_patches("onetone", size=16, count=6, heldout=2, bands=4)
    >>> training.slc.shape, heldout.condition.shape
    ((6, 16, 16), (2, 3, 16, 16))
    """
    require_whole("training", size=size, count=count, heldout=heldout)
    if recentred not in (False, True, "each"):
        raise ValueError(f"recentred={recentred!r}: False, True or 'each' is needed")
    if isinstance(scene, str) and scene in SCENES:
        make = SCENES[scene]
        training = require_scene(make(size=size, count=count, seed=seed, **scene_options), f"scene {scene!r}")
        reserved = make(size=size, count=heldout, seed=seed + HELDOUT_SEED, **scene_options)
        if recentred:
            training, reserved = _recentred_alike(training, require_scene(reserved), recentred == "each")
        return training.assign_attrs(split="other seed"), reserved.assign_attrs(split="other seed")
    image, what = _image(scene, scene_options), _called(scene)
    if recentred:
        image = recentre(image, each=recentred == "each" and "sample" in image["slc"].dims)
    rng = np.random.default_rng(seed)
    split, pieces = _split(sizes_of(image), size, rng, what)
    if is_lazy(image):
        drawn = draw_parts(image, pieces, size, (count, heldout), rng, what)
        return drawn[0].assign_attrs(split=split), drawn[1].assign_attrs(split=split)
    image = _stacked(image)
    origin = {f"origin_{axis}": (axis, np.arange(image.sizes[axis])) for axis in ("sample", "y", "x")}
    parts = [image.assign_coords(origin).isel(piece).assign_attrs(split=split) for piece in pieces]
    if "amplitude_scale" not in image.attrs:
        scale = amplitude_limits(parts[0]["slc"])[1]
        attrs = {
            "amplitude_scale": scale,
            "amplitude_scale_meaning": "99 % quantile of the training part's amplitude",
        }
        parts = [part.assign(slc=part["slc"] / np.float32(scale)).assign_attrs(attrs) for part in parts]
    limits = None if "condition" in image else amplitude_limits(parts[0]["slc"])
    conditioned = [with_condition(part, limits) for part in parts]
    return _cut(conditioned[0], size, count, rng, what), _cut(conditioned[1], size, heldout, rng, what)


def _called(scene: str | PathLike[str] | xr.Dataset) -> str:
    return str(scene.attrs.get("source", "the scene")) if isinstance(scene, xr.Dataset) else str(scene)


def _image(scene: str | PathLike[str] | xr.Dataset, options: dict[str, Any]) -> xr.Dataset:
    """Open the scene, with what the caller says about its file."""
    unknown = [name for name in options if name not in FILE_OPTIONS or isinstance(scene, xr.Dataset)]
    if unknown:
        raise ValueError(
            f"only scenes by name take options, found {', '.join(unknown)} for {_called(scene)}; "
            f"files take {', '.join(FILE_OPTIONS)}"
        )
    if isinstance(scene, str) and not Path(scene).suffix and not Path(scene).expanduser().exists():
        raise ValueError(f"unknown scene {scene!r}; there are: {', '.join(SCENES)}, or the path of a file")
    if isinstance(scene, xr.Dataset):
        return require_scene(scene, _called(scene))
    return open_scene(scene, **options)


def _recentred_alike(training: xr.Dataset, heldout: xr.Dataset, each: bool) -> tuple[xr.Dataset, xr.Dataset]:
    """Move both parts of a synthetic scene, by the centroid of the training part or of each image."""
    training = recentre(training, each=each)
    if each:
        return training, recentre(heldout, each=True)
    return training, recentre(heldout, (training.attrs["recentred_y"], training.attrs["recentred_x"]))


def _stacked(image: xr.Dataset) -> xr.Dataset:
    """Give the image a sample axis in any case."""
    if "sample" in image["slc"].dims:
        return image
    spatial = [name for name in ("slc", "condition") if name in image]
    return image[spatial].expand_dims("sample").assign_attrs(image.attrs)


def _split(
    sizes: dict[str, int], size: int, rng: np.random.Generator, what: str
) -> tuple[str, list[dict[str, np.ndarray]]]:
    """Return in words, then as indices what belongs to the training part, to the held-out part."""
    count, height, width = sizes["sample"], sizes["y"], sizes["x"]
    if min(height, width) < size:
        raise ValueError(f"{what}: {height}×{width} pixels are too few for patches of {size}×{size}")
    if count > 1:
        reserved = max(1, round(HELDOUT_SHARE * count))
        order = rng.permutation(count)
        split = f"{reserved} of {count} images held out"
        pieces = [{"sample": np.sort(order[reserved:])}, {"sample": np.sort(order[:reserved])}]
    else:
        axis = "y" if height > width else "x"
        length = sizes[axis]
        if length < 2 * size:
            raise ValueError(
                f"{what}: {height}×{width} pixels are too few for training and held-out patches of "
                f"{size}×{size} that share no pixel; {2 * size}×{size} or {size}×{2 * size} are needed, "
                "or smaller patches"
            )
        reserved = min(max(size, round(HELDOUT_SHARE * length)), length - size)
        first = 0 if rng.random() < 0.5 else length - reserved
        held = np.arange(first, first + reserved)
        split = f"{axis} = {first} … {first + reserved - 1} held out"
        pieces = [{axis: np.setdiff1d(np.arange(length), held)}, {axis: held}]
    return split, pieces


def _cut(part: xr.Dataset, size: int, count: int, rng: np.random.Generator, what: str) -> xr.Dataset:
    """Draw patches from all images of one part."""
    images, height, width = part["slc"].shape
    grid = (images, height - size + 1, width - size + 1)
    positions = math.prod(grid)
    drawn = rng.choice(positions, min(CANDIDATES * count, positions), replace=False)
    image, row, column = np.unravel_index(drawn, grid)
    kept = np.flatnonzero(_covered(part["slc"].values, size)[image, row, column])[:count]
    if kept.size == 0:
        raise ValueError(
            f"{what}: every patch of {size}×{size} pixels is mostly zero in one of its two parts"
        )
    pixels = np.arange(size)
    patches = part.isel(
        sample=xr.DataArray(image[kept], dims="sample"),
        y=xr.DataArray(row[kept, None] + pixels, dims=("sample", "y")),
        x=xr.DataArray(column[kept, None] + pixels, dims=("sample", "x")),
    ).transpose("sample", ..., "y", "x")
    corners = {f"origin_{axis}": ("sample", patches[f"origin_{axis}"].values[:, 0]) for axis in ("y", "x")}
    drop = [name for name in ("sample", "y", "x", *corners) if name in patches.coords]
    return patches.drop_vars(drop).assign_coords(corners).assign_attrs(size=size)


def _covered(slc: np.ndarray, size: int) -> np.ndarray:
    """Tell for every position of a patch whether half of its pixels or more are not zero."""
    total = np.zeros((slc.shape[0], slc.shape[1] + 1, slc.shape[2] + 1), dtype=np.int64)
    total[:, 1:, 1:] = np.cumsum(np.cumsum(slc != 0, axis=1), axis=2)
    upper, lower = total[:, :-size], total[:, size:]
    inside = lower[..., size:] - lower[..., :-size] - upper[..., size:] + upper[..., :-size]
    return 2 * inside >= size * size
