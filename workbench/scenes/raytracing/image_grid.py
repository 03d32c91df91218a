"""The pixels of a patch with the rays that fill them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.scenes.raytracing.sensor import Sensor
from workbench.scenes.raytracing.tracing import Echoes

Array = npt.NDArray[np.float64]

GUARD = 8
"""Pixels computed around a patch and cut off again: what the point-spread function wraps around."""
MAX_RAYS = 64_000_000


@dataclass(frozen=True)
class ImageGrid:
    """Pixels of a patch around the origin of a sensor's frame.

    Attributes
    ----------
    sensor : Sensor
    shape : pair of int
        Pixels in azimuth and range.
    fine : int
        Cells per pixel and axis that echoes are sorted into; also rays per pixel and axis on flat ground.
    """

    sensor: Sensor
    shape: tuple[int, int]
    fine: int = 2

    @property
    def padded(self) -> tuple[int, int]:
        """Pixels with the guard around them."""
        return self.shape[0] + 2 * GUARD, self.shape[1] + 2 * GUARD

    @property
    def azimuth(self) -> Array:
        """Azimuth of the pixels' middles in metres."""
        return _middles(self.shape[0], self.sensor.spacing_y)

    @property
    def range_(self) -> Array:
        """Slant range of the pixels' middles in metres, 0 at the middle of the scene."""
        return _middles(self.shape[1], self.sensor.spacing_x)

    @property
    def ray_share(self) -> float:
        """Area of one ray in the image plane over that of a pixel (spacing_y times spacing_x)."""
        return 1 / (self.fine**2 * float(np.tan(self.sensor.angle)))

    def cells(self, azimuth: Array, range_: Array) -> npt.NDArray[np.int64]:
        """Index of each echo's cell in the raveled fine, padded grid; −1 outside."""
        rows, columns = (self.fine * n for n in self.padded)
        y = np.floor((azimuth / self.sensor.spacing_y + self.padded[0] / 2) * self.fine).astype(np.int64)
        x = np.floor((range_ / self.sensor.spacing_x + self.padded[1] / 2) * self.fine).astype(np.int64)
        inside = (y >= 0) & (y < rows) & (x >= 0) & (x < columns)
        return np.where(inside, y * columns + x, -1)

    def seen(self, echoes: Echoes) -> Echoes:
        """Keep the echoes within the padded patch."""
        return echoes.where(self.cells(echoes.azimuth, echoes.range_) >= 0)

    def rays(self, low: float, high: float, rng: np.random.Generator | None = None) -> tuple[Array, Array]:
        """Start of the rays that can have an echo in the padded patch: azimuth, elevation in metres.

        One ray in every cell of a grid that on flat ground is the fine grid; all points between the heights
        `low` and `high` that are seen in the patch get theirs, as do paths that enter up to the height of the
        scene beside it.

        Parameters
        ----------
        low, high : float
            Lowest and highest point of the scene in metres.
        rng : numpy.random.Generator, optional
            Draws the place within the cell; by default the middle.

        Raises
        ------
        ValueError
            If that takes more than 64 million rays.
        """
        sensor, tall = self.sensor, high - low
        sine, tangent = np.sin(sensor.angle), np.tan(sensor.angle)
        cell_a, cell_s = sensor.spacing_y / self.fine, sensor.spacing_x / tangent / self.fine
        beside = int(np.ceil(tall * tangent / 2 / cell_a))
        before = int(np.ceil((tall * sine - min(low, 0.0) / sine) / cell_s))
        behind = int(np.ceil(max(high, 0.0) / sine / cell_s))
        rows = self.padded[0] * self.fine + 2 * beside
        columns = self.padded[1] * self.fine + before + behind
        if rows * columns > MAX_RAYS:
            raise ValueError(
                f"an image of {self.shape[0]}×{self.shape[1]} pixels with a scene {tall:.0f} m high takes "
                f"{rows * columns:,} rays, at most {MAX_RAYS:,} are traced; make it smaller, take fewer rays"
            )
        within = np.full((2, rows, columns), 0.5) if rng is None else rng.random((2, rows, columns))
        row, column = np.arange(rows)[:, None] - rows / 2, np.arange(columns)
        first = -self.padded[1] * self.fine / 2 - before
        return ((row + within[0]) * cell_a).ravel(), ((column + first + within[1]) * cell_s).ravel()


def _middles(count: int, spacing: float) -> Array:
    return np.asarray((np.arange(count) - (count - 1) / 2) * spacing, dtype=np.float64)
