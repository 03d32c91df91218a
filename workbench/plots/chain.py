"""One layer's chain: the signal at each stage over its spectrum, predicted lines, folding, Taylor series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource
from bokeh.models.annotations import BoxAnnotation, LabelSet

from workbench.plots.canvas import INK, canvas, fit, hover, marker_line, show, span
from workbench.plots.line_names import LEANING, TOP, leaning, thinned, upper_end
from workbench.plots.marks import Markers
from workbench.plots.palettes import ANSWER, GUESS, HELD, MEASURED, THEORY, cause_colour

__all__ = ["FoldingArrows", "PredictedLines", "SignalChain", "TaylorPlot"]

STAGES = {"x": "input x", "v": "after filter h ∗ x", "z": "after bias z", "y": "after activation y"}


class SignalChain:
    """Four stages from left to right, the samples over the spectrum; A of a comparison in grey behind.

    Needs ``x, v, z, y (n)`` and ``x_level … y_level (frequency)`` in dB, attrs floor.
    """

    def __init__(self, height: int = 150) -> None:
        self.waves, self.lines = ColumnDataSource(_empty("n")), ColumnDataSource(_empty("frequency"))
        self.held_waves = ColumnDataSource(_empty("n"))
        self.held_lines = ColumnDataSource(_empty("frequency"))
        self.figures: dict[str, Any] = {}
        self._y_ranges: dict[str, Any] = {}
        levels = span(-120, 10)
        for name, title in STAGES.items():
            self._y_ranges[name] = span(-1.1, 1.1)
            wave = canvas(
                title, "sample n", "input units", height=height,
                x_range=span(0, 64), y_range=self._y_ranges[name], toolbar_location=None,
            )  # fmt: skip
            wave.step("n", name, source=self.held_waves, color=HELD, line_width=1.5, mode="center")
            wave.step("n", name, source=self.waves, color=MEASURED, line_width=1.5, mode="center")
            level = canvas(
                "", "frequency, cycles/sample", "level, dB", height=height,
                x_range=span(-0.005, 0.505), y_range=levels, toolbar_location=None,
            )  # fmt: skip
            _stems(level, name, self.held_lines, HELD, 1)
            dots = _stems(level, name, self.lines, MEASURED, 2)
            hover(
                level,
                [dots],
                [("frequency", "@frequency{0.000} cycles/sample"), ("level", f"@{name}{{0.0}} dB")],
            )
            self.figures |= {name: wave, f"{name}_level": level}

    def update(self, data: xr.Dataset) -> None:
        """Show the chain."""
        _fill(self.waves, self.lines, data)
        self._fit()

    def hold(self, data: xr.Dataset | None) -> None:
        """Draw another chain behind, or none."""
        if data is None:
            self.held_waves.data, self.held_lines.data = _empty("n"), _empty("frequency")
        else:
            _fill(self.held_waves, self.held_lines, data)
        self._fit()

    def _fit(self) -> None:
        """Make room for the samples of both chains."""
        for name, axis in self._y_ranges.items():
            both = np.concatenate([waves.data[name] for waves in (self.waves, self.held_waves)])
            fit(axis, both, margin=0.1)


def _empty(axis: str) -> dict[str, Any]:
    return {axis: [], **{name: [] for name in STAGES}, **({"floor": []} if axis == "frequency" else {})}


def _fill(waves: Any, lines: Any, data: xr.Dataset) -> None:
    show(waves, {"n": data["n"].values, **{name: data[name].values for name in STAGES}})
    frequency, floor = data["frequency"].values, float(data.attrs["floor"])
    levels = {name: data[f"{name}_level"].values for name in STAGES}
    show(
        lines,
        {
            "frequency": frequency,
            "floor": np.full(frequency.size, floor),
            **{name: np.where(level > floor, level, np.nan) for name, level in levels.items()},
        },
    )


def _stems(plot: Any, name: str, source: Any, colour: str, width: int) -> Any:
    plot.segment("frequency", "floor", "frequency", name, source=source, color=colour, line_width=width)
    return plot.scatter("frequency", name, source=source, color=colour, size=2 + 1.5 * width)


class PredictedLines:
    """Measured lines as stems with dots, predicted ones as open rings, named; guesses as crosses.

    Needs ``measured, predicted (frequency)`` in dB and ``label (frequency)``, attrs floor, units.

    Parameters
    ----------
    height
        Pixels.
    first
        Lowest frequency drawn, cycles/sample.
    level
        What the levels are, with their unit and reference.
    """

    LEGEND = (("measured", MEASURED), ("predicted (rings)", THEORY))

    def __init__(
        self,
        height: int = 300,
        first: float = 0.0,
        level: str = "level, dB re a tone of amplitude A",
    ) -> None:
        self.source = ColumnDataSource(
            {name: [] for name in ("frequency", "measured", "predicted", "label", "floor", *LEANING)}
        )
        self.held = ColumnDataSource({"frequency": [], "measured": []})
        self.guesses = ColumnDataSource({"frequency": [], "level": []})
        self.answers = ColumnDataSource({"frequency": [], "level": []})
        self.y_range = span(-120, TOP)
        self._height = height - 60  # pixels between the axes, at least
        self.figure = canvas(
            "", "frequency, cycles/sample", level,
            height=height, x_range=span(first - 0.008, 0.508), y_range=self.y_range,
        )  # fmt: skip
        self.figure.xgrid.visible = False
        self.figure.scatter("frequency", "measured", source=self.held, color=HELD, size=7, marker="diamond")
        stems = self.figure.segment(
            "frequency", "floor", "frequency", "measured", source=self.source, color=MEASURED, line_width=2
        )
        dots = self.figure.scatter("frequency", "measured", source=self.source, color=MEASURED, size=6)
        rings = self.figure.scatter(
            "frequency",
            "predicted",
            source=self.source,
            line_color=THEORY,
            fill_alpha=0.0,
            line_width=2,
            size=12,
        )
        labels = LabelSet(
            x="frequency", y="measured", text="shown", source=self.source, angle="angle", x_offset="x_offset",
            y_offset=7, text_align="text_align", text_font_size="11px", text_color=INK,
        )  # fmt: skip
        self.figure.add_layout(labels)
        self.figure.scatter(
            "frequency", "level", source=self.guesses, marker="x", size=13, line_width=3, color=GUESS
        )
        self.figure.scatter(
            "frequency", "level", source=self.answers, marker="inverted_triangle", size=9, color=ANSWER
        )
        self.markers = Markers(self.figure)
        self._hidden = (stems, dots, rings, labels, *self.markers.renderers)
        hover(
            self.figure,
            [dots],
            [
                ("line", "@label"),
                ("frequency", "@frequency{0.0000} cycles/sample"),
                ("measured", "@measured{0.00} dB"),
                ("predicted", "@predicted{0.00} dB"),
            ],
        )

    def update(self, data: xr.Dataset) -> None:
        """Show the lines."""
        floor = float(data.attrs["floor"])
        measured, labels = data["measured"].values, [str(label) for label in data["label"].values]
        predicted = data["predicted"].values
        shown = thinned(data["frequency"].values, measured, labels)
        show(
            self.source,
            {
                "frequency": data["frequency"].values,
                "measured": np.where(measured > floor, measured, np.nan),
                "predicted": np.where(predicted > floor, predicted, np.nan),
                "label": labels,
                "floor": np.full(measured.size, floor),
                **leaning(data["frequency"].values, shown),
            },
        )
        end = upper_end(measured, shown, floor, self._height)
        if (self.y_range.start, self.y_range.end) != (floor, end):
            self.y_range.update(start=floor, end=end)

    def hold(self, data: xr.Dataset | None) -> None:
        """Draw another measurement behind, or none."""
        if data is None:
            show(self.held, {"frequency": [], "measured": []})
            return
        above = data["measured"].values > float(data.attrs["floor"])
        show(
            self.held,
            {
                "frequency": data["frequency"].values[above],
                "measured": data["measured"].values[above],
            },
        )

    def on_tap(self, callback: Callable[[tuple[float, ...]], None]) -> None:
        """Call back with the frequency that was clicked."""
        self.figure.on_event("tap", lambda event: callback((float(event.x),)))

    def mark(self, readings: Sequence[Any]) -> None:
        """Show numbered markers: each has a place (x,) and a level."""
        floor = float(self.y_range.start)
        self.markers.show([(one.place[0], max(one.level, floor)) for one in readings])

    def predict(self, guesses: Sequence[tuple[float, ...]], hidden: bool, answers: Sequence[Any]) -> None:
        """Show guesses; hide the lines while they are being made, mark the answers afterwards."""
        _mark(self.guesses, [guess[0] for guess in guesses], 8.0)
        _mark(self.answers, [answer.place[0] for answer in answers], 16.0)
        for part in self._hidden:
            if part.visible == hidden:
                part.visible = not hidden


def _mark(source: Any, places: list[float], level: float) -> None:
    if list(source.data["frequency"]) != places:
        show(source, {"frequency": places, "level": [level] * len(places)})


class FoldingArrows:
    """Where lines belong and where they appear: stems over all Nyquist zones, arrows into the first.

    Needs over ``line``: true_frequency, frequency, level (dB re the strongest), folded, kept, label.
    """

    def __init__(self, height: int = 330) -> None:
        names = ("true", "folded", "level", "floor", "colour", "label", "alpha")
        self.source = ColumnDataSource({name: [] for name in names})
        self.arcs = ColumnDataSource({"xs": [], "ys": [], "colour": []})
        self.x_range = span(-0.02, 2.02)
        self.figure = canvas(
            "", "frequency, cycles/sample", "level, dB re the strongest line", height=height,
            x_range=self.x_range, y_range=span(-84, 26),
        )  # fmt: skip
        self.figure.xgrid.visible = False
        for zone in range(1, 12, 2):  # every second zone is shaded
            box = BoxAnnotation(left=zone / 2, right=(zone + 1) / 2, fill_color=INK, fill_alpha=0.09)
            self.figure.add_layout(box)
        self.figure.multi_line("xs", "ys", source=self.arcs, color="colour", line_width=1.5, line_alpha=0.7)
        self.figure.segment(
            "true", "floor", "true", "level", source=self.source, color="colour", line_width=2, alpha="alpha"
        )
        dots = self.figure.scatter("true", "level", source=self.source, color="colour", size=7, alpha="alpha")
        self.figure.scatter(
            "folded", "level", source=self.source, line_color="colour", fill_alpha=0.0, size=9, alpha="alpha"
        )
        hover(
            self.figure,
            [dots],
            [
                ("line", "@label"),
                ("created at", "@true{0.000} cycles/sample"),
                ("appears at", "@folded{0.000} cycles/sample"),
                ("level", "@level{0.0} dB"),
            ],
        )

    def update(self, data: xr.Dataset) -> None:
        """Show the lines with their arrows."""
        true, folded = data["true_frequency"].values, data["frequency"].values
        level, kept = data["level"].values, data["kept"].values.astype(bool)
        beyond = data["folded"].values.astype(bool)
        colours = [cause_colour("folded" if one else "direct") for one in beyond]
        show(
            self.source,
            {
                "true": true,
                "folded": np.where(kept & beyond, folded, np.nan),
                "level": level,
                "floor": np.full(true.size, -84.0),
                "colour": colours,
                "label": [str(label) for label in data["label"].values],
                "alpha": np.where(kept, 1.0, 0.25),
            },
        )
        moved = np.flatnonzero(kept & beyond).tolist()
        turns = [_arc(true[i], folded[i], level[i]) for i in moved]
        show(
            self.arcs,
            {
                "xs": [turn[0] for turn in turns],
                "ys": [turn[1] for turn in turns],
                "colour": [colours[i] for i in moved],
            },
        )
        end = max(1.0, np.ceil(2 * float(true.max(initial=0.5))) / 2) + 0.02
        if abs(self.x_range.end - end) > 1e-9:
            self.x_range.end = end


def _arc(start: float, end: float, level: float, points: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Half a turn from one place to the other, above the level of the line."""
    turn = np.linspace(0, np.pi, points)
    middle, radius = (start + end) / 2, (start - end) / 2
    return middle + radius * np.cos(turn), level + 22 * min(abs(radius), 1.0) * np.sin(turn)


