"""The activation explorer: a tone through filter, bias, nonlinearity; every line predicted."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import param
import xarray as xr

from workbench.session.explorers.activation_code import code_of
from workbench.session.explorers.activation_figures import (
    aliased_share,
    flat_share,
    harmonic_distortion,
    line_power,
    residual,
    sfdr,
)
from workbench.session.explorers.activation_formula import check_values, doubt, is_affine
from workbench.session.explorers.activation_lines import (
    LISTED,
    answers_of,
    beyond_nyquist,
    folding_frame,
    level,
    line_labels,
    line_name,
    one_sided_level,
    photograph_patch,
    photograph_row,
    plane_spectrum,
)
from workbench.session.explorers.activation_series import Layer, taylor_frame
from workbench.session.explorers.explorer import Explorer, Frames, Group, Picture, Readout
from workbench.session.explorers.markers import line_table, peak_frame
from workbench.session.explorers.places import Places
from workbench.session.frame import Frame
from workbench.signals import (
    ACTIVATIONS,
    chain_lines,
    chain_spectrum,
    filter_gain,
    layer_chain,
    oversampled,
    parse_formula,
    power_db,
)

__all__ = ["ActivationExplorer"]

SIZE = 128
FLOOR = -120.0
ORDERS = 24
ROUNDING = -200.0
"""Residuals below this, dB, are those of the arithmetic."""
FORMULA = "formula"
KERNELS: dict[str, tuple[float, ...]] = {
    "none": (1.0,),
    "blur 1 2 1": (0.25, 0.5, 0.25),
    "blur 1 4 6 4 1": (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16),
    "edges −1 2 −1": (-0.5, 1.0, -0.5),
}
PHOTOGRAPH = "photograph row"
OTHERS = ("relu", "sigmoid", "tanh")
"""Activations of the seed paper's figure 2, shown side by side."""
_SLOPED = {"leaky_relu": "slope"}
_SHARP = {"softplus": "beta", "elu": "alpha", "snake": "alpha"}

Array = npt.NDArray[Any]


