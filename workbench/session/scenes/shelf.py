"""Scenes opened once, measured once, for all viewers of one process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.session.scenes.options import Option, mesh_file, placed, scene_names
from workbench.session.user_scenes import data_folder, file_trouble, user_file, user_scenes
from workbench.signals import power_db

__all__ = ["SHELF", "Request", "Shelf", "View", "middle", "thumbnail"]

COUNT = 4  # images made of a synthetic scene at first
PREVIEW, THUMBNAIL = 384, 72  # points per axis at most
SPECTRUM = 512  # pixels of the middle whose spectrum is taken
AMPLITUDES = 4.0  # of the histogram's axis, in units of the rms


@dataclass(frozen=True)
class Request:
    """Which image is wanted.

    Attributes
    ----------
    scene : str
        Name in ``SCENES``, or of a file in the workspace's data folder.
    options : tuple of (name, value)
        Of the scene, or of ``open_scene``.
    size, seed : int
        Of a synthetic scene.
    sample : int
        Which image of several.
    recentred : bool
        Whether its spectrum is moved to the middle.
    """

    scene: str
    options: tuple[tuple[str, Option], ...] = ()
    size: int = 64
    seed: int = 0
    sample: int = 0
    recentred: bool = False


@dataclass(frozen=True, eq=False)
class View:
    """One image with what was measured on it.

    Attributes
    ----------
    image : xarray.Dataset
        ``slc`` (y, x), on disk where the file is large; where the scene has them ``condition``
        (channel, y, x), ``slc_2`` (y, x): the image of a second antenna.
    preview, statistics : xarray.Dataset
        As `scene_preview`, `scene_statistics` return them.
    spectrum : xarray.DataArray
        Level (frequency_y, frequency_x) in dB re the strongest.
    histogram : xarray.Dataset
        ``density`` (amplitude) of |x| over its rms, ``rayleigh`` beside it.
    count : int
        Images that the scene has.
    """

    image: xr.Dataset
    preview: xr.Dataset
    statistics: xr.Dataset
    spectrum: xr.DataArray
    histogram: xr.Dataset
    count: int

    def patch(self, row: int, column: int, size: int) -> npt.NDArray[np.complex64]:
        """Read the patch in one cell of the grid.

        Raises
        ------
        ValueError
            If the image is smaller than a patch, or the file cannot be read there.
        """
        slc = self.image["slc"]
        if min(slc.shape) < size:
            what = Path(str(self.image.attrs.get("source", "the scene"))).name
            raise ValueError(
                f"{what}: {slc.shape[0]}×{slc.shape[1]} pixels are too few for a patch of {size}×{size}; "
                "choose a smaller one"
            )
        window = {"y": slice(row * size, (row + 1) * size), "x": slice(column * size, (column + 1) * size)}
        return np.nan_to_num(np.asarray(slc.isel(window).values))

    def cells(self, size: int) -> tuple[int, int]:
        """Rows and columns of the grid of patches, at least 1."""
        rows, columns = self.image["slc"].shape
        return max(1, rows // size), max(1, columns // size)


class Shelf:
    """The views asked for last; errors are kept like views, as words."""

    def __init__(self, kept: int = 6) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._views: OrderedDict[tuple[Request, int], View | str] = OrderedDict()

    def peek(self, request: Request) -> View | str | None:
        """Return what was made of a request: the view, why there is none, or None before `load`."""
        key = request, _changed(request)
        with self._lock:
            if key in self._views:
                self._views.move_to_end(key)
            return self._views.get(key)

    def load(self, request: Request) -> View | str:
        """Open and measure; seconds for a large file."""
        key = request, _changed(request)
        try:
            view: View | str = _view(request)
        except Exception as error:  # whatever it is: a page that waits for this image has to hear of it
            view = file_trouble(error)
        with self._lock:
            self._views[key] = view
            while len(self._views) > self._kept:
                self._views.popitem(last=False)
        return view


SHELF = Shelf()


def _changed(request: Request) -> int:
    """Tell one state of a file from the next."""
    try:
        if request.scene in scene_names():
            mesh = dict(request.options).get("building", "")
            return mesh_file(str(mesh)).stat().st_mtime_ns if Path(str(mesh)).suffix else 0
        return (data_folder() / request.scene).stat().st_mtime_ns  # asked often: judged when it is opened
    except (ValueError, OSError):
        return -1


def _open(request: Request) -> xr.Dataset:
    from workbench.scenes import SCENES, open_scene

    options = placed(request.options)
    if request.scene in scene_names():
        count = COUNT if request.sample < COUNT else request.sample + 1
        return SCENES[request.scene](size=request.size, count=count, seed=request.seed, **options)
    if not Path(request.scene).suffix and request.scene not in user_scenes():
        there = ", ".join([*scene_names(), *user_scenes()[:8]])
        raise ValueError(f"no scene {request.scene!r}; there are: {there}")
    return open_scene(user_file(request.scene), **options)


def _view(request: Request) -> View:
    from workbench.scenes import recentre, scene_preview, scene_statistics

    opened = _open(request)
    count = opened.sizes.get("sample", 1)
    if request.sample >= count:
        raise ValueError(
            f"{request.scene} has {count} image{'s' * (count > 1)}, from 0; found {request.sample}"
        )
    # Other coordinates lie at other places of other scenes; here, pixels are counted.
    image = xr.Dataset(attrs=opened.attrs)
    for name, dims in (("slc", ("y", "x")), ("slc_2", ("y", "x")), ("condition", ("channel", "y", "x"))):
        if name in opened:
            one = opened[name]
            one = one.isel(sample=request.sample, drop=True) if "sample" in one.dims else one
            image[name] = one.transpose(*dims).variable
    if "condition" in image and "channel" in opened.coords:
        image = image.assign_coords(channel=opened["channel"].variable)
    if request.recentred:
        image = recentre(image)
    pixels = image["slc"].isel(middle(image)).values
    measured = xr.Dataset({"slc": (("y", "x"), pixels)})
    return View(
        image,
        scene_preview(image, PREVIEW),
        scene_statistics(measured),
        _spectrum(pixels),
        _histogram(pixels),
        count,
    )


def middle(image: xr.Dataset) -> dict[str, slice]:
    """Return the window of at most 512×512 pixels in the middle of an image."""
    window = {}
    for axis in ("y", "x"):
        first = max(0, (image.sizes[axis] - SPECTRUM) // 2)
        window[axis] = slice(first, first + min(image.sizes[axis], SPECTRUM))
    return window


def _spectrum(image: npt.NDArray[Any]) -> xr.DataArray:
    """Level of the spectrum in dB re its strongest place, averaged over 2×2 bins where there are many."""
    power = np.abs(np.fft.fftshift(np.fft.fft2(np.nan_to_num(image), norm="forward"))) ** 2
    coords = {}
    for axis, name in enumerate(("y", "x")):
        length = power.shape[axis]
        frequency = (np.arange(length) - length // 2) / length
        if length > SPECTRUM // 2:
            keep = length // 2 * 2
            power = np.take(power, np.arange(keep), axis)
            shape = [*power.shape[:axis], keep // 2, 2, *power.shape[axis + 1 :]]
            power, frequency = power.reshape(shape).mean(axis + 1), frequency[:keep].reshape(-1, 2).mean(1)
        coords[f"frequency_{name}"] = (f"frequency_{name}", frequency, {"units": "cycles/sample"})
    strongest = float(power.max()) or 1.0
    level = np.maximum(power_db(power / strongest), -80.0)
    attrs = {"long_name": "level re the strongest place", "units": "dB"}
    return xr.DataArray(level, coords, tuple(coords), attrs=attrs)


def _histogram(image: npt.NDArray[Any]) -> xr.Dataset:
    amplitude = np.abs(image)
    amplitude = amplitude[np.isfinite(amplitude) & (amplitude > 0)]
    rms = float(np.sqrt(np.mean(amplitude.astype(float) ** 2))) if amplitude.size else np.nan
    edges = np.linspace(0, AMPLITUDES, 61)
    counts, _ = np.histogram(amplitude / rms, edges)
    centre = (edges[1:] + edges[:-1]) / 2
    density = counts / max(amplitude.size, 1) / (edges[1] - edges[0])
    label = {"long_name": "amplitude over its rms", "units": "1"}
    return xr.Dataset(
        {
            "density": ("amplitude", density, {"long_name": "probability density", "units": "1"}),
            "rayleigh": ("amplitude", 2 * centre * np.exp(-(centre**2)), {"units": "1"}),
        },
        {"amplitude": ("amplitude", centre, label)},
        {"rms": rms, "above": float(np.mean(amplitude > AMPLITUDES * rms)) if amplitude.size else 0.0},
    )


def thumbnail(name: str) -> xr.Dataset:
    """Return a small preview of a scene by name, or of a file, at its defaults.

    Raises
    ------
    ValueError
        If it cannot be shown: why.
    """
    try:
        return _thumbnail(name, _changed(Request(name)))
    except Exception as error:  # the pictures after it have to come
        raise ValueError(file_trouble(error)) from None


@lru_cache(maxsize=64)
def _thumbnail(name: str, _changed: int) -> xr.Dataset:
    from workbench.scenes import SCENES, open_scene, scene_preview

    known = name in scene_names()
    scene = SCENES[name](size=THUMBNAIL, count=1) if known else open_scene(user_file(name))
    spacing = {name: value for name, value in scene.attrs.items() if name in ("spacing_y", "spacing_x")}
    return scene_preview(scene, THUMBNAIL).assign_attrs(spacing)
