"""Scenes of horizontal bands with one fringe frequency each, as labelled arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr


def banded_scene(
    rows: npt.NDArray[np.complex128],
    planes: npt.NDArray[np.float64],
    frequency: npt.NDArray[np.float64],
    amplitude: npt.NDArray[np.float64],
    edges: npt.NDArray[np.int64],
) -> xr.Dataset:
    """Repeat every band's row over its height and label the result.

    Parameters
    ----------
    rows : ndarray, shape (sample, band, x)
        Complex row of each band.
    planes : ndarray, shape (sample, channel, band)
        Condition of each band, in [-1, 1].
    frequency, amplitude : ndarray, shape (sample, band)
        Fringe frequency in cycles per sample at the first pixel, amplitude.
    edges : ndarray of int, shape (band + 1,)
        First row of each band, then the number of rows.

    Returns
    -------
    xarray.Dataset
        ``slc`` (sample, y, x) complex64, ``condition`` (sample, channel, y, x) float32, ``frequency``,
        ``amplitude`` (sample, band); coordinates ``band_start``, ``band_stop``.

    Examples
    --------
    >>> ones, edges = np.ones((1, 2)), np.array([0, 1, 4])
    >>> scene = banded_scene(np.ones((1, 2, 4)) * 1j, np.zeros((1, 3, 2)), 0 * ones, ones, edges)
    >>> scene.slc.shape, scene.condition.shape, scene.band_stop.values.tolist()
    ((1, 4, 4), (1, 3, 4, 4), [1, 4])
    """
    heights, width = np.diff(edges), rows.shape[-1]
    condition = np.repeat(np.repeat(planes, heights, axis=2)[..., None], width, axis=3)
    return xr.Dataset(
        {
            "slc": (
                ("sample", "y", "x"),
                np.repeat(rows, heights, axis=1).astype(np.complex64),
                {"long_name": "complex image", "units": "1"},
            ),
            "condition": (
                ("sample", "channel", "y", "x"),
                condition.astype(np.float32),
                {"long_name": "condition", "units": "1", "valid_range": [-1.0, 1.0]},
            ),
            "frequency": (
                ("sample", "band"),
                frequency,
                {"long_name": "fringe frequency along x", "units": "cycles/sample"},
            ),
            "amplitude": (("sample", "band"), amplitude, {"long_name": "amplitude", "units": "1"}),
        },
        coords={
            "band_start": ("band", edges[:-1], {"long_name": "first row of the band"}),
            "band_stop": ("band", edges[1:], {"long_name": "row behind the band"}),
        },
        attrs={"amplitude_scale": 1.0, "condition_source": "scene"},
    )
