"""Patches of ray-traced buildings with the sensor's depth as their condition."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xarray as xr
from tqdm import tqdm

from workbench.scenes.raytracing.acquisition import Acquisition
from workbench.scenes.raytracing.houses import BUILDINGS, draw_house
from workbench.scenes.raytracing.mesh_files import SUFFIXES, is_mesh_file, open_mesh
from workbench.scenes.raytracing.meshes import Mesh, join_meshes
from workbench.scenes.raytracing.scene_cache import cache_folder, cached, content_hash
from workbench.scenes.raytracing.sensor import Sensor
from workbench.scenes.raytracing.simulation import ground_power, simulate_sar
from workbench.scenes.raytracing.terrain import rolling_ground
from workbench.scenes.validity import require_whole

KINDS = (*BUILDINGS, "mixed")
OVER_GROUND = 3.0
"""Amplitude that becomes 1, over the root mean square of flat ground: about the 99 % quantile of a campus."""
PLOT = 55.0  # metres between neighbouring houses
_MAX_SIZE = 1024
_MAX_PIXELS = 300_000_000  # some 6 GB


@dataclass(frozen=True)
class Site:
    """What the patches show.

    Attributes
    ----------
    building : str
        "university", another name in ``BUILDINGS``, "mixed", or the path of a mesh file.
    aspect : float or None
        Degrees by which the buildings are turned; None: drawn for each patch.
    relief : float
        Root mean square height of the terrain in metres; 0 is flat.
    """

    building: str = "university"
    aspect: float | None = None
    relief: float = 0.0

    def __post_init__(self) -> None:
        known = self.building in KINDS or is_mesh_file(self.building)
        if not known:
            raise ValueError(
                f"unknown building {self.building!r}; there are: {', '.join(KINDS)}, or the path of a mesh "
                f"({', '.join(SUFFIXES)})"
            )
        if self.aspect is not None and not np.isfinite(self.aspect):
            raise ValueError(f"a finite aspect in degrees is needed, or None, found {self.aspect!r}")
        if not (np.isfinite(self.relief) and 0 <= self.relief <= 15):
            raise ValueError(f"a relief from 0 to 15 m is needed, found {self.relief!r}")

    def draw(self, model: Mesh | None, extent: float, rng: np.random.Generator) -> tuple[Mesh, float, Any]:
        """Draw what one patch shows: mesh, aspect in degrees, place (x, y) of its middle in metres."""
        turn, place = rng.random(), rng.random(2) - 0.5
        aspect = 360 * turn if self.aspect is None else float(self.aspect)
        base = -4 * self.relief
        if model is not None:
            houses, span = model.moved([0, 0, 0.5 * base]), np.ptp(model.bounds[:, :2], axis=0)
        elif self.building == "university":
            houses, span = draw_house("university", rng, base), np.array([110.0, 130.0])
        else:
            houses, span = _quarter(self.building, rng, base), np.array([PLOT, PLOT])
        middle = place * span
        houses = houses.moved([-middle[0], -middle[1], 0]).turned(aspect)
        tall = float(houses.bounds[1, 2])
        ground = rolling_ground(extent + 6 * tall + 2 * float(span.max()), self.relief, rng)
        return join_meshes([ground, houses]), aspect, middle


def buildings(
    size: int = 128,
    count: int = 500,
    seed: int = 0,
    *,
    building: str = "university",
    bounces: int = 3,
    aspect: float | None = None,
    relief: float = 0.0,
    wavelength: float = 0.031,
    incidence: float = 40.0,
    spacing_y: float = 0.8,
    spacing_x: float = 0.6,
    slant_range: float = 650e3,
    sign: int = 1,
    baseline: float | None = None,
    temporal: float = 1.0,
    snr_db: float | None = 20.0,
    speckle: bool = True,
    psf: str = "hamming",
    bandwidth: float = 0.8,
    rays: int = 2,
    by_bounce: bool = False,
    workers: int | None = None,
    cache: str | os.PathLike[str] | bool | None = None,
    progress: bool | None = None,
) -> xr.Dataset:
    r"""SAR patches of buildings by ray tracing, as the seed paper had them from RaySAR.

    .. math:: x = h * \sum_k \sqrt{I_k}\, q_k\, e^{\pm j 4\pi r_k/\lambda}

    Every patch is an acquisition of its own: buildings are placed and turned anew, speckle and noise are
    drawn anew. For the seed paper's set, patches of one image, cut an image of `simulate_sar`.

    Parameters
    ----------
    size, count, seed : int
        As in ``onetone``; the paper has 500 patches of 128 × 128 pixels.
    building : str
        "university", "box", "gable", "l_shape", "courtyard" (a quarter of them), "mixed", or the path of an
        OBJ, PLY, STL file in metres with z up.
    bounces : int
        Longest paths, 1 … 5.
    aspect : float, optional
        Degrees by which the buildings are turned; by default drawn for each patch.
    relief : float
        Root mean square height of the terrain in metres, 0 … 15.
    wavelength, incidence, spacing_y, spacing_x, slant_range
        λ in metres, θ in degrees, pixels in azimuth and slant range in metres, R in metres.
    sign : int
        +1 for exp(+j4πr/λ) as in the paper, −1 as in most processors.
    baseline : float, optional
        Perpendicular baseline in metres: adds ``slc_2``, the same scatterers seen from there.
    temporal : float
        γ of the scatterers between both acquisitions.
    snr_db : float or None
        Flat ground over thermal noise.
    speckle : bool
        Whether every echo has a circular Gaussian factor; without, its phase is its range alone.
    psf, bandwidth
        "hamming" or "sinc" over this share of the spectrum.
    rays : int
        Rays per pixel and axis on flat ground.
    by_bounce : bool
        Keep every bounce level's image in ``slc_bounce``.
    workers : int, optional
        Threads; the numbers do not depend on it. By default one per processor, eight at most.
    cache : path, bool, optional
        Folder for finished sets, False for none; by default in the workspace.
    progress : bool, optional
        Whether to show a bar; by default on a terminal.

    Returns
    -------
    xarray.Dataset
        ``slc`` (sample, y, x) complex64; ``condition`` (sample, channel, y, x): slant-range depth of the
        first, second, third hit; ``slc_2``, ``flat_phase``, ``slc_bounce`` where asked; ``aspect`` (sample)
        in degrees, ``place`` (sample, axis) in metres. attrs: `amplitude_scale` is the amplitude that became
        1; sensor and processing with their units.

    Raises
    ------
    FileNotFoundError, ValueError
        For a mesh file that is not there or damaged; for any value out of its range.

    Examples
    --------
    >>> scene = buildings(size=16, count=2, building="box", cache=False)
    >>> scene.slc.shape, scene.condition.shape, scene.channel.values.tolist()
    ((2, 16, 16), (2, 3, 16, 16), ['depth_1', 'depth_2', 'depth_3'])
    """
    require_whole("buildings", size=size, count=count)
    if size > _MAX_SIZE:
        raise ValueError(f"buildings makes patches of at most {_MAX_SIZE} pixels, found {size}")
    if count * size**2 > _MAX_PIXELS:
        raise ValueError(
            f"buildings makes at most {_MAX_PIXELS:,} pixels at once, found {count} patches of {size}×{size}"
        )
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"buildings needs a seed of 0 or more, found {seed!r}")
    if workers is not None:
        require_whole("buildings", workers=workers)
    site = Site(building, aspect, relief)
    sensor = Sensor(wavelength, incidence, spacing_y, spacing_x, slant_range, sign)
    plan = Acquisition(bounces, rays, speckle, snr_db, psf, bandwidth, baseline, temporal)
    model = None if building in KINDS else open_mesh(building)
    job = _Job(int(size), int(seed), site, sensor, plan, bool(by_bounce), model)

    def make() -> xr.Dataset:
        return _gather(job, int(count), workers, progress)

    settings: dict[str, Any] = {
        "size": job.size,
        "seed": job.seed,
        "count": int(count),
        "by_bounce": job.by_bounce,
    }
    settings |= {"site": asdict(site), "sensor": asdict(sensor), "plan": asdict(plan)}
    arrays = () if model is None else (model.vertices, model.faces)
    return cached("buildings", content_hash(settings, *arrays), make, cache_folder(cache))


@dataclass(frozen=True)
class _Job:
    """All that one patch depends on, but its number."""

    size: int
    seed: int
    site: Site
    sensor: Sensor
    plan: Acquisition
    by_bounce: bool
    model: Mesh | None

    def patch(self, number: int) -> tuple[xr.Dataset, Any]:
        """Make one patch; its number alone tells its random numbers from those of others."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(number,)))
        sensor = self.sensor
        ground = sensor.spacing_x / np.sin(sensor.angle)
        extent = 2 * (self.size + 32) * max(sensor.spacing_y, float(ground))
        mesh, aspect, middle = self.site.draw(self.model, extent, rng)
        image = simulate_sar(
            mesh,
            sensor,
            (self.size, self.size),
            (self.seed, number),
            by_bounce=self.by_bounce,
            acquisition=self.plan,
        )
        return image, (aspect, middle)


