"""The solids that buildings are put together from."""

from __future__ import annotations

import numpy as np

from workbench.scenes.raytracing.meshes import Mesh, join_meshes, make_mesh


def block(x: tuple[float, float], y: tuple[float, float], top: float, base: float = 0.0) -> Mesh:
    """Box with walls and a flat roof, without a floor.

    Parameters
    ----------
    x, y : pair of float
        First and last coordinate of the footprint, in metres.
    top, base : float
        Heights of roof and foot, in metres.

    Examples
    --------
    >>> block((0, 4), (0, 2), 3).bounds.tolist()
    [[0.0, 0.0, 0.0], [4.0, 2.0, 3.0]]
    """
    corners = [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])]
    return prism(corners, top, base)


def prism(corners: list[tuple[float, float]], top: float, base: float = 0.0) -> Mesh:
    """Upright prism over a convex polygon, without a floor.

    Parameters
    ----------
    corners : list of (x, y)
        Convex footprint in metres, in order.
    top, base : float
        Heights of roof and foot, in metres.
    """
    count = len(corners)
    points = [(*corner, base) for corner in corners] + [(*corner, top) for corner in corners]
    walls = []
    for k in range(count):
        after = (k + 1) % count
        walls += [[k, after, count + after], [k, count + after, count + k]]
    roof = [[count, count + k, count + k + 1] for k in range(1, count - 1)]
    return join_meshes([make_mesh(points, walls, "wall"), make_mesh(points, roof, "roof")])


def gable(
    x: tuple[float, float], y: tuple[float, float], eaves: float, ridge: float, base: float = 0.0
) -> Mesh:
    """Box with a pitched roof whose ridge runs along y.

    Parameters
    ----------
    x, y : pair of float
        First and last coordinate of the footprint, in metres.
    eaves, ridge, base : float
        Heights, in metres.
    """
    middle = (x[0] + x[1]) / 2
    points = [(a, b, z) for z in (base, eaves) for a in x for b in y] + [(middle, b, ridge) for b in y]
    # 0..3 foot, 4..7 eaves: (x0,y0) (x0,y1) (x1,y0) (x1,y1); 8, 9 ridge
    walls = [[0, 1, 5], [0, 5, 4], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 3, 7], [1, 7, 5]]
    walls += [[4, 6, 8], [5, 7, 9]]
    roof = [[4, 5, 9], [4, 9, 8], [6, 7, 9], [6, 9, 8]]
    return join_meshes([make_mesh(points, walls, "wall"), make_mesh(points, roof, "roof")])


def rotunda(
    centre: tuple[float, float], radius: float, top: float, sides: int = 24, base: float = 0.0
) -> Mesh:
    """Upright prism over a regular polygon: a round hall, a tank.

    Parameters
    ----------
    centre : (x, y)
        Metres.
    radius, top, base : float
        Metres.
    sides : int
        Number of walls.
    """
    angle = 2 * np.pi * np.arange(sides) / sides
    corners = [(centre[0] + radius * np.cos(a), centre[1] + radius * np.sin(a)) for a in angle]
    return prism([(float(x), float(y)) for x, y in corners], top, base)
