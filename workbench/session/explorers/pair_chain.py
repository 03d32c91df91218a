"""The coherence explorer: a pair, its estimate, what the estimate is worth, what destroys it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import param
import xarray as xr

from workbench.interferometry import (
    DISTURBANCES,
    coherence,
    disturb_pair,
    effective_looks,
    expected_loss,
    magnitude_histogram,
    mean_coherence,
    simulate_pair,
    tone_coherence,
    tone_fit,
)
from workbench.session.data_file import DataFile
from workbench.session.explorers.explorer import Explorer, Frames, Group, Picture, Readout
from workbench.session.explorers.file_code import file_code
from workbench.session.explorers.fringes import Fringes
from workbench.session.explorers.pair_spectra import (
    fringes_frame,
    levels_frame,
    marker_code,
    pair_marker_words,
    spectra_frame,
)
from workbench.session.explorers.pictures import album, plane
from workbench.session.explorers.places import Places
from workbench.session.explorers.quiz import Answer
from workbench.session.frame import Frame
from workbench.session.user_scenes import user_pair
from workbench.signals import coherence_bias, coherence_null_quantile

__all__ = ["CoherenceExplorer"]

SIZE = 64
FILES = "my two files"
BANDS = {"X, 3.1 cm": 0.031, "C, 5.55 cm": 0.0555, "L, 23.8 cm": 0.238}
REACH = {"none": 1.0, "frequency offset": 0.25, "mirror": 2.0, "noise": 2.0, "misregistration": 2.0}
SWEEP = 9
LOSS_REACH = 0.3  # cycles/pixel: the next side lobe beyond the farthest start, for every window
FEW_LOOKS = 8  # below, the null level is careful: see interferometry/null.py

Array = npt.NDArray[Any]


class CoherenceExplorer(Explorer):
    """Interferometric coherence: estimated, biased, significant or not."""

    TITLE = "Coherence"
    INTRO = (
        "Coherence says how much two complex images have in common. Its estimate from few looks is too high: "
        "a number means something only beside its null level (seed paper, sections 5 and 6)."
    )
    FRAMES = ("maps", "spectra", "levels", "peaks", "histogram", "bias", "sensitivity", "loss")
    GROUPS = (
        Group(
            "Pair",
            ("source", "file_1", "file_2", "temporal", "baseline", "band", "snr", "oversampling"),
            "γ = γₜ · (1 − B / Bmax) · 1 / (1 + 1/SNR)",
            ("temporal", "baseline", "band", "snr"),
        ),
        Group("Estimate", ("window", "flatten"), "γ̂ = Σ x y* / √(Σ|x|² Σ|y|²)"),
        Group(
            "Disturbance of the second image",
            ("disturbance", "amount"),
            "offset ≤ 0.25 cycles/pixel · mirror ≤ 2 × y* · noise ≤ 2 rms · shift ≤ 2 pixels",
        ),
        Group("Loss on a toy fit", ("loss_window", "start"), "L = 1 − |γ̂|   (eq. 8)"),
    )
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "a good pair": {"temporal": 0.9},
        "nothing in common": {"temporal": 0.0},
        "fringes inside the window": {"temporal": 1.0, "baseline": 1200.0, "window": 9},
        "near critical": {"temporal": 1.0, "baseline": 6000.0, "flatten": True},
        "mirror": {"temporal": 1.0, "baseline": 0.0, "disturbance": "mirror", "amount": 1.0},
        "half a pixel off": {"temporal": 1.0, "disturbance": "misregistration", "amount": 0.5},
        "oversampled: fewer looks": {"temporal": 0.0, "oversampling": 2.0},
        "the global loss is trapped": {"loss_window": SIZE, "start": 0.05},
    }
    TOLERANCE = 0.04
    REACH = 0.5 / SIZE
    GUESSED = ((0.0, 1.0),)
    ASK = (
        "Click in the distribution where you expect the mean of the estimates; click a mark again to undo it."
    )

    markers = Places(((-0.5, 0.5),), precedence=-1)
    source: Any = param.Selector(default="simulated", objects=["simulated", FILES], label="Pair")
    file_1 = DataFile("", label="First file in the data folder")
    file_2 = DataFile("", label="Second file in the data folder")
    temporal = param.Number(0.7, bounds=(0.0, 1.0), step=0.01, label="Temporal coherence γₜ")
    baseline = param.Number(150.0, bounds=(0.0, 6000.0), step=25.0, label="Perpendicular baseline, m")
    band: Any = param.Selector(default="C, 5.55 cm", objects=list(BANDS), label="Wavelength")
    snr = param.Number(20.0, bounds=(-5.0, 40.0), step=1.0, label="Signal to noise, dB")
    oversampling = param.Number(1.0, bounds=(1.0, 3.0), step=0.25, label="Pixels per resolution cell")
    window: Any = param.Selector(default=5, objects=[3, 5, 7, 9, 11, 15], label="Window, pixels")
    flatten = param.Boolean(False, label="Remove the flat-earth fringes first")
    disturbance: Any = param.Selector(default="none", objects=list(DISTURBANCES), label="Disturbance")
    amount = param.Number(0.5, bounds=(0.0, 2.0), step=0.01, label="Its amount, in the unit above")
    loss_window: Any = param.Selector(default=5, objects=[5, 9, 16, SIZE], label="Window of the loss, pixels")
    start = param.Number(0.05, bounds=(-0.25, 0.25), step=0.005, label="First frequency error, cycles/pixel")

    def relevant(self) -> set[str]:
        """Return the settings that have an effect now."""
        model = ("temporal", "baseline", "band", "snr", "oversampling", "flatten")
        hidden = {"amount": self.disturbance == "none"}
        hidden |= dict.fromkeys(("file_1", "file_2"), self.source != FILES)
        hidden |= dict.fromkeys(model, self.source == FILES)
        return {name for name in self.choices() if not hidden.get(name)}

    # ------------------------------------------------------------ the pair
    def _pair(self) -> tuple[Array, Array, dict[str, Any]]:
        if self.source == FILES:
            return *user_pair(self.file_1, self.file_2, SIZE), {}
        pair = simulate_pair(
            SIZE,
            self.temporal,
            self.baseline,
            wavelength=BANDS[self.band],
            snr_db=self.snr,
            oversampling=self.oversampling,
        )
        first, second = pair.first.values, pair.second.values
        if self.flatten:
            second = second * np.exp(2j * np.pi * pair.attrs["fringe_frequency"] * np.arange(SIZE))
        return first, second, dict(pair.attrs)

    def _amount(self) -> float:
        return min(self.amount, REACH[self.disturbance])

    def compute(self) -> Picture:
        """Return maps, distribution, bias curve, sensitivity, loss."""
        first, second, model = self._pair()
        disturbed = disturb_pair(second, self.disturbance, self._amount())
        maps = coherence(first, disturbed, window=self.window)
        expected = self._expected(model)
        loss = (self.loss_window, self.start)
        frames = Frames(
            {
                "maps": lambda: self._maps_frame(first, disturbed, maps),
                "spectra": lambda: spectra_frame(first, disturbed, self._fringes(model)),
                "levels": lambda: levels_frame(frames["spectra"].data),
                "peaks": lambda: fringes_frame(frames["spectra"].data),
                "histogram": lambda: _histogram_frame(maps, expected),
                "bias": lambda: _bias_frame(maps, expected),
                "sensitivity": lambda: self._sensitivity_frame(first, second, model),
                "loss": lambda: self.kept("loss", loss, self._loss_frame),
            }
        )
        mean = _mean(maps.magnitude)
        return Picture(
            frames,
            self._readouts(maps, model, expected),
            lambda: (Answer((mean,), f"the mean, {mean:.2f}"),),
        )

    def _expected(self, model: dict[str, Any]) -> float:
        """Return the true coherence that the window sees, NaN for files."""
        if not model:
            return float("nan")
        return float(self._theory(model, self._amount(), self.disturbance))

    def _theory(self, model: dict[str, Any], amount: npt.ArrayLike, disturbance: str) -> Array:
        """Return the true coherence in a window, fringes and so much of the disturbance included."""
        true, fringes = float(model.get("coherence", 1.0)), float(model.get("fringe_frequency", 0.0))
        fringes *= not self.flatten
        if disturbance == "frequency offset":  # of the second image: it takes from the fringes
            return true * np.abs(tone_coherence(fringes - np.asarray(amount), self.window)[0])
        left = abs(float(tone_coherence(fringes, self.window)[0]))
        # What two images have in common fills so much of the band only, and is as much smoother.
        cell = self.oversampling / float(model.get("geometric", 1.0))
        return true * left * expected_loss(disturbance, amount, self.window, cell)

    # ------------------------------------------------------------ frames
    def _maps_frame(self, first: Array, second: Array, maps: xr.Dataset) -> Frame:
        magnitude = maps.magnitude.values
        shown = np.where(maps.significant.values, magnitude, np.nan)
        amplitude = np.abs(first)
        data = album(
            {
                "amplitude": plane(amplitude, "amplitude", scale=(0.0, float(np.percentile(amplitude, 99)))),
                "interferogram": plane(np.angle(first * np.conj(second)), "interferogram"),
                "magnitude": plane(magnitude, "magnitude"),
                "significant": plane(shown, "significant"),
                "corrected": plane(maps.corrected.values, "corrected"),
            },
            {"null_level": float(maps.attrs["null_level"])},
        )
        return Frame(data, _significance_words(maps, self.window))

    def _fringes(self, model: dict[str, Any]) -> Fringes:
        """Return what is known of the fringes, of files the offset of the second one only."""
        offset = self._amount() if self.disturbance == "frequency offset" else 0.0
        if not model:
            return Fringes(offset=offset)
        critical = float(model["critical_baseline"])
        return Fringes(self.baseline, critical, self.oversampling, self.flatten, offset)

    def levels(self) -> xr.Dataset | None:
        """Return the spectrum of the interferogram, with those of x and y in the names of its bins."""
        return self.picture().frames["levels"].data

    def marker_words(self) -> str:
        """Say what the markers read, with what their distance means for the baseline."""
        levels = self.levels() if self.markers else None
        return "" if levels is None else pair_marker_words(self.readings(), Fringes.read(levels.attrs))

    def _sensitivity_frame(self, first: Array, second: Array, model: dict[str, Any]) -> Frame:
        kind = "noise" if self.disturbance == "none" else self.disturbance
        now = self._amount() if kind == self.disturbance else 0.0
        amounts = np.linspace(0.0, REACH[kind], SWEEP)
        sweep = [disturb_pair(second, kind, a) for a in amounts]
        measured = [mean_coherence(first, one, self.window) for one in sweep]
        fine = np.linspace(0.0, REACH[kind], 101)
        theory = np.full(fine.size, np.nan)
        if model:
            size = (self.window, self.window)
            looks = [effective_looks(first[None], one[None], size) for one in sweep]
            true = np.clip(self._theory(model, fine, kind), 0, 1)
            theory = coherence_bias(true, np.interp(fine, amounts, looks))
        data = xr.Dataset(
            {"measured": ("amount", measured), "theory": ("fine", theory)},
            coords={"amount": amounts, "fine": fine},
            attrs={"kind": kind, "unit": UNITS[kind], "now": now},
        )
        before, after = measured[0], float(np.interp(now or amounts[-1], amounts, measured))
        what = f"{kind.capitalize()} of {now or amounts[-1]:g} {UNITS[kind]}"
        verb = "takes" if now else "would take"
        line = "; the line is the closed form with the bias of as many effective looks" if model else ""
        return Frame(data, f"{what} {verb} the mean |γ̂| from {before:.2f} to {after:.2f}{line}.")

    def _loss_frame(self) -> Frame:
        offsets = np.linspace(-LOSS_REACH, LOSS_REACH, 361)
        gamma, slope = tone_coherence(offsets, self.loss_window)
        path = tone_fit(self.start, self.loss_window)
        data = xr.Dataset(
            {
                "loss": ("offset", 1 - np.abs(gamma)),
                "gradient": ("offset", -np.sign(gamma) * slope / np.abs(slope).max()),
                "path": ("update", path),
                "path_loss": ("update", 1 - np.abs(tone_coherence(path, self.loss_window)[0])),
            },
            coords={"offset": offsets},
        )
        end = float(path[-1])
        found = abs(end) < 2e-3
        verdict = (
            "finds the frequency" if found else f"stays {end:+.3f} cycles/pixel off: a side lobe holds it"
        )
        return Frame(
            data,
            f"From {self.start:+.3f} cycles/pixel, gradient descent with a window of {self.loss_window} "
            f"{verdict}.".replace("-", "−"),
        )

    def _readouts(self, maps: xr.Dataset, model: dict[str, Any], expected: float) -> tuple[Readout, ...]:
        mean = _mean(maps.magnitude)
        looks, fringes = float(maps.attrs["effective_looks"]), self._fringes(model)
        result = [
            Readout("mean |γ̂|", mean, "", "estimated"),
            Readout("corrected", _mean(maps.corrected), "", "bias removed"),
            Readout("looks", f"{maps.attrs['looks']}", "pixels in the window"),
            Readout("effective looks", looks, "", f"independent ones: {maps.attrs['null_method']}"),
            Readout("null level", float(maps.attrs["null_level"]), "", "95 % of |γ̂| without coherence"),
        ]
        if model:
            result += [
                Readout(
                    "true γ in the window", expected, "", "from the model, fringes and disturbance included"
                ),
                Readout("fringes", fringes.left, "cycles/pixel", _left_words(fringes)),
                Readout("critical baseline", float(model["critical_baseline"]), "m"),
            ]
        return tuple(result)

    def as_code(self) -> str:
        """Return notebook code that repeats the estimate."""
        used = ["disturb_pair"] * (self.disturbance != "none") + ["simulate_pair"] * (self.source != FILES)
        lines = ["import numpy as np", "import workbench as wb"]
        lines += [f"from workbench.interferometry import {', '.join(used)}"] if used else []
        if self.source == FILES:
            opened = (file_code(name, file, SIZE) for name, file in (("x", self.file_1), ("y", self.file_2)))
            lines += list(dict.fromkeys(line for one in opened for line in one))  # one import is enough
        else:
            lines += ["", *self._model_code()]
        if self.disturbance != "none":
            lines += [f"y = disturb_pair(y, {self.disturbance!r}, {self._amount()!r})"]
        lines += [
            f"maps = wb.coherence(x, y, window={self.window})",
            'print(float(maps.magnitude.mean()), maps.attrs["null_level"], maps.attrs["effective_looks"])',
            'print(wb.coherence_bias(0.0, maps.attrs["effective_looks"]))',
            *marker_code(self.places()),
        ]
        return "\n".join(lines)

    def _model_code(self) -> list[str]:
        lines = [
            f"pair = simulate_pair({SIZE}, temporal={self.temporal!r}, baseline={self.baseline!r},",
            f"                     wavelength={BANDS[self.band]!r}, snr_db={self.snr!r},",
            f"                     oversampling={self.oversampling!r})",
            "x, y = pair.first.values, pair.second.values",
        ]
        if self.flatten:
            lines += [f'y = y * np.exp(2j * np.pi * pair.attrs["fringe_frequency"] * np.arange({SIZE}))']
        return lines


UNITS = {
    "frequency offset": "cycles/pixel",
    "mirror": "of the image",
    "noise": "of the image's rms",
    "misregistration": "pixels",
}


def _significance_words(maps: xr.Dataset, window: int) -> str:
    """Say how many pixels pass the null level, of those it is made for: with their window inside."""
    inside = slice(window // 2, -(window // 2))
    passed = maps.significant.values[inside, inside]
    share = f"{100 * passed.mean():.0f} %"
    if share == "100 %" and not passed.all():
        share = "Over 99 %"
    if share == "0 %" and passed.any():
        share = "Under 1 %"
    few = float(maps.attrs["effective_looks"]) < FEW_LOOKS
    return (
        f"{share} of the pixels with their window inside the image lie above the null level "
        f"{float(maps.attrs['null_level']):.2f}; of two images with nothing in common "
        f"{'1 to 4 %' if few else 'about 5 %'} would on average."
    )


def _left_words(fringes: Fringes) -> str:
    """Say what was done to the fringes of the baseline."""
    done = ["removed"] * fringes.flattened + ["moved by the frequency offset"] * bool(fringes.offset)
    before = f", {fringes.share / fringes.oversampling:.3f} before" if done else "of the baseline"
    return " and ".join(done) + before


def _histogram_frame(maps: xr.Dataset, expected: float) -> Frame:
    histogram = magnitude_histogram(maps.magnitude.values)
    data = xr.Dataset({"share": histogram}, attrs={"null_level": float(maps.attrs["null_level"])})
    data.attrs |= {
        "true": expected,
        "mean": _mean(maps.magnitude),
        "corrected_mean": _mean(maps.corrected),
    }
    words = f"The estimates spread around {data.attrs['mean']:.2f}"
    if expected == expected:
        words += f"; the true coherence in a window is {expected:.2f}"
    return Frame(data, words + ".")


def _bias_frame(maps: xr.Dataset, expected: float) -> Frame:
    looks = float(maps.attrs["effective_looks"])
    curve = _bias_curve(looks)
    data = curve.assign_attrs(at=expected, mean=_mean(maps.magnitude))
    floor = float(curve.estimate[0])
    return Frame(
        data,
        f"With {looks:.1f} effective looks two images without anything in common show {floor:.2f} on average "
        "(Touzi et al. 1999).",
    )


@lru_cache(maxsize=64)
def _bias_curve(looks: float) -> xr.Dataset:
    true = np.linspace(0.0, 1.0, 51)
    return xr.Dataset(
        {"estimate": ("true", coherence_bias(true, looks))},
        coords={"true": true},
        attrs={"looks": looks, "null_level": float(coherence_null_quantile(looks))},
    )


def _mean(image: xr.DataArray) -> float:
    """Mean of what is known of an image; NaN where nothing is."""
    known = image.values[np.isfinite(image.values)]
    return float(known.mean()) if known.size else float("nan")
