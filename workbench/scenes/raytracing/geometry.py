"""Closed forms of side-looking geometry: layover, shadow, fringes, heights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Number = npt.NDArray[np.float64]


def layover_length(height: npt.ArrayLike, incidence: npt.ArrayLike) -> Number:
    """Slant range by which the top of an upright wall comes before its foot: ``h cos θ``.

    Parameters
    ----------
    height : array
        h in metres.
    incidence : array
        θ in degrees from the vertical.

    Returns
    -------
    ndarray
        Metres of slant range.

    Examples
    --------
    >>> layover_length(10.0, 60.0).round(6)
    np.float64(5.0)
    """
    return np.asarray(height, dtype=np.float64) * np.cos(_angle(incidence))


def shadow_length(height: npt.ArrayLike, incidence: npt.ArrayLike) -> Number:
    """Slant range without echo behind an upright wall: ``h / cos θ``.

    It reaches from the wall's top to where the ground is lit again, ``h tan θ`` behind the wall.

    Parameters
    ----------
    height : array
        h in metres.
    incidence : array
        θ in degrees from the vertical.

    Returns
    -------
    ndarray
        Metres of slant range.

    Examples
    --------
    >>> shadow_length(10.0, 60.0).round(6)
    np.float64(20.0)
    """
    return np.asarray(height, dtype=np.float64) / np.cos(_angle(incidence))


def fringe_frequency(
    baseline: npt.ArrayLike, wavelength: float, slant_range: float, incidence: npt.ArrayLike
) -> Number:
    r"""Fringes of flat ground per metre of slant range.

    .. math:: f = \frac{2 B}{\lambda R \tan\theta}

    Parameters
    ----------
    baseline : array
        Perpendicular baseline B in metres.
    wavelength, slant_range : float
        λ and R in metres.
    incidence : array
        θ in degrees from the vertical.

    Returns
    -------
    ndarray
        Cycles per metre of slant range; times the pixel's spacing: cycles per sample.

    Notes
    -----
    Source: R. Bamler and P. Hartl, "Synthetic aperture radar interferometry", Inverse Problems 14 (1998).

    Examples
    --------
    >>> fringe_frequency(150.0, 0.03, 500e3, 45.0).round(6)
    np.float64(0.02)
    """
    return 2 * np.asarray(baseline, dtype=np.float64) / (wavelength * slant_range * np.tan(_angle(incidence)))


def critical_baseline(
    wavelength: float, slant_range: float, incidence: npt.ArrayLike, resolution: float
) -> Number:
    """Perpendicular baseline in metres at which flat ground decorrelates: one fringe per slant resolution.

    Parameters
    ----------
    wavelength, slant_range, resolution : float
        λ, R and the slant-range resolution in metres.
    incidence : array
        θ in degrees from the vertical.

    Examples
    --------
    >>> critical_baseline(0.03, 500e3, 45.0, 1.0).round(3)
    np.float64(7500.0)
    """
    return wavelength * slant_range * np.tan(_angle(incidence)) / (2 * resolution)


def height_of_ambiguity(
    baseline: npt.ArrayLike, wavelength: float, slant_range: float, incidence: npt.ArrayLike
) -> Number:
    """Height in metres that turns the phase once after flat ground is removed: ``λ R sin θ / (2 B)``.

    Parameters
    ----------
    baseline : array
        Perpendicular baseline B in metres.
    wavelength, slant_range : float
        λ and R in metres.
    incidence : array
        θ in degrees from the vertical.

    Examples
    --------
    >>> height_of_ambiguity(150.0, 0.03, 500e3, 30.0).round(3)
    np.float64(25.0)
    """
    return wavelength * slant_range * np.sin(_angle(incidence)) / (2 * np.asarray(baseline, dtype=np.float64))


def _angle(incidence: npt.ArrayLike) -> Number:
    degrees = np.asarray(incidence, dtype=np.float64)
    if not ((degrees > 0) & (degrees < 90)).all():
        raise ValueError(f"an incidence between 0 and 90 degrees is needed, found {incidence!r}")
    return np.deg2rad(degrees)
