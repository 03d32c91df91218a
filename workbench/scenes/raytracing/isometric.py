"""A scene's view in three dimensions laid flat, for drawing libraries that know two."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

Array = npt.NDArray[np.float64]

_LIGHT = np.array([-0.4, -0.5, 0.77])


def flatten_view(view: xr.Dataset, turn: float = -60.0, tilt: float = 25.0) -> xr.Dataset:
    """Project a view orthographically and order its faces from back to front.

    Parameters
    ----------
    view : xarray.Dataset
        From `scene_view`.
    turn : float
        Where the observer stands, in degrees from x towards y.
    tilt : float
        Degrees that the observer looks down from.

    Returns
    -------
    xarray.Dataset
        ``outline`` (face, corner, screen) in metres across and up the paper, to be painted in this order;
        ``shade`` (face) 0 … 1, ``material`` (face); ``line`` (ray, point, screen), ``bounce`` (ray).

    Raises
    ------
    ValueError
        If the tilt is not within ±90 degrees.

    Examples
    --------
    >>> from workbench.scenes.raytracing import box_house, scene_view
    >>> flat = flatten_view(scene_view(box_house(), bounces=1, rays=2), turn=0.0, tilt=90.0)
    >>> flat.outline.shape, float(flat.outline.sel(screen="across").max())
    ((10, 3, 2), 20.0)
    """
    if not -90 <= tilt <= 90 or not np.isfinite(turn):
        raise ValueError(f"a tilt within ±90 degrees is needed, found turn={turn!r}, tilt={tilt!r}")
    around, down = np.deg2rad(turn), np.deg2rad(tilt)
    towards = np.array([np.cos(down) * np.cos(around), np.cos(down) * np.sin(around), np.sin(down)])
    across = np.array([-np.sin(around), np.cos(around), 0.0])
    up = np.cross(towards, across)
    corners = view["vertices"].values[view["faces"].values]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    normal *= np.where((normal * towards).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    order = np.argsort((corners * towards).sum(axis=2).mean(axis=1), kind="stable")
    # What lies on the ground is under everything that stands on it, however near.
    order = order[np.argsort(view["material"].values[order] != "ground", kind="stable")]
    metres = {"units": "m"}
    shade = 0.55 + 0.45 * np.clip((normal * _LIGHT).sum(axis=1), 0, 1)
    return xr.Dataset(
        {
            "outline": (("face", "corner", "screen"), _flat(corners, across, up)[order], metres),
            "shade": ("face", shade[order]),
            "material": ("face", view["material"].values[order]),
            "line": (("ray", "point", "screen"), _flat(view["path"].values, across, up), metres),
            "bounce": ("ray", view["bounce"].values),
        },
        {"screen": ["across", "up"]},
        {"turn": float(turn), "tilt": float(tilt)},
    )


def _flat(points: Array, across: Array, up: Array) -> Array:
    return np.stack([(points * across).sum(axis=-1), (points * up).sum(axis=-1)], axis=-1)
