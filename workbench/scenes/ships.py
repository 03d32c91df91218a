"""Ships on the sea, as single-look complex chips with a semantic condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.scenes.validity import require_whole

LABELS = ("background", "hull", "stern", "bow")
SPACING_Y, SPACING_X = 13.9, 2.33
"""Azimuth and slant-range pixels of Sentinel-1 IW single-look complex data, metres."""
WAVELENGTH = 0.0555
_STERN, _BOW = 0.22, 0.80  # where the stern ends and the bow begins, of the length
_SCATTERERS = {"hull": 0.35, "stern": 1.0, "bow": 0.5}  # mean amplitude, of the strongest part

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Sea:
    """What the water around a ship looks like.

    Attributes
    ----------
    level : float
        Mean power in dB re a ship's strongest part.
    shape : float
        ν of the K distribution's gamma texture; infinity gives fully developed speckle (exponential power).
    """

    level: float
    shape: float


def ships(
    size: int = 64,
    count: int = 8,
    seed: int = 0,
    *,
    spacing: tuple[float, float] = (SPACING_Y, SPACING_X),
    lengths: tuple[float, float] = (80.0, 300.0),
    clutter_db: float = -22.0,
    shape: float = 4.0,
    centroid: tuple[float, float] = (0.0, 0.0),
    resolution: float = 1.2,
) -> xr.Dataset:
    """Ships of random length, heading and place on clutter, labelled background, hull, stern, bow.

    A ship is a hull with a pointed bow, seen from above: its outline decides the labels. Scatterers with
    random phase stand on it, strongest on the superstructures of the stern and along the side that the radar
    sees; the sea between is K-distributed clutter: speckle whose local power is gamma-distributed with shape
    ν. Everything passes the band of the sensor (`resolution` pixels per cell), whose azimuth spectrum may lie
    off centre, as TOPS data have it.

    Parameters
    ----------
    size, count, seed : int
        As in ``onetone``.
    spacing : pair of float
        Azimuth and slant-range pixel in metres (default: Sentinel-1 IW).
    lengths : pair of float
        Ships are between so long, in metres; longer ones than the chip are shortened to fit.
    clutter_db : float
        Mean power of the sea in dB re the strongest part of a ship.
    shape : float
        ν of the clutter, above 0; ``inf`` for exponential power.
    centroid : pair of float
        The azimuth centroid is drawn between these, in cycles per pixel, within [−0.5, 0.5].
    resolution : float
        Pixels per resolution cell and axis, 1 or more.

    Returns
    -------
    xarray.Dataset
        ``slc`` (sample, y, x) complex64, amplitude about 1 at the strongest part; ``condition`` (sample,
        channel, y, x) float32: one plane each for hull, stern, bow, +1 inside and −1 outside; ``label``
        (sample, y, x) uint8, index into attrs ``labels``; ``length``, ``width`` (m), ``heading`` (rad, from
        the azimuth axis towards range), ``centroid`` (cycles/pixel) of each sample. attrs wavelength,
        spacing_y, spacing_x, clutter_db, clutter_shape.

    Raises
    ------
    ValueError
        For numbers that make no sense.

    Notes
    -----
    Made after the seed paper (Sibler et al.), section 5 "OpenSARShip SLC": four classes in three channels.
    K distribution: E. Jakeman and P. Pusey, "A model for non-Rayleigh sea echo", IEEE TAP 1976: the
    variance of the power over its mean square is 1 + 2/ν.

    Examples
    --------
    >>> scene = ships(size=32, count=2, seed=1)
    >>> scene.slc.shape, scene.condition.shape, sorted(set(scene.label.values.ravel().tolist()))
    ((2, 32, 32), (2, 3, 32, 32), [0, 1, 2, 3])
    """
    require_whole("ships", size=size, count=count)
    _check(size, spacing, lengths, shape, centroid, resolution, clutter_db)
    sea = Sea(clutter_db, shape)
    made = [
        _chip(size, np.random.default_rng([seed, sample]), spacing, lengths, sea, centroid, resolution)
        for sample in range(count)
    ]
    images, labels, figures = zip(*made, strict=True)
    label = np.stack(labels)
    planes = np.stack([np.where(label == k, 1.0, -1.0) for k in (1, 2, 3)], axis=1)
    length, width, heading, offset = np.array(figures).T
    return xr.Dataset(
        {
            "slc": (
                ("sample", "y", "x"),
                np.stack(images).astype(np.complex64),
                {"long_name": "complex image", "units": "1"},
            ),
            "condition": (
                ("sample", "channel", "y", "x"),
                planes.astype(np.float32),
                {"long_name": "condition", "units": "1", "valid_range": [-1.0, 1.0]},
            ),
            "label": (("sample", "y", "x"), label, {"long_name": "semantic label", "units": "1"}),
            "length": ("sample", length, {"long_name": "length of the ship", "units": "m"}),
            "width": ("sample", width, {"long_name": "width of the ship", "units": "m"}),
            "heading": ("sample", heading, {"long_name": "heading from azimuth", "units": "rad"}),
            "centroid": ("sample", offset, {"long_name": "azimuth centroid", "units": "cycles/pixel"}),
        },
        coords={
            "channel": ("channel", list(LABELS[1:]), {"meaning": "+1 on that part of the ship, else -1"})
        },
        attrs={
            "source": "ships",
            "seed": int(seed),
            "labels": list(LABELS),
            "wavelength": WAVELENGTH,
            "spacing_y": float(spacing[0]),
            "spacing_x": float(spacing[1]),
            "clutter_db": float(clutter_db),
            "clutter_shape": float(shape),
            "sensor": "Sentinel-1 IW like",
            "amplitude_scale": 1.0,
            "condition_source": "scene",
        },
    )


def _check(
    size: int,
    spacing: tuple[float, float],
    lengths: tuple[float, float],
    shape: float,
    centroid: tuple[float, float],
    resolution: float,
    clutter_db: float,
) -> None:
    if size < 16:
        raise ValueError(f"ships needs at least 16 pixels per axis, found {size}")
    if not all(np.isfinite(s) and s > 0 for s in spacing):
        raise ValueError(f"ships needs positive pixel spacings in metres, found {spacing}")
    if not 0 < lengths[0] <= lengths[1] < np.inf:
        raise ValueError(f"ships needs lengths 0 < shortest ≤ longest in metres, found {lengths}")
    if not shape > 0:
        raise ValueError(f"ships needs a positive shape of the clutter (inf for exponential), found {shape}")
    if not -0.5 <= centroid[0] <= centroid[1] <= 0.5:
        raise ValueError(f"ships needs centroids within [-0.5, 0.5] cycles/pixel, found {centroid}")
    if not 1 <= resolution <= 8:
        raise ValueError(f"ships needs 1 to 8 pixels per resolution cell, found {resolution}")
    if not abs(clutter_db) <= 200:
        raise ValueError(f"ships needs a clutter level from -200 to 200 dB, found {clutter_db}")


def _chip(
    size: int,
    rng: np.random.Generator,
    spacing: tuple[float, float],
    lengths: tuple[float, float],
    sea: Sea,
    centroid: tuple[float, float],
    resolution: float,
) -> tuple[Array, Array, tuple[float, float, float, float]]:
    """One image with its labels, and (length, width, heading, centroid)."""
    heading = rng.uniform(0, 2 * np.pi)
    length = _fitting(rng.uniform(*lengths), heading, size, spacing)
    width = length * rng.uniform(0.12, 0.18)
    middle = (size - 1) / 2 + rng.uniform(-0.08, 0.08, 2) * size
    along, across = _ship_axes(size, middle, heading, spacing)
    label = _labels(along / length + 0.5, across / width, width / length, spacing, length)
    offset = rng.uniform(*centroid)
    bright = _brightness(label, along / length + 0.5, across, width, heading, rng)
    texture = rng.gamma(sea.shape, 1 / sea.shape, (size, size)) if np.isfinite(sea.shape) else 1.0
    power = np.where(label > 0, bright**2, 10 ** (sea.level / 10) * texture)
    speckle = rng.normal(size=(size, size, 2)) @ np.array([1, 1j]) / np.sqrt(2)
    image = _band_limited(np.sqrt(power) * speckle, resolution, offset)
    return image, label, (length, width, heading, offset)


def _fitting(length: float, heading: float, size: int, spacing: tuple[float, float]) -> float:
    """Shorten a ship so that it covers at most four fifths of the chip on each axis."""
    reach = np.abs([np.cos(heading) / spacing[0], np.sin(heading) / spacing[1]]).max()
    return float(min(length, 0.8 * size / reach))


def _ship_axes(size: int, middle: Array, heading: float, spacing: tuple[float, float]) -> tuple[Array, Array]:
    """Distances along the ship (bow positive) and across it, in metres, of every pixel."""
    y = (np.arange(size) - middle[0])[:, None] * spacing[0]
    x = (np.arange(size) - middle[1])[None, :] * spacing[1]
    return y * np.cos(heading) + x * np.sin(heading), -y * np.sin(heading) + x * np.cos(heading)


def _labels(
    along: Array, across: Array, slender: float, spacing: tuple[float, float], length: float
) -> Array:
    """0 sea, 1 hull, 2 stern, 3 bow; `along` runs from 0 at the stern to 1 at the bow, `across` ±0.5."""
    # A hull thinner than a pixel would have no pixel: it is at least so wide as to be seen.
    wide = max(1.0, 1.5 * min(spacing) / (slender * length))
    narrowing = np.clip((1 - along) / (1 - _BOW), 0, 1)
    inside = (np.abs(across) <= 0.5 * wide * narrowing) & (along >= 0) & (along <= 1)
    part = np.where(along < _STERN, 2, np.where(along > _BOW, 3, 1))
    label = np.where(inside, part, 0).astype(np.uint8)
    for code, place in ((1, 0.5), (2, _STERN / 2), (3, (1 + _BOW) / 2)):
        if not (label == code).any():  # a part smaller than a pixel keeps the one it is nearest to
            nearest = np.argmin((along - place) ** 2 * 1e2 + across**2)
            label.ravel()[nearest] = code
    return label


def _brightness(
    label: Array, along: Array, across: Array, width: float, heading: float, rng: np.random.Generator
) -> Array:
    """Mean amplitude of the ship's pixels: parts differ, the side towards the radar shines."""
    part = np.array([0.0, _SCATTERERS["hull"], _SCATTERERS["stern"], _SCATTERERS["bow"]])[label]
    near_side = -np.sign(np.cos(heading)) or 1.0
    wall = np.exp(-(((across - near_side * width / 2) / (0.2 * width)) ** 2))
    masts = np.exp(-(((along - rng.uniform(0.3, 0.7)) / 0.03) ** 2))
    return part * (0.6 + 0.6 * wall + 0.4 * masts) * rng.uniform(0.8, 1.2)


def _band_limited(image: Array, resolution: float, centroid: float) -> Array:
    """Keep the sensor's band, 1/resolution of the sampling rate per axis, moved in azimuth."""
    rows, columns = (np.fft.fftfreq(n) for n in image.shape)
    distance = (rows - centroid + 0.5) % 1 - 0.5
    keep = np.outer(np.abs(distance) <= 0.5 / resolution, np.abs(columns) <= 0.5 / resolution)
    return np.fft.ifft2(np.fft.fft2(image) * keep) / np.sqrt(keep.mean())
