"""Several pictures side by side, one scale per quantity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xarray as xr

from workbench.plots.canvas import span
from workbench.plots.palettes import CYCLIC, DIVERGING, MAGNITUDE, SPECTRUM
from workbench.plots.pictures import Picture

__all__ = ["KINDS", "Kind", "Strip"]


@dataclass(frozen=True)
class Kind:
    """How pictures of one quantity are drawn.

    Attributes
    ----------
    palette : tuple of str
        Sequential for magnitudes, cyclic for phases, diverging for signed values.
    low, high : float
        Values of the first and the last colour.
    unit : str
        Of the values.
    spectral : bool
        Whether the axes are frequencies.
    """

    palette: tuple[str, ...]
    low: float
    high: float
    unit: str = ""
    spectral: bool = False


#: quantity -> how it is drawn
KINDS: dict[str, Kind] = {
    "spectrum": Kind(SPECTRUM, -80.0, 0.0, "dB", spectral=True),
    "signed": Kind(DIVERGING, -1.0, 1.0),
    "magnitude": Kind(MAGNITUDE, 0.0, 1.0),
    "phase": Kind(CYCLIC, -3.141592653589793, 3.141592653589793, "rad"),
}


class Strip:
    """Pictures by name; `update` replaces all of them from one Dataset.

    Parameters
    ----------
    tiles
        ``{name of the variable: (title, kind)}``; a kind is a name in `KINDS` or a `Kind`.
    height
        Pixels of each figure.

    Each variable is (y, x), or, with coordinates, a picture that lies at them (spectra: in cycles/sample). A
    variable that is missing leaves its picture as it was; ``attrs["scale"]`` of a variable, (low, high),
    replaces the scale of its kind.
    """

    def __init__(self, tiles: Mapping[str, tuple[str, str | Kind]], height: int = 220) -> None:
        self._height = height
        self.pictures: dict[str, Picture] = {}
        for name, (title, kind) in tiles.items():
            self.add(name, title, kind)

    def add(self, name: str, title: str, kind: str | Kind) -> Any:
        """Add a picture, return its figure."""
        self.pictures[name] = _picture(title, KINDS[kind] if isinstance(kind, str) else kind, self._height)
        return self.pictures[name].figure

    @property
    def figures(self) -> dict[str, Any]:
        """All figures by name."""
        return {name: picture.figure for name, picture in self.pictures.items()}

    def update(self, data: xr.Dataset) -> None:
        """Show what `data` holds."""
        for name, picture in self.pictures.items():
            if name in data:
                image = data[name]
                if "scale" in image.attrs:
                    picture.set_scale(*image.attrs["scale"])
                picture.update(image)


def _picture(title: str, kind: Kind, height: int) -> Picture:
    if not kind.spectral:
        picture = Picture(
            title, kind.palette, kind.low, kind.high, ("x, pixel", "y, pixel"), kind.unit, height=height
        )
        return _few_ticks(picture)
    picture = Picture(
        title, kind.palette, kind.low, kind.high, ("f x, cycles/sample", "f y, cycles/sample"), kind.unit,
        height=height, x_range=span(-0.5, 0.5), y_range=span(-0.5, 0.5),
    )  # fmt: skip
    picture.figure.grid.visible = False
    return _few_ticks(picture)


def _few_ticks(picture: Picture) -> Picture:
    picture.figure.xaxis.ticker.desired_num_ticks = 3  # on a phone a picture is some 80 pixels wide
    picture.figure.yaxis.ticker.desired_num_ticks = 4
    return picture
