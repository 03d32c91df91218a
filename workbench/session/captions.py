"""One sentence under every panel, with today's numbers."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

__all__ = [
    "band_caption",
    "coherence_caption",
    "history_caption",
    "lineup_caption",
    "order_caption",
    "sheet_caption",
    "spectrum_caption",
]

MAPPING_NAMES = {
    "nyquist": "Nyquist",
    "real_imag": "Real-Imag",
    "mag_phase": "Mag-Phase",
    "real_imag_2x": "Real-Imag, interpolated 2×,",
    "real_imag_repeat": "Real-Imag, repeated 2×,",
}


def number(value: float, digits: int = 1) -> str:
    """Write a number with a true minus sign; "–" where there is none.

    >>> number(-17.66), number(float("nan"))
    ('−17.7', '–')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.{digits}f}".replace("-", "−")


def percent(share: float) -> str:
    """Write a share as a percentage; small ones keep a digit that says something.

    >>> percent(0.613), percent(0.0042), percent(1e-9), percent(0.0)
    ('61 %', '0.42 %', 'under 0.01 %', '0 %')
    """
    if math.isnan(share):
        return "– %"
    value = 100 * share
    if value == 0:
        return "0 %"
    if value < 0.01:
        return "under 0.01 %"
    return f"{value:.2g} %" if value < 10 else f"{value:.0f} %"


def cause_words(cause: str) -> str:
    """Say what a cause is: "an image of level 1", "folded (aliased)", ...

    >>> cause_words("image_2"), cause_words("folded")
    ('an image of level 2', 'folded')
    """
    if cause.startswith("image_"):
        return f"an image of level {cause.removeprefix('image_')}"
    return {"leakage": "leakage from the borders", "direct": "at its true frequency"}.get(cause, cause)


def lineup_caption(data: xr.Dataset) -> str:
    """Say where the largest spurious share is, and what the last layer passes on."""
    share, direct = data["share"].values, data["cause"].values == "direct"
    spurious = np.where(direct, 0.0, np.nan_to_num(share))
    layer, cause = np.unravel_index(int(np.argmax(spurious)), spurious.shape)
    names = [str(name) for name in data["layer"].values]
    largest = float(spurious[layer, cause])
    if largest <= 0:
        return "Every layer keeps its power at the true frequencies."
    last = float(share[-1, direct][0])
    words = cause_words(str(data["cause"].values[cause]))
    if "ambiguous" in data and data["ambiguous"].values[layer] and data["cause"].values[cause] != "folded":
        words += ", or leakage" if words.startswith("an image") else ", or an image"
    left_out = len(data.attrs.get("not_analysed", ()))
    folds = data.attrs.get("tone_folds_at", "")
    tone = f" The tone itself folds at {folds}: behind it a lower tone would tell more." if folds else ""
    beside = f" Not analysed: {left_out} layer{'s' * (left_out > 1)}." if left_out else ""
    return (
        f"{percent(largest)} of the power of {names[layer]} is {words}; "
        f"in {names[-1]}, the last layer, {percent(last)} is at its true frequency.{tone}{beside}"
    )


def order_caption(data: xr.Dataset) -> str:
    """Say how well theory explains the layer, or why there is no theory, and its strongest harmonic."""
    layer = data.attrs["layer"]
    harmonics = data["measured"].values[2:]  # from order 0
    strongest = ""
    if np.isfinite(harmonics).any():
        at = int(np.nanargmax(harmonics))
        strongest = f" Its strongest harmonic is order {at + 2} at {number(float(harmonics[at]))} dBc."
    if data.attrs["has_theory"]:
        kind = data.attrs["kind"] or "Activation"
        return f"{kind} theory explains {layer} to {number(data.attrs['residual_db'])} dB.{strongest}"
    note = data.attrs["note"].rstrip(".")
    return f"{layer}: no theory{f' ({note})' if note else ''}.{strongest}"


def spectrum_caption(data: xr.Dataset, layer: str) -> str:
    """Say where the layer's largest line is and how much it holds."""
    f_x, f_y, rate = data.attrs["peak_x"], data.attrs["peak_y"], data.attrs["samples_per_pixel"]
    pixel = (
        ""
        if math.isnan(rate)
        else f", that is ({number(f_x * rate, 3)}, {number(f_y * rate, 3)}) cycles/pixel"
    )
    return (
        f"Largest line of {layer}: {percent(data.attrs['peak_share'])} of its power "
        f"at ({number(f_x, 3)}, {number(f_y, 3)}) cycles/sample{pixel}."
    )


def band_caption(data: xr.Dataset) -> str:
    """Say how much energy lies where a Nyquist-mapped image can have none."""
    if not data.attrs["has_band"]:
        name = MAPPING_NAMES.get(data.attrs["mapping"], data.attrs["mapping"])
        return (
            f"The {name} mapping has no band to leave: it uses the whole spectrum (channels added in power)."
        )
    real, fake = data.attrs["out_of_band_real"], data.attrs["out_of_band_fake"]
    return (
        f"The generated image puts {percent(fake)} of its energy outside band and mirror, "
        f"the real one {percent(real)}; white noise would put 50 %."
    )


def coherence_caption(data: xr.Dataset) -> str:
    """Say the held-out figures beside the level below which they mean nothing."""
    a = {name: float(data.attrs.get(name, float("nan"))) for name in (
        "mean", "corrected_mean", "null_level", "area_above_0_8", "mirror_ratio_db"
    )}  # fmt: skip
    area = percent(a["area_above_0_8"])
    return (
        f"Held-out |γ̂| {number(a['mean'], 2)} on average, {number(a['corrected_mean'], 2)} corrected for "
        f"bias (null level {number(a['null_level'], 2)}); {area} of the area above 0.8; "
        f"mirror ratio {number(a['mirror_ratio_db'])} dB."
    )


def sheet_caption(data: xr.Dataset) -> str:
    """Say how far the generated patch's phase is from the real one's."""
    spread = number(data.attrs["phase_spread"], 2)
    text = (
        f"Sample {data.attrs['sample'] + 1}: half of the interferogram lies within ±{spread} rad of its mean"
    )
    source = data.attrs["condition_source"]
    made = "" if source in ("", "scene") else f" Condition: {source}."
    if "coherence" not in data:
        return f"{text}.{made}"
    magnitude, null = data["coherence"].values, data.attrs["null_level"]
    return (
        f"{text}; |γ̂| averages {number(float(np.nanmean(magnitude)), 2)} here, "
        f"{percent(float(np.mean(magnitude > null)))} of the patch is significant.{made}"
    )


def history_caption(losses: xr.Dataset | None, coherence: xr.Dataset | None, step: int) -> str:
    """Say the losses and the coherence at `step`, and the gap to the training patches."""
    parts = []
    if losses is not None and "value" in losses:
        at = losses["value"].sel(step=step, method="nearest")
        wanted = (("loss_generator", "generator loss"), ("loss_discriminator", "discriminator loss"))
        parts += [
            f"{words} {number(float(at.sel(series=name)), 2)}"
            for name, words in wanted
            if name in at["series"].values
        ]
    if coherence is not None:
        at = coherence["value"].sel(step=step, method="nearest")
        held, trained = (float(at.sel(series=name)) if name in at["series"].values else float("nan")
                         for name in ("held-out", "training"))  # fmt: skip
        parts.append(f"coherence {number(held, 2)} held-out, {number(trained, 2)} on training patches")
    sentence = ", ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}." if parts else ""
