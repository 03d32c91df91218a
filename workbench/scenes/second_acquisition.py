"""A second look at flat ground: its phase by geometry, its coherence by construction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.interferometry import simulate_pair
from workbench.scenes.raytracing import critical_baseline, fringe_frequency
from workbench.signals import fold

Array = npt.NDArray[np.float64]

BRIGHT = float(np.sqrt(np.log(100)))
"""99 % quantile of the amplitude of speckle of power 1 (Rayleigh)."""
_NO_NOISE = 400.0  # dB: 1e-40 of the power, nothing in complex64


@dataclass(frozen=True)
class SecondAcquisition:
    """What the second acquisition is like.

    Attributes
    ----------
    baseline : float
        Perpendicular baseline B at the first pixel in metres, upwards.
    coherence : float or None
        γ of the ground's echoes, 0 to 1: both images are then circular Gaussian speckle; None: both are pure
        phase.
    snr_db : float or None
        Signal over thermal noise in dB; None: no noise.
    """

    baseline: float
    coherence: float | None = None
    snr_db: float | None = None

    def __post_init__(self) -> None:
        if not _finite(self.baseline):
            raise ValueError(f"flat_earth needs a finite baseline in metres, found {self.baseline!r}")
        if self.coherence is not None and not (_finite(self.coherence) and 0 <= self.coherence <= 1):
            raise ValueError(f"flat_earth needs a coherence from 0 to 1, found {self.coherence!r}")
        if self.snr_db is not None and not _finite(self.snr_db):
            raise ValueError(f"flat_earth needs a finite snr_db, found {self.snr_db!r}")

    @property
    def noise(self) -> float:
        """Power of the thermal noise over that of the signal."""
        return 0.0 if self.snr_db is None else float(10 ** (-self.snr_db / 10))

    @property
    def total(self) -> float:
        """Coherence of both images once the flat-earth phase is removed: ``γ / (1 + 1/SNR)``."""
        return float((1.0 if self.coherence is None else self.coherence) / (1 + self.noise))


def add_second(
    scene: xr.Dataset, plan: SecondAcquisition, angle: Array, beyond: Array, curved: bool, seed: int
) -> xr.Dataset:
    """Add ``slc_2`` to a flat-earth scene; with speckle or noise, ``slc`` changes as well.

    Parameters
    ----------
    scene : xarray.Dataset
        As `flat_earth` makes it without a second acquisition.
    plan : SecondAcquisition
    angle : ndarray, shape (sample,)
        Look angle of the first pixel in radians.
    beyond : ndarray, shape (sample, x)
        Slant range relative to the first pixel, in metres.
    curved : bool
        Whether ranges are exact instead of tangents.
    seed : int
        Of speckle and noise.

    Raises
    ------
    ValueError
        For a baseline at or beyond the critical one of a sample; speckle on fewer than 8 pixels.
    """
    height, spacing, wavelength = (scene.attrs[name] for name in ("height", "spacing_x", "wavelength"))
    sign, size = scene.attrs["phase_sign"], scene.sizes["x"]
    slant, degrees = height / np.cos(angle), np.rad2deg(angle)
    step = spacing * np.sin(angle)
    critical = np.array(
        [critical_baseline(wavelength, r, a, d) for r, a, d in zip(slant, degrees, step, strict=True)]
    )
    if not (abs(plan.baseline) < critical).all():
        raise ValueError(
            f"flat_earth needs a baseline within the critical one, ±{critical.min():.0f} m, "
            f"found {plan.baseline} m"
        )
    per_metre = [
        fringe_frequency(plan.baseline, wavelength, r, a) for r, a in zip(slant, degrees, strict=True)
    ]
    ground = spacing * np.arange(size)
    nearer = plan.baseline * (np.cos(angle) / slant)[:, None] * ground
    if curved:
        nearer = beyond - _second_range(height, angle, ground, plan.baseline)
    waves = np.exp(sign * 4j * np.pi / wavelength * np.stack([beyond, beyond - nearer]))[:, :, None, :]
    images = waves * _grounds(plan, len(angle), size, seed)
    scale = 1.0 if plan.coherence is None else BRIGHT * np.sqrt(1 + plan.noise)
    images = (images / scale).astype(np.complex64) * np.ones((1, 1, size, 1), np.complex64)
    turns, _ = fold(sign * step * np.array(per_metre), 1.0)
    meaning = (
        "99 % quantile of the speckle's amplitude" if plan.coherence is not None else "unit reflectivity"
    )
    flat = sign * 4 * np.pi / wavelength * nearer
    return scene.assign(
        slc=(scene["slc"].dims, images[0], scene["slc"].attrs),
        slc_2=(scene["slc"].dims, images[1], {"long_name": "image of the second antenna", "units": "1"}),
        flat_phase=(
            ("sample", "x"), flat, {"long_name": "phase of slc · conj(slc_2) without noise", "units": "rad"},
        ),
        fringe_frequency=(
            "sample", turns, {"long_name": "frequency of slc · conj(slc_2)", "units": "cycles/sample"},
        ),
        critical_baseline=("sample", critical, {"long_name": "critical baseline", "units": "m"}),
    ).assign_attrs(
        baseline=float(plan.baseline), coherence=plan.total,
        amplitude_scale=float(scale), amplitude_scale_meaning=meaning,
    )  # fmt: skip


def _second_range(height: float, angle: Array, ground: Array, baseline: float) -> Array:
    """Slant range from the second antenna, relative to its first pixel."""
    across = height * np.tan(angle)[:, None] + ground - baseline * np.cos(angle)[:, None]
    slant = np.hypot(across, height + baseline * np.sin(angle)[:, None])
    return slant - slant[:, :1]


def _grounds(plan: SecondAcquisition, count: int, size: int, seed: int) -> npt.NDArray[np.complex128]:
    """Draw what both antennas see of the ground but for its range, shape (2, sample, y, x)."""
    if plan.coherence is None and plan.snr_db is None:
        return np.ones((2, 1, 1, 1), complex)
    if size < 8:
        raise ValueError(f"flat_earth needs 8 pixels or more for speckle or noise, found {size}")
    snr = _NO_NOISE if plan.snr_db is None else plan.snr_db
    common = 1.0 if plan.coherence is None else plan.coherence
    pairs = []
    for number in range(count):
        own = np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1, np.uint64)[0]
        pair = simulate_pair(size, common, 0.0, snr_db=snr, seed=int(own))
        grounds = np.stack([pair["first"].values, pair["second"].values])
        if plan.coherence is None:
            calm = simulate_pair(size, common, 0.0, snr_db=_NO_NOISE, seed=int(own))
            grounds = 1 + grounds - np.stack([calm["first"].values, calm["second"].values])
        pairs.append(grounds)
    return np.stack(pairs, axis=1)


def _finite(value: object) -> bool:
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return number and bool(np.isfinite(value))  # type: ignore[call-overload]
