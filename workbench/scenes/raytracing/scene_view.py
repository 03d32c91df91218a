"""A scene with some of its rays as labelled arrays, for drawings in three dimensions."""

from __future__ import annotations

import numpy as np
import xarray as xr

from workbench.scenes.raytracing.image_grid import ImageGrid
from workbench.scenes.raytracing.materials import NAMES
from workbench.scenes.raytracing.meshes import Mesh
from workbench.scenes.raytracing.sensor import Sensor
from workbench.scenes.raytracing.tracing import Tracer
from workbench.scenes.validity import require_whole


def scene_view(
    mesh: Mesh,
    sensor: Sensor | None = None,
    shape: tuple[int, int] = (128, 128),
    bounces: int = 3,
    rays: int = 12,
    seed: int = 0,
    lead: float = 40.0,
) -> xr.Dataset:
    """Vertices, faces, and up to `rays` paths of every bounce level, drawn at random.

    Parameters
    ----------
    mesh : Mesh
    sensor : Sensor, optional
    shape : pair of int
        Pixels of the patch whose rays are shown.
    bounces : int
        1 … 5.
    rays : int
        Paths per level at most.
    seed : int
        Draws the paths.
    lead : float
        Metres of the way from and to the sensor that are drawn.

    Returns
    -------
    xarray.Dataset
        ``vertices`` (vertex, axis) in metres, ``faces`` (face, corner), ``material`` (face) names;
        ``path`` (ray, point, axis) in metres: first point on the way in, the hits in order, last point on the
        way back, then NaN; ``bounce``, ``range``, ``azimuth``, ``power`` (ray) as the image has them. attr
        ``view``: unit vector from the sensor to the scene.

    Raises
    ------
    ValueError
        For a number of bounces or rays out of its range.

    Examples
    --------
    >>> from workbench.scenes.raytracing import box_house, flat_ground, join_meshes
    >>> view = scene_view(join_meshes([flat_ground(200.0), box_house()]), bounces=2, rays=3)
    >>> view.path.shape, view.bounce.values.tolist()
    ((6, 4, 3), [1, 1, 1, 2, 2, 2])
    """
    require_whole("a view", rays=rays, rows=shape[0], columns=shape[1])
    sensor = sensor or Sensor()
    grid = ImageGrid(sensor, shape, 1)
    tracer, rng = Tracer(mesh, sensor), np.random.default_rng(seed)
    low, high = mesh.bounds[:, 2]
    azimuth, elevation = grid.rays(float(low), float(high), rng)
    paths, described = [], []
    for level, (echoes, trail) in enumerate(tracer.paths(azimuth, elevation, bounces), start=1):
        inside = np.flatnonzero(grid.cells(echoes.azimuth, echoes.range_) >= 0)
        drawn = np.sort(rng.choice(inside, min(rays, len(inside)), replace=False))
        back = np.array([0, 0, lead])  # the sensor is at small ranges
        hits = [points[drawn] for points in trail]
        line = np.full((len(drawn), bounces + 2, 3), np.nan)
        line[:, : level + 2] = np.stack([hits[0] - back, *hits, hits[-1] - back], axis=1)
        paths.append(sensor.from_frame(line))
        described.append(
            np.stack([echoes.bounce, echoes.range_, echoes.azimuth, echoes.power], axis=1)[drawn]
        )
    bounce, range_, along, power = np.concatenate(described).T
    metres = {"units": "m"}
    return xr.Dataset(
        {
            "vertices": (("vertex", "axis"), mesh.vertices, metres),
            "faces": (("face", "corner"), mesh.faces),
            "material": ("face", np.array(NAMES)[mesh.material]),
            "path": (("ray", "point", "axis"), np.concatenate(paths), metres),
            "bounce": ("ray", bounce.astype(int)),
            "range": ("ray", range_, metres),
            "azimuth": ("ray", along, metres),
            "power": ("ray", power, {"units": "1"}),
        },
        {"axis": ["x", "y", "z"]},
        {"view": sensor.from_frame([0.0, 0.0, 1.0]).tolist(), "incidence": sensor.incidence},
    )
