"""One layer's spectrum with every line named: order, cause, level."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, CustomJS
from bokeh.models.annotations import Span

from workbench.plots.canvas import INK, canvas, hover, marker_line, show, span
from workbench.plots.palettes import SPECTRUM, THEORY, cause_colour, cause_label
from workbench.plots.pictures import Picture, extent

__all__ = ["LabelledSpectrum"]

COLUMNS = (
    "x", "y", "mirror_x", "mirror_y", "at", "value", "floor", "theory", "colour", "alpha", "size", "ring",
    "delta", "name", "text", "label", "cause", "level", "peak", "picture_text", "cut_text",
)  # fmt: skip
LABELLED = {
    "text_font_size": "12px",
    "text_font_style": "bold",
    "text_baseline": "middle",
    "text_align": "center",
}

# Texts are placed where they are drawn: only the browser knows how wide the figure is. The strongest line
# comes first (leakage last); a text that finds no free place is left out (its line can still be pointed at).
PLACE = """
const [w, h] = [figure.inner_width, figure.inner_height]
if (!(w > 0 && h > 0)) return
const {start: x0, end: x1} = figure.x_range
const {start: y0, end: y1} = figure.y_range
const data = source.data
const [xs, ys, texts, shown] = [data[x], data[y], data.text, data[text]]
const sx = (v) => (v - x0) / (x1 - x0) * w
const sy = (v) => h - (v - y0) / (y1 - y0) * h
const taken = []
const free = (b) => b[0] >= 0 && b[2] <= w && b[1] >= 0 && b[3] <= h &&
  taken.every((o) => b[2] <= o[0] || o[2] <= b[0] || b[3] <= o[1] || o[3] <= b[1])
