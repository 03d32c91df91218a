"""Held-out patches become what the band, coherence, sample panels show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from workbench.mappings import out_of_band_ratio
from workbench.session.decibels import decibel
from workbench.session.frame import record_at
from workbench.signals import spectrum

__all__ = [
    "RealSpectrum", "band_spectra", "coherence_histogram", "coherence_map", "mapped_level", "real_spectrum",
    "sample_sheet",
]  # fmt: skip

BAND_FLOOR = -60.0


def mapped_level(image: xr.DataArray, reference: float | None = None) -> tuple[xr.DataArray, float]:
    """Return the spectrum of a mapped image, dB re `reference` (power; default: its own largest line)."""
    found = spectrum(image.values.astype(float))
    power = (np.abs(found.values) ** 2).sum(axis=0)
    reference = float(power.max()) if reference is None else reference
    level = decibel(power / (reference if reference > 0 else np.nan), BAND_FLOOR)
    dims = ("frequency_y", "frequency_x")
    axes = {name: found[name].values for name in dims}
    return xr.DataArray(level, axes, dims, attrs={"units": "dB re the real image's largest line"}), reference


@dataclass(frozen=True, eq=False)
class RealSpectrum:
    """What never changes while a run trains: the spectrum of a real image, its scale, its stray energy."""

    level: xr.DataArray
    reference: float
    out_of_band: float


def real_spectrum(images: xr.Dataset, sample: int, mapping: str) -> RealSpectrum:
    """Return the spectrum of the real mapped image of one sample, dB re its largest line."""
    image = images["real_mapped"][sample]
    level, reference = mapped_level(image)
    return RealSpectrum(level, reference, _stray(image) if mapping == "nyquist" else float("nan"))


def _stray(image: xr.DataArray) -> float:
    return float(out_of_band_ratio(image.values[0].astype(float), edge="drop"))


def band_spectra(
    images: xr.Dataset, index: int, sample: int, mapping: str, known: RealSpectrum | None = None
) -> xr.Dataset:
    """Spectra of the real and the generated mapped image on one scale.

    Parameters
    ----------
    known
        Result of `real_spectrum`, where it has been computed before.

    Returns
    -------
    Dataset
        real, fake (frequency_y, frequency_x) in dB; attrs: mapping, has_band and, for the Nyquist mapping,
        out_of_band_real and out_of_band_fake, shares of the energy outside band and mirror.
    """
    real = known or real_spectrum(images, sample, mapping)
    fake = images["fake_mapped"][index, sample]
    fake_level, _ = mapped_level(fake, real.reference)
    data = xr.Dataset({"real": real.level, "fake": (fake_level.dims, fake_level.values, fake_level.attrs)})
    data.attrs = {"mapping": mapping, "has_band": mapping == "nyquist", "sample": sample, "floor": BAND_FLOOR}
    if mapping == "nyquist":
        data.attrs |= {"out_of_band_real": real.out_of_band, "out_of_band_fake": _stray(fake)}
    return data


def coherence_map(coherence: xr.Dataset, index: int, sample: int) -> xr.Dataset:
    """Magnitude of the coherence of one patch, with the level below which it means nothing."""
    at = coherence.isel(step=index)
    data = xr.Dataset({"magnitude": at["magnitude"].isel(sample=sample)}).reset_coords(drop=True)
    significant = at["significant"].isel(sample=sample).values
    data.attrs = {
        "null_level": float(at["null_level"]),
        "sample": sample,
        "patch_mean": float(data["magnitude"].mean()),
        "patch_significant": float(np.mean(significant)),
    }
    return data


def coherence_histogram(coherence: xr.Dataset, index: int) -> xr.Dataset:
    """Distribution of the coherence over all held-out patches, and the figures that go with it."""
    at = coherence.isel(step=index)
    counts = at["histogram"].astype(float)
    total = float(counts.sum())
    data = xr.Dataset({"share": counts / total if total > 0 else counts * np.nan}).reset_coords(drop=True)
    data["share"].attrs = {"long_name": "share of the area", "units": "1"}
    names = ("null_level", "mean", "corrected_mean", "area_above_0_8", "mirror_ratio_db", "training_mean")
    data.attrs = {name: float(at[name]) for name in names if name in at}
    return data


def sample_sheet(
    images: xr.Dataset, coherence: xr.Dataset | None, index: int, sample: int, spectra: xr.Dataset
) -> xr.Dataset:
    """Everything the paper's figures 4 and 5 lay out for one sample; `spectra` is its `band_spectra`.

    Returns
    -------
    Dataset
        condition (channel, y, x), real_mapped and fake_mapped (mapped_channel, mapped_y, mapped_x), the real
        and imaginary parts of the decoded images (y, x), interferogram (y, x) = angle(real conj(fake)),
        rad, spectrum_real and spectrum_fake (frequency_y, frequency_x) in dB, and coherence (y, x), the
        newest map at or before that step. attrs: step, coherence_step; amplitude, the scale of all
        parts.
    """
    at = images.isel(step=index, sample=sample)
    real, fake = at["real"].values, at["fake"].values
    plane, bands = ("y", "x"), ("frequency_y", "frequency_x")
    mapped = ("mapped_channel", "mapped_y", "mapped_x")
    phase = np.angle(real * fake.conj())
    data = xr.Dataset(
        {
            "condition": (("channel", "condition_y", "condition_x"), at["condition"].values),
            "real_mapped": (mapped, at["real_mapped"].values),
            "fake_mapped": (mapped, at["fake_mapped"].values),
            "real_re": (plane, real.real),
            "real_im": (plane, real.imag),
            "fake_re": (plane, fake.real),
            "fake_im": (plane, fake.imag),
            "interferogram": (plane, phase, {"units": "rad"}),
            "spectrum_real": (bands, spectra["real"].values, spectra["real"].attrs),
            "spectrum_fake": (bands, spectra["fake"].values, spectra["fake"].attrs),
        },
        coords={name: spectra[name].values for name in bands},
    )
    step = int(images["step"][index])
    nearest = None if coherence is None else record_at(coherence["step"].values, step)
    if coherence is not None and nearest is not None:
        at = coherence.isel(step=nearest, sample=sample)
        data["coherence"] = (plane, at["magnitude"].values)
        data.attrs |= {"null_level": float(at["null_level"]), "coherence_step": int(at["step"])}
    data.attrs |= {
        "step": step,
        "sample": sample,
        "samples": images.sizes["sample"],
        "condition_source": str(images.attrs.get("condition_source", "")),
        "amplitude": float(np.quantile(np.abs(real), 0.999)) or 1.0,
        "phase_spread": _phase_spread(phase),
        "floor": BAND_FLOOR,
    }
    return data


def _phase_spread(phase: np.ndarray) -> float:
    """Median distance of the interferogram's phase from its circular mean, rad."""
    centre = np.angle(np.exp(1j * phase).mean())
    return float(np.median(np.abs(np.angle(np.exp(1j * (phase - centre))))))
