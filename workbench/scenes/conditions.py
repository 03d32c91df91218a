"""The condition of an image that came without one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.ndimage import uniform_filter
from xarray.backends import BackendArray
from xarray.core import indexing

from workbench.scenes.lazy import is_lazy, read_indexed
from workbench.scenes.validity import require_scene

WINDOW = 5
QUANTILES = (0.01, 0.99)
GRID, SIDE = 8, 64
"""Windows per axis, pixels of each, that tell the amplitudes of an image on disk."""
MADE = (
    "made from the SLC itself, which came without a condition: log-amplitude, "
    f"amplitude smoothed over {WINDOW}×{WINDOW} pixels, a plane of zeros"
)


def amplitude_limits(slc: xr.DataArray) -> tuple[float, float]:
    """Return the 1 % and 99 % quantiles of the amplitude where it is not zero.

    Raises
    ------
    ValueError
        If the image is zero everywhere.
    """
    amplitude = np.abs(slc.values)
    amplitude = amplitude[np.isfinite(amplitude) & (amplitude > 0)]
    if amplitude.size == 0:
        raise ValueError("the image is zero everywhere: there is nothing to learn from it")
    low, high = np.quantile(amplitude, QUANTILES)
    return float(low), float(high)


def gridded_limits(slc: xr.DataArray) -> tuple[float, float]:
    """Return the quantiles of `amplitude_limits` over 8×8 windows of 64×64 pixels, read one by one.

    Raises
    ------
    ValueError
        If they are zero everywhere.
    """
    corners = {
        axis: np.unique(np.linspace(0, max(slc.sizes[axis] - SIDE, 0), GRID).astype(int))
        for axis in ("y", "x")
    }
    images = np.unique(np.linspace(0, slc.sizes.get("sample", 1) - 1, GRID).astype(int))
    windows = []
    for count, (y, x) in enumerate((y, x) for y in corners["y"] for x in corners["x"]):
        window: dict[str, Any] = {"y": slice(y, y + SIDE), "x": slice(x, x + SIDE)}
        if "sample" in slc.dims:
            window["sample"] = int(images[count % len(images)])
        windows.append(np.abs(slc.isel(window).values).ravel())
    return amplitude_limits(xr.DataArray(np.concatenate(windows)))


def _planes(amplitude: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.float32]:
    """Make the planes (…, channel, y, x) of an amplitude (…, y, x)."""
    span = max(np.log(high / low), 1e-6)  # an image of one amplitude has no contrast to spread
    smoothed = uniform_filter(amplitude, (0,) * (amplitude.ndim - 2) + (WINDOW, WINDOW), mode="nearest")
    planes = [
        2 * np.log(np.maximum(amplitude, low) / low) / span - 1,
        2 * smoothed / high - 1,
        np.zeros_like(amplitude),
    ]
    return np.clip(np.stack(planes, axis=-3), -1, 1).astype(np.float32)


class _MadePlanes(BackendArray):
    """The planes of an image on disk, made for the window that is asked for."""

    def __init__(self, image: xr.DataArray, limits: tuple[float, float]) -> None:
        self.image, self.limits = image, limits
        self.shape = (*image.shape[:-2], 3, *image.shape[-2:])
        self.dtype = np.dtype(np.float32)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return read_indexed(key, self.shape, self._read)

    def _read(self, key: tuple[Any, ...]) -> npt.NDArray[np.float32]:
        window: dict[str, Any] = {}
        inside: list[Any] = [slice(None)] * (len(key) - 3) + [key[-3]]
        for axis, length, index in zip(("y", "x"), self.image.shape[-2:], key[-2:], strict=True):
            positions = np.arange(length)[index]
            first = max(int(np.min(positions, initial=length)) - WINDOW // 2, 0)
            window[axis] = slice(first, int(np.max(positions, initial=0)) + WINDOW // 2 + 1)
            inside.append(positions - first)
        if len(key) == 4:
            window["sample"] = key[0]
        planes = _planes(np.abs(self.image.isel(window).values), *self.limits)
        inside = inside[-planes.ndim :]
        for place in reversed(range(planes.ndim)):  # one axis at a time: arrays on two are no pairs
            planes = planes[(slice(None),) * place + (inside[place],)]
        return planes


def with_condition(dataset: xr.Dataset, limits: tuple[float, float] | None = None) -> xr.Dataset:
    """Add the planes that a network is shown where the scene has none.

    With the limits l, h of the amplitude: ``2 log(|x|/l)/log(h/l) − 1``, ``2 ⟨|x|⟩/h − 1`` (mean over 5×5
    pixels), 0; clipped to [−1, 1].

    Parameters
    ----------
    dataset : xarray.Dataset
        A scene. If it has a ``condition``, that is kept.
    limits : pair of float, optional
        Amplitudes that become −1 and 1; by default the 1 % and 99 % quantiles of the image, of one on disk
        those of 8×8 windows of 64×64 pixels.

    Returns
    -------
    xarray.Dataset
        With ``condition`` (…, channel, y, x) float32; attrs ``condition_source`` says where it is from. Of an
        image on disk the planes are made for each window that is asked for.

    Raises
    ------
    ValueError
        If it is not a scene, or zero everywhere.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> scene = xr.Dataset({"slc": (("y", "x"), np.arange(1, 65).reshape(8, 8) * 1j)})
    >>> planes = with_condition(scene).condition
    >>> planes.channel.values.tolist(), planes.shape
    (['log_amplitude', 'smoothed_amplitude', 'zero'], (3, 8, 8))
    """
    scene = require_scene(dataset)
    if "condition" in scene:
        return scene.assign_attrs(condition_source=scene.attrs.get("condition_source", "scene"))
    slc = scene["slc"]
    if limits is None:
        limits = gridded_limits(slc) if is_lazy(scene) else amplitude_limits(slc)
    condition: Any = (
        indexing.LazilyIndexedArray(_MadePlanes(slc, limits))
        if is_lazy(scene)
        else _planes(np.abs(slc.values), *limits)
    )
    dims = (*scene["slc"].dims[:-2], "channel", "y", "x")
    attrs = {
        "long_name": "condition",
        "units": "1",
        "valid_range": [-1.0, 1.0],
        "amplitude_limits": [float(limit) for limit in limits],
    }
    meaning = {
        "meaning": "log_amplitude: -1 and 1 at the amplitude limits; smoothed_amplitude: 1 at the upper; zero"
    }
    channels = ("channel", ["log_amplitude", "smoothed_amplitude", "zero"], meaning)
    return (
        scene.assign(condition=(dims, condition, attrs))
        .assign_coords(channel=channels)
        .assign_attrs(condition_source=MADE)
    )
