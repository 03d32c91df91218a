"""Optical images paired with SAR images of the same 3-D scene, slightly out of register."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.scenes.raytracing import (
    KINDS,
    OVER_GROUND,
    Acquisition,
    Mesh,
    Sensor,
    Site,
    cache_folder,
    cached,
    content_hash,
    ground_power,
    nadir_picture,
    simulate_sar,
)
from workbench.scenes.validity import require_whole

LARGEST_SHIFT = 8.0  # pixels: more is another place, not a misregistration
SKY = (0.16, 0.22, 0.32)
"""Share of the light that comes from the sky in red, green, blue: shadows are bluish."""
_ALBEDO = (0.0, 0.35, 0.60, 0.75, 0.90, 1.0)  # nothing, ground, wall, roof, metal
_COLOURS = (
    (0.0, 0.36, 0.62, 0.92, 0.88, 1.0),
    (0.0, 0.38, 0.60, 0.70, 0.90, 1.0),
    (0.0, 0.28, 0.55, 0.60, 0.93, 1.0),
)  # red, green, blue of surfaces of these albedos

Pixels = npt.NDArray[np.float32]


def optical_sar(
    size: int = 128,
    count: int = 8,
    seed: int = 0,
    *,
    shift: float = 1.5,
    building: str = "mixed",
    spacing: float = 1.0,
    incidence: float = 40.0,
    wavelength: float = 0.031,
    relief: float = 0.0,
    bounces: int = 3,
    snr_db: float | None = 20.0,
    sun_elevation: float = 45.0,
    sun_azimuth: float = 135.0,
    cache: str | os.PathLike[str] | bool | None = None,
) -> xr.Dataset:
    """Colour pictures from above with SAR images of the same buildings, a little out of register.

    The ground that the SAR image has at pixel (y, x), the picture has at ``(y + shift_y, x + shift_x)``. The
    shift is made in the scene, before the picture is rendered: no interpolation softens it. What is higher
    than the ground is laid over in the SAR image, not in the picture.

    Parameters
    ----------
    size, count, seed : int
        As in ``onetone``; the first k pairs do not depend on ``count``.
    shift : float
        Both shifts are drawn between −shift and shift pixels, 0 … 8; 0: in register.
    building, relief
        As in ``buildings``.
    spacing : float
        Metres per pixel on the ground, of both images.
    incidence, wavelength, bounces, snr_db
        As in ``buildings``.
    sun_elevation, sun_azimuth : float
        Degrees above the horizon; degrees from x towards y.
    cache : path, bool, optional
        As in ``buildings``.

    Returns
    -------
    xarray.Dataset
        ``slc`` (sample, y, x) complex64; ``condition`` (sample, channel, y, x): red, green, blue, −1 dark and
        1 white; ``shift_y``, ``shift_x`` (sample) in pixels. attrs: `amplitude_scale` is the amplitude that
        became 1; sensor and sun with their units.

    Raises
    ------
    ValueError
        For a shift outside of 0 … 8 pixels; any value out of its range; an unknown kind of building.

    Examples
    --------
    >>> pairs = optical_sar(size=16, count=2, building="box", cache=False)
    >>> pairs.slc.shape, pairs.channel.values.tolist(), bool((abs(pairs.shift_x) <= 1.5).all())
    ((2, 16, 16), ['red', 'green', 'blue'], True)
    """
    require_whole("optical_sar", size=size, count=count)
    known = isinstance(shift, int | float) and not isinstance(shift, bool)
    if not (known and 0 <= shift <= LARGEST_SHIFT):
        raise ValueError(f"optical_sar needs a shift from 0 to {LARGEST_SHIFT:g} pixels, found {shift!r}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"optical_sar needs a seed of 0 or more, found {seed!r}")
    if building not in KINDS:
        raise ValueError(f"unknown building {building!r}; there are: {', '.join(KINDS)}")
    if not (np.isfinite(spacing) and spacing > 0):
        raise ValueError(f"optical_sar needs a positive spacing in metres, found {spacing!r}")
    sensor = Sensor.over_ground(spacing, incidence, wavelength=wavelength)
    plan = Acquisition(bounces=bounces, snr_db=snr_db)
    site = Site(building, None, relief)
    job = _Job(
        int(size), int(seed), float(shift), float(spacing), site, sensor, plan, sun_elevation, sun_azimuth
    )
    settings = asdict(job) | {"count": int(count), "sky": SKY, "colours": _COLOURS}
    return cached(
        "optical_sar", content_hash(settings), lambda: _gather(job, int(count)), cache_folder(cache)
    )


@dataclass(frozen=True)
class _Job:
    """All that one pair depends on, but its number."""

    size: int
    seed: int
    shift: float
    spacing: float
    site: Site
    sensor: Sensor
    plan: Acquisition
    sun_elevation: float
    sun_azimuth: float

    def pair(self, number: int) -> tuple[npt.NDArray[np.complex64], Pixels, npt.NDArray[np.float64]]:
        """Make one pair: SAR image, picture (channel, y, x), shift in pixels (y, x)."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(number,)))
        # Drawn first, so that the scene is the same whatever the largest shift.
        shift = self.shift * (2 * rng.random(2) - 1)
        extent = 2 * (self.size + 32) * self.spacing
        mesh, _, _ = self.site.draw(None, extent, rng)
        sar = simulate_sar(
            mesh, self.sensor, (self.size, self.size), (self.seed, number), acquisition=self.plan
        )
        return sar["slc"].values, self.picture(mesh, shift), shift

    def picture(self, mesh: Mesh, shift: npt.NDArray[np.float64]) -> Pixels:
        """Colours from above, 0 … 1, of the scene moved by `shift` pixels.

        Brightness is linear in the sky's share, so that two renderings give all three channels.
        """
        moved = mesh.moved([shift[1] * self.spacing, shift[0] * self.spacing, 0.0])
        albedo, sunlit = (
            nadir_picture(
                moved, (self.size, self.size), self.spacing, ambient=ambient,
                sun_elevation=self.sun_elevation, sun_azimuth=self.sun_azimuth,
            ).values
            for ambient in (1.0, 0.0)
        )  # fmt: skip
        light = sunlit / np.maximum(albedo, 1e-6)
        channels = [
            np.interp(albedo, _ALBEDO, colour) * (sky + (1 - sky) * light)
            for colour, sky in zip(_COLOURS, SKY, strict=True)
        ]
        return np.clip(np.stack(channels), 0, 1).astype(np.float32)


