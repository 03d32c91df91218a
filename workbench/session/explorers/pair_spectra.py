"""Range spectra of a pair with the lines of its fringes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.session.explorers.fringes import RESOLVED, Fringes, changed_words, distance_words, turn_words
from workbench.session.explorers.markers import Reading, peak_frame, signed
from workbench.session.frame import Frame
from workbench.signals import power_db

__all__ = [
    "FLOOR",
    "fringes_frame",
    "levels_frame",
    "marker_code",
    "pair_marker_words",
    "pair_spectra",
    "spectra_frame",
]

FLOOR = -40.0
BINS = round(0.5 / RESOLVED)  # a patch of 64 is interpolated to so many: a baseline is read to some metres
STANDS_OUT = 3.0
"""dB over the spectrum of unrelated images, beyond what averaged speckle reaches by chance."""

Array = npt.NDArray[Any]


def pair_spectra(first: Array, second: Array) -> xr.Dataset:
    r"""Return the range spectra of two images and of their interferogram, each averaged over the rows.

    .. math:: S_x(f) = \langle |\sum_n h_n x_n e^{-j2\pi fn}|^2 \rangle / (\langle |x|^2 \rangle \sum h_n^2),
        \quad S_i(f) = \langle |\sum_n h_n x_n y_n^* e^{-j2\pi fn}|^2 \rangle /
        (\langle |x|^2 \rangle \langle |y|^2 \rangle (\sum h_n)^2)

    with h a Hann window. White noise has ``x`` = 0 dB at all frequencies; two images that are equal but for a
    fringe frequency f have ``interferogram`` = 0 dB at f if their amplitude is constant. Where x and y have
    nothing in common, S_i is expected to be the correlation of their spectra, ``unrelated``:

    .. math:: \langle |x|^2|y|^2 \rangle \sum h_n^2 \int S_x(u + f) S_y(u)\,du \;/\;
        (\langle |x|^2 \rangle \langle |y|^2 \rangle (\sum h_n)^2)

    Parameters
    ----------
    first, second : array, shape (y, x)
        Complex.

    Returns
    -------
    Dataset
        ``x, y, interferogram, unrelated (frequency)`` in dB, not below `FLOOR`; frequency in cycles per
        sample.

    Examples
    --------
    >>> tone = np.exp(2j * np.pi * 0.125 * np.arange(64)) * np.ones((4, 1))
    >>> found = pair_spectra(tone, np.ones((4, 64)) + 0j)
    >>> float(found.interferogram.idxmax()), abs(round(float(found.interferogram.max()), 6))
    (0.125, 0.0)
    """
    window = np.hanning(first.shape[1] + 2)[1:-1]
    powers = [float(np.mean(np.abs(image) ** 2)) or 1.0 for image in (first, second)]
    parts = {
        "x": (first, powers[0] * np.sum(window**2)),
        "y": (second, powers[1] * np.sum(window**2)),
        "interferogram": (first * np.conj(second), powers[0] * powers[1] * np.sum(window) ** 2),
    }
    power = {name: _mean_power(window * image) / unit for name, (image, unit) in parts.items()}
    together = float(np.mean(np.abs(first * second) ** 2)) / (powers[0] * powers[1])
    share = np.sum(window**2) / np.sum(window) ** 2
    power["unrelated"] = together * share * _correlated(power["x"], power["y"])
    levels = {
        name: ("frequency", np.maximum(power_db(one), FLOOR), {"units": "dB"}) for name, one in power.items()
    }
    frequency = ("frequency", np.fft.fftshift(np.fft.fftfreq(BINS)), {"units": "cycles per sample"})
    return xr.Dataset(levels, {"frequency": frequency}, {"floor": FLOOR})


def _mean_power(rows: Array) -> Array:
    return np.fft.fftshift(np.mean(np.abs(np.fft.fft(rows, BINS, axis=1)) ** 2, axis=0))


def _correlated(one: Array, other: Array) -> Array:
    """Return the mean over u of ``one(u + f) * other(u)`` for f ascending from -1/2."""
    products = np.fft.fft(one) * np.conj(np.fft.fft(other))
    return np.fft.fftshift(np.fft.ifft(products).real) / one.size


def spectra_frame(first: Array, second: Array, fringes: Fringes) -> Frame:
    """Return the spectra with what the interferogram's line says of the baseline.

    Parameters
    ----------
    first, second : array, shape (y, x)
        Complex.
    fringes : Fringes
        What is known of them.

    Returns
    -------
    Frame
        `pair_spectra`, attrs ``floor``, ``expected``: where on the axis the model has the line, NaN if there
        is none, and those of `fringes`.
    """
    data = pair_spectra(first, second).assign_attrs(floor=FLOOR, expected=fringes.seen, **fringes.attrs())
    over = data.interferogram - data.unrelated
    if float(over.max()) < STANDS_OUT:
        words = "The interferogram's spectrum is as of unrelated images: no fringes can be told"
        words += f"; {changed}" if (changed := changed_words(fringes)) else ""
    else:
        at = float(data.interferogram.where(over >= STANDS_OUT).idxmax())
        stands_for = distance_words(at, fringes, "known modulo 1 cycle/sample")
        words = f"The interferogram's line is at {at:+.3f} cycles/sample: {stands_for}"
    if fringes.left == fringes.left:
        words += f"; the model has {fringes.left + 0.0:+.3f}"
    if abs(fringes.left - fringes.seen) > RESOLVED:
        words += f", drawn at {fringes.seen:+.3f}"
    return Frame(data, f"{words}.".replace("-", "−"))


def levels_frame(data: xr.Dataset | None) -> Frame:
    """Return what `spectra_frame` holds as `read_level` takes it: the interferogram, named by x and y."""
    if data is None:
        return Frame(None, "There are no spectra to read.")
    pairs = zip(data["x"].values, data["y"].values, strict=True)
    parts = {
        "level": data["interferogram"],
        "name": ("frequency", [f"x {signed(x)} dB, y {signed(y)} dB" for x, y in pairs]),
        "noise": data["unrelated"] + STANDS_OUT,
    }
    return Frame(xr.Dataset(parts, attrs=data.attrs), "The interferogram's spectrum, as markers read it.")


def fringes_frame(data: xr.Dataset | None) -> Frame:
    """Return the interferogram's lines, strongest first, as `peak_frame` does, with what each stands for.

    A line is a highest point around that stands out of the spectrum of unrelated images.

    >>> y = np.random.default_rng(0).normal(size=(64, 64, 2)) @ [1, 1j]
    >>> tone = np.exp(2j * np.pi * 0.125 * np.arange(64))
    >>> data = pair_spectra(y * (tone + 0.5 / tone), y)
    >>> found = fringes_frame(data.assign_attrs(Fringes().attrs())).data
    >>> found.frequency_x.values.tolist()
    [0.125, -0.125]
    """
    if data is None:
        return Frame(None, "There are no spectra to read.")
    level = data["interferogram"].values
    stands = level - data["unrelated"].values >= STANDS_OUT
    top = stands & (level > np.roll(level, 1)) & (level >= np.roll(level, -1))
    lines = data.isel(frequency=top)
    fringes = Fringes.read(data.attrs)
    names = [distance_words(float(at), fringes) for at in lines["frequency"].values]
    parts = {"level": lines["interferogram"], "name": ("frequency", names)}
    return peak_frame(xr.Dataset(parts))


def marker_code(places: Sequence[tuple[float, ...]]) -> list[str]:
    """Return notebook code, with x, y at hand, that reads the interferogram's spectrum at markers.

    >>> marker_code([(0.125,)])[-2]
    'markers = [0.125]  # cycles/sample'
    """
    if not places:
        return []
    return [
        "window = np.hanning(x.shape[1] + 2)[1:-1]",
        f"rows = np.fft.fft(window * x * np.conj(y), {BINS}, axis=1) / window.sum()",
        "line = np.mean(abs(rows) ** 2, axis=0) / (np.mean(abs(x) ** 2) * np.mean(abs(y) ** 2))",
        f"markers = {[place[0] for place in places]!r}  # cycles/sample",
        f"print([float(10 * np.log10(line[round(f * {BINS}) % {BINS}])) for f in markers])  # re coherence 1",
    ]


def pair_marker_words(readings: Sequence[Reading], fringes: Fringes) -> str:
    """Say what markers on range spectra read, and what their distance means, or that of one from zero.

    >>> places = ((0.0, -3.0), (0.1, -15.0))
    >>> readings = [Reading((at,), level, "x +0.1 dB, y +0.0 dB") for at, level in places]
    >>> print(pair_marker_words(readings, Fringes(150.0, 6828.0, 2.0)).replace("; ", chr(10)))
    1: +0.000 cycles/sample, x·y* −3.0 dB, x +0.1 dB, y +0.0 dB
    2: +0.100 cycles/sample, x·y* −15.0 dB, x +0.1 dB, y +0.0 dB
    Δ: +0.100 cycles/sample, x·y* −12.0 dB: a fringe in 10 pixels, a baseline of +1366 m, 20.0 % of the
    critical one
    """
    words = [
        f"{number}: {one.place[0]:+.3f} cycles/sample, x·y* {one.level:.1f} dB, {one.name}"
        for number, one in enumerate(readings, 1)
    ]
    if len(readings) == 1:
        words[0] += f": {distance_words(readings[0].place[0], fringes)}"
    if len(readings) == 2:
        first, second = readings
        apart = second.place[0] - first.place[0]
        change = f"{apart:+.3f} cycles/sample, x·y* {signed(second.level - first.level)} dB"
        moved = fringes.flattened or fringes.offset  # then the line's distance from zero is no baseline's
        words.append(f"Δ: {change}: {turn_words(apart) if moved else distance_words(apart, fringes)}")
    return "; ".join(words).replace("-", "−")