class TaylorPlot:
    """A function beside its Taylor polynomial, their difference below.

    Needs ``function, series, error (z)``, attrs at, radius, low, high (the signal's range), floor.
    """

    LEGEND = (
        ("a(z); of a kink its softplus", MEASURED),
        ("Taylor polynomial", THEORY),
        ("radius of convergence", "#8C8C8C"),
    )

    def __init__(self, height: int = 190) -> None:
        self.source = ColumnDataSource({"z": [], "function": [], "series": [], "error": []})
        self.x_range, self.y_range = span(-1, 1), span(-1, 1)
        self.values = canvas(
            "", "", "a(z)", height=height, x_range=self.x_range, y_range=self.y_range, min_border_bottom=4
        )
        self.error = canvas(
            "", "z, input units; shaded: where the signal goes", "error, dB",
            height=height - 30, x_range=self.x_range, y_range=span(-120, 20), toolbar_location=None,
        )  # fmt: skip
        self.values.xaxis.visible = False
        self.values.line("z", "function", source=self.source, color=MEASURED, line_width=3)
        drawn = self.values.line(
            "z", "series", source=self.source, color=THEORY, line_width=2, line_dash=[6, 3]
        )
        self.error.line("z", "error", source=self.source, color=THEORY, line_width=2)
        hover(
            self.values,
            [drawn],
            [("z", "@z{0.00}"), ("a(z)", "@function{0.000}"), ("series", "@series{0.000}")],
        )
        self._reach = [BoxAnnotation(left=0, right=0, fill_color=INK, fill_alpha=0.12) for _ in range(2)]
        self._limits = [[marker_line(plot, "height") for _ in range(2)] for plot in (self.values, self.error)]
        for plot, box in zip((self.values, self.error), self._reach, strict=True):
            plot.add_layout(box)
        self.figures = {"values": self.values, "error": self.error}

    def update(self, data: xr.Dataset) -> None:
        """Show function, series, error."""
        z, function = data["z"].values, data["function"].values
        low, high = float(function.min()), float(function.max())
        room = 0.4 * ((high - low) or 1.0)
        series = data["series"].values
        show(
            self.source,
            {
                "z": z,
                "function": function,
                "series": np.where(np.abs(series - function) < 20 * room, series, np.nan),
                "error": data["error"].values,
            },
        )
        self.x_range.update(start=float(z[0]), end=float(z[-1]))
        self.y_range.update(start=low - room, end=high + room)
        at, radius = float(data.attrs["at"]), float(data.attrs["radius"])
        for lines in self._limits:
            for line, place in zip(lines, (at - radius, at + radius), strict=True):
                line.update(location=place if np.isfinite(radius) else 0.0, visible=bool(np.isfinite(radius)))
        for box in self._reach:
            box.update(left=float(data.attrs["low"]), right=float(data.attrs["high"]))
