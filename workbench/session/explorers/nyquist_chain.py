"""The Nyquist-band explorer: where a complex spectrum sits in a real image, what errors become."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import param
import xarray as xr

from workbench.interferometry import mean_coherence
from workbench.mappings import (
    ERRORS,
    INTERPOLATIONS,
    MAPPINGS,
    Guard,
    disturb,
    from_network,
    nyquist_guard,
    nyquist_stages,
    out_of_band_ratio,
    to_network,
)
from workbench.session.data_file import DataFile, file_stamp
from workbench.session.explorers.explorer import Explorer, Frames, Group, Picture, Readout
from workbench.session.explorers.file_code import file_code
from workbench.session.explorers.mapped_spectra import (
    guard_attributes,
    guard_words,
    region_names,
    sides_frame,
)
from workbench.session.explorers.markers import peak_frame
from workbench.session.explorers.nyquist_code import code_of
from workbench.session.explorers.pictures import FLOOR as PICTURE_FLOOR
from workbench.session.explorers.pictures import album, level_picture, plane, signed_picture
from workbench.session.explorers.places import Places
from workbench.session.explorers.quiz import Answer
from workbench.session.frame import Frame
from workbench.session.user_scenes import user_scene
from workbench.signals import power_db

__all__ = ["NyquistExplorer"]

SIZE = 64
"""Pixels of the complex patch; the mapped image has twice as many per axis."""
FILE = "my file"
PHASE = 0.8
"""Of the tone, rad: at 0 the one lost bin would have nothing to lose."""
ROUNDING = -120.0
SCENES = ("one tone", "stripes", "speckle off centre", FILE)

Array = npt.NDArray[Any]


class NyquistExplorer(Explorer):
    """How a complex image becomes a real one that a network can be given, and back."""

    TITLE = "Nyquist band"
    INTRO = (
        "A complex image has a spectrum without symmetry. Interpolated by two, moved by a quarter of the "
        "sampling rate, it fits beside its mirror in a real image (seed paper, section 4, figure 3)."
    )
    FRAMES = ("stages", "levels", "peaks", "sides", "mappings", "errors", "room")
    GROUPS = (
        Group("Scene", ("scene", "file", "tone_y", "tone_x"), "x[m, n] ∈ ℂ,  64 × 64"),
        Group("Mapping", ("mapping", "interpolation", "edge"), "y = Re(u · jᵐ⁺ⁿ),  128 × 128"),
        Group("Error on the mapped image", ("error", "amount", "clip"), "ŷ = y + e,   x̂ = decode(ŷ)"),
    )
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "figure 3": {"scene": "speckle off centre"},
        "one tone": {"scene": "one tone", "tone_y": 0.1, "tone_x": 0.3},
        "zero-stuffing fails": {"scene": "stripes", "interpolation": "zero-stuffing"},
        "bilinear fails": {"scene": "stripes", "interpolation": "bilinear"},
        "a gain error is a mirror": {"scene": "one tone", "tone_x": 0.2, "error": "gain alternation"},
        "white noise": {"scene": "stripes", "error": "white noise", "amount": 0.3},
        "Real-Imag": {"scene": "stripes", "mapping": "real_imag"},
        "the lost bin": {"scene": "one tone", "tone_y": -0.5, "tone_x": -0.5, "edge": "drop"},
    }
    TOLERANCE = 2.5 / (2 * SIZE)
    ASK = (
        "Click in the last spectrum where you expect the tone and its mirror; click a mark again to undo it."
    )

    markers = Places(((-0.5, 0.5), (-0.5, 0.5)), precedence=-1)
    scene: Any = param.Selector(default="stripes", objects=list(SCENES), label="Image")
    file = DataFile("", label="File in the workspace's data folder")
    tone_y = param.Number(0.1, bounds=(-0.5, 0.5), step=1 / SIZE, label="Frequency along y, cycles/pixel")
    tone_x = param.Number(0.3, bounds=(-0.5, 0.5), step=1 / SIZE, label="Frequency along x, cycles/pixel")
    mapping: Any = param.Selector(default="nyquist", objects=list(MAPPINGS), label="Mapping")
    interpolation: Any = param.Selector(
        default="ideal", objects=list(INTERPOLATIONS), label="Interpolation by 2"
    )
    edge: Any = param.Selector(default="pack", objects=["pack", "drop"], label="The one bin without room")
    error: Any = param.Selector(default="none", objects=list(ERRORS), label="Error")
    amount = param.Number(0.2, bounds=(0.0, 1.0), step=0.02, label="Its size, of the image's rms")
    clip = param.Boolean(False, label="Scale by 1.25 and clip, as for a network")

    def relevant(self) -> set[str]:
        """Return the settings that have an effect now."""
        hidden = {
            "file": self.scene != FILE,
            "tone_y": self.scene != "one tone",
            "tone_x": self.scene != "one tone",
            "interpolation": self.mapping != "nyquist",
            "edge": self.mapping != "nyquist",
            "amount": self.error == "none",
        }
        return {name for name in self.choices() if not hidden.get(name)}

    # ------------------------------------------------------------ what goes in
    def _image(self) -> Array:
        if self.scene == "one tone":
            y, x = np.mgrid[:SIZE, :SIZE]
            cycles = [round(SIZE * f) / SIZE for f in (self.tone_y, self.tone_x)]
            return np.exp(1j * (2 * np.pi * (cycles[0] * y + cycles[1] * x) + PHASE))
        if self.scene == FILE:
            return user_scene(self.file, SIZE)
        return stripes() if self.scene == "stripes" else off_centre_speckle()

    # ------------------------------------------------------------ what comes out
    def compute(self) -> Picture:
        """Return stages, all mappings, the error with what it becomes."""
        image = self._image()
        mapping = MAPPINGS[self.mapping]
        chain = cache(lambda: nyquist_stages(image, self.interpolation, self.edge))
        own = self.mapping == "nyquist"
        mapped = chain()["mapped"][None] if own else np.asarray(mapping.encode(image, self.edge))
        disturbed = disturb(mapped, self.error, self.amount)
        clipped = 0.0
        if self.clip:
            scaled, clipped = to_network(disturbed)
            disturbed = from_network(scaled)
        back = mapping.decode(disturbed, self.edge)
        scene = (self.scene, self.file, file_stamp(self.file), self.tone_y, self.tone_x)
        stages = (*scene, self.interpolation, self.edge)
        frames = Frames(
            {
                "stages": lambda: self.kept("stages", stages, lambda: self._stages_frame(image, chain())),
                "levels": lambda: self.kept("levels", stages, lambda: self._levels_frame(chain()["mapped"])),
                "peaks": lambda: self.kept("peaks", stages, lambda: peak_frame(frames["levels"].data)),
                "mappings": lambda: self.kept("mappings", scene, lambda: self._mappings_frame(image)),
                "room": lambda: self.kept("room", scene, lambda: _room_frame(image)),
                "errors": lambda: self._errors_frame(image, back, mapped, disturbed),
                "sides": lambda: self._sides_frame(mapped, disturbed),
            }
        )
        readouts = self._readouts(image, back, disturbed, clipped)
        return Picture(frames, readouts, lambda: self._answers(chain()["mapped"]))

    def _stages_frame(self, image: Array, stages: dict[str, Array]) -> Frame:
        pictures = {name: signed_picture(value.real, name) for name, value in stages.items()}
        pictures |= {f"{name}_level": level_picture(value, f"{name}_level") for name, value in stages.items()}
        data = album(pictures)
        outside = float(out_of_band_ratio(stages["mapped"], edge=self.edge))
        share = "None" if outside < 1e-9 else f"{100 * outside:.2g} %"
        words = f"{share} of the mapped image's energy lies outside band and mirror"
        if self.interpolation != "ideal":
            words += f": {self.interpolation} leaves images of the spectrum, which Re then mixes up"
        guard = self._guard(image)
        data.attrs |= guard_attributes(guard)
        return Frame(data, f"{words}.{guard_words(guard)}")

    def _guard(self, image: Array) -> Guard | None:
        """Return what the band keeps free; a few lines are no band that could have a guard."""
        return nyquist_guard(image) if self.scene in ("speckle off centre", FILE) else None

    def _levels_frame(self, mapped: Array) -> Frame:
        level = level_picture(mapped, "mapped")
        parts = {"level": level, "name": region_names(level, self.edge)}
        data = xr.Dataset(parts, attrs={"floor": PICTURE_FLOOR})
        return Frame(data, "The mapped image's spectrum, with what lies where.")

    def levels(self) -> xr.Dataset | None:
        """Return the mapped image's spectrum."""
        return self.picture().frames["levels"].data

    def _mappings_frame(self, image: Array) -> Frame:
        """Compare the spectra of all mappings."""
        variables = {}
        for name, mapping in MAPPINGS.items():
            mapped = np.asarray(mapping.encode(image))
            variables[name] = level_picture(mapped[0], name)
        words = (
            "All five undo themselves to rounding. What differs is what a real-valued network sees: channel "
            "1 of each, Nyquist alone with the whole spectrum in one channel."
        )
        return Frame(album(variables, guard_attributes(self._guard(image))), words)

    def _sides_frame(self, mapped: Array, disturbed: Array) -> Frame:
        level = _level_re(mapped[0], disturbed[0])
        return sides_frame(level, region_names(level, self.edge) if self.mapping == "nyquist" else None)

    def _errors_frame(self, image: Array, back: Array, mapped: Array, disturbed: Array) -> Frame:
        reference = float((np.abs(np.fft.fft2(image, norm="forward")) ** 2).max())
        phase = np.angle(back * np.conj(image))
        data = album(
            {
                "disturbed": _level_re(mapped[0], disturbed[0]),
                "original": level_picture(image, "original", reference),
                "decoded": level_picture(back, "decoded", reference),
                "error": level_picture(back - image, "error", reference),
                "phase": plane(phase, "phase"),
            },
            {"has_band": self.mapping == "nyquist"} | guard_attributes(self._guard(image)),
        )
        relative = _relative(image, back)
        if relative < ROUNDING:
            return Frame(data, "What comes back is what went in, to rounding.")
        words = f"The power of the decoded image's error is {relative + 0.0:.1f} dB re the image"
        spectrum = np.square(np.abs(np.fft.fftshift(np.fft.fft2(back - image))))
        strongest, level = float(spectrum.max() / spectrum.sum()), data["error"]
        if strongest < 0.05:
            return Frame(data, f"{words}, spread over many frequencies.".replace("-", "−"))
        at = np.unravel_index(int(spectrum.argmax()), spectrum.shape)
        y, x = (float(level[dim].values[i]) for dim, i in zip(level.dims, at, strict=True))
        words += f", {100 * strongest:.0f} % of it at ({x:+.2f}, {y:+.2f}) cycles/pixel (x, y)."
        return Frame(data, words.replace("-", "−"))

    def _readouts(self, image: Array, back: Array, disturbed: Array, clipped: float) -> tuple[Readout, ...]:
        result = [
            Readout("round trip", _relative(image, back), "dB", "error over image, power"),
            Readout("coherence", _coherence(image, back), "", "mean |γ̂| 5 × 5 of original and decoded"),
            Readout("phase error", _phase_error(image, back), "rad rms"),
            Readout(
                "centre of the spectrum",
                _centre(image),
                "cycles/pixel (x, y)",
                "power-weighted mean; of real SAR data off zero",
            ),
        ]
        if self.mapping == "nyquist":
            outside = 100 * float(out_of_band_ratio(disturbed[0], edge=self.edge))
            result += [
                Readout("out of band", outside, "%", "energy where no Nyquist-mapped image has any"),
                Readout("lost bin", _lost_bin(image) if self.edge == "drop" else 0.0, "rms"),
            ]
        if self.clip:
            result.append(Readout("clipped", 100 * clipped, "% of samples"))
        return tuple(result)

    def _answers(self, mapped: Array) -> tuple[Answer, ...]:
        """Where a tone and its mirror land in the mapped image's spectrum, (x, y) in cycles per sample."""
        if self.scene != "one tone" or self.mapping != "nyquist" or self.interpolation != "ideal":
            return ()
        level = level_picture(mapped, "a")
        rows, columns = np.nonzero(level.values > -6.5)
        y, x = (level[dim].values for dim in level.dims)
        regions = region_names(level, self.edge).values
        names = {"band": "the tone", "mirror": "its mirror", "packed bin": "the packed bin"}
        return tuple(
            Answer((float(x[j]), float(y[i])), names.get(str(regions[i, j]), "outside"))
            for i, j in zip(rows, columns, strict=True)
        )

    def as_code(self) -> str:
        """Return notebook code that maps, disturbs, decodes, compares."""
        return code_of(
            self._image_code(),
            self.mapping,
            self.interpolation,
            self.edge,
            self.error,
            self.amount,
            self.clip,
            self.places(),
        )

    def _image_code(self) -> list[str]:
        if self.scene == "one tone":
            cycles = [round(SIZE * f) for f in (self.tone_y, self.tone_x)]
            return [
                f"y, x = np.mgrid[:{SIZE}, :{SIZE}]",
                f"slc = np.exp(1j * (2 * np.pi * ({cycles[0]} * y + {cycles[1]} * x) / {SIZE} + {PHASE}))",
            ]
        if self.scene == "stripes":
            return [f'slc = wb.SCENES["onetone"](size={SIZE}, count=1, seed=3).slc.values[0]']
        if self.scene == FILE:
            return file_code("slc", self.file, SIZE)
        return [
            "rng = np.random.default_rng(5)",
            f"noise = rng.normal(size=({SIZE}, {SIZE}, 2)) @ [1, 1j]",
            f"f = np.fft.fftfreq({SIZE})",
            "keep = (abs((f - 0.31 + 0.5) % 1 - 0.5) < 0.3)[:, None] & (abs(f) < 0.4)[None, :]",
            "slc = np.fft.ifft2(np.fft.fft2(noise) * keep)",
        ]


