"""Complex images in the true shape of their pixels, their spectrum, their distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, FixedTicker
from bokeh.models.annotations import BoxAnnotation

from workbench.plots.canvas import canvas, fit, hover, show, span
from workbench.plots.palettes import MAGNITUDE, MEASURED, THEORY
from workbench.plots.pictures import extent
from workbench.plots.spectra import draw_quadrants
from workbench.plots.strips import Kind, Strip

__all__ = [
    "AmplitudeHistogram", "ConditionPlanes", "MappedPatch", "PairPictures", "PatchPictures", "SceneOverview",
    "SceneSpectrum",
]  # fmt: skip

CENTROID, BAND = "#2DD4BF", "#F0ABFC"  # on a dark picture in both themes
_AMPLITUDE = Kind(MAGNITUDE, -40.0, 0.0, "dB")
# Equal sums across and along: the frame of a square figure is a square, whatever its ticks say.
_BORDERS = {"min_border_left": 62, "min_border_right": 12, "min_border_top": 28, "min_border_bottom": 46}
_MOST_LINES = 40


class _TrueAspect(Strip):
    """Pictures in square frames whose shorter side leaves room, so that pixels keep their shape."""

    def __init__(self, tiles: dict[str, tuple[str, str | Kind]], height: int = 320) -> None:
        super().__init__(tiles, height)
        for figure in self.figures.values():
            figure.update(**_BORDERS)
            figure.grid.visible = False

    def _frame(
        self, figure: Any, top: float, left: float, rows: float, columns: float, aspect: float
    ) -> None:
        """Show so many pixels from a corner; `aspect` is the height of a pixel over its width."""
        side = max(rows * aspect, columns)
        for axis, low, length, share in (
            (figure.yaxis, top, rows, rows * aspect / side), (figure.xaxis, left, columns, columns / side),
        ):  # fmt: skip
            axis.bounds = (low, low + length)  # nothing is numbered beside the picture
            axis.ticker.desired_num_ticks = 4 if share > 0.4 else 1
        spare_y, spare_x = (side / aspect - rows) / 2, (side - columns) / 2
        wanted = (left - spare_x, left + columns + spare_x, top + rows + spare_y, top - spare_y)
        x, y = figure.x_range, figure.y_range
        if (x.start, x.end, y.start, y.end) != wanted:
            x.update(start=wanted[0], end=wanted[1], reset_start=wanted[0], reset_end=wanted[1])
            y.update(start=wanted[2], end=wanted[3], reset_start=wanted[2], reset_end=wanted[3])

    def update(self, data: xr.Dataset) -> None:
        """Show what `data` holds; attrs ``aspect``: height of a pixel over its width."""
        super().update(data)
        for name, picture in self.pictures.items():
            if name in data and not _spectral(data[name]):
                rows, columns = data[name].shape
                self._frame(picture.figure, 0.0, 0.0, rows, columns, float(data.attrs["aspect"]))


def _spectral(image: xr.DataArray) -> bool:
    return all(dim in image.coords for dim in image.dims)


class PatchPictures(_TrueAspect):
    """Amplitude beside phase of one patch."""

    def __init__(self) -> None:
        super().__init__({"amplitude": ("amplitude", _AMPLITUDE), "phase": ("phase", "phase")})


class SceneOverview(_TrueAspect):
    """Amplitude beside phase of the whole image; a click takes the patch of that place."""

    def __init__(self) -> None:
        super().__init__({"amplitude": ("amplitude", _AMPLITUDE), "phase": ("phase", "phase")})
        self._boxes = []
        first, second = self.figures.values()
        second.x_range, second.y_range = first.x_range, first.y_range
        for figure in self.figures.values():
            box = BoxAnnotation(
                fill_color=None, line_color="#FFFFFF", line_alpha=1.0, line_width=3, visible=False
            )
            shade = BoxAnnotation(
                fill_color=None,
                line_color="#D6604D",
                line_alpha=1.0,
                line_width=3,
                line_dash=[5, 5],
                visible=False,
            )
            for one in (box, shade):
                figure.add_layout(one)
            self._boxes += [box, shade]
            for grid in figure.grid:
                grid.update(grid_line_color="#FFFFFF", grid_line_alpha=0.35, level="overlay")

    def on_tap(self, callback: Callable[[float, float], None]) -> None:
        """Call back with the pixel (y, x) that was clicked."""
        for figure in self.figures.values():
            figure.on_event("tap", lambda event: callback(float(event.y), float(event.x)))

    def update(self, data: xr.Dataset) -> None:
        """Show amplitude, phase (y, x) at their pixels, the grid of patches, the one that is chosen."""
        for name, picture in self.pictures.items():
            if "scale" in data[name].attrs:
                picture.set_scale(*data[name].attrs["scale"])
            picture.update(data[name])
        rows, columns = data.attrs["height"], data.attrs["width"]
        for picture in self.pictures.values():
            # The last point covers fewer pixels than the others where the image does not divide.
            step_y, step_x = (extent(data[axis].values)[1] / data.sizes[axis] for axis in ("y", "x"))
            picture.source.data = dict(picture.source.data) | {
                "x": [0.0], "y": [0.0], "dw": [step_x * data.sizes["x"]], "dh": [step_y * data.sizes["y"]],
            }  # fmt: skip
            self._frame(picture.figure, 0.0, 0.0, rows, columns, float(data.attrs["aspect"]))
        self._mark(data.attrs["patch"], rows, columns)

    def _mark(self, patch: tuple[int, int, int] | None, rows: int, columns: int) -> None:
        size = patch[2] if patch is not None else 0
        shown = patch is not None and max(rows, columns) // size <= _MOST_LINES and size < max(rows, columns)
        for figure in self.figures.values():
            for grid, length in ((figure.ygrid[0], rows), (figure.xgrid[0], columns)):
                ticks = list(range(0, length // size * size + 1, size)) if shown else []
                grid.update(ticker=FixedTicker(ticks=ticks), visible=shown)
        for box in self._boxes:
            box.visible = patch is not None
            if patch is not None:
                top, left, _ = patch
                box.update(left=left, right=left + size, top=top + size, bottom=top)


class SceneSpectrum:
    """Level in two dimensions with the centroid and the band that holds 99 % of the power."""

    LEGEND = (("centroid", CENTROID), ("band with 99 % of the power", BAND))

    def __init__(self) -> None:
        self._strip = Strip({"level": ("", "spectrum")}, 320)
        self.figure = self._strip.figures["level"]
        self.figure.update(**_BORDERS)
        self.centroid = ColumnDataSource({"x": [], "y": []})
        self.band = ColumnDataSource({"left": [], "right": [], "bottom": [], "top": []})
        self.figure.quad(
            "left", "right", "top", "bottom", source=self.band, fill_alpha=0, line_color=BAND, line_width=2,
            line_dash=[7, 4],
        )  # fmt: skip
        self.figure.scatter(
            "x", "y", source=self.centroid, marker="cross", size=18, line_width=3, color=CENTROID
        )

    def update(self, data: xr.Dataset) -> None:
        """Show level (frequency_y, frequency_x); attrs ``centroid``, ``occupied`` (y, x), cycles/sample."""
        self._strip.update(data)
        (f_y, f_x), (wide_y, wide_x) = data.attrs["centroid"], data.attrs["occupied"]
        known = bool(np.isfinite([f_y, f_x, wide_y, wide_x]).all())
        self.centroid.data = {"x": [f_x], "y": [f_y]} if known else {"x": [], "y": []}
        bands = [(y, x) for y in _spans(f_y, wide_y) for x in _spans(f_x, wide_x)] if known else []
        show(
            self.band,
            {
                "left": [low for _, (low, _) in bands],
                "right": [high for _, (_, high) in bands],
                "bottom": [low for (low, _), _ in bands],
                "top": [high for (_, high), _ in bands],
            },
        )


def _spans(centre: float, width: float) -> list[tuple[float, float]]:
    """Return where a band lies: what leaves at one side comes back at the other, a full one has no edge.

    >>> _spans(0.0, 1.0), _spans(0.5, 0.5)[1:]
    ([(-1.0, 1.0)], [(0.25, 0.75), (1.25, 1.75)])
    """
    if width > 0.985:
        return [(-1.0, 1.0)]
    return [(centre - width / 2 + turn, centre + width / 2 + turn) for turn in (-1, 0, 1)]


class AmplitudeHistogram:
    """Distribution of the amplitude beside Rayleigh's, that of fully developed speckle."""

    LEGEND = (("measured", MEASURED), ("Rayleigh", THEORY))

    def __init__(self, height: int = 470) -> None:
        self.source = ColumnDataSource({"left": [], "right": [], "x": [], "density": [], "rayleigh": []})
        self.figure = canvas(
            "", "amplitude over its rms", "probability density", height=height, x_range=span(0, 4)
        )
        bars = self.figure.quad(
            "left", "right", "density", 0, source=self.source, fill_color=MEASURED, line_color=None
        )
        self.figure.line("x", "rayleigh", source=self.source, color=THEORY, line_width=2.5)
        tips = [
            ("amplitude", "@x{0.00} rms"),
            ("measured", "@density{0.00}"),
            ("Rayleigh", "@rayleigh{0.00}"),
        ]
        hover(self.figure, [bars], tips)

    def update(self, data: xr.Dataset) -> None:
        """Show density, rayleigh (amplitude)."""
        centre = data["amplitude"].values
        half = (centre[1] - centre[0]) / 2
        show(self.source, {
            "left": centre - half, "right": centre + half, "x": centre,
            "density": data["density"].values, "rayleigh": data["rayleigh"].values,
        })  # fmt: skip
        fit(self.figure.y_range, np.append(data["density"].values, [0.0, 1.0]), margin=0.05, zero=True)


