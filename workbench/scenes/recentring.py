"""Moving the spectrum of an image to the middle, on record."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from workbench.scenes.lazy import is_lazy, read_indexed
from workbench.scenes.measures import doppler_centroid
from workbench.scenes.validity import require_scene

RECORD = "recentred"
"""Record of what was taken away, cycles/sample: attributes for all samples, a coordinate for each."""


def recentre(
    scene: xr.Dataset, shift: tuple[float, float] | None = None, *, each: bool = False, undo: bool = False
) -> xr.Dataset:
    """Move the spectrum to the middle: multiply by ``exp(−j2π(f_y n_y + f_x n_x))``.

    TOPS and squinted images lie off the centre of the band: what resizes or low-passes them cuts their band.
    The interferogram of two images stays as it is while both are moved alike. Shifts add up: of an image that
    was moved before, `undo` takes all of it back (to the rounding of complex64, about 1e-7).

    Parameters
    ----------
    scene : xarray.Dataset
        A scene, in memory or on disk.
    shift : pair of float, optional
        f_y, f_x in cycles per sample; by default the estimate of `doppler_centroid`.
    each : bool
        Estimate for each sample by itself, as chips from different places need it; changes interferograms
        between samples.
    undo : bool
        Take back what is on record.

    Returns
    -------
    xarray.Dataset
        The scene; attrs ``recentred_y``, ``recentred_x``: what was taken away, cycles/sample, counted from
        the first pixel of this scene; with `each` the coordinate ``recentred`` (sample, axis).

    Raises
    ------
    ValueError
        If there is nothing on record to undo, or the shift is no pair of numbers.

    Examples
    --------
    >>> import numpy as np
    >>> tone = xr.Dataset({"slc": (("y", "x"), np.exp(2j * np.pi * 0.25 * np.mgrid[:8, :8][0]))})
    >>> moved = recentre(tone)
    >>> float(abs(moved.slc - 1).max()) < 1e-6, moved.attrs["recentred_y"]
    (True, 0.25)
    >>> bool(abs(recentre(moved, undo=True).slc - tone.slc).max() < 1e-6)
    True
    """
    scene = require_scene(scene)
    names = [f"{RECORD}_{axis}" for axis in ("y", "x")]
    common = np.array([float(scene.attrs.get(name, 0.0)) for name in names])
    single = scene.coords[RECORD].values if RECORD in scene.coords else None
    if undo:
        if names[0] not in scene.attrs and single is None:
            raise ValueError("the scene was not recentred: there is nothing to undo")
        back = _moved(scene, -common if single is None else -common - single)
        back.attrs = {name: value for name, value in scene.attrs.items() if name not in names}
        return back.drop_vars([RECORD] if single is not None else [])
    if shift is None:
        taken = np.nan_to_num(doppler_centroid(scene, each).values)
    else:
        taken = np.asarray(shift, float)
        if taken.shape != (2,) or not np.isfinite(taken).all():
            raise ValueError(f"shift={shift!r}: two finite numbers (y, x) in cycles per sample are needed")
    moved = _moved(scene, taken)
    if taken.ndim == 1:
        return moved.assign_attrs(dict(zip(names, (common + taken).tolist(), strict=True)))
    attrs = {"long_name": "frequency taken away", "units": "cycles/sample"}
    total = taken if single is None else taken + single
    return moved.assign_coords({"axis": ["y", "x"], RECORD: (("sample", "axis"), total, attrs)})


def recentring_words(scene: xr.Dataset) -> str:
    """Say in words what is on record; nothing for a scene that was not moved.

    Examples
    --------
    >>> tone = xr.Dataset({"slc": (("y", "x"), np.ones((8, 8), complex))})
    >>> recentring_words(tone), recentring_words(recentre(tone, (0.25, -0.1)))
    ('', '0.25, -0.1 cycles/sample (y, x)')
    """
    if RECORD in scene.coords:
        return "each image by its own centroid"
    if f"{RECORD}_y" not in scene.attrs:
        return ""
    common = [float(scene.attrs[f"{RECORD}_{axis}"]) for axis in ("y", "x")]
    return ", ".join(f"{one:.6g}" for one in common) + " cycles/sample (y, x)"


def _moved(scene: xr.Dataset, shift: npt.NDArray[np.float64]) -> xr.Dataset:
    """Move the image, with that of a second antenna: their interferogram stays as it is."""
    moved: dict[str, Any] = {}
    for name in ("slc", "slc_2"):
        if name not in scene:
            continue
        slc = scene[name].transpose(*scene["slc"].dims)
        ramped = _Ramped(slc, shift)
        if is_lazy(scene):
            pixels = indexing.LazilyIndexedArray(ramped)
            moved[name] = xr.Variable(slc.dims, pixels, slc.attrs, slc.encoding)
        else:
            moved[name] = (slc.dims, ramped.read(tuple(slice(None) for _ in slc.dims)), slc.attrs)
    return scene.assign(moved)


class _Ramped(BackendArray):
    """An image times a phase ramp, made for the window that is asked for."""

    def __init__(self, image: xr.DataArray, shift: npt.NDArray[np.float64]) -> None:
        self.image, self.shift = image, shift
        self.shape, self.dtype = image.shape, np.dtype(np.complex64)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return read_indexed(key, self.shape, self.read)

    def read(self, key: tuple[Any, ...]) -> npt.NDArray[np.complex64]:
        """Read a window given by whole numbers, slices, arrays."""
        values = np.asarray(self.image.isel(dict(zip(self.image.dims, key, strict=True))).values)
        picked = [np.atleast_1d(np.arange(n)[index]) for n, index in zip(self.shape, key, strict=True)]
        shift = self.shift[picked[0]] if self.shift.ndim == 2 else self.shift
        turns = shift[..., 0, None, None] * picked[-2][:, None] + shift[..., 1, None, None] * picked[-1]
        moved = values.reshape([len(axis) for axis in picked]) * np.exp(-2j * np.pi * turns)
        return moved.reshape(values.shape).astype(np.complex64)
