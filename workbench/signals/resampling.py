"""What an up- or down-sampler does to every frequency, what it leaves of every image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy
import xarray as xr

from workbench.signals.activations import Array
from workbench.signals.checks import finite_number, whole_number
from workbench.signals.folding import fold
from workbench.signals.registry import Registry
from workbench.signals.spectra import power_db


@dataclass(frozen=True)
class Resampler:
    """A resampler as an FIR at the higher rate.

    Attributes
    ----------
    direction : str
        "up" (zero-stuffing, then the FIR), "down" (the FIR, then decimation) or "either".
    kernel : callable
        ``kernel(factor, **options) -> taps``; an interpolator's taps sum to the factor, a decimator's to 1.
    options : mapping
        Its options with their defaults; None means that the option must be given.
    """

    direction: str
    kernel: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict)


def resample_response(
    kind: str, factor: int = 2, size: int = 512, at: float = 0.25, **options: Any
) -> xr.Dataset:
    """Frequency response of a resampler, with what it leaves of each image.

    Up-sampling by R is zero-stuffing, which puts an input tone f (cycles per low-rate sample) at the R
    frequencies ``(f + r) / R`` (cycles per high-rate sample), followed by an FIR h. Down-sampling is an FIR,
    then decimation, which brings these R frequencies together at f. Either way the level of image (or alias)
    r relative to the baseband is ``|H((f + r)/R)|^2 / |H(f/R)|^2``.

    Parameters
    ----------
    kind : str
        A name in `RESAMPLERS`. Up: zero_stuff, nearest, bilinear (half-pixel centres), transposed (kernel=).
        Down: decimate, average_pool, blurpool (taps=3), strided_conv (kernel=). Either (direction="up" or
        "down"): sinc (cutoff=0.5, taps=8 R + 1) and kaiser (cutoff=0.5, half_width=0.1, attenuation=60 dB),
        with cutoff and half_width of the transition in cycles per low-rate sample.
    factor : int
        R >= 2.
    size : int
        Number of frequencies of the response.
    at : float
        Test frequency f in cycles per low-rate sample, in [-1/2, 1/2].
    **options
        As listed with each kind.

    Returns
    -------
    Dataset
        ``response(frequency)``, complex, over [-1/2, 1/2[ cycles per high-rate sample (attrs say whether that
        is the output or the input), its phase relative to the kernel's centre; ``kernel(tap)``, tap in
        high-rate samples from the centre; ``image_level_db(image)``, image = 1 ... R-1, with coordinate
        image_frequency. attrs: kind, direction, factor, at, baseband_gain_db (1 is 0 dB after the factor of
        the rate change).

    Raises
    ------
    ValueError
        For unknown kinds or options (listing those which exist), missing or unusable kernels, factor below 2.

    Notes
    -----
    Source: seed paper (Sibler et al.), section 3.2; A. Odena et al., "Deconvolution and checkerboard
    artifacts", Distill, 2016.

    Examples
    --------
    >>> resample_response("nearest", at=8 / 32).image_level_db.values.round(2)
    array([-7.66])
    >>> resample_response("transposed", kernel=[1, 2, 1], at=0.0).image_level_db.values
    array([-inf])
    """
    factor, size = whole_number(factor, "factor", least=2), whole_number(size, "size", least=1)
    at = finite_number(at, "at")
    if not abs(at) <= 0.5:
        raise ValueError(f"at must be a frequency in [-1/2, 1/2] cycles per low-rate sample, found {at}")
    direction, taps = kernel_of(kind, factor, options)
    up = direction == "up"
    position = np.arange(float(taps.size)) - (taps.size - 1) / 2
    side = "output" if up else "input"
    frequency = np.fft.fftshift(np.fft.fftfreq(size))
    images = np.arange(1, factor)
    gains = np.abs(_response(taps, position, (at + np.arange(factor)) / factor)) ** 2
    # what is left of an exact zero by rounding is a zero
    gains[gains < (1e-15 * np.abs(taps).sum()) ** 2] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        level = power_db(gains[1:] / gains[0])
    what = "image" if up else "alias"
    return xr.Dataset(
        {
            "response": (
                "frequency",
                _response(taps, position, frequency),
                {"units": "1", "long_name": "frequency response", "reference": f"taps sum to {taps.sum():g}"},
            ),
            "kernel": ("tap", taps, {"units": "1", "long_name": "impulse response"}),
            "image_level_db": (
                "image",
                level,
                {"units": "dB", "long_name": f"{what} level", "reference": "baseband at the test frequency"},
            ),
        },
        coords={
            "frequency": ("frequency", frequency, {"units": f"cycles per {side} sample"}),
            "tap": ("tap", position, {"units": f"{side} samples"}),
            "image": ("image", images, {"units": "1", "long_name": what}),
            "image_frequency": (
                "image",
                fold((at + images) / factor, 1.0)[0],
                {"units": f"cycles per {side} sample"},
            ),
        },
        attrs={
            "kind": kind,
            "direction": direction,
            "factor": factor,
            "at": at,
            "at_units": f"cycles per {'input' if up else 'output'} sample",
            "baseband_gain_db": float(power_db(gains[0] / (factor**2 if up else 1))),
        },
    )


def kernel_of(kind: str, factor: int, options: Mapping[str, Any]) -> tuple[str, Array]:
    """Return "up" or "down", and the taps: an interpolator's sum to the factor, a decimator's to 1.

    Examples
    --------
    >>> kernel_of("nearest", 2, {})
    ('up', array([1., 1.]))
    """
    resampler = RESAMPLERS[kind]
    direction, chosen = _options(kind, resampler, options)
    taps = _taps(resampler.kernel(factor, **chosen), kind)
    return direction, taps * (factor if resampler.direction == "either" and direction == "up" else 1)


def _options(kind: str, resampler: Resampler, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    known = dict(resampler.options) | ({"direction": "up"} if resampler.direction == "either" else {})
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"{kind!r} has no option {unknown[0]!r}; its options: {', '.join(known) or 'none'}")
    chosen = known | dict(given)
    direction = chosen.pop("direction", resampler.direction)
    if direction not in ("up", "down"):
        raise ValueError(f'direction must be "up" or "down", found {direction!r}')
    return direction, chosen


def _taps(kernel: Any, kind: str) -> Array:
    if kernel is None:
        raise ValueError(f"{kind!r} needs kernel=, the taps of its FIR")
    taps = np.asarray(kernel)
    if taps.ndim != 1 or taps.size == 0 or taps.dtype.kind not in "fiu" or not np.all(np.isfinite(taps)):
        found = f"shape {taps.shape}, dtype {taps.dtype}"
        raise ValueError(f"the kernel of {kind!r} must be a list of finite real taps, found {found}")
    return taps.astype(np.float64)


def _response(taps: Array, position: Array, frequency: Array) -> npt.NDArray[np.complex128]:
    return np.asarray(np.exp(-2j * np.pi * frequency[:, None] * position) @ taps)


def _bilinear(factor: int) -> Array:
    """Triangle sampled where the output pixels' centres fall: between the input's for even factors."""
    count = 2 * factor - factor % 2
    return 1.0 - np.abs(np.arange(count) - (count - 1) / 2) / factor


def _binomial(_: int, taps: int) -> Array:
    row = np.ones(1)
    for _step in range(whole_number(taps, "taps", least=1) - 1):
        row = np.convolve(row, [0.5, 0.5])
    return row


def _sinc(factor: int, cutoff: float, taps: int | None) -> Array:
    count = 8 * factor + 1 if taps is None else whole_number(taps, "taps", least=1)
    return np.asarray(
        scipy.signal.firwin(count, _in_band(cutoff, "cutoff", factor), window="boxcar", fs=factor)
    )


def _kaiser(factor: int, cutoff: float, half_width: float, attenuation: float) -> Array:
    _in_band(cutoff, "cutoff", factor)
    _in_band(half_width, "half_width", factor)
    if not 8.0 < attenuation <= 300.0:
        raise ValueError(f"attenuation must lie in ]8, 300] dB for a Kaiser design, found {attenuation}")
    count, beta = scipy.signal.kaiserord(attenuation, 2.0 * half_width / (0.5 * factor))
    return np.asarray(scipy.signal.firwin(count | 1, cutoff, window=("kaiser", beta), fs=factor))


def _in_band(value: float, name: str, factor: int) -> float:
    if not 0.0 < value < 0.5 * factor:
        raise ValueError(
            f"{name} must lie in ]0, {0.5 * factor:g}[ cycles per low-rate sample, found {value}"
        )
    return value


#: name -> Resampler.
RESAMPLERS: Registry[Resampler] = Registry(
    "resampler",
    {
        "zero_stuff": Resampler("up", lambda _: [1.0]),
        "nearest": Resampler("up", lambda factor: np.ones(factor)),
        "bilinear": Resampler("up", _bilinear),
        "transposed": Resampler("up", lambda _, kernel: kernel, {"kernel": None}),
        "decimate": Resampler("down", lambda _: [1.0]),
        "average_pool": Resampler("down", lambda factor: np.full(factor, 1.0 / factor)),
        "blurpool": Resampler("down", _binomial, {"taps": 3}),
        "strided_conv": Resampler("down", lambda _, kernel: kernel, {"kernel": None}),
        "sinc": Resampler("either", _sinc, {"cutoff": 0.5, "taps": None}),
        "kaiser": Resampler("either", _kaiser, {"cutoff": 0.5, "half_width": 0.1, "attenuation": 60.0}),
    },
)
