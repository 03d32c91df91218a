"""Tiles of one tone each, along one axis or both: Onetone in two dimensions."""

from __future__ import annotations

import numpy as np
import xarray as xr

from workbench.scenes.validity import require_whole
from workbench.signals import Registry

DIRECTIONS: Registry[tuple[int, int]] = Registry("direction", {"both": (1, 1), "y": (1, 0), "x": (0, 1)})
"""Name -> whether the frequency varies along (y, x)."""


def tones(
    size: int = 64,
    count: int = 8,
    seed: int = 0,
    *,
    rows: int = 2,
    columns: int = 2,
    along: str = "both",
    weakest: float = 0.5,
) -> xr.Dataset:
    """Random tones in a grid of tiles with their frequencies and amplitude as the condition.

    Tile ``s`` is ``x[m, n] = A_s · exp(j (ω_y m + ω_x n))`` with phase 0 at the image's first pixel, both
    frequencies ~ U[−π, π), A ~ U[weakest, 1]. With ``columns=1, along="x"`` the images are of Onetone's kind:
    as many bands as rows.

    Parameters
    ----------
    size, count, seed : int
        As in ``onetone``; the first k images do not depend on ``count``.
    rows, columns : int
        Tiles along y and x; their sizes differ by at most one pixel.
    along : str
        "both", or the one axis, "y" or "x", along which tones have a frequency; along the other it is 0.
    weakest : float
        Smallest amplitude, 0 … 1; 1: all tones are equally strong.

    Returns
    -------
    xarray.Dataset
        ``slc`` (sample, y, x) complex64; ``condition`` (sample, channel, y, x) float32: ω_y/π, ω_x/π, the
        amplitude scaled to [−1, 1]; ``frequency`` (sample, row, column, axis) in cycles per sample, in
        [−0.5, 0.5[; ``amplitude`` (sample, row, column); coordinates ``row_start``, ``column_start``.

    Raises
    ------
    ValueError
        If a number is not a positive integer, there are more tiles than pixels along an axis, or the
        smallest amplitude is not above 0 and at most 1.
    KeyError
        For an unknown direction.

    Notes
    -----
    Generalises seed paper (Sibler et al.), section 5 "Onetone".

    Examples
    --------
    >>> scene = tones(size=32, count=2, seed=3, rows=1, columns=1)
    >>> y, x = np.mgrid[:32, :32]
    >>> f_y, f_x = scene.frequency[0, 0, 0].values
    >>> tone = float(scene.amplitude[0, 0, 0]) * np.exp(2j * np.pi * (f_y * y + f_x * x))
    >>> bool(abs(scene.slc[0] - tone).max() < 1e-6)
    True
    """
    require_whole("tones", size=size, count=count, rows=rows, columns=columns)
    if max(rows, columns) > size:
        raise ValueError(
            f"tones needs a pixel per tile, found {rows}×{columns} tiles in {size}×{size} pixels"
        )
    number = isinstance(weakest, int | float) and not isinstance(weakest, bool)
    if not (number and 0 < weakest <= 1):
        raise ValueError(f"tones needs a smallest amplitude above 0 and at most 1, found {weakest!r}")
    varies = np.array(DIRECTIONS[along])
    uniform = np.random.default_rng(seed).random((count, rows, columns, 3))
    frequency = (uniform[..., :2] - 0.5) * varies
    amplitude = weakest + (1 - weakest) * uniform[..., 2]
    starts = [np.arange(n) * size // n for n in (rows, columns)]
    tile = [
        np.repeat(np.arange(n), np.diff([*start, size]))
        for n, start in zip((rows, columns), starts, strict=True)
    ]
    full = np.ix_(np.arange(count), *tile)
    pixel = np.arange(size)
    turns = frequency[..., 0][full] * pixel[:, None] + frequency[..., 1][full] * pixel
    strength = np.full_like(amplitude, 1.0) if weakest == 1 else 2 * uniform[..., 2] - 1
    planes = np.stack([2 * frequency[..., 0], 2 * frequency[..., 1], strength], axis=1)
    condition = planes[np.ix_(np.arange(count), np.arange(3), *tile)]
    return xr.Dataset(
        {
            "slc": (
                ("sample", "y", "x"),
                (amplitude[full] * np.exp(2j * np.pi * turns)).astype(np.complex64),
                {"long_name": "complex image", "units": "1"},
            ),
            "condition": (
                ("sample", "channel", "y", "x"),
                condition.astype(np.float32),
                {"long_name": "condition", "units": "1", "valid_range": [-1.0, 1.0]},
            ),
            "frequency": (
                ("sample", "row", "column", "axis"),
                frequency,
                {"long_name": "frequency of the tone", "units": "cycles/sample"},
            ),
            "amplitude": (("sample", "row", "column"), amplitude, {"long_name": "amplitude", "units": "1"}),
        },
        coords={
            "channel": (
                "channel",
                ["frequency_y", "frequency_x", "amplitude"],
                {"meaning": f"frequency: omega/pi; amplitude: -1 and 1 at {weakest:g} and 1"},
            ),
            "axis": ["y", "x"],
            "row_start": ("row", starts[0], {"long_name": "first row of the tile"}),
            "column_start": ("column", starts[1], {"long_name": "first column of the tile"}),
        },
        attrs={
            "amplitude_scale": 1.0, "condition_source": "scene", "source": "tones", "seed": int(seed),
            "rows": int(rows), "columns": int(columns), "along": along, "weakest": float(weakest),
        },
    )  # fmt: skip
