"""The Onetone test scene: horizontal bands of one fringe frequency each."""

from __future__ import annotations

import numpy as np
import xarray as xr

from workbench.scenes.validity import require_whole

AMPLITUDES = (0.5, 1.0)


def onetone(size: int = 64, count: int = 8, seed: int = 0, bands: int = 8) -> xr.Dataset:
    """Random monofrequent stripes with their frequency and amplitude as the condition.

    Band ``s`` is ``x[m, n] = A_s · exp(j ω_s n)`` with phase 0 at n = 0, ω_s ~ U[−π, π), A_s ~ U[0.5, 1]; the
    condition is ω/π, 4A − 3 and −1 (background) on the pixels of the complex image.

    Parameters
    ----------
    size : int
        Pixels per axis.
    count : int
        Number of images; the first k images do not depend on it.
    seed : int
        Seed of ``numpy.random.default_rng``; equal seeds give equal bits.
    bands : int
        Bands per image. Heights differ by at most one row where ``bands`` does not divide ``size``.

    Returns
    -------
    xarray.Dataset
        ``slc`` (sample, y, x) complex64; ``condition`` (sample, channel, y, x) float32;
        ``frequency`` (sample, band) in cycles per sample, in [−0.5, 0.5[; ``amplitude`` (sample, band);
        coordinates ``band_start``, ``band_stop`` (rows of each band).

    Raises
    ------
    ValueError
        If a number is not a positive integer, or there are more bands than rows.

    Notes
    -----
    Seed paper (Sibler et al.), section 5 "Onetone" (there: eight stripes, 250 images).

    Examples
    --------
    >>> scene = onetone(size=32, count=2, seed=3, bands=4)
    >>> scene.slc.shape, scene.condition.shape
    ((2, 32, 32), (2, 3, 32, 32))
    >>> bool(abs(scene.condition).max() <= 1)
    True
    """
    require_whole("onetone", size=size, count=count, bands=bands)
    if bands > size:
        raise ValueError(f"onetone needs at least one row per band, found {bands} bands in {size} rows")
    uniform = np.random.default_rng(seed).random((count, bands, 2))
    frequency = uniform[..., 0] - 0.5
    amplitude = AMPLITUDES[0] + (AMPLITUDES[1] - AMPLITUDES[0]) * uniform[..., 1]
    edges = np.arange(bands + 1) * size // bands
    heights = np.diff(edges)
    phase = 2 * np.pi * frequency[..., None] * np.arange(size)
    rows = amplitude[..., None] * np.exp(1j * phase)
    planes = np.stack([2 * frequency, 4 * amplitude - 3, np.full_like(frequency, -1)], axis=1)
    planes = np.repeat(np.repeat(planes, heights, axis=2)[..., None], size, axis=3)
    return xr.Dataset(
        {
            "slc": (
                ("sample", "y", "x"),
                np.repeat(rows, heights, axis=1).astype(np.complex64),
                {"long_name": "complex image", "units": "1"},
            ),
            "condition": (
                ("sample", "channel", "y", "x"),
                planes.astype(np.float32),
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
            "channel": (
                "channel",
                ["frequency", "amplitude", "background"],
                {"meaning": "frequency: omega/pi; amplitude: 4 A - 3; background: -1 everywhere"},
            ),
            "band_start": ("band", edges[:-1], {"long_name": "first row of the band"}),
            "band_stop": ("band", edges[1:], {"long_name": "row behind the band"}),
        },
        attrs={
            "source": "onetone",
            "seed": int(seed),
            "bands": int(bands),
            "amplitude_scale": 1.0,
            "condition_source": "scene",
        },
    )
