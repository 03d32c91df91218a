"""The side-looking sensor: its frame of azimuth, elevation, slant range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sensor:
    """An orthographic sensor: far away, all its rays are parallel within a patch.

    Its frame is the ground's (x ground range, y azimuth, z up) turned about the azimuth axis::

        azimuth    a = y
        elevation  s = x cos θ + z sin θ     (across the rays)
        range      r = x sin θ − z cos θ     (along the rays; 0 at the middle of the scene)

    Attributes
    ----------
    wavelength : float
        λ in metres.
    incidence : float
        θ in degrees from the vertical.
    spacing_y, spacing_x : float
        Pixels in azimuth and slant range, in metres.
    slant_range : float
        Distance of the scene's middle in metres; it turns a baseline into an angle.
    phase_sign : int
        +1 for ``exp(+j4πr/λ)`` as in the seed paper, −1 as in most processors.

    Raises
    ------
    ValueError
        For lengths that are not positive, an incidence outside of 5 … 85 degrees, another sign than ±1.

    Examples
    --------
    >>> Sensor(incidence=45.0).to_frame([[3.0, 5.0, 1.0]]).round(4).tolist()
    [[5.0, 2.8284, 1.4142]]
    """

    wavelength: float = 0.031
    incidence: float = 40.0
    spacing_y: float = 0.8
    spacing_x: float = 0.6
    slant_range: float = 650e3
    phase_sign: int = 1

    def __post_init__(self) -> None:
        for name in ("wavelength", "spacing_y", "spacing_x", "slant_range"):
            value = getattr(self, name)
            if not (_is_number(value) and np.isfinite(value) and value > 0):
                raise ValueError(f"a sensor needs a positive {name} in metres, found {value!r}")
        if not (_is_number(self.incidence) and 5 <= self.incidence <= 85):
            raise ValueError(f"a sensor needs an incidence from 5 to 85 degrees, found {self.incidence!r}")
        if self.phase_sign not in (1, -1):
            raise ValueError(f"a sensor needs the phase sign 1 or -1, found {self.phase_sign!r}")

    @classmethod
    def over_ground(cls, spacing: float, incidence: float = 40.0, **others: float) -> Sensor:
        """Sensor whose pixel columns fall on every `spacing` metres of flat ground, as a map's do."""
        slant = spacing * float(np.sin(np.deg2rad(incidence)))
        return cls(incidence=incidence, spacing_y=spacing, spacing_x=slant, **others)  # type: ignore[arg-type]

    @property
    def angle(self) -> float:
        """Incidence in radians."""
        return float(np.deg2rad(self.incidence))

    def to_frame(self, points: npt.ArrayLike) -> Array:
        """Turn points (…, 3) or directions (x, y, z) into (azimuth, elevation, range), in metres."""
        x, y, z = np.moveaxis(np.asarray(points, dtype=np.float64), -1, 0)
        sine, cosine = np.sin(self.angle), np.cos(self.angle)
        return np.stack([y, x * cosine + z * sine, x * sine - z * cosine], axis=-1)

    def from_frame(self, points: npt.ArrayLike) -> Array:
        """Turn (azimuth, elevation, range) back into (x, y, z), in metres."""
        a, s, r = np.moveaxis(np.asarray(points, dtype=np.float64), -1, 0)
        sine, cosine = np.sin(self.angle), np.cos(self.angle)
        return np.stack([s * cosine + r * sine, a, s * sine - r * cosine], axis=-1)

    def flat_elevation(self, range_: npt.ArrayLike) -> Array:
        """Elevation of flat ground (z = 0) at a slant range: ``s = r cot θ``, in metres."""
        return np.asarray(range_, dtype=np.float64) / np.tan(self.angle)

    def wave(self, range_: Array) -> npt.NDArray[np.complex128]:
        """Phase factor of a one-way slant range in metres: ``exp(± j 4π r / λ)``."""
        phase = (self.phase_sign * 4 * np.pi / self.wavelength) * range_
        return np.cos(phase) + 1j * np.sin(phase)

    def second_range(self, range_: Array, elevation: Array, depth: Array, baseline: float) -> Array:
        """Slant range of the same path seen from a second antenna.

        The antenna is `baseline` metres higher in elevation; seen from it the rays come in at the angle
        ``ψ = atan(B/R)`` to those of the first. A path enters at one point, leaves at another, with ρ the
        mean of both points' ranges (`depth`) and s the mean of their elevations: its range becomes
        ``r − ρ (1 − cos ψ) − s sin ψ``. A constant is left out, so that the middle of the scene is at 0.

        Parameters
        ----------
        range_, elevation, depth : ndarray
            r, s, ρ in metres.
        baseline : float
            B in metres, perpendicular to the line of sight.

        Returns
        -------
        ndarray
            Metres.
        """
        angle = np.arctan(baseline / self.slant_range)
        return range_ - depth * (2 * np.sin(angle / 2) ** 2) - elevation * np.sin(angle)

    def flat_phase(self, range_: npt.ArrayLike, baseline: float) -> Array:
        """Phase in radians of ``slc · conj(slc_2)`` on flat ground at a slant range in metres."""
        r = np.asarray(range_, dtype=np.float64)
        second = self.second_range(r, self.flat_elevation(r), r, baseline)
        return self.phase_sign * 4 * np.pi / self.wavelength * (r - second)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
