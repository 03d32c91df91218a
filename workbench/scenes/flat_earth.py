"""The flat-earth scene of the seed paper: one fringe frequency per image."""

from __future__ import annotations

import numpy as np
import xarray as xr

from workbench.scenes.bands import banded_scene
from workbench.scenes.second_acquisition import SecondAcquisition, add_second
from workbench.scenes.validity import require_whole
from workbench.signals import fold


def flat_earth(
    size: int = 64,
    count: int = 8,
    seed: int = 0,
    *,
    height: float = 693e3,
    wavelength: float = 0.0555,
    spacing: float = 3.0,
    look: tuple[float, float] = (20.0, 45.0),
    sign: int = 1,
    curved: bool = False,
    baseline: float | None = None,
    coherence: float | None = None,
    snr_db: float | None = None,
) -> xr.Dataset:
    """Phase of the slant range over flat topography with unit reflectivity.

    ``x[n] = exp(± j 4π/λ · (r(θ_n) − r(θ_0)))`` with ``r = h/cos θ``, ``tan θ_n = tan θ_0 + n·spacing/h``:
    seed paper (Sibler et al.), eq. 1, relative to the first pixel. For small changes of θ the range grows by
    ``spacing · sin θ_0`` per pixel: a constant fringe frequency ``± 2 spacing sin θ_0/λ`` cycles per sample,
    folded (eq. 5) into [−0.5, 0.5[.

    With a baseline B a second antenna sees the same ground from B metres further up across the line of
    sight: the phase of ``slc · conj(slc_2)`` turns by ``± 2 B spacing cos² θ_0 / (λ h)`` cycles per sample.

    Parameters
    ----------
    size, count, seed : int
        As in ``onetone``.
    height, wavelength, spacing : float
        Of the sensor, of the radar, and between pixels on the ground, in metres.
    look : pair of float
        The first pixel's look angle is drawn between these, in degrees.
    sign : int
        +1 as in the paper, −1 as in most SAR processors.
    curved : bool
        Use r(θ) itself; by default its tangent, for which the fringe frequency is exactly constant.
    baseline : float, optional
        Perpendicular baseline in metres, less than the critical one: adds ``slc_2``.
    coherence : float, optional
        γ of the echoes in both images, which become circular Gaussian speckle; by default both have unit
        reflectivity. Needs a baseline (0 m will do).
    snr_db : float, optional
        Thermal noise in both images, independent. Needs a baseline.

    Returns
    -------
    xarray.Dataset
        ``slc`` (sample, y, x); ``condition``: ω/π, look angle scaled to [−1, 1], −1; ``frequency`` and
        ``amplitude`` as in ``onetone`` with one band; ``look_angle`` (sample) in degrees, ``slant_range``
        (sample) in metres. attrs ``wavelength``, ``height``, ``spacing_x`` in metres, ``phase_sign``. With a
        baseline ``slc_2``; ``flat_phase`` (sample, x) in radians: what to take from the interferogram's
        phase; ``fringe_frequency`` (sample) in cycles per sample; ``critical_baseline`` (sample) in metres;
        attrs ``baseline``, ``coherence`` (noise included).

    Raises
    ------
    ValueError
        For lengths that are not positive, look angles outside of 0 … 90 degrees, another sign than ±1; a
        baseline that is critical for a sample, a coherence outside of 0 … 1, either of them alone.

    Notes
    -----
    Two acquisitions: R. Bamler and P. Hartl, "Synthetic aperture radar interferometry", Inverse Problems 14
    (1998).

    Examples
    --------
    >>> scene = flat_earth(size=16, count=2)
    >>> step = scene.slc[0, 0, 1] * scene.slc[0, 0, 0].conj()
    >>> bool(abs(np.angle(step) / (2 * np.pi) - scene.frequency[0, 0]) < 1e-6)
    True
    >>> pair = flat_earth(size=16, count=2, baseline=300.0)
    >>> fringes = pair.slc * np.conj(pair.slc_2) * np.exp(-1j * pair.flat_phase)
    >>> bool(abs(fringes - 1).max() < 1e-5)
    True
    """
    require_whole("flat_earth", size=size, count=count)
    for name, value in {"height": height, "wavelength": wavelength, "spacing": spacing}.items():
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"flat_earth needs a positive {name} in metres, found {value!r}")
    if not 0 <= look[0] < look[1] < 90:
        raise ValueError(f"flat_earth needs look angles 0 ≤ first < last < 90 degrees, found {look!r}")
    if sign not in (1, -1):
        raise ValueError(f"flat_earth needs the phase sign 1 or -1, found {sign!r}")
    if baseline is None and not (coherence is None and snr_db is None):
        raise ValueError("flat_earth needs a baseline (0 m will do) where there is a coherence or a snr_db")
    second = None if baseline is None else SecondAcquisition(baseline, coherence, snr_db)
    share = np.random.default_rng(seed).random(count)
    angle = np.deg2rad(look[0] + (look[1] - look[0]) * share)
    slant = height / np.cos(angle)
    ground = spacing * np.arange(size)
    beyond = ground * np.sin(angle)[:, None]
    if curved:
        beyond = np.hypot(height, height * np.tan(angle)[:, None] + ground) - slant[:, None]
    row = np.exp(sign * 4j * np.pi / wavelength * beyond)
    frequency, _ = fold(sign * 2 * spacing * np.sin(angle) / wavelength, 1.0)
    planes = np.stack([2 * frequency, 2 * share - 1, np.full(count, -1.0)], axis=1)
    scene = banded_scene(
        row[:, None], planes[..., None], frequency[:, None], np.ones((count, 1)), np.array([0, size])
    )
    scene["frequency"].attrs["long_name"] = "fringe frequency along x at the first pixel"
    meaning = {"meaning": f"frequency: omega/pi; look_angle: -1 and 1 at {look} degrees; background: -1"}
    distance = {"long_name": "slant range of the first pixel", "units": "m"}
    scene = (
        scene.assign(
            look_angle=("sample", np.rad2deg(angle), {"long_name": "look angle", "units": "degree"}),
            slant_range=("sample", slant, distance),
        )
        .assign_coords(
            channel=("channel", ["frequency", "look_angle", "background"], meaning),
        )
        .assign_attrs(
            source="flat_earth",
            seed=int(seed),
            wavelength=float(wavelength),
            height=float(height),
            spacing_x=float(spacing),
            phase_sign=int(sign),
            curved=int(curved),
        )
    )
    return scene if second is None else add_second(scene, second, angle, np.asarray(beyond), curved, seed)
