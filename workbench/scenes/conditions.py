"""The condition of an image that came without one."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.ndimage import uniform_filter

from workbench.scenes.validity import require_scene

WINDOW = 5
QUANTILES = (0.01, 0.99)
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
    amplitude = amplitude[amplitude > 0]
    if amplitude.size == 0:
        raise ValueError("the image is zero everywhere: there is nothing to learn from it")
    low, high = np.quantile(amplitude, QUANTILES)
    return float(low), float(high)


def with_condition(dataset: xr.Dataset, limits: tuple[float, float] | None = None) -> xr.Dataset:
    """Add the planes that a network is shown where the scene has none.

    With the limits l, h of the amplitude: ``2 log(|x|/l)/log(h/l) − 1``, ``2 ⟨|x|⟩/h − 1`` (mean over 5×5
    pixels), 0; clipped to [−1, 1].

    Parameters
    ----------
    dataset : xarray.Dataset
        A scene. If it has a ``condition``, that is kept.
    limits : pair of float, optional
        Amplitudes that become −1 and 1; by default the 1 % and 99 % quantiles of the image.

    Returns
    -------
    xarray.Dataset
        With ``condition`` (…, channel, y, x) float32; attrs ``condition_source`` says where it is from.

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
    low, high = amplitude_limits(scene["slc"]) if limits is None else limits
    amplitude = np.abs(scene["slc"].values)
    span = max(np.log(high / low), 1e-6)  # an image of one amplitude has no contrast to spread
    smoothed = uniform_filter(amplitude, (0,) * (amplitude.ndim - 2) + (WINDOW, WINDOW), mode="nearest")
    planes = [
        2 * np.log(np.maximum(amplitude, low) / low) / span - 1,
        2 * smoothed / high - 1,
        np.zeros_like(amplitude),
    ]
    condition = np.clip(np.stack(planes, axis=-3), -1, 1).astype(np.float32)
    dims = (*scene["slc"].dims[:-2], "channel", "y", "x")
    attrs = {
        "long_name": "condition",
        "units": "1",
        "valid_range": [-1.0, 1.0],
        "amplitude_limits": [float(low), float(high)],
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
