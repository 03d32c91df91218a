"""How an array becomes a picture: one byte per pixel with a palette, or three channels as colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from bokeh.core.property.validation import validate
from bokeh.models import ColumnDataSource, CustomJSHover, Image, LinearColorMapper

from workbench.plots.canvas import canvas, hover, show, span

__all__ = ["Picture", "extent", "to_bytes", "to_rgb"]

_COLUMNS = ("image", "x", "y", "dw", "dh")
_PLACED: dict[str, Any] = {name: name for name in _COLUMNS}


def to_bytes(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Scale values to 1..255; 0 is kept for NaN, which is drawn transparent.

    >>> to_bytes(np.array([0.0, 0.5, 1.0, 2.0, np.nan]), 0.0, 1.0)
    array([  1, 128, 255, 255,   0], dtype=uint8)
    """
    scaled = 1 + np.rint(254 * (np.clip(values, low, high) - low) / (high - low))
    return np.where(np.isnan(values), 0, np.nan_to_num(scaled)).astype(np.uint8)


def to_rgb(channels: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return up to three channels (channel, y, x) as bytes (y, x, 3): red, green, blue.

    >>> to_rgb(np.ones((1, 1, 1)), 0.0, 1.0)
    array([[[255,   0,   0]]], dtype=uint8)
    """
    count, height, width = channels.shape
    colours = np.zeros((height, width, 3), np.uint8)
    for k in range(min(count, 3)):
        colours[..., k] = np.rint(255 * (np.clip(np.nan_to_num(channels[k]), low, high) - low) / (high - low))
    return colours


class Picture:
    """One image with one source; `update` replaces its pixels.

    Images with coordinates (spectra) lie at them; others lie in pixels, row 0 at the top.

    Parameters
    ----------
    title
        What it shows, drawn above it.
    palette, low, high
        256 colours or fewer, and the values of the first and the last.
    axes
        Labels of x and y with units.
    unit
        Of the values.
    """

    def __init__(
        self,
        title: str,
        palette: Sequence[str],
        low: float,
        high: float,
        axes: tuple[str, str],
        unit: str = "",
        **options: Any,
    ) -> None:
        self._scale = span(low, high)  # read by the hover text in the browser
        self.source = ColumnDataSource({name: [] for name in _COLUMNS})
        self.mapper = LinearColorMapper(palette=_with_transparent(palette), low=0, high=255)
        self.figure = canvas(title, *axes, **options)
        glyph = Image(**_PLACED, color_mapper=self.mapper)
        self.renderer = self.figure.add_glyph(self.source, glyph)
        decode = CustomJSHover(
            args={"scale": self._scale},
            code="""
                if (value == 0) return "–"
                return (scale.start + (value - 1) / 254 * (scale.end - scale.start)).toFixed(2)
            """,
        )
        tips = [("x, y", "$x{0.00}, $y{0.00}"), ("value", f"@image{{custom}} {unit}")]
        hover(self.figure, [self.renderer], tips, formatters={"@image": decode})

    def set_palette(self, palette: Sequence[str]) -> None:
        """Change the colours."""
        colours = _with_transparent(palette)
        if colours != self.mapper.palette:
            with validate(False):  # 256 colours, one by one, are 10 ms of every step
                self.mapper.palette = colours

    def set_scale(self, low: float, high: float) -> None:
        """Change the values of the first and the last colour for the pictures to come."""
        if (self._scale.start, self._scale.end) != (low, high):
            self._scale.update(start=low, end=high)

    def update(self, image: xr.DataArray) -> None:
        """Show `image` (y, x); the same picture again is not sent."""
        pixels = to_bytes(np.asarray(image.values, float), self._scale.start, self._scale.end)
        show(self.source, {"image": [pixels], **_place(image, self.figure)})


def _with_transparent(palette: Sequence[str]) -> list[str]:
    picks = np.rint(np.linspace(0, len(palette) - 1, 255)).astype(int)
    return ["#00000000", *(palette[i] for i in picks)]


def _place(image: xr.DataArray, figure: Any) -> dict[str, list[float]]:
    """Where the picture lies: at its coordinates, else in pixels, with the axes set to hold them."""
    y, x = (str(dim) for dim in image.dims)
    if y in image.coords and x in image.coords:
        left, width = extent(image[x].values)
        bottom, height = extent(image[y].values)
        return {"x": [left], "y": [bottom], "dw": [width], "dh": [height]}
    rows, columns = image.shape
    if (figure.y_range.start, figure.x_range.end) != (rows, columns):
        figure.x_range.update(start=0, end=columns)
        figure.y_range.update(start=rows, end=0)
    return {"x": [0.0], "y": [0.0], "dw": [columns], "dh": [rows]}


def extent(centres: np.ndarray) -> tuple[float, float]:
    """Return first edge and width of equally spaced cells with these centres.

    >>> extent(np.array([-0.5, 0.0]))
    (-0.75, 1.0)
    """
    spacing = float(centres[1] - centres[0]) if len(centres) > 1 else 1.0
    return float(centres[0]) - spacing / 2, spacing * len(centres)