def _trace(job: _Job, count: int, workers: int | None, progress: bool | None) -> list[tuple[xr.Dataset, Any]]:
    """Make all patches, several at a time; in order, each with what was drawn for it."""
    threads = workers or min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 4)
    shown = sys.stderr.isatty() if progress is None else progress
    with ThreadPoolExecutor(threads) as pool:
        results = pool.map(job.patch, range(count))
        try:
            return list(tqdm(results, total=count, desc="tracing", unit="patch", disable=not shown))
        except BaseException:  # also when interrupted: without this, all the rest would be made first
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _gather(job: _Job, count: int, workers: int | None, progress: bool | None) -> xr.Dataset:
    """Stack all patches, scaled for a network."""
    scale = OVER_GROUND * np.sqrt(ground_power(job.sensor))
    traced = _trace(job, count, workers, progress)
    first = traced[0][0]
    data: dict[str, Any] = {}
    for name, array in first.data_vars.items():
        values = (
            array.values if name == "flat_phase" else np.stack([patch[name].values for patch, _ in traced])
        )
        if values.dtype.kind == "c":
            values = values / np.float32(scale)
        dims = array.dims if name == "flat_phase" else ("sample", *array.dims)
        data[str(name)] = (dims, values, array.attrs)
    drawn = {"long_name": "turn of the buildings", "units": "degree"}
    data["aspect"] = ("sample", np.array([aspect for _, (aspect, _) in traced]), drawn)
    drawn = {"long_name": "middle of the patch from that of the buildings, before the turn", "units": "m"}
    data["place"] = (("sample", "axis"), np.array([place for _, (_, place) in traced]), drawn)
    attrs = first.attrs | asdict(job.site) | {"source": "buildings", "seed": job.seed}
    attrs |= {
        "aspect": "drawn" if job.site.aspect is None else job.site.aspect,
        "amplitude_scale": float(scale),
        "amplitude_scale_meaning": f"{OVER_GROUND:g} times the root mean square amplitude of flat ground",
    }
    coords = {name: (array.dims, array.values, array.attrs) for name, array in first.coords.items()}
    return xr.Dataset(data, coords | {"axis": ["x", "y"]}, attrs)


def _quarter(kind: str, rng: np.random.Generator, base: float) -> Mesh:
    """Nine plots around the origin, the middle one always built on, the others mostly."""
    houses = []
    for row in (-1, 0, 1):
        for column in (-1, 0, 1):
            house, built = draw_house(kind, rng, base), rng.random() < 0.7
            if built or row == column == 0:
                turned = house.turned(90.0 * int(rng.integers(4)))
                houses.append(turned.moved([PLOT * row, PLOT * column, 0]))
    return join_meshes(houses)