class ActivationExplorer(Explorer):
    """What a nonlinearity adds to a spectrum: harmonics, mixing products, aliases."""

    TITLE = "Activations"
    INTRO = (
        "A nonlinearity makes new lines at the multiples of every frequency that goes in; "
        "those above Nyquist fold back (seed paper, section 3.1, figure 2)."
    )
    FRAMES = ("chain", "lines", "peaks", "folding", "taylor", "others", "plane")
    GROUPS = (
        Group("Signal", ("excitation", "tone", "second", "drive"), "x[n] = A cos(2π m n / N), N = 128"),
        Group("Filter, bias", ("kernel", "bias"), "z = h ∗ x + b   (eq. 2)"),
        Group(
            "Activation",
            ("activation", "slope", "sharpness", "formula", "oversampling"),
            "y = a(z)   (eq. 3)",
        ),
        Group("Taylor series", ("terms",), "a(z) ≈ Σ aᵏ(z₀)/k! · (z − z₀)ᵏ   (eq. 7)"),
    )
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "figure 2": {"tone": 11, "kernel": "blur 1 2 1", "bias": 0.3},
        "ReLU at 0.2 fₛ": {"tone": 26, "activation": "relu"},
        "ReLU, filtered ×4": {"tone": 26, "activation": "relu", "oversampling": 4},
        "tanh, hard driven": {"tone": 12, "activation": "tanh", "drive": 3.0},
        "leaky ReLU .2": {"tone": 12, "activation": "leaky_relu", "slope": 0.2},
        "softplus → ReLU": {"tone": 12, "activation": "softplus", "sharpness": 12.0},
        "two tones mix": {"excitation": "two tones", "tone": 12, "second": 17, "activation": "relu"},
        "dying ReLU": {"tone": 12, "activation": "relu", "bias": -1.2},
        "a photograph": {"excitation": PHOTOGRAPH, "activation": "relu"},
    }
    TOLERANCE = 1.1 / SIZE
    ASK = "Click in the figure of lines where you expect lines; click a mark again to take it back."

    markers = Places(((0.0, 0.5),), precedence=-1)
    excitation: Any = param.Selector(
        default="one tone", objects=["one tone", "two tones", PHOTOGRAPH], label="Excitation"
    )
    tone = param.Integer(12, bounds=(1, SIZE // 2 - 1), label="Tone m, cycles per 128 samples")
    second = param.Integer(17, bounds=(1, SIZE // 2 - 1), label="Second tone, in 2-D along y, cycles")
    drive = param.Number(1.0, bounds=(0.05, 4.0), step=0.05, label="Drive A, input units")
    kernel: Any = param.Selector(default="none", objects=list(KERNELS), label="Filter h")
    bias = param.Number(0.0, bounds=(-2.0, 2.0), step=0.05, label="Bias b, input units")
    activation: Any = param.Selector(default="relu", objects=[*ACTIVATIONS, FORMULA], label="Activation a(z)")
    slope = param.Number(0.2, bounds=(0.0, 1.0), step=0.01, label="Slope below 0")
    sharpness = param.Number(1.0, bounds=(0.2, 20.0), step=0.2, label="Sharpness (β or α)")
    formula = param.String("max(z, 0.1*z)", label="a(z) =")
    oversampling: Any = param.Selector(default=1, objects=[1, 2, 4], label="Computed at × the sampling rate")
    terms = param.Integer(3, bounds=(1, 15), label="Terms up to order")

    def relevant(self) -> set[str]:
        """Return the settings that have an effect now."""
        hidden = {
            "tone": self.excitation == PHOTOGRAPH,
            "second": self.excitation == PHOTOGRAPH,
            "slope": self.activation not in _SLOPED,
            "sharpness": self.activation not in _SHARP,
            "formula": self.activation != FORMULA,
            "terms": self.activation == FORMULA,
        }
        return {name for name in self.choices() if not hidden.get(name)}

    # ------------------------------------------------------------ what goes in
    def _layer(self) -> Layer:
        if self.activation == FORMULA:
            function = parse_formula(self.formula)
            return Layer(function, {}, self.formula)
        parameters = {}
        if self.activation in _SLOPED:
            parameters[_SLOPED[self.activation]] = self.slope
        if self.activation in _SHARP:
            parameters[_SHARP[self.activation]] = self.sharpness
        return Layer(self.activation, parameters, self.activation)

    def _tones(self) -> list[tuple[int, float]]:
        if self.excitation == PHOTOGRAPH:
            return []
        cycles = [self.tone] if self.excitation == "one tone" else [self.tone, self.second]
        if len(cycles) == 2 and self.tone == self.second:  # on the way of a slider: they add up to one
            return [(self.tone, 2 * self.drive)]
        return [(m, self.drive) for m in cycles]

    def _filtered(self) -> list[tuple[int, float]]:
        """Tones behind the filter: its taps are symmetric, so their gains are real."""
        taps = KERNELS[self.kernel]
        return [(m, amplitude * float(filter_gain(taps, m / SIZE).real)) for m, amplitude in self._tones()]

    def _signal(self) -> Array:
        if self.excitation == PHOTOGRAPH:
            return self.drive * photograph_row()
        n = np.arange(SIZE)
        return np.sum([a * np.cos(2 * np.pi * m * n / SIZE) for m, a in self._tones()], axis=0)

    # ------------------------------------------------------------ what comes out
    def compute(self) -> Picture:
        """Return chain, predicted lines, folding, Taylor series and the plane."""
        layer = self._layer()
        chain = layer_chain(
            self._signal(),
            layer.function,
            KERNELS[self.kernel],
            self.bias,
            self.oversampling,
            **layer.parameters,
        )
        check_values(layer, layer.words, chain.z.values, chain.y.values)
        lines = self._lines(layer)
        predicted = self._predicted(layer)
        frames = Frames(
            {
                "chain": lambda: self._chain_frame(chain),
                "lines": lambda: self._lines_frame(layer, chain, predicted, lines),
                "peaks": lambda: peak_frame(line_table(frames["lines"].data)),
                "folding": lambda: folding_frame(lines),
                "taylor": lambda: taylor_frame(layer, chain.z.values, self.bias, self.terms),
                "others": lambda: self._others_frame(chain.z.values),
                "plane": lambda: self._plane_frame(layer),
            }
        )
        readouts = self._readouts(layer, chain, predicted, lines)
        return Picture(frames, readouts, lambda: answers_of(lines))

    def _predicted(self, layer: Layer) -> Array | None:
        tones = self._filtered()
        if not tones:
            return None
        return chain_spectrum(layer.function, tones, SIZE, self.bias, self.oversampling, **layer.parameters)

    def _lines(self, layer: Layer) -> xr.Dataset | None:
        tones = [(m / SIZE, amplitude) for m, amplitude in self._filtered()]
        if not tones:
            return None
        orders = ORDERS if len(tones) == 1 else 7
        lines = chain_lines(layer.function, tones, self.bias, orders, self.oversampling, **layer.parameters)
        true = lines.true_frequency.values
        folded = beyond_nyquist(true)
        power = np.square(lines.amplitude.values) * np.where(np.isin(true, (0.0, 0.5)), 1.0, 0.5)
        zone = np.where(folded, lines.zone.values, 1)
        numbers = (values.tolist() for values in (lines.order_1.values, lines.order_2.values, zone))
        return lines.assign(
            folded=("line", folded, {"long_name": "created above the Nyquist frequency"}),
            level=("line", power_db(power / (power.max() or 1.0)), {"units": "dB re strongest line"}),
            label=("line", [line_name(*of_line) for of_line in zip(*numbers, strict=True)]),
        )

    def _chain_frame(self, chain: xr.Dataset) -> Frame:
        signals = {"x": chain.x, "v": chain.z - self.bias, "z": chain.z, "y": chain.y}
        levels = {}
        for name, signal in signals.items():
            levels[f"{name}_level"] = (
                "frequency",
                self._level(np.fft.rfft(signal.values, norm="forward")),
                {"units": "dB re a tone of amplitude A", "long_name": f"spectrum of {name}"},
            )
        frequency = np.arange(SIZE // 2 + 1) / SIZE
        data = xr.Dataset(
            {name: signal.variable for name, signal in signals.items()} | levels,
            {"n": chain.n.variable, "frequency": ("frequency", frequency, {"units": "cycles per sample"})},
            chain.attrs | {"floor": FLOOR},
        )
        x, v, z, y = (int((levels[f"{name}_level"][1] > LISTED).sum()) for name in signals)
        words = f"Lines above {LISTED:.0f} dB: {x} in, {v} after the filter, {z} after the bias, {y} out."
        return Frame(data, words.replace("-", "−"))

    def _level(self, spectrum: Array) -> Array:
        return np.maximum(one_sided_level(spectrum, self.drive), FLOOR)

    def _lines_frame(
        self, layer: Layer, chain: xr.Dataset, predicted: Array | None, lines: xr.Dataset | None
    ) -> Frame:
        frequency = np.arange(SIZE // 2 + 1) / SIZE
        measured = np.fft.rfft(chain.y.values, norm="forward")
        found = self._level(measured)
        expected, labels = np.full(frequency.size, np.nan), [""] * frequency.size
        if predicted is not None and lines is not None:
            expected = self._level(predicted)
            labels = line_labels(lines, frequency)
        data = xr.Dataset(
            {
                "measured": ("frequency", found),
                "predicted": ("frequency", expected),
                "label": ("frequency", labels),
            },
            coords={"frequency": ("frequency", frequency, {"units": "cycles per sample"})},
            attrs={"floor": FLOOR, "units": "dB re a tone of amplitude A"},
        )
        if predicted is None:
            return Frame(
                data, "A photograph holds all frequencies at once: no line can be told from another."
            )
        above = int((found > LISTED).sum())
        worst = residual(measured, predicted)
        if not above and worst < LISTED:
            return Frame(data, "No line is left: nothing comes out, as predicted.")
        words = f"{above} line{'s' * (above != 1)} above {LISTED:.0f} dB"
        if worst < ROUNDING:
            words += ", each predicted; measured and predicted agree to rounding"
        elif worst < LISTED:
            words += (
                f", each predicted; measured and predicted differ by at most {worst:.0f} dB re the strongest"
            )
        else:
            words += f"; not all are predicted: the two differ by {worst:.0f} dB re the strongest line, as "
            words += doubt(layer, layer.words, chain.z.values, self.oversampling)
        return Frame(data, f"{words}.".replace("-", "−"))

    def _others_frame(self, z: Array) -> Frame:
        found = {}
        for name in OTHERS:
            y = oversampled(z, ACTIVATIONS[name], self.oversampling)
            found[name] = ("frequency", self._level(np.fft.rfft(y, norm="forward")))
        frequency = ("frequency", np.arange(SIZE // 2 + 1) / SIZE, {"units": "cycles per sample"})
        data = xr.Dataset(found, {"frequency": frequency}, {"floor": FLOOR, "bias": self.bias})
        counts = {name: _lines_within(level[1:], 60.0) for name, (_, level) in found.items()}
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        words = "ReLU does not spread it widest here"
        if counts["relu"] > max(counts["sigmoid"], counts["tanh"]):
            words = "ReLU spreads it widest, as the paper notes"
        elif not counts["relu"]:
            words = "ReLU lets nothing through here"
        return Frame(data, f"Lines within 60 dB of the strongest, DC left out: {listed}. {words}.")

    def _plane_frame(self, layer: Layer) -> Frame:
        y, x = np.mgrid[:SIZE, :SIZE] * (2 * np.pi / SIZE)
        if self.excitation == PHOTOGRAPH:
            image, what = photograph_patch(), "A photograph"
        elif self.excitation == "one tone":
            image = np.cos(self.second * y + self.tone * x)
            what = f"A plane wave of {self.tone} cycles along x, {self.second} along y"
        else:
            image = np.cos(self.tone * x) + np.cos(self.second * y)
            what = f"{self.tone} cycles along x plus {self.second} along y"
        gain = filter_gain(KERNELS[self.kernel], np.fft.fftfreq(SIZE))
        filtered = np.fft.ifft(np.fft.fft(self.drive * image, axis=1) * gain, axis=1).real
        z = filtered + self.bias
        check_values(layer, layer.words, z, layer(z))
        lines = plane_spectrum(z, layer, self.oversampling)
        axis = np.fft.fftshift(np.fft.fftfreq(SIZE))
        data = xr.Dataset(
            {"level": (("frequency_y", "frequency_x"), np.maximum(level(lines / self.drive), -80.0))},
            coords={"frequency_y": axis, "frequency_x": axis},
            attrs={"floor": -80.0, "units": "dB re a tone of amplitude A"},
        )
        count = int((data.level > -60).sum())
        if not count:
            return Frame(data, f"{what}: nothing comes out.")
        folds = "harmonics above Nyquist fold on each axis by itself"
        if is_affine(layer, z):
            folds = "none of them new, as the layer is linear over this signal"
        elif self.oversampling > 1:
            folds = "what would fold is filtered"
        return Frame(data, f"{what}: {count} bin{'s' * (count != 1)} above −60 dB; {folds}.")

    def _readouts(
        self,
        layer: Layer,
        chain: xr.Dataset,
        predicted: Array | None,
        lines: xr.Dataset | None,
    ) -> tuple[Readout, ...]:
        words = "dead" if self.activation in ("relu", "leaky_relu") else "saturated"
        flat = flat_share(layer, chain.z.values)
        result = [Readout(words, 100 * flat, "% of samples", "slope below a twentieth of the steepest")]
        if predicted is None or lines is None:
            return tuple(result)
        measured = np.fft.rfft(chain.y.values, norm="forward")
        power = line_power(measured)
        if self.excitation == "one tone":
            result = [*_distortion(lines, power, self.tone), *result]
        alias, known = aliased_share(lines, power), int(lines.order_1.max())
        result += [
            Readout(
                "aliased",
                100 * alias,
                "% of power",
                f"lines from above Nyquist up to order {known}, without what is at DC",
            ),
            Readout("DC", float(measured[0].real), "input units", "mean of the output"),
            Readout(
                "residual",
                residual(measured, predicted),
                "dB",
                f"measured − predicted re the strongest; below {ROUNDING:.0f} dB it is rounding",
            ),
        ]
        return tuple(result)

    def levels(self) -> xr.Dataset | None:
        """Return the measured lines."""
        return line_table(self.picture().frames["lines"].data)

    def as_code(self) -> str:
        """Return notebook code that reproduces the lines."""
        layer = self._layer()
        name = layer.function if isinstance(layer.function, str) else ""
        return code_of(
            repr(name) if name else f"parse_formula({self.formula!r})",
            layer.parameters,
            KERNELS[self.kernel],
            self.bias,
            self.oversampling,
            self.drive,
            self._tones(),
            self._filtered(),
            self.places(),
        )


def _distortion(lines: xr.Dataset, power: Array, tone: int) -> list[Readout]:
    """Return what one tone's harmonics amount to; where it has none left, that is the note."""
    figures = {
        "THD": (100 * harmonic_distortion(lines), "%", f"harmonics 2 to {ORDERS} over the fundamental"),
        "SFDR": (sfdr(power, tone), "dB", "fundamental over the strongest other line, DC left out"),
    }
    return [
        Readout(name, value, unit, "no fundamental in the output" if np.isnan(value) else note)
        for name, (value, unit, note) in figures.items()
    ]


def _lines_within(level: Array, reach: float) -> int:
    """Return how many lines lie within `reach` dB of the strongest; what is at the floor is none."""
    return int((level > max(float(level.max()) - reach, FLOOR)).sum())