def _level_re(mapped: Array, disturbed: Array) -> xr.DataArray:
    """Return the spectrum of a disturbed image in dB re the strongest line before."""
    reference = float((np.abs(np.fft.fft2(mapped, norm="forward")) ** 2).max())
    return level_picture(disturbed, "disturbed", reference)


def _room_frame(image: Array) -> Frame:
    """Compare what fits into a network directly, mapped, and mapped with the paper's extension."""
    quarter = slice(SIZE // 4, 3 * SIZE // 4)
    encode = MAPPINGS["nyquist"].encode
    data = xr.Dataset(
        {
            "direct": signed_picture(image.real, "direct"),
            "mapped": signed_picture(np.asarray(encode(image[quarter, quarter]))[0], "mapped"),
            "extended": signed_picture(np.asarray(encode(image))[0], "extended"),
        }
    )
    words = (
        f"A network of {SIZE} × {SIZE} takes {SIZE} × {SIZE} complex pixels as two channels, but "
        f"Nyquist-mapped only {SIZE // 2} × {SIZE // 2}, a quarter of the area. With a further layer at each "
        f"end it is {2 * SIZE} × {2 * SIZE} and takes all, at four times as many pixels there "
        "(section 4: 2M × 2N)."
    )
    return Frame(data, words)


def _centre(image: Array) -> str:
    """Return the mean frequency (x, y) in words."""
    from workbench.scenes import doppler_centroid

    y, x = doppler_centroid(xr.Dataset({"slc": (("y", "x"), image)})).values
    return f"{x:+.2f}, {y:+.2f}".replace("-", "−")


def _relative(image: Array, back: Array) -> float:
    ratio = float(np.sum(np.abs(back - image) ** 2) / np.sum(np.abs(image) ** 2))
    return max(float(power_db(ratio)), -320.0)


def _coherence(image: Array, back: Array) -> float:
    if not np.abs(back).max() > 0:
        return float("nan")
    return mean_coherence(image, back, window=5)


def _phase_error(image: Array, back: Array) -> float:
    strong = np.abs(image) > 0.1 * np.abs(image).max()
    return float(np.sqrt(np.mean(np.angle(back * np.conj(image))[strong] ** 2)))


def _lost_bin(image: Array) -> float:
    """Rms of what edge="drop" loses: the imaginary part of the bin (-P/2, -Q/2), re the image's rms."""
    bins = np.fft.fft2(image, norm="forward")
    lost = abs(bins[image.shape[0] // 2, image.shape[1] // 2].imag)
    return float(lost / np.sqrt(np.mean(np.abs(image) ** 2)))


@lru_cache(maxsize=1)
def stripes() -> Array:
    """Return a Onetone image."""
    from workbench.scenes import SCENES

    return np.asarray(SCENES["onetone"](size=SIZE, count=1, seed=3).slc.values[0])


@lru_cache(maxsize=1)
def off_centre_speckle() -> Array:
    """Return speckle whose azimuth spectrum is centred at 0.31 cycles/pixel, as TOPS data have it.

    >>> off_centre_speckle().shape
    (64, 64)
    """
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(SIZE, SIZE, 2)) @ np.array([1, 1j])
    f = np.fft.fftfreq(SIZE)
    keep = (np.abs((f - 0.31 + 0.5) % 1 - 0.5) < 0.3)[:, None] & (np.abs(f) < 0.4)[None, :]
    return np.asarray(np.fft.ifft2(np.fft.fft2(noise) * keep))