class ConditionPlanes(_TrueAspect):
    """The planes that a network is shown, side by side; places of planes that are not there stay empty."""

    def __init__(self, count: int) -> None:
        planes = Kind(MAGNITUDE, -1.0, 1.0)
        super().__init__({f"condition_{k + 1}": (f"plane {k + 1}", planes) for k in range(count)})

    def update(self, data: xr.Dataset) -> None:
        """Show condition_1 … (y, x); attrs of each ``title``, ``scale``."""
        for name, picture in self.pictures.items():
            picture.figure.visible = name in data
            if name in data:
                picture.figure.title.text = data[name].attrs["title"]
        super().update(data)


class PairPictures(_TrueAspect):
    """The second acquisition beside the interferogram and its coherence."""

    def __init__(self) -> None:
        super().__init__({
            "second": ("second acquisition", _AMPLITUDE), "interferogram": ("interferogram", "phase"),
            "magnitude": ("coherence", "magnitude"),
        })  # fmt: skip

    def update(self, data: xr.Dataset) -> None:
        """Show second in dB, interferogram in rad, magnitude 0 … 1 (y, x)."""
        self.figures["magnitude"].visible = "magnitude" in data
        super().update(data)


class MappedPatch(_TrueAspect):
    """What a real-valued network sees of a patch: pixels, spectrum with the quadrants of the mapping."""

    def __init__(self) -> None:
        super().__init__(
            {"mapped": ("mapped patch, channel 1", "signed"), "mapped_level": ("its spectrum", "spectrum")}
        )
        self._drawings = draw_quadrants(self.figures["mapped_level"])

    def update(self, data: xr.Dataset) -> None:
        """Show mapped (y, x), mapped_level; attrs ``has_band``: whether there are quadrants."""
        super().update(data)
        for drawing in self._drawings:
            drawing.visible = bool(data.attrs["has_band"])
