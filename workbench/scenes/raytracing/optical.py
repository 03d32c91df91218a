"""The picture a camera overhead takes of a triangle scene, for optical–SAR pairs."""

from __future__ import annotations

import numpy as np
import xarray as xr

from workbench.scenes.raytracing.acquisition import Acquisition
from workbench.scenes.raytracing.engine import Columns, Engine
from workbench.scenes.raytracing.materials import MATERIALS, NAMES
from workbench.scenes.raytracing.meshes import Mesh
from workbench.scenes.raytracing.sensor import Sensor
from workbench.scenes.raytracing.simulation import simulate_sar
from workbench.scenes.validity import require_whole

_FINE = 2  # rays per pixel and axis: edges become grey instead of jagged


def nadir_picture(
    mesh: Mesh,
    shape: tuple[int, int],
    spacing: float,
    *,
    sun_elevation: float = 45.0,
    sun_azimuth: float = 135.0,
    ambient: float = 0.25,
) -> xr.DataArray:
    """Render what is seen straight from above in sunlight: Lambert's law with cast shadows.

    ``albedo · (ambient + (1 − ambient) · max(n·s, 0) · lit)``.

    Parameters
    ----------
    mesh : Mesh
    shape : pair of int
        Pixels in y and x around the origin.
    spacing : float
        Metres per pixel on the ground.
    sun_elevation, sun_azimuth : float
        Degrees above the horizon; degrees from x towards y.
    ambient : float
        Share of the light that comes from the sky, 0 … 1.

    Returns
    -------
    xarray.DataArray
        (y, x) float32, 0 … 1, coordinates in metres; 0 where nothing is.

    Raises
    ------
    ValueError
        For values out of their range.

    Examples
    --------
    >>> from workbench.scenes.raytracing import box_house
    >>> nadir_picture(box_house(), (4, 4), 2.0, sun_elevation=90.0).values[0, 0].round(3)
    np.float32(0.75)
    """
    require_whole("a picture", rows=shape[0], columns=shape[1])
    if not (np.isfinite(spacing) and spacing > 0):
        raise ValueError(f"a picture needs a positive spacing in metres, found {spacing!r}")
    if not 0 < sun_elevation <= 90 or not np.isfinite(sun_azimuth):
        raise ValueError(f"the sun stands above 0 and up to 90 degrees high, found {sun_elevation!r}")
    if not 0 <= ambient <= 1:
        raise ValueError(f"an ambient share from 0 to 1 is needed, found {ambient!r}")
    up, around = np.deg2rad(sun_elevation), np.deg2rad(sun_azimuth)
    sun = (np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up))
    axes = [(np.arange(n * _FINE) - (n * _FINE - 1) / 2) * spacing / _FINE for n in shape]
    y, x = (part.ravel() for part in np.meshgrid(*axes, indexing="ij"))
    bright = _light(mesh, x, y, sun, ambient)
    fine = bright.reshape(shape[0], _FINE, shape[1], _FINE)
    coords = {
        axis: (axis, (np.arange(n) - (n - 1) / 2) * spacing, {"units": "m"})
        for axis, n in zip(("y", "x"), shape, strict=True)
    }
    attrs = {
        "long_name": "brightness from above",
        "units": "1",
        "sun_elevation": float(sun_elevation),
        "sun_azimuth": float(sun_azimuth),
        "spacing": float(spacing),
    }
    return xr.DataArray(fine.mean(axis=(1, 3)).astype(np.float32), coords, ("y", "x"), "optical", attrs)


def optical_and_sar(
    mesh: Mesh,
    shape: tuple[int, int] = (128, 128),
    spacing: float = 1.0,
    seed: int | tuple[int, ...] = 0,
    *,
    incidence: float = 40.0,
    acquisition: Acquisition | None = None,
    sun_elevation: float = 45.0,
    sun_azimuth: float = 135.0,
) -> xr.Dataset:
    """Picture from above and SAR image of the same scene, flat ground in the same pixels of both.

    The SAR image is in slant range with a spacing of ``spacing · sin θ``: ground at z = 0 falls on the pixel
    that the picture has it in; what is higher is laid over towards the sensor.

    Parameters
    ----------
    mesh : Mesh
    shape : pair of int
        Pixels in y and x.
    spacing : float
        Metres per pixel on the ground.
    seed : int or tuple of int
    incidence : float
        Degrees.
    acquisition : Acquisition, optional
    sun_elevation, sun_azimuth
        As in `nadir_picture`.

    Returns
    -------
    xarray.Dataset
        As `simulate_sar`, with ``optical`` (y, x) float32, 0 … 1; x in metres on the ground.

    Examples
    --------
    >>> from workbench.scenes.raytracing import box_house, flat_ground, join_meshes
    >>> pair = optical_and_sar(join_meshes([flat_ground(100.0), box_house()]), (16, 16))
    >>> pair.optical.shape, pair.slc.shape, float(pair.x[-1])
    ((16, 16), (16, 16), 7.5)
    """
    sensor = Sensor.over_ground(spacing, incidence)
    image = simulate_sar(mesh, sensor, shape, seed, acquisition=acquisition)
    picture = nadir_picture(mesh, shape, spacing, sun_elevation=sun_elevation, sun_azimuth=sun_azimuth)
    return image.assign_coords(x=picture.x, y=picture.y).assign(optical=picture)


def _light(
    mesh: Mesh, x: np.ndarray, y: np.ndarray, sun: tuple[float, float, float], ambient: float
) -> np.ndarray:
    """Brightness under each point of the ground plan."""
    engine = Engine(mesh.vertices, mesh.faces)
    top = np.full(len(x), engine.centre[2] + 1.01 * engine.half[2] + 1)
    down = np.zeros((len(x), 3), np.float32)
    down[:, 2] = -1
    face = engine.nearest(engine.local((x, y, top)), down)
    seen = np.flatnonzero(face >= 0)
    face, x, y = face[seen], x[seen], y[seen]
    n0, n1, n2 = (part[face] for part in engine.normal)
    z = (engine.plane[face] - n0 * x - n1 * y) / n2
    side = np.where(n2 < 0, -1.0, 1.0) * engine.offset
    start: Columns = (x + side * n0, y + side * n1, z + side * n2)
    towards = np.tile(np.array(sun, dtype=np.float32), (len(seen), 1))
    lit = ~engine.blocked(engine.local(start), towards)
    slope = np.where(n2 < 0, -1.0, 1.0) * (n0 * sun[0] + n1 * sun[1] + n2 * sun[2])
    albedo = np.array([MATERIALS[name].albedo for name in NAMES])[mesh.material[face]]
    bright = np.zeros(len(top))
    bright[seen] = albedo * (ambient + (1 - ambient) * np.maximum(slope, 0) * lit)
    return bright
