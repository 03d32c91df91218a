"""One SAR acquisition, or an interferometric pair, of a triangle scene."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.scenes.raytracing.acquisition import Acquisition
from workbench.scenes.raytracing.focusing import bin_echoes, circular, focus, noise_spectrum
from workbench.scenes.raytracing.geometry import fringe_frequency, height_of_ambiguity
from workbench.scenes.raytracing.image_grid import ImageGrid
from workbench.scenes.raytracing.materials import MATERIALS
from workbench.scenes.raytracing.meshes import Mesh
from workbench.scenes.raytracing.sensor import Sensor
from workbench.scenes.raytracing.tracing import Echoes, Tracer, collect
from workbench.scenes.validity import require_whole

Complex = npt.NDArray[np.complex128]
Array = npt.NDArray[np.float64]

DEPTHS = 3
HEADROOM = 25.0  # metres of height that the depth of the patch's near edge can show
_EMPTY = -1.0


def simulate_sar(
    mesh: Mesh,
    sensor: Sensor | None = None,
    shape: tuple[int, int] = (128, 128),
    seed: int | tuple[int, ...] = 0,
    *,
    by_bounce: bool = False,
    acquisition: Acquisition | None = None,
) -> xr.Dataset:
    r"""Complex image of a scene around the origin, by ray tracing.

    .. math:: x = h * \sum_k \sqrt{I_k}\, q_k\, e^{\pm j 4\pi r_k/\lambda}

    over the echoes k of every bounce level, sorted into pixels by their range and azimuth; h is the complex
    point-spread function. A second antenna sees the same hit points at other ranges and is imaged on the grid
    of the first.

    Parameters
    ----------
    mesh : Mesh
        Metres; ground at about z = 0.
    sensor : Sensor, optional
    shape : pair of int
        Pixels in azimuth (y) and slant range (x).
    seed : int or tuple of int
        Equal seeds give equal bits; a tuple is a seed with numbers of what it is for.
    by_bounce : bool
        Keep the image of every bounce level, without noise.
    acquisition : Acquisition, optional

    Returns
    -------
    xarray.Dataset
        ``slc`` (y, x) complex64, power relative to the area of a pixel; ``condition`` (channel, y, x): slant
        range of the first, second and third hit's echo, −1 and 1 at its attr ``depth_limits`` in metres, −1
        where there is none; ``slc_2`` and ``flat_phase`` (x) in radians where there is a baseline;
        ``slc_bounce`` (bounce, y, x) where asked. Coordinates y, x in metres; attrs with all units.

    Raises
    ------
    ValueError
        For a shape that is not positive; too many rays.

    Notes
    -----
    Geometry as in RaySAR (S. Auer, R. Bamler, P. Reinartz, IGARSS 2016). The depth is that of the sensor's
    view: column x looks where flat ground has the range of pixel x.

    Examples
    --------
    >>> from workbench.scenes.raytracing import flat_ground, simulate_sar
    >>> scene = simulate_sar(flat_ground(200.0), shape=(16, 16))
    >>> scene.slc.shape, scene.condition.shape, round(float(scene.condition[0, 8, 15]), 3)
    ((16, 16), (3, 16, 16), 0.986)
    """
    sensor, plan = sensor or Sensor(), acquisition or Acquisition()
    require_whole("a SAR image", rows=shape[0], columns=shape[1])
    grid = ImageGrid(sensor, (int(shape[0]), int(shape[1])), plan.rays)
    tracer, streams = Tracer(mesh, sensor), _streams(seed)
    low, high = mesh.bounds[:, 2]
    rays = grid.rays(float(low), float(high), streams["place"] if plan.speckle else None)
    echoes = collect(grid.seen(part) for part in tracer.stream(*rays, plan.bounces))
    cells = grid.cells(echoes.azimuth, echoes.range_)
    factor = circular((len(echoes),), streams["speckle"]) if plan.speckle else np.ones(len(echoes), complex)
    strength = np.sqrt(echoes.power * grid.ray_share)
    levels = _levels(grid, plan, cells, echoes, strength * factor * sensor.wave(echoes.range_))
    data: dict[str, Any] = {
        "slc": _image("complex image", grid, plan, np.sum(levels, axis=0), streams["noise"])
    }
    if by_bounce:
        parts = np.stack([focus(level, grid, plan.psf, plan.bandwidth) for level in levels])
        label = {"long_name": "complex image of one bounce level, without noise", "units": "1"}
        data["slc_bounce"] = (("bounce", "y", "x"), parts.astype(np.complex64), label)
    if plan.baseline is not None:
        if plan.speckle and plan.temporal < 1:
            fresh = circular((len(echoes),), streams["change"])
            factor = plan.temporal * factor + np.sqrt(1 - plan.temporal**2) * fresh
        second = sensor.second_range(echoes.range_, echoes.elevation, echoes.depth, plan.baseline)
        levels = _levels(grid, plan, cells, echoes, strength * factor * sensor.wave(second))
        name = "complex image of the second antenna"
        data["slc_2"] = _image(name, grid, plan, np.sum(levels, axis=0), streams["noise_2"])
        flat = {"long_name": "phase of slc · conj(slc_2) on flat ground", "units": "rad"}
        data["flat_phase"] = (("x",), sensor.flat_phase(grid.range_, plan.baseline), flat)
    limits = {"depth_limits": list(depth_limits(grid))}
    data["condition"] = (("channel", "y", "x"), depth_planes(tracer, grid), _CONDITION | limits)
    return _labelled(data, grid, plan, by_bounce)


_CONDITION = {
    "long_name": "slant-range depth of the sensor's view",
    "units": "1",
    "valid_range": [-1.0, 1.0],
}


def ground_power(sensor: Sensor) -> float:
    """Mean power of a pixel of flat ground: ``(diffuse cos θ + specular cos^m θ) / tan θ``."""
    ground, cosine = MATERIALS["ground"], float(np.cos(sensor.angle))
    sent = ground.diffuse * cosine + ground.specular * cosine**ground.exponent
    return sent / float(np.tan(sensor.angle))


def depth_limits(grid: ImageGrid) -> tuple[float, float]:
    """Slant ranges in metres that the condition has as −1 and 1.

    The far edge of the patch, and 25 m of height before its near edge: in the sensor's view what is high is
    nearer than the ground that it hides.
    """
    half = grid.shape[1] * grid.sensor.spacing_x / 2
    return -half - HEADROOM / float(np.cos(grid.sensor.angle)), half


def depth_planes(tracer: Tracer, grid: ImageGrid) -> npt.NDArray[np.float32]:
    """Slant range by bounce level of the rays through the pixels' middles, shape (3, y, x).

    Scaled to −1 and 1 at `depth_limits` and clipped there; −1 where nothing comes back.
    """
    near, far = depth_limits(grid)
    azimuth, elevation = np.meshgrid(grid.azimuth, grid.sensor.flat_elevation(grid.range_), indexing="ij")
    echoes = tracer.echoes(azimuth.ravel(), elevation.ravel(), DEPTHS)
    planes = np.full((DEPTHS, azimuth.size), _EMPTY)
    planes[echoes.bounce.astype(int) - 1, echoes.ray] = np.clip(
        2 * (echoes.range_ - near) / (far - near) - 1, -1, 1
    )
    return planes.reshape(DEPTHS, *grid.shape).astype(np.float32)


def _streams(seed: int | tuple[int, ...]) -> dict[str, np.random.Generator]:
    """Make a generator for everything that is drawn: asking for one thing more leaves the others alone."""
    first, *key = seed if isinstance(seed, tuple) else (seed,)
    return {
        name: np.random.default_rng(np.random.SeedSequence(first, spawn_key=(*key, k)))
        for k, name in enumerate(("place", "speckle", "noise", "change", "noise_2"))
    }


def _levels(
    grid: ImageGrid,
    plan: Acquisition,
    cells: npt.NDArray[np.int64],
    echoes: Echoes,
    contributions: Complex,
) -> list[Complex]:
    """Contributions in their cells, for every bounce level."""
    edges = np.searchsorted(echoes.bounce, np.arange(1, plan.bounces + 2))
    return [bin_echoes(cells[start:stop], contributions[start:stop], grid) for start, stop in pairwise(edges)]


def _image(
    name: str, grid: ImageGrid, plan: Acquisition, cells: Complex, rng: np.random.Generator
) -> tuple[Any, ...]:
    """Focus all cells with noise, as a labelled variable."""
    noise: Complex | float = 0.0
    if plan.snr_db is not None:
        noise = noise_spectrum(grid, ground_power(grid.sensor) * 10 ** (-plan.snr_db / 10), rng)
    image = focus(cells, grid, plan.psf, plan.bandwidth, noise)
    return ("y", "x"), image.astype(np.complex64), {"long_name": name, "units": "1"}


def _labelled(data: dict[str, Any], grid: ImageGrid, plan: Acquisition, by_bounce: bool) -> xr.Dataset:
    sensor = grid.sensor
    coords: dict[str, Any] = {
        "y": ("y", grid.azimuth, {"long_name": "azimuth", "units": "m"}),
        "x": ("x", grid.range_, {"long_name": "slant range from the scene's middle", "units": "m"}),
        "channel": ("channel", [f"depth_{k + 1}" for k in range(DEPTHS)]),
    }
    if by_bounce:
        coords["bounce"] = ("bounce", np.arange(1, plan.bounces + 1), {"long_name": "bounce level"})
    attrs = {name: value for name, value in asdict(plan).items() if value is not None}
    attrs |= {"sensor": "simulated, orthographic", "amplitude_scale": 1.0, "condition_source": "scene"}
    attrs |= asdict(sensor)
    attrs["speckle"] = int(plan.speckle)
    if plan.baseline:
        view = (plan.baseline, sensor.wavelength, sensor.slant_range, sensor.incidence)
        attrs["fringe_frequency"] = sensor.phase_sign * float(fringe_frequency(*view)) * sensor.spacing_x
        attrs["height_of_ambiguity"] = float(height_of_ambiguity(*view))
    return xr.Dataset(data, coords, attrs)
