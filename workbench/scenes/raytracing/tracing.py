"""Rays of the sensor followed over several bounces, with what each bounce sends back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from workbench.scenes.raytracing.engine import Columns, Engine, Singles
from workbench.scenes.raytracing.materials import MATERIALS, NAMES
from workbench.scenes.raytracing.meshes import Mesh
from workbench.scenes.raytracing.sensor import Sensor

Array = npt.NDArray[np.float64]

MAX_BOUNCES = 5
CHUNK = 32768  # rays at once: their arrays stay in the processor's cache
_EDGE_ON = 1e-9
_STEEPEST = 0.02  # cosine below which rays that leave a surface start nearer to it than the offset


@dataclass(frozen=True, eq=False)
class Echoes:
    """What comes back to the sensor, one entry per ray with an echo of that bounce level.

    A path enters at its first hit and leaves from its last; it is seen where both are in the mean, at half of
    its whole length: ``r = (r_first + lengths between + r_last) / 2``.

    Attributes
    ----------
    bounce : ndarray of uint8
        Number of hits, ascending.
    ray : ndarray of int32
        Index of the ray, ascending within a level.
    azimuth, elevation : ndarray
        Means of first and last hit, in metres.
    range_ : ndarray
        Half of the way from the image plane through the middle of the scene and back, in metres.
    depth : ndarray
        Mean range of the first and the last hit, in metres; `range_` less half of the way between.
    power : ndarray
        Share of the ray's power that comes back.
    """

    bounce: npt.NDArray[np.uint8]
    ray: npt.NDArray[np.int32]
    azimuth: Array
    elevation: Array
    range_: Array
    depth: Array
    power: Array

    def __len__(self) -> int:
        return len(self.ray)

    def where(self, kept: npt.NDArray[np.bool_]) -> Echoes:
        """Keep some."""
        return Echoes(*(getattr(self, field.name)[kept] for field in fields(self)))


@dataclass(frozen=True, eq=False)
class _Hits:
    """Rays at a hit after their first."""

    ray: npt.NDArray[np.int64]
    entry: Columns
    point: Columns
    before: Singles  # a little back on the way: where rays start that leave the surface
    face: npt.NDArray[np.intp]
    came: Columns  # direction of the ray
    slope: Array  # cosine between direction and normal of the triangle
    facing: Array  # cosine between the way to the sensor and the normal on the side that the ray came from
    power: Array  # what the ray brings
    length: Array  # from the image plane


@dataclass(frozen=True, eq=False)
class _Leaving:
    """Rays about to leave a surface; their directions lie in a table, since most of them hit nothing."""

    ray: npt.NDArray[np.int64]
    entry: Columns
    point: Columns
    power: Array
    length: Array
    start: Singles
    along: Singles
    directions: Columns
    row: npt.NDArray[np.integer]


class Tracer:
    """A mesh in a sensor's frame, ready for rays.

    Parameters
    ----------
    mesh : Mesh
    sensor : Sensor
    """

    def __init__(self, mesh: Mesh, sensor: Sensor) -> None:
        self.sensor = sensor
        self.engine = Engine(sensor.to_frame(mesh.vertices), mesh.faces)
        self._diffuse, self._specular, self._exponent, self._reflection = (
            np.array([getattr(MATERIALS[name], share) for name in NAMES])[mesh.material]
            for share in ("diffuse", "specular", "exponent", "reflection")
        )
        n0, n1, n2 = self.engine.normal
        cosine = np.abs(n2)
        safe = np.where(cosine < _EDGE_ON, np.inf, n2)
        # The sensor's rays are parallel: a plane's range is linear in azimuth and elevation, everything else
        # about a first hit depends on its triangle only.
        self._plane = (self.engine.plane / safe, -n0 / safe, -n1 / safe)
        self._first_power = self._diffuse * cosine + self._specular * cosine**self._exponent
        self._onward: Columns = (-2 * n2 * n0, -2 * n2 * n1, 1 - 2 * n2 * n2)
        self._onward_singles = np.stack(self._onward, axis=1).astype(np.float32)
        self._back = self.engine.offset / np.maximum(cosine, _STEEPEST)

    def first_range(self, azimuth: Array, elevation: Array) -> tuple[npt.NDArray[np.intp], Array]:
        """Triangle and slant range in metres where the sensor's rays end first; −1 and NaN for none."""
        face, range_, _ = self._from_sensor(azimuth, elevation)
        range_[face < 0] = np.nan
        return face, range_

    def echoes(self, azimuth: Array, elevation: Array, bounces: int = 3, chunk: int = CHUNK) -> Echoes:
        """Follow parallel rays and collect their echoes.

        Parameters
        ----------
        azimuth, elevation : ndarray, shape (ray,)
            Where the rays start on the image plane, in metres.
        bounces : int
            1 … 5.
        chunk : int
            Rays at once; the result does not depend on it.

        Raises
        ------
        ValueError
            For another number of bounces.

        Examples
        --------
        >>> from workbench.scenes.raytracing.terrain import flat_ground
        >>> tracer = Tracer(flat_ground(100.0), Sensor(incidence=45.0))
        >>> tracer.echoes(np.array([0.0, 0.0]), np.array([0.0, 3.0])).range_.round(9).tolist()
        [0.0, 3.0]
        """
        return collect(self.stream(azimuth, elevation, bounces, chunk))

    def stream(
        self, azimuth: Array, elevation: Array, bounces: int = 3, chunk: int = CHUNK
    ) -> Iterator[Echoes]:
        """Follow parallel rays, `chunk` at a time: the echoes of the first ones by bounce level, and so on.

        Arguments as for `echoes`, which collects them.
        """
        require_bounces(bounces)
        for start in range(0, len(azimuth), chunk):
            part = slice(start, start + chunk)
            for echoes, _ in self._follow(azimuth[part], elevation[part], start, bounces):
                yield echoes

    def paths(
        self, azimuth: Array, elevation: Array, bounces: int = 3
    ) -> Iterator[tuple[Echoes, list[Array]]]:
        """Per bounce level: the echoes, and in order of the hits the points (echo, 3) in the frame."""
        require_bounces(bounces)
        trail: list[tuple[npt.NDArray[np.int64], Array]] = []
        for echoes, hits in self._follow(azimuth, elevation, 0, bounces):
            if hits is None:
                _, range_ = self.first_range(azimuth, elevation)
                trail.append((np.arange(len(azimuth)), np.stack([azimuth, elevation, range_], axis=1)))
            else:
                trail.append((hits.ray, np.stack(hits.point, axis=1)))
            yield echoes, [points[np.searchsorted(rays, echoes.ray)] for rays, points in trail]

    def _from_sensor(self, azimuth: Array, elevation: Array) -> tuple[npt.NDArray[np.intp], Array, Singles]:
        """Triangle (−1: none) with the range of the last triangle then; the engine's starts of the rays."""
        engine = self.engine
        start = np.empty((len(azimuth), 3), np.float32)
        np.subtract(azimuth, engine.centre[0], out=start[:, 0], casting="same_kind")
        np.subtract(elevation, engine.centre[1], out=start[:, 1], casting="same_kind")
        start[:, 2] = -1.01 * engine.half[2] - 1
        face = engine.nearest(start, _directed(len(azimuth), 1)).astype(np.intp)  # indexes faster
        range_, slope_a, slope_s = (part.take(face) for part in self._plane)
        slope_a *= azimuth
        slope_s *= elevation
        range_ += slope_a
        range_ += slope_s
        return face, range_, start

    def _follow(
        self, azimuth: Array, elevation: Array, start: int, bounces: int
    ) -> Iterator[tuple[Echoes, _Hits | None]]:
        """Go from level to level: its echoes, where its rays are (None for the first)."""
        face, r, begin = self._from_sensor(azimuth, elevation)
        ray, a, s = np.flatnonzero(face >= 0), azimuth, elevation
        if len(ray) < len(face):
            face, a, s, r, begin = face[ray], a[ray], s[ray], r[ray], begin[ray]
        yield _echoes(1, ray + start, a, s, r, r, self._first_power.take(face)), None
        if bounces == 1:
            return
        point, reflected = (a, s, r), self._reflection[face]
        back = self._back.take(face)
        back += self.engine.centre[2]
        np.subtract(r, back, out=begin[:, 2], casting="same_kind")
        along = self._onward_singles.take(face, axis=0)
        leaving = _Leaving(ray, point, point, reflected, r, begin, along, self._onward, face)
        for level in range(2, bounces + 1):
            hits = self._hit(leaving)
            yield self._answer(hits, level, start), hits
            if level < bounces:
                leaving = self._leave(hits)

    def _hit(self, leaving: _Leaving) -> _Hits:
        """Send rays on to what they hit next."""
        engine = self.engine
        face = engine.nearest(leaving.start, leaving.along)
        hit = np.flatnonzero(face >= 0)
        met, point = face[hit].astype(np.intp), _take(leaving.point, hit)
        came = _take(leaving.directions, leaving.row[hit])
        way = engine.distance(met, point, came)
        if not (sound := (way > 0) & (way < np.inf)).all():  # grazing, or a corner nearer than the offset
            hit, met, way = hit[sound], met[sound], way[sound]
            kept = np.flatnonzero(sound)
            point, came = _take(point, kept), _take(came, kept)
        n0, n1, n2 = _take((engine.normal[0], engine.normal[1], engine.normal[2]), met)
        slope = n0 * came[0] + n1 * came[1] + n2 * came[2]
        there = (point[0] + way * came[0], point[1] + way * came[1], point[2] + way * came[2])
        back = np.minimum(engine.offset / np.maximum(np.abs(slope), _STEEPEST), way / 2)
        before = (there[0] - back * came[0], there[1] - back * came[1], there[2] - back * came[2])
        return _Hits(
            leaving.ray.take(hit),
            point if leaving.entry is leaving.point else _take(leaving.entry, hit),
            there,
            engine.local(before),
            met,
            came,
            slope,
            np.where(slope > 0, n2, -n2),
            leaving.power.take(hit),
            leaving.length.take(hit) + way,
        )

    def _answer(self, hits: _Hits, level: int, start: int) -> Echoes:
        """Return the echoes of hits that the sensor sees directly."""
        seen = np.flatnonzero(hits.facing > 0)
        before = hits.before.take(seen, axis=0)
        seen = seen[~self.engine.blocked(before, _directed(len(seen), -1))]
        face, cosine = hits.face[seen], hits.facing[seen]
        # Half-way vector between the way back to the sensor and that to where the ray came from.
        middle = np.sqrt(np.maximum(2 + 2 * hits.came[2][seen], 1e-12))
        half_way = np.minimum((np.abs(hits.slope[seen]) + cosine) / middle, 1.0)
        sent = self._diffuse[face] * cosine + self._specular[face] * half_way ** self._exponent[face]
        first, last = _take(hits.entry, seen), _take(hits.point, seen)
        azimuth, elevation, depth = ((p + q) / 2 for p, q in zip(first, last, strict=True))
        range_ = (hits.length[seen] + last[2]) / 2
        return _echoes(
            level, hits.ray[seen] + start, azimuth, elevation, range_, depth, hits.power[seen] * sent
        )

    def _leave(self, hits: _Hits) -> _Leaving:
        """Mirror rays at their hits."""
        normal = (part.take(hits.face) for part in self.engine.normal)
        onward = tuple(u - 2 * hits.slope * n for u, n in zip(hits.came, normal, strict=True))
        along = np.stack(onward, axis=1).astype(np.float32)
        power = hits.power * self._reflection[hits.face]
        return _Leaving(
            hits.ray,
            hits.entry,
            hits.point,
            power,
            hits.length,
            hits.before,
            along,
            (onward[0], onward[1], onward[2]),
            np.arange(len(power)),
        )