def _gather(job: _Job, count: int) -> xr.Dataset:
    """Make all pairs, several at a time, and stack them in order."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        images, pictures, shifts = zip(*pool.map(job.pair, range(count)), strict=True)
    scale = OVER_GROUND * float(np.sqrt(ground_power(job.sensor)))
    shift = np.array(shifts)
    apart = "shift of the optical image along {}, in the direction of growing index"
    attrs: dict[str, Any] = {
        "source": "optical_sar", "seed": job.seed, "building": job.site.building, "relief": job.site.relief,
        "largest_shift": job.shift, "wavelength": job.sensor.wavelength, "incidence": job.sensor.incidence,
        "spacing_y": job.sensor.spacing_y, "spacing_x": job.sensor.spacing_x, "ground_spacing": job.spacing,
        "phase_sign": job.sensor.phase_sign, "bounces": job.plan.bounces,
        "sun_elevation": float(job.sun_elevation), "sun_azimuth": float(job.sun_azimuth),
        "amplitude_scale": scale, "condition_source": "scene",
        "amplitude_scale_meaning": f"{OVER_GROUND:g} times the root mean square amplitude of flat ground",
    }  # fmt: skip
    return xr.Dataset(
        {
            "slc": (
                ("sample", "y", "x"),
                (np.stack(images) / np.float32(scale)).astype(np.complex64),
                {"long_name": "complex image", "units": "1"},
            ),
            "condition": (
                ("sample", "channel", "y", "x"),
                2 * np.stack(pictures) - 1,
                {"long_name": "picture from above", "units": "1", "valid_range": [-1.0, 1.0]},
            ),
            "shift_y": ("sample", shift[:, 0], {"long_name": apart.format("y"), "units": "pixels"}),
            "shift_x": ("sample", shift[:, 1], {"long_name": apart.format("x"), "units": "pixels"}),
        },
        coords={"channel": ["red", "green", "blue"]},
        attrs=attrs,
    )
