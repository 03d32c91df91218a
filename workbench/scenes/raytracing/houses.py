"""Parametric buildings, each standing around the origin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.scenes.raytracing.meshes import Mesh, join_meshes
from workbench.scenes.raytracing.solids import block, gable, rotunda
from workbench.signals import Registry


def box_house(length: float = 40.0, width: float = 15.0, height: float = 12.0, base: float = 0.0) -> Mesh:
    """Slab with a flat roof; `length` along azimuth, all in metres."""
    _positive("box", length=length, width=width, height=height)
    return block((-width / 2, width / 2), (-length / 2, length / 2), height, base)


def gable_house(
    length: float = 25.0, width: float = 12.0, height: float = 7.0, pitch: float = 40.0, base: float = 0.0
) -> Mesh:
    """House with a pitched roof of `pitch` degrees; `height` of the eaves, in metres."""
    _positive("gable", length=length, width=width, height=height, pitch=pitch)
    if pitch >= 80:
        raise ValueError(f"a gable needs a pitch below 80 degrees, found {pitch}")
    ridge = height + width / 2 * np.tan(np.deg2rad(pitch))
    return gable((-width / 2, width / 2), (-length / 2, length / 2), height, float(ridge), base)


def l_house(length: float = 40.0, width: float = 12.0, height: float = 10.0, base: float = 0.0) -> Mesh:
    """Two wings of the same length that meet at a right angle, in metres."""
    _positive("l_shape", length=length, width=width, height=height)
    if length <= width:
        raise ValueError(f"an L-shape needs wings longer than wide, found {length} m by {width} m")
    near, far = -length / 2, length / 2
    wings = [
        block((near, near + width), (near, far), height, base),
        block((near + width, far), (near, near + width), height, base),
    ]
    return join_meshes(wings)


def courtyard_house(
    length: float = 45.0, width: float = 10.0, height: float = 14.0, base: float = 0.0
) -> Mesh:
    """Square block around a court, wings of `width`, in metres."""
    _positive("courtyard", length=length, width=width, height=height)
    if length <= 2 * width:
        raise ValueError(f"a courtyard needs a length above twice the width, found {length} m and {width} m")
    near, far = -length / 2, length / 2
    inner = (near + width, far - width)
    wings = [
        block((near, near + width), (near, far), height, base),
        block((far - width, far), (near, far), height, base),
        block(inner, (near, near + width), height, base),
        block(inner, (far - width, far), height, base),
    ]
    return join_meshes(wings)


def university(base: float = 0.0) -> Mesh:
    """Campus of about 130 m × 105 m: a long front with a comb of wings, a court, a tower, halls.

    It stands where the seed paper has its simulated scene "TUM building"; it is no model of that building.
    """
    front = block((-52, -40), (-65, 65), 22, base)
    wings = [block((-40, -4), (y, y + 12), 17, base) for y in (-65, -35, -5)]
    court = courtyard_house(44.0, 10.0, 19.0, base).moved([18, 43, 0])
    tower = block((-52, -40), (16, 28), 38, 22)
    lecture = rotunda((22, -10), 13, 11, 24, base)
    hall = gable((30, 50), (-62, -28), 8, 14, base)
    plant = [block((-49, -43), (y, y + 5), 25.5, 22) for y in (-55, -30, 45)]
    stairs = [block((4 + 1.2 * k, 8), (-62, -48), 0.6 * (k + 1), base) for k in range(3)]
    return join_meshes([front, *wings, court, tower, lecture, hall, *plant, *stairs])


BUILDINGS: Registry[Callable[..., Mesh]] = Registry(
    "building",
    {
        "box": box_house,
        "gable": gable_house,
        "l_shape": l_house,
        "courtyard": courtyard_house,
        "university": university,
    },
)
"""Name -> function(dimensions in metres) returning a mesh that stands on z = 0 around the origin."""


def draw_house(kind: str, rng: np.random.Generator, base: float = 0.0) -> Mesh:
    """Draw a building: its kind, where "mixed" is asked for, with its dimensions.

    Parameters
    ----------
    kind : str
        Name in ``BUILDINGS``, or "mixed" for any but the university.
    rng : numpy.random.Generator
        Equal states give equal buildings.
    base : float
        Height of its foot in metres, below 0 on uneven ground.

    Examples
    --------
    >>> draw_house("mixed", np.random.default_rng(1)).bounds[0, 2]
    np.float64(0.0)
    """
    if kind == "mixed":
        kind = ("box", "gable", "l_shape", "courtyard")[int(rng.integers(4))]
    maker, share = BUILDINGS[kind], rng.random(4)
    if kind == "university":
        return maker(base=base)
    width = 8 + 8 * share[1]
    length = min(width * (2.2 + 2 * share[0]), 45.0)
    sizes = {"length": length, "width": width, "height": 6 + 16 * share[2]}
    if kind == "gable":
        sizes |= {"height": 4 + 6 * share[2], "pitch": 25 + 25 * share[3]}
    return maker(base=base, **{name: float(value) for name, value in sizes.items()})


def _positive(kind: str, **lengths: float) -> None:
    for name, value in lengths.items():
        if not (np.isfinite(value) and 0 < value <= 2000):
            raise ValueError(f"a building {kind!r} needs a {name} above 0 and up to 2000, found {value!r}")
