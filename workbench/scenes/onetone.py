"""The Onetone test scene: horizontal bands of one fringe frequency each."""

from __future__ import annotations

import numpy as np
import xarray as xr

from workbench.scenes.bands import banded_scene
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
    rows = amplitude[..., None] * np.exp(2j * np.pi * frequency[..., None] * np.arange(size))
    planes = np.stack([2 * frequency, 4 * amplitude - 3, np.full_like(frequency, -1)], axis=1)
    meaning = {"meaning": "frequency: omega/pi; amplitude: 4 A - 3; background: -1 everywhere"}
    scene = banded_scene(rows, planes, frequency, amplitude, edges)
    return scene.assign_coords(
        channel=("channel", ["frequency", "amplitude", "background"], meaning)
    ).assign_attrs(source="onetone", seed=int(seed), bands=int(bands))
