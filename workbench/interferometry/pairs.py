"""Simulated interferometric pairs: what two acquisitions of the same ground have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.signals import Registry

__all__ = ["DISTURBANCES", "disturb_pair", "expected_loss", "simulate_pair", "tone_coherence", "tone_fit"]

Array = npt.NDArray[Any]
_STREAM = 7


def simulate_pair(
    size: int = 64,
    temporal: float = 0.8,
    baseline: float = 150.0,
    *,
    wavelength: float = 0.0555,
    slant_range: float = 850e3,
    incidence: float = 34.0,
    spacing: float = 2.33,
    snr_db: float = 20.0,
    oversampling: float = 1.0,
    seed: int = 0,
) -> xr.Dataset:
    r"""Two complex images of flat, homogeneous ground, with the coherence that their causes leave.

    .. math:: \gamma = \gamma_t\,\gamma_g\,\gamma_s, \quad \gamma_g = 1 - |B| / B_c, \quad
        \gamma_s = 1/(1 + 1/SNR), \quad B_c = \lambda R \tan\theta / (2 \Delta r)

    Both images hold circular Gaussian speckle of the processed bandwidth, c / 2Δr or 1/oversampling of the
    sampling rate. The second antenna sees the ground's spectrum from a frequency on that is B / B_c of the
    bandwidth higher: a share of 1 − B/B_c is in both bands, of which γ_t is common, and the rest of the
    second image is speckle of its own. Brought down into the same band by ``e^{−j 2π f n}``, the fringes turn
    by f = B / (B_c · oversampling) cycles per range pixel; white thermal noise is added to both. Signs are
    those of the scenes: a phase of ``+4π r/λ`` (seed paper, eq. 1) and the second antenna B metres further up
    across the line of sight, so that the interferogram ``first · conj(second)`` turns by +f per pixel.

    Parameters
    ----------
    size : int
        Pixels per axis, 8 or more.
    temporal : float
        γ_t, 0 to 1.
    baseline : float
        Perpendicular baseline B in metres, |B| < B_c.
    wavelength, slant_range, spacing : float
        λ, R and the resolution cell Δr in slant range, in metres; a pixel is Δr / oversampling.
    incidence : float
        θ in degrees, between 0 and 90.
    snr_db : float
        Signal over thermal noise in dB.
    oversampling : float
        Pixels per resolution cell and axis, 1 or more: fewer looks are independent, fringes turn less per
        pixel; the critical baseline, which belongs to the bandwidth, stays.
    seed : int
        Equal seeds give equal bits.

    Returns
    -------
    Dataset
        ``first``, ``second`` (y, x) complex128, power 1 + 1/SNR. attrs: fringe_frequency (of
        ``first · conj(second)``, cycles/pixel), critical_baseline (m), temporal, geometric, thermal,
        coherence (their product).

    Raises
    ------
    ValueError
        For a number out of its range; a baseline beyond the critical one.

    Notes
    -----
    Source: H. Zebker and J. Villasenor, "Decorrelation in interferometric radar echoes", IEEE TGRS 1992;
    F. Gatelli et al., "The wavenumber shift in SAR interferometry", IEEE TGRS 1994; seed paper (Sibler et
    al.), eq. 1 for the flat-earth phase. The bands hold whole bins of 1/size: that of the second image may
    lie up to one bin from the first's, while the share in common is exact.

    Examples
    --------
    >>> pair = simulate_pair(baseline=682.8, snr_db=10.0)
    >>> [round(pair.attrs[name], 2) for name in ("fringe_frequency", "geometric", "thermal", "coherence")]
    [0.1, 0.9, 0.91, 0.65]
    """
    _check(
        size,
        temporal,
        oversampling,
        {"wavelength": wavelength, "slant_range": slant_range, "spacing": spacing},
    )
    if not 0 < incidence < 90:
        raise ValueError(f"an incidence angle between 0 and 90 degrees is needed, found {incidence}")
    critical = wavelength * slant_range * np.tan(np.deg2rad(incidence)) / (2 * spacing)
    if not abs(baseline) < critical:
        raise ValueError(
            f"a baseline within the critical one, ±{critical:.0f} m, is needed, found {baseline} m"
        )
    if not np.isfinite(snr_db):
        raise ValueError(f"a finite signal-to-noise ratio in dB is needed, found {snr_db}")
    rng = np.random.default_rng(seed)
    share, noise = baseline / critical, 10 ** (-snr_db / 10)
    fringe, geometric = share / oversampling, 1 - abs(share)
    common, other = (_speckle(size, oversampling, rng) for _ in range(2))
    ramp = np.exp(-2j * np.pi * fringe * np.arange(size))
    second = _seen_from_aside(common, other, temporal, share, _band(size, oversampling)) * ramp
    thermal = [np.sqrt(noise) * _speckle(size, 1.0, rng) for _ in range(2)]
    total = 1 / (1 + noise)
    return xr.Dataset(
        {"first": (("y", "x"), common + thermal[0]), "second": (("y", "x"), second + thermal[1])},
        attrs={
            "fringe_frequency": float(fringe),
            "critical_baseline": float(critical),
            "temporal": float(temporal),
            "geometric": float(geometric),
            "thermal": float(total),
            "coherence": float(temporal * geometric * total),
            "seed": int(seed),
        },
    )


def _check(size: int, temporal: float, oversampling: float, lengths: dict[str, float]) -> None:
    if size < 8:
        raise ValueError(f"a pair needs at least 8 pixels per axis, found {size}")
    if not 0 <= temporal <= 1:
        raise ValueError(f"a temporal coherence between 0 and 1 is needed, found {temporal}")
    if not 1 <= oversampling <= 8:
        raise ValueError(f"an oversampling between 1 and 8 is needed, found {oversampling}")
    for name, value in lengths.items():
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"a positive {name} in metres is needed, found {value}")


def _speckle(size: int, oversampling: float, rng: np.random.Generator) -> Array:
    """Circular Gaussian noise of power 1, band-limited to 1/oversampling of the spectrum per axis."""
    white = rng.normal(size=(size, size, 2)) @ np.array([1, 1j]) / np.sqrt(2)
    if oversampling == 1.0:
        return white
    inside = _band(size, oversampling)
    bins = np.fft.fft2(white) * np.outer(inside, inside)
    return np.fft.ifft2(bins) / inside.mean()


def _band(size: int, oversampling: float) -> npt.NDArray[np.bool_]:
    """Tell which bins of a spectrum lie in the processed bandwidth."""
    return np.abs(np.fft.fftfreq(size)) <= 0.5 / oversampling


def _seen_from_aside(
    common: Array, other: Array, temporal: float, share: float, band: npt.NDArray[np.bool_]
) -> Array:
    """Return the ground in a range band that lies higher by so much of its width; what is new is `other`."""
    bins, width = np.rint(np.fft.fftfreq(band.size) * band.size), int(band.sum())
    inward = bins - bins[band].min() if share >= 0 else bins[band].max() - bins
    # The last bin in common counts in part: a share need not be a whole number of bins.
    both = temporal * np.clip(inward + 1 - abs(share) * width, 0, 1) * band
    step = int(share * width)
    fresh = np.roll(np.fft.fft(other, axis=1), step, axis=1)
    left = np.sqrt(np.roll(band, step) - both**2)
    return np.fft.ifft(both * np.fft.fft(common, axis=1) + left * fresh, axis=1)


def _frequency_offset(image: Array, amount: float, _: np.random.Generator) -> Array:
    return image * np.exp(2j * np.pi * amount * np.arange(image.shape[1]))


def _mirror(image: Array, amount: float, _: np.random.Generator) -> Array:
    return image + amount * np.conj(image)


def _noise(image: Array, amount: float, rng: np.random.Generator) -> Array:
    rms = np.sqrt(np.mean(np.abs(image) ** 2))
    return image + amount * rms * _speckle(image.shape[0], 1.0, rng)[: image.shape[0], : image.shape[1]]


def _shifted(image: Array, amount: float, _: np.random.Generator) -> Array:
    f = np.fft.fftfreq(image.shape[1])
    return np.fft.ifft(np.fft.fft(image, axis=1) * np.exp(-2j * np.pi * f * amount), axis=1)


#: name -> rule ``(image, amount, generator) -> image``
DISTURBANCES: Registry[Any] = Registry(
    "disturbance",
    {
        "none": lambda image, _amount, _rng: image,
        "frequency offset": _frequency_offset,
        "mirror": _mirror,
        "noise": _noise,
        "misregistration": _shifted,
    },
)


def disturb_pair(image: npt.ArrayLike, kind: str, amount: float, seed: int = 0) -> Array:
    """Do to the second image of a pair what destroys coherence.

    Parameters
    ----------
    image : array, shape (n, n)
        Complex.
    kind : str
        ``frequency offset`` (amount in cycles/pixel along x), ``mirror`` (adds so much of the conjugate),
        ``noise`` (rms relative to the image's), ``misregistration`` (pixels along x), ``none``.
    amount : float
        As said.
    seed : int
        Of the noise.

    Returns
    -------
    ndarray, complex128

    Raises
    ------
    ValueError
        For an unknown kind, an amount that is not finite, an image that is not complex, square, finite.

    Examples
    --------
    >>> disturb_pair(np.eye(8) * 1j, "mirror", 1.0)[0, 0]
    np.complex128(0j)
    """
    rule = DISTURBANCES[kind]
    values = np.asarray(image)
    if values.dtype.kind != "c" or values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise ValueError(f"a square complex image is needed, found {values.dtype} {values.shape}")
    if not (np.isfinite(values).all() and np.isfinite(amount)):
        raise ValueError("a finite image with a finite amount is needed, found NaN or infinite values")
    # A stream of its own: the same seed must not draw the speckle of the image again as its noise.
    rng = np.random.default_rng([_STREAM, seed])
    return np.asarray(rule(values.astype(np.complex128), float(amount), rng))


def expected_loss(kind: str, amount: npt.ArrayLike, window: int, oversampling: float = 1.0) -> Array:
    """Factor by which a disturbance lowers the coherence of speckle, in closed form.

    ``frequency offset``: Dirichlet kernel of the window; ``mirror`` and ``noise``: ``1/sqrt(1 + a²)`` (the
    conjugate of circular speckle is independent of it); ``misregistration``: its autocorrelation
    ``sinc(a / oversampling)``.

    Examples
    --------
    >>> expected_loss("noise", 1.0, 5).round(4)
    np.float64(0.7071)
    """
    DISTURBANCES[kind]
    a = np.asarray(amount, dtype=np.float64)
    if kind == "frequency offset":
        return np.abs(tone_coherence(a, window)[0])
    if kind in ("mirror", "noise"):
        return np.asarray(1 / np.sqrt(1 + a**2))[()]
    if kind == "misregistration":
        return np.abs(np.sinc(a / oversampling))
    return np.ones_like(a)


def tone_coherence(offset: npt.ArrayLike, window: int) -> tuple[Array, Array]:
    r"""Coherence of two tones whose frequencies differ, and its derivative.

    .. math:: \gamma(\delta) = \frac{\sin \pi w \delta}{w \sin \pi \delta}

    Parameters
    ----------
    offset : array
        δ in cycles per pixel.
    window : int
        w, samples along the tone.

    Returns
    -------
    gamma, derivative : ndarrays of offset's shape
        Signed γ (its magnitude is |γ̂|) and dγ/dδ.

    Raises
    ------
    ValueError
        For a window below 1.

    Examples
    --------
    >>> tone_coherence([0.0, 0.2], 5)[0].round(6) + 0.0
    array([1., 0.])
    """
    if window < 1:
        raise ValueError(f"a window of at least 1 sample is needed, found {window}")
    delta = np.asarray(offset, dtype=np.float64)
    k = np.arange(window) - (window - 1) / 2
    angle = 2 * np.pi * delta[..., None] * k
    # The kernel as the sum it is: exact where sin(pi delta) vanishes too.
    return np.cos(angle).mean(axis=-1), -(2 * np.pi * k * np.sin(angle)).mean(axis=-1)


def tone_fit(start: float, window: int, steps: int = 60, rate: float = 0.3) -> Array:
    """Frequency errors on the way when a tone is fitted by gradient descent on ``1 − |γ̂|`` (eq. 8).

    Parameters
    ----------
    start : float
        First frequency error δ in cycles per pixel.
    window : int
        w: the whole patch for the "global" loss.
    steps : int
        Number of updates.
    rate : float
        ``δ ← δ − rate/c · d(1 − |γ|)/dδ`` with c = π²(w² − 1)/3, the curvature at the minimum: equally bold
        for every window.

    Returns
    -------
    ndarray, shape (steps + 1,)

    Raises
    ------
    ValueError
        As `tone_coherence`.

    Notes
    -----
    Source: seed paper (Sibler et al.), eq. 8. Beyond the first zero at 1/w the loss leads to a side lobe: a
    long window knows a frequency well and finds it badly.

    Examples
    --------
    >>> [bool(abs(tone_fit(0.05, window)[-1]) < 1e-3) for window in (5, 64)]
    [True, False]
    """
    curvature = np.pi**2 * (window**2 - 1) / 3 or 1.0
    path = [float(start)]
    for _ in range(steps):
        gamma, slope = tone_coherence(path[-1], window)
        path.append(path[-1] + rate / curvature * float(np.sign(gamma) * slope))
    return np.array(path)