for (let i = 0; i < xs.length; i++) {
  if (texts[i] == "") continue
  const [px, py] = [sx(xs[i]), sy(ys[i])]
  taken.push([px - 4, py - 4, px + 4, py + 4])
  if (stems) taken.push([px - 3, py, px + 3, h])
}
for (let i = 0; i < xs.length; i++) {
  shown[i] = ""
  if (texts[i] == "") continue
  const [px, py, half] = [sx(xs[i]), sy(ys[i]) - 15, 3.6 * texts[i].length + 1]
  const box = [px - half, py - 8, px + half, py + 8]
  if (!free(box)) continue
  taken.push(box)
  shown[i] = texts[i]
}
source.change.emit()
"""

# The cursor stays in the browser: a message for every movement of the mouse would go to the server.
POINT = """
const keep = {sync: false}
const {x, y} = cb_obj
if (here == "cut") {
  for (const line of [across, upright]) line.setv({visible: false}, keep)
  const line = along.text == "x" ? upright : along.text == "y" ? across : null
  if (line != null) line.setv({location: x, visible: true}, keep)
} else {
  const signed = along.text == "x" ? x : y
  const at = along.text == "radial" ? Math.hypot(x, y) : along.real ? Math.abs(signed) : signed
  cut.setv({location: at, visible: true}, keep)
}
"""
LEAVE = "for (const line of lines) line.setv({visible: false}, {sync: false})"


class LabelledSpectrum:
    """A layer's spectrum in two dimensions, and its lines as stems along one axis.

    Lines bear the number of their order, in the colour of their cause. Texts that would overlap are left out,
    the strongest stay, leakage yields; all is in the hover text. Open rings are theory; a cursor in one
    figure is drawn in the other.

    ``update`` needs what `session.labelled_spectrum` composes: ``value(frequency_y, frequency_x)``; over
    ``line`` x, y, at, line_value, theory, level, peak_level, number, name, label, cause, labelled; over
    ``cut`` cut_frequency, cut_value; attrs floor, top, linear, threshold, frequency_unit, reference, along,
    real, selected, delta, images.

    Parameters
    ----------
    size
        Height of both figures, pixels.
    on_line
        Called with the number of a line (its `line` in `find_lines`) when it is tapped.
    """

    def __init__(self, size: int = 340, on_line: Any = None) -> None:
        labels = ("frequency x, cycles/sample", "frequency y, cycles/sample")
        self.picture = Picture(
            "", SPECTRUM, -80.0, 0.0, labels, "dB",
            height=size, x_range=span(-0.5, 0.5), y_range=span(-0.5, 0.5),
        )  # fmt: skip
        self.picture.figure.grid.visible = False
        self.cut = canvas(
            "", "frequency along x, cycles/sample", "level, dBc",
            height=size, x_range=span(0, 0.5), y_range=span(-80, 5),
        )  # fmt: skip
        self.cut.xgrid.visible = False
        self.figures = {"picture": self.picture.figure, "cut": self.cut}
        self.source = ColumnDataSource({name: [] for name in COLUMNS})
        self.envelope = ColumnDataSource({"at": [], "value": [], "floor": []})
        self.threshold = marker_line(self.cut, "width")
        self._causes: list[str] = []
        self._images = 1
        self._numbers: list[int] = []
        self._theory = False
        self._on_line = on_line
        self._draw_picture()
        self._draw_cut()
        self._place_texts()
        self._link_cursors()
        for plot, x, y in ((self.picture.figure, "x", "y"), (self.cut, "at", "value")):
            plot.on_event("tap", lambda event, plot=plot, x=x, y=y: self._tapped(event, plot, x, y))

    # ------------------------------------------------------------------ drawing
    def _draw_picture(self) -> None:
        plot = self.picture.figure
        mirrored = plot.scatter(
            "mirror_x", "mirror_y", source=self.source, size="size", fill_color=None, line_color="colour",
            line_width=1.5, line_alpha="alpha",
        )  # fmt: skip
        plot.scatter(
            "x", "y", source=self.source, size="ring", fill_color=None, line_color="#FFFFFF", line_width=2
        )
        plot.scatter(
            "x", "y", source=self.source, size="delta", fill_color=None, line_color="#FFFFFF", line_width=2,
            line_dash=[3, 3], marker="square",
        )  # fmt: skip
        dots = plot.scatter(
            "x", "y", source=self.source, size="size", fill_color="colour", fill_alpha="alpha",
            line_color="#FFFFFF", line_alpha="alpha", line_width=1,
        )  # fmt: skip
        plot.text(
            "x", "y", "picture_text", source=self.source, y_offset=-15, text_color="#FFFFFF",
            background_fill_color="#000000", background_fill_alpha=0.55, padding=1, border_radius=2,
            **LABELLED,
        )  # fmt: skip
        self._hover(plot, [dots, mirrored])

    def _draw_cut(self) -> None:
        plot = self.cut
        plot.varea("at", "value", "floor", source=self.envelope, fill_color=INK, fill_alpha=0.18)
        for colour, width in ((INK, 5), ("colour", 3)):  # with an edge: pale and dark causes on any paper
            plot.segment(
                "at", "floor", "at", "value", source=self.source, line_color=colour, line_width=width,
                line_alpha="alpha",
            )  # fmt: skip
        dots = plot.scatter(
            "at", "value", source=self.source, size="size", fill_color="colour", fill_alpha="alpha",
            line_color=INK, line_alpha="alpha",
        )  # fmt: skip
        plot.scatter(
            "at", "theory", source=self.source, size=15, fill_alpha=0.0, line_color=THEORY, line_width=2
        )
        plot.scatter(
            "at", "value", source=self.source, size="ring", fill_color=None, line_color=INK, line_width=2
        )
        plot.scatter(
            "at", "value", source=self.source, size="delta", fill_color=None, line_color=INK, line_width=2,
            line_dash=[3, 3], marker="square",
        )  # fmt: skip
        plot.text("at", "value", "cut_text", source=self.source, y_offset=-15, text_color=INK, **LABELLED)
        self._hover(plot, [dots])

    def _hover(self, plot: Any, renderers: list[Any]) -> None:
        tips = [
            ("", "@label"),
            ("level", "@level{0.0} dB"),
            ("whole peak", "@peak{0.0} dB"),
            ("frequency x, y", "@x{0.0000}, @y{0.0000}"),
        ]
        hover(plot, renderers, tips)

    def _place_texts(self) -> None:
        for plot, x, y, text in (
            (self.picture.figure, "x", "y", "picture_text"),
            (self.cut, "at", "value", "cut_text"),
        ):
            arguments: dict[str, Any] = {"figure": plot, "source": self.source, "x": x, "y": y, "text": text}
            arguments["stems"] = plot is self.cut
            place = CustomJS(args=arguments, code=PLACE)
            self.source.js_on_change("data", place)
            for name in ("inner_width", "inner_height"):
                plot.js_on_change(name, place)
            for axis in (plot.x_range, plot.y_range):
                axis.js_on_change("start", place)
                axis.js_on_change("end", place)

    def _link_cursors(self) -> None:
        thin = {"line_width": 1, "line_dash": "solid"}
        picture = self.picture.figure
        self._along = ColumnDataSource({"text": ["x"], "real": [True]}, tags=["fixed"])
        upright = marker_line(picture, "height", line_color="#FFFFFF", **thin)
        across = marker_line(picture, "width", line_color="#FFFFFF", **thin)
        cut = marker_line(self.cut, "height", **thin)
        lines: dict[str, Span] = {"upright": upright, "across": across, "cut": cut}
        head = "const along = {text: state.data.text[0], real: state.data.real[0]}\n"
        for plot, here in ((picture, "picture"), (self.cut, "cut")):
            arguments = {"state": self._along, "here": here, **lines}
            plot.js_on_event("mousemove", CustomJS(args=arguments, code=head + POINT))
            plot.js_on_event("mouseleave", CustomJS(args={"lines": list(lines.values())}, code=LEAVE))

    # ------------------------------------------------------------------ data
    def legend(self) -> list[tuple[str, str]]:
        """Return (label, colour) of every cause that a line has, and of the theory."""
        keys = [(cause_label(cause), cause_colour(cause, self._images)) for cause in self._causes]
        return [*keys, ("theory (rings)", THEORY)] if self._theory else keys

    def update(self, data: xr.Dataset) -> None:
        """Show value (frequency_y, frequency_x), the lines, the cut."""
        attrs = data.attrs
        leaks = data["cause"].values == "leakage"  # named last: texts take their places in this order
        data = data.isel(line=np.argsort(leaks, kind="stable"))
        floor, top, linear = float(attrs["floor"]), float(attrs["top"]), bool(attrs["linear"])
        self._images = max(int(attrs["images"]), 1)
        self._numbers = [int(number) for number in data["number"].values]
        self._causes = sorted({str(cause) for cause in data["cause"].values}, key=_rank)
        self._theory = bool(np.isfinite(data["theory"].values).any())
        show(self._along, {"text": [attrs["along"]], "real": [bool(attrs["real"])]})
        self._scales(data, floor, top, linear)
        self.picture.set_scale(floor, top if linear else 0.0)
        self.picture.update(data["value"])
        at, highest = data["cut_frequency"].values, data["cut_value"].values
        show(self.envelope, {"at": at, "value": highest, "floor": np.full(len(at), floor)})
        self.source.data = self._columns(data, floor)
        threshold = float(attrs["threshold"])
        self.threshold.update(location=threshold, visible=bool(threshold > floor))

    def _columns(self, data: xr.Dataset, floor: float) -> dict[str, Any]:
        labelled = data["labelled"].values.astype(bool)
        names = [str(name) for name in data["name"].values]
        text = [name if shown else "" for name, shown in zip(names, labelled, strict=True)]
        mirrored = bool(data.attrs["real"])
        x, y = data["x"].values, data["y"].values
        theory = data["theory"].values
        marked = np.array(self._numbers, int)
        return {
            "x": x,
            "y": y,
            "mirror_x": -x if mirrored else np.full(len(x), np.nan),
            "mirror_y": -y if mirrored else np.full(len(x), np.nan),
            "at": data["at"].values,
            "value": data["line_value"].values,
            "floor": np.full(len(x), floor),
            "theory": np.where(theory > floor, theory, np.nan),
            "colour": [cause_colour(str(cause), self._images) for cause in data["cause"].values],
            "size": np.where(data["cause"].values == "leakage", 5, 9),
            "alpha": np.where(labelled, 1.0, 0.35),
            "ring": np.where(marked == int(data.attrs["selected"]), 17, 0),
            "delta": np.where(marked == int(data.attrs["delta"]), 17, 0),
            "name": names,
            "text": text,
            "label": data["label"].values.tolist(),
            "cause": data["cause"].values.tolist(),
            "level": data["level"].values,
            "peak": data["peak_level"].values,
            "picture_text": list(text),
            "cut_text": list(text),
        }

    def _scales(self, data: xr.Dataset, floor: float, top: float, linear: bool) -> None:
        attrs = data.attrs
        unit, along = attrs["frequency_unit"], attrs["along"]
        picture = self.picture.figure
        for axis, letter in ((picture.xaxis, "x"), (picture.yaxis, "y")):
            axis.axis_label = f"frequency {letter}, {unit}"
        for axis, letter in ((picture.x_range, "x"), (picture.y_range, "y")):
            start, length = extent(data[f"frequency_{letter}"].values)
            _move(axis, start, start + length)
        where = "radial frequency" if along == "radial" else f"frequency along {along}"
        self.cut.xaxis.axis_label = f"{where}, {unit}"
        reference = str(attrs["reference"])
        self.cut.yaxis.axis_label = (
            f"amplitude {reference.removeprefix('dB ')}" if linear else f"level, {reference}"
        )
        at = data["cut_frequency"].values
        step = float(np.diff(at).min()) if len(at) > 1 else 1.0
        _move(self.cut.x_range, float(at[0]) - step, float(at[-1]) + step)
        room = (top - floor) * 0.1  # for the text above the highest stem
        _move(self.cut.y_range, floor, top + room)

    def _tapped(self, event: Any, plot: Any, x: str, y: str) -> None:
        if self._on_line is None or event.x is None or not self._numbers:
            return
        columns = self.source.data
        across = (np.asarray(columns[x]) - event.x) / (plot.x_range.end - plot.x_range.start)
        up = (np.asarray(columns[y]) - event.y) / (plot.y_range.end - plot.y_range.start)
        distance = np.hypot(across, up if plot is not self.cut else 0.2 * up)  # a stem is tapped anywhere
        nearest = int(np.argmin(distance))
        if distance[nearest] < 0.1:
            self._on_line(self._numbers[nearest])


def _rank(cause: str) -> tuple[int, int]:
    """Order of the legend: direct, folded, images by level, leakage."""
    if cause.startswith("image_"):
        return 2, int(cause.removeprefix("image_"))
    return {"direct": 0, "folded": 1}.get(cause, 3), 0


def _move(axis: Any, start: float, end: float) -> None:
    if (axis.start, axis.end) != (start, end):
        axis.update(start=start, end=end)
