"""Two-dimensional spectra: the Nyquist band of an image, the content of one layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource
from bokeh.models.annotations import BoxAnnotation, Label

from workbench.plots.canvas import canvas, hover, show, span
from workbench.plots.palettes import MEASURED, SPECTRUM, THEORY
from workbench.plots.pictures import Picture, extent

__all__ = ["BandPair", "LayerSpectrum", "draw_quadrants"]

BAND_FLOOR = -60.0
_QUADRANTS = (
    ("band", 0.0, 0.0, "solid", "#2DD4BF"),
    ("mirror", -0.5, -0.5, "dashed", "#F0ABFC"),
    ("empty", -0.5, 0.0, "dotted", "#D4D4D4"),
    ("empty", 0.0, -0.5, "dotted", "#D4D4D4"),
)  # name, lower edge along x and y, line, colour (drawn on a dark picture in both themes)


class BandPair:
    """Spectra of the real and the generated image on one scale, with the places a spectrum may take."""

    def __init__(self, size: int = 300) -> None:
        labels = ("frequency x, cycles/pixel", "frequency y, cycles/pixel")
        self.pictures = {
            name: Picture(
                title, SPECTRUM, BAND_FLOOR, 0.0, labels, "dB",
                height=size, x_range=span(-0.5, 0.5), y_range=span(-0.5, 0.5),
            )
            for name, title in (("real", "real"), ("fake", "generated"))
        }  # fmt: skip
        self._drawings: list[Any] = []
        for picture in self.pictures.values():
            picture.figure.grid.visible = False
            self._drawings += draw_quadrants(picture.figure)
        real, fake = self.pictures["real"].figure, self.pictures["fake"].figure
        fake.x_range, fake.y_range = real.x_range, real.y_range

    @property
    def figures(self) -> dict[str, object]:
        """Both figures by name."""
        return {name: picture.figure for name, picture in self.pictures.items()}

    def update(self, data: xr.Dataset) -> None:
        """Show real and fake (frequency_y, frequency_x) in dB."""
        for name, picture in self.pictures.items():
            picture.update(data[name])
        for drawing in self._drawings:
            drawing.visible = bool(data.attrs["has_band"])


def draw_quadrants(figure: Any) -> list[Any]:
    """Draw where a Nyquist-mapped spectrum may lie; returns what was drawn, to be shown or hidden."""
    drawings: list[Any] = []
    inset = 0.006
    for name, left, bottom, dash, colour in _QUADRANTS:
        box = BoxAnnotation(
            left=left + inset, right=left + 0.5 - inset, bottom=bottom + inset, top=bottom + 0.5 - inset,
            fill_color=None, line_color=colour, line_dash=dash, line_width=1.5,
        )  # fmt: skip
        label = Label(
            x=left + 0.025, y=bottom + 0.47, text=name, text_color=colour,
            text_font_size="12px", text_baseline="top",
            background_fill_color="#000000", background_fill_alpha=0.6,
        )  # fmt: skip
        for drawing in (box, label):
            figure.add_layout(drawing)
            drawings.append(drawing)
    return drawings


class LayerSpectrum:
    """One layer's power spectrum in two dimensions, and summed onto each axis."""

    LEGEND = (("along x", MEASURED), ("along y", THEORY))

    def __init__(self, size: int = 300) -> None:
        labels = ("frequency x, cycles/sample", "frequency y, cycles/sample")
        self.picture = Picture(
            "", SPECTRUM, -80.0, 0.0, labels, "dB",
            height=size, x_range=span(-0.5, 0.5), y_range=span(-0.5, 0.5),
        )  # fmt: skip
        self.picture.figure.grid.visible = False
        self.source = ColumnDataSource({"x": [], "along_x": [], "y": [], "along_y": []})
        self.profile = canvas(
            "", "frequency, cycles/sample", "level, dB re the layer's power",
            height=size, x_range=span(-0.5, 0.5), y_range=span(-80, 3),
        )  # fmt: skip
        first = self.profile.line("x", "along_x", source=self.source, color=MEASURED, line_width=2)
        second = self.profile.line(
            "y", "along_y", source=self.source, color=THEORY, line_width=2, line_dash=[6, 3]
        )
        hover(self.profile, [first], [("x", "@x{0.000} cycles/sample"), ("level", "@along_x{0.0} dB")])
        hover(self.profile, [second], [("y", "@y{0.000} cycles/sample"), ("level", "@along_y{0.0} dB")])

    @property
    def figures(self) -> dict[str, object]:
        """Both figures by name."""
        return {"picture": self.picture.figure, "profile": self.profile}

    def update(self, data: xr.Dataset) -> None:
        """Show level (frequency_y, frequency_x), along_x and along_y in dB re the layer's power."""
        floor = float(data.attrs["floor"])
        self.picture.set_scale(floor, 0.0)
        self.picture.update(data["level"])
        for axis, name in (
            (self.picture.figure.x_range, "frequency_x"),
            (self.picture.figure.y_range, "frequency_y"),
        ):
            start, length = extent(data[name].values)
            if axis.start != start:
                axis.update(start=start, end=start + length)
        if self.profile.y_range.start != floor:
            self.profile.y_range.start = floor
        length = max(data.sizes["frequency_x"], data.sizes["frequency_y"])
        show(
            self.source,
            {
                "x": _padded(data["frequency_x"].values, length),
                "along_x": _padded(data["along_x"].values, length),
                "y": _padded(data["frequency_y"].values, length),
                "along_y": _padded(data["along_y"].values, length),
            },
        )


def _padded(values: np.ndarray, length: int) -> np.ndarray:
    return np.pad(np.asarray(values, float), (0, length - len(values)), constant_values=np.nan)
