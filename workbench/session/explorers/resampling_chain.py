"""The resampling explorer: a chain of rate changes, what each leaves of every image."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import param
import xarray as xr

from workbench.session.explorers.explorer import Explorer, Frames, Group, Picture, Readout
from workbench.session.explorers.markers import line_table, peak_frame
from workbench.session.explorers.pictures import album, level_picture, signed_picture
from workbench.session.explorers.places import Places
from workbench.session.explorers.quiz import Answer
from workbench.session.explorers.resampling_code import code_of
from workbench.session.explorers.resampling_pictures import picture_code, picture_of
from workbench.session.explorers.resampling_rivals import rivals_frame
from workbench.session.explorers.resampling_steps import (
    FLOOR,
    Stage,
    overlap_frame,
    response_frame,
    test_frequencies,
)
from workbench.session.frame import Frame
from workbench.signals import (
    change_rate,
    convolution_size,
    follow_line,
    power_db,
    transposed_size,
)

__all__ = ["ResamplingExplorer"]

SIZE = 128
STAGES = 4

Array = npt.NDArray[Any]

_BINOMIAL = [0.125, 0.375, 0.375, 0.125]
_RANDOM = [0.31, 1.02, 0.55, 0.12]
_UP = {"direction": "up"}

#: name on the page -> stage
OFFERED: dict[str, Stage | None] = {
    "–": None,
    "↓2 decimate, no filter": Stage("decimate"),
    "↓2 average pooling": Stage("average_pool"),
    "↓2 max pooling": Stage("max_pool"),
    "↓2 blurpool, 3 taps": Stage("blurpool"),
    "↓2 strided convolution, 4 taps": Stage("strided_conv", 2, {"kernel": _BINOMIAL}, 4),
    "↓2 Kaiser filter, 60 dB": Stage("kaiser", 2, {"direction": "down"}),
    "↓4 decimate, no filter": Stage("decimate", 4),
    "↓4 Kaiser filter, 60 dB": Stage("kaiser", 4, {"direction": "down"}),
    "↑2 zero-stuffing, no filter": Stage("zero_stuff"),
    "↑2 nearest": Stage("nearest"),
    "↑2 bilinear": Stage("bilinear"),
    "↑2 transposed convolution, 3 even taps": Stage("transposed", 2, {"kernel": [2 / 3] * 3}, 3),
    "↑2 transposed convolution, 4 even taps": Stage("transposed", 2, {"kernel": [0.5] * 4}, 4),
    "↑2 transposed convolution, 4 random taps": Stage("transposed", 2, {"kernel": _RANDOM}, 4),
    "↑2 Kaiser filter, 60 dB": Stage("kaiser", 2, _UP),
    "↑4 nearest": Stage("nearest", 4),
    "↑4 Kaiser filter, 60 dB": Stage("kaiser", 4, _UP),
}
_NONE = "–"
_CLEAN_UP, _CLEAN_DOWN = "↑4 Kaiser filter, 60 dB", "↓2 Kaiser filter, 60 dB"
_CONV, _DECONV = "↓2 strided convolution, 4 taps", "↑2 transposed convolution, 4 random taps"
PICTURES = ("one tone", "zone plate", "photograph", "brick", "text")


class ResamplingExplorer(Explorer):
    """What a change of rate leaves of a spectrum: aliases below, images above."""

    TITLE = "Resampling"
    INTRO = (
        "Going down without a filter folds what lies above the new Nyquist frequency; going up without one "
        "leaves images, which look like a checkerboard (seed paper, section 3.2)."
    )
    FRAMES = ("stages", "cut", "peaks", "rivals", "response", "overlap")
    GROUPS = (
        Group("Input", ("image", "tone_y", "tone_x"), "128 × 128 pixels"),
        Group(
            "Chain",
            ("first", "second", "third", "fourth"),
            "Y(f) = 1/R Σ X((f + r)/R)  ↓      Y(f) = X(R f)  ↑",
        ),
        Group("Overlap of a transposed convolution", ("pixels", "taps", "stride"), "M = (N − 1) s + k"),
    )
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "aliasing": {"image": "zone plate", "first": "↓4 decimate, no filter", "second": _CLEAN_UP},
        "anti-aliased": {"image": "zone plate", "first": "↓4 Kaiser filter, 60 dB", "second": _CLEAN_UP},
        "checkerboard": {
            "tone_x": 0.15625,
            "first": _CLEAN_DOWN,
            "second": "↑2 transposed convolution, 3 even taps",
        },
        "nearest": {"tone_x": 0.15625, "first": _CLEAN_DOWN, "second": "↑2 nearest"},
        "a U-Net's way": {
            "tone_x": 0.15625,
            "first": _CONV,
            "second": _CONV,
            "third": _DECONV,
            "fourth": _DECONV,
        },
        "max pooling": {"tone_x": 0.078125, "first": "↓2 max pooling"},
        "a photograph": {"image": "brick", "first": "↓4 decimate, no filter", "second": "↑4 nearest"},
        "the primer's 2 × 2": {
            "tone_x": 0.15625,
            "pixels": 2,
            "taps": 2,
            "stride": 1,
            "second": "↑2 nearest",
        },
    }
    TOLERANCE = 2.1 / SIZE
    ASK = "Click in the figure of lines where you expect lines; click a mark again to take it back."

    markers = Places(((-0.5, 0.5),), precedence=-1)
    image: Any = param.Selector(default="one tone", objects=list(PICTURES), label="Image")
    tone_y = param.Number(0.0, bounds=(0.0, 0.5), step=1 / SIZE, label="Frequency along y, cycles/pixel")
    tone_x = param.Number(0.34375, bounds=(0.0, 0.5), step=1 / SIZE, label="Frequency along x, cycles/pixel")
    first: Any = param.Selector(default="↓2 decimate, no filter", objects=list(OFFERED), label="First")
    second: Any = param.Selector(default=_NONE, objects=list(OFFERED), label="Second")
    third: Any = param.Selector(default=_NONE, objects=list(OFFERED), label="Third")
    fourth: Any = param.Selector(default=_NONE, objects=list(OFFERED), label="Fourth")
    pixels = param.Integer(4, bounds=(1, 8), label="Input pixels N")
    taps = param.Integer(3, bounds=(1, 6), label="Kernel k, pixels")
    stride = param.Integer(2, bounds=(1, 4), label="Stride s")

    def relevant(self) -> set[str]:
        """Return the settings that have an effect now."""
        tone = self.image == "one tone"
        return {name for name in self.choices() if tone or name not in ("tone_y", "tone_x")}

    # ------------------------------------------------------------ the chain
    def chain(self) -> list[tuple[str, Stage]]:
        """Stages in order, those left empty skipped."""
        names = (self.first, self.second, self.third, self.fourth)
        return [(name, stage) for name in names if (stage := OFFERED[name]) is not None]

    def _picture(self) -> Array:
        if self.image != "one tone":
            return picture_of(self.image, SIZE)
        y, x = np.mgrid[:SIZE, :SIZE]
        cycles = [round(SIZE * f) for f in (self.tone_y, self.tone_x)]
        return np.cos(2 * np.pi * (cycles[0] * y + cycles[1] * x) / SIZE)

    def compute(self) -> Picture:
        """Return all stages, the cut through the last spectrum, the responses, the overlap."""
        chain = self.chain()
        images = [self._picture()]
        for name, stage in chain:
            if not 4 <= images[-1].shape[0] * (stage.factor if stage.up else 1 / stage.factor) <= 1024:
                raise ValueError(f"{name} would leave 4 to 1024 pixels: choose fewer steps in one direction")
            images.append(change_rate(images[-1], stage.kind, stage.factor, **stage.options))
        lines = self._lines(chain)
        overlap = (self.pixels, self.taps, self.stride)
        frames = Frames(
            {
                "stages": lambda: self._stages_frame(images),
                "cut": lambda: self._cut_frame(images, lines),
                "peaks": lambda: peak_frame(line_table(frames["cut"].data)),
                "rivals": lambda: rivals_frame(
                    images[-2] if chain else images[0], chain[-1] if chain else None
                ),
                "response": lambda: response_frame(chain, self._tests()),
                "overlap": lambda: self.kept("overlap", overlap, lambda: overlap_frame(*overlap)),
            }
        )
        return Picture(frames, self._readouts(images, chain, lines), lambda: _answers(lines))

    def _lines(self, chain: list[tuple[str, Stage]]) -> xr.Dataset | None:
        """Power of the lines at each frequency along x; None for a picture, or behind max pooling."""
        if self.image != "one tone" or any(stage.kind == "max_pool" for _, stage in chain):
            return None
        plane_lines: dict[tuple[int, int], list[tuple[complex, str, str]]] = {}
        size = SIZE
        for sign in (1, -1):  # the two halves of the cosine, each followed along both axes
            columns, rows = (
                _followed(sign * round(SIZE * tone), chain) for tone in (self.tone_x, self.tone_y)
            )
            size = int(columns.attrs["size"])
            for x, gain_x, cause_x in _parts(columns):
                for y, gain_y, cause_y in _parts(rows):
                    part = (0.5 * gain_x * gain_y, cause_x, _worse(cause_x, cause_y))
                    plane_lines.setdefault((y, x), []).append(part)
        power: dict[int, float] = {}
        cause_of: dict[int, tuple[float, str]] = {}
        shares = dict.fromkeys(_WORSE, 0.0)
        for (_, x), parts in plane_lines.items():
            energy = abs(sum(weight for weight, _, _ in parts)) ** 2
            power[x] = power.get(x, 0.0) + energy
            _, along_x, cause = max(parts, key=_strength)
            cause_of[x] = max(cause_of.get(x, (-1.0, "")), (energy, along_x))
            shares[cause] += energy
        places = sorted(power)
        return xr.Dataset(
            {
                "bin": ("line", places),
                "power": ("line", [power[x] for x in places]),
                "cause": ("line", [cause_of[x][1] for x in places]),
            },
            attrs={"size": size, "shares": shares},
        )

    # ------------------------------------------------------------ frames
    def _stages_frame(self, images: list[Array]) -> Frame:
        variables: dict[str, xr.DataArray] = {}
        reference = float((np.abs(np.fft.fft2(images[0], norm="forward")) ** 2).max())
        for i, image in enumerate(images):
            variables[f"image_{i}"] = signed_picture(image, f"image_{i}")
            variables[f"level_{i}"] = level_picture(image, f"level_{i}", reference)
        data = album(variables, {"shown": len(images)})
        sizes = " → ".join(f"{image.shape[0]}²" for image in images)
        ratio = np.mean(np.square(images[-1])) / (float(np.mean(np.square(images[0]))) or 1.0)
        change = max(round(float(power_db(ratio)), 1), -300.0) + 0.0
        words = "as strong as" if abs(change) < 0.05 else f"{change:+.1f} dB re"
        if change <= -150:
            words = "without power beside"
        return Frame(data, f"{sizes} pixels; the last is {words} the first.".replace("-", "−"))

    def _cut_frame(self, images: list[Array], lines: xr.Dataset | None) -> Frame:
        last = images[-1]
        power = np.abs(np.fft.fft2(last, norm="forward")) ** 2
        row = np.fft.fftshift(power.sum(axis=0))
        reference = float((np.abs(np.fft.fft2(images[0], norm="forward")) ** 2).sum(axis=0).max()) or 1.0
        size = row.size
        frequency = (np.arange(size) - size // 2) / size
        measured = np.maximum(power_db(row / reference), FLOOR)
        predicted = np.full(size, np.nan)
        causes = [""] * size
        if lines is not None:
            level = power_db(lines.power.values / reference)
            for place, value, cause in zip(lines.bin.values, level, lines.cause.values, strict=True):
                if value > FLOOR:
                    predicted[int(place) + size // 2], causes[int(place) + size // 2] = value, str(cause)
        columns = {"measured": measured, "predicted": predicted, "label": causes}
        data = xr.Dataset(
            {name: ("frequency", column) for name, column in columns.items()},
            coords={"frequency": ("frequency", frequency, {"units": "cycles per sample"})},
            attrs={"floor": FLOOR, "units": "dB re the input's strongest line"},
        )
        if lines is None:
            why = (
                "max pooling is not linear"
                if self.image == "one tone"
                else "it holds all frequencies at once"
            )
            return Frame(data, f"Measured only: {why}, so its lines are not followed one by one.")
        counts = {cause: causes.count(cause) for cause in ("direct", "alias", "image")}
        words = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        if not words:
            return Frame(data, "No line is left: the chain removes this frequency, as predicted.")
        finite = np.isfinite(predicted)
        worst = float(np.abs(measured - predicted)[finite].max()) if finite.any() else 0.0
        agree = "as predicted, to rounding" if worst < 1e-6 else f"predicted within {worst:.1g} dB"
        return Frame(data, f"Lines above {FLOOR:.0f} dB: {words}; {agree}.".replace("-", "−"))

    def _tests(self) -> list[float]:
        """Frequencies along x at which each step is judged, cycles per sample in front of it."""
        tone = round(SIZE * self.tone_x) / SIZE if self.image == "one tone" else None
        return test_frequencies([stage for _, stage in self.chain()], tone)

    def _readouts(
        self, images: list[Array], chain: list[tuple[str, Stage]], lines: xr.Dataset | None
    ) -> tuple[Readout, ...]:
        result = [Readout("size", " → ".join(str(image.shape[0]) for image in images), "pixels")]
        for image, (_, stage) in zip(images, chain, strict=False):
            if stage.kernel:
                result.append(_size_readout(image.shape[0], stage))
        if lines is not None:
            shares = lines.attrs["shares"]
            total = sum(shares.values()) or np.nan
            for cause, label in (("alias", "aliased"), ("image", "images")):
                note = f"lines that are an {cause} along x, along y, or both"
                result.append(Readout(label, 100 * shares[cause] / total, "% of power", note))
        nyquist = np.abs(np.fft.fft2(images[-1], norm="forward")) ** 2
        half = images[-1].shape[0] // 2
        board = float(nyquist[half, :].sum() + nyquist[:, half].sum() - nyquist[half, half])
        result.append(
            Readout(
                "checkerboard",
                100 * board / (float(nyquist.sum()) or np.nan),
                "% of power",
                "at half the sampling rate, along x, along y, or both",
            )
        )
        return tuple(result)

    def levels(self) -> xr.Dataset | None:
        """Return the lines along x behind the chain."""
        return line_table(self.picture().frames["cut"].data)

    # ------------------------------------------------------------ code
    def as_code(self) -> str:
        """Return notebook code that repeats the chain with its lines, responses, sizes."""
        return code_of(
            self._picture_code(), [stage for _, stage in self.chain()], self._tests(), self.places()
        )

    def _picture_code(self) -> list[str]:
        if self.image == "one tone":
            cycles = [round(SIZE * f) for f in (self.tone_y, self.tone_x)]
            return [
                f"y, x = np.mgrid[:{SIZE}, :{SIZE}]",
                f"image = np.cos(2 * np.pi * ({cycles[0]} * y + {cycles[1]} * x) / {SIZE})",
            ]
        return picture_code(self.image, SIZE)


def _followed(cycles: int, chain: list[tuple[str, Stage]]) -> xr.Dataset:
    """Return what the chain makes of one complex line of gain 1."""
    place = (cycles + SIZE // 2) % SIZE - SIZE // 2
    lines = xr.Dataset(
        {"bin": ("line", [place]), "gain": ("line", [1 + 0j]), "cause": ("line", ["direct"])},
        attrs={"size": SIZE},
    )
    for _, stage in chain:
        lines = follow_line(lines, stage.kind, stage.factor, **stage.options)
    return lines


def _strength(part: tuple[complex, str, str]) -> float:
    return abs(part[0])


_WORSE = ("direct", "image", "alias")


def _worse(*causes: str) -> str:
    """Return what is told of a line that is one thing along x and another along y."""
    return max(causes, key=_WORSE.index)


def _parts(lines: xr.Dataset) -> list[tuple[int, complex, str]]:
    """Return (bin, gain, cause) of every line along one axis."""
    bins, gains, causes = (lines[name].values for name in ("bin", "gain", "cause"))
    return [(int(k), complex(g), str(c)) for k, g, c in zip(bins, gains, causes, strict=True)]


def _size_readout(size: int, stage: Stage) -> Readout:
    k = stage.kernel
    if stage.up:
        after = transposed_size(size, k, stage.factor)
        return Readout(
            "(N−1)s + k", f"{after}", "pixels", f"N = {size}, k = {k}, s = {stage.factor}, before cropping"
        )
    after = convolution_size(size, k, stage.factor, (k - 1) // 2)
    return Readout(
        "⌊(N+2p−k)/s⌋ + 1",
        f"{after}",
        "pixels",
        f"N = {size}, k = {k}, s = {stage.factor}, p = {(k - 1) // 2}",
    )


def _answers(lines: xr.Dataset | None) -> tuple[Answer, ...]:
    """Lines above -40 dB re the strongest."""
    if lines is None:
        return ()
    power = lines.power.values
    strong = power > 1e-4 * power.max()
    size = int(lines.attrs["size"])
    return tuple(
        Answer((float(place) / size,), str(cause))
        for place, cause in zip(lines.bin.values[strong], lines.cause.values[strong], strict=True)
    )