def collect(parts: Iterable[Echoes]) -> Echoes:
    """Put echoes together: ascending bounce levels, within one in the order of the parts."""
    ordered = sorted((part for part in parts if len(part)), key=lambda part: int(part.bounce[0]))
    if not ordered:
        return _echoes(1, np.empty(0, np.int64), *np.empty((5, 0)))
    return Echoes(*(np.concatenate([getattr(part, f.name) for part in ordered]) for f in fields(Echoes)))


def require_bounces(bounces: object) -> None:
    """Raise ValueError unless it is a whole number from 1 to 5."""
    whole = isinstance(bounces, int | np.integer) and not isinstance(bounces, bool)
    if not whole or not 1 <= bounces <= MAX_BOUNCES:  # type: ignore[operator]
        raise ValueError(f"a number of bounces from 1 to {MAX_BOUNCES} is needed, found {bounces!r}")


def _echoes(
    level: int,
    ray: npt.NDArray[np.int64],
    azimuth: Array,
    elevation: Array,
    range_: Array,
    depth: Array,
    power: Array,
) -> Echoes:
    bounce = np.full(len(ray), level, dtype=np.uint8)
    return Echoes(bounce, ray.astype(np.int32), azimuth, elevation, range_, depth, power)


def _take(vectors: Columns, index: npt.NDArray[np.integer]) -> Columns:
    return vectors[0].take(index), vectors[1].take(index), vectors[2].take(index)


def _directed(count: int, sign: int) -> Singles:
    """Make unit vectors along the line of sight; kept between calls, as most have the same number."""
    along = _DIRECTED[sign]
    if len(along) < count:
        along = np.zeros((count, 3), np.float32)
        along[:, 2] = sign
        _DIRECTED[sign] = along
    return along[:count]


_DIRECTED = {sign: np.zeros((0, 3), np.float32) for sign in (1, -1)}
