"""The paper's sample layout: condition, images, decoded parts, spectra, interferogram, coherence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from workbench.plots.palettes import CYCLIC, DIVERGING, MAGNITUDE, SPECTRUM, grey_below
from workbench.plots.pictures import extent, to_bytes, to_rgb

__all__ = ["TITLES", "Sheet", "Tile"]

BAND_FLOOR = -60.0
TITLES = {
    "condition": "condition",
    "real_mapped": "real, mapped",
    "fake_mapped": "generated, mapped",
    "spectrum_real": "spectrum, real",
    "spectrum_fake": "spectrum, generated",
    "interferogram": "interferogram",
    "real_re": "Re, real",
    "real_im": "Im, real",
    "fake_re": "Re, generated",
    "fake_im": "Im, generated",
    "coherence": "coherence |γ̂|",
}
_DECODED = ("real_re", "real_im", "fake_re", "fake_im")
_MAPPED = ("real_mapped", "fake_mapped")


@dataclass(frozen=True, eq=False)
class Tile:
    """One bare picture, row 0 at the top.

    Parameters
    ----------
    title
        What it shows.
    pixels
        uint8 (y, x): 0 is transparent, 1 to 255 run from `low` to `high` through the palette; or
        (y, x, 3), colours.
    palette
        Colours from low to high; empty where the pixels are colours.
    low, high, unit
        Values of the first and the last colour, and what they are measured in.
    x, y
        Where the upper left corner lies, and how far it is to the opposite side.
    """

    title: str
    pixels: np.ndarray
    palette: Sequence[str] = ()
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)


class Sheet:
    """Eleven pictures of one sample, as bytes: whoever draws them needs no plot around each."""

    def __init__(self) -> None:
        self.tiles: dict[str, Tile] = {}
        self._attrs: dict[str, Any] = {}

    def title(self, name: str) -> str:
        """Return what stands under a picture; a map of another step says so."""
        step, other = self._attrs.get("step"), self._attrs.get("coherence_step")
        return f"{TITLES[name]}, step {other}" if name == "coherence" and step != other else TITLES[name]

    def update(self, data: xr.Dataset) -> None:
        """Take the variables that `sample_sheet` lists."""
        self._attrs = dict(data.attrs)
        amplitude = float(data.attrs["amplitude"])
        null_level = round(float(np.nan_to_num(data.attrs.get("null_level", np.nan))), 2)
        scales: dict[str, tuple[Sequence[str], float, float, str]] = {
            "spectrum_real": (SPECTRUM, BAND_FLOOR, 0.0, "dB"),
            "spectrum_fake": (SPECTRUM, BAND_FLOOR, 0.0, "dB"),
            "interferogram": (CYCLIC, -np.pi, np.pi, "rad"),
            "coherence": (grey_below(MAGNITUDE, null_level), 0.0, 1.0, ""),
            **dict.fromkeys(_MAPPED, (DIVERGING, -1.0, 1.0, "")),
            **dict.fromkeys(_DECODED, (DIVERGING, -amplitude, amplitude, "")),
        }
        self.tiles = {}
        for name in TITLES:
            if name not in data:
                continue
            values = data[name].values
            if name == "condition":
                pixels = to_rgb(values, -1.0, 1.0)
                x, y = (0.0, float(pixels.shape[1])), (0.0, float(pixels.shape[0]))
                self.tiles[name] = Tile(self.title(name), pixels, x=x, y=y)
                continue
            pixels = to_bytes(values[0] if name in _MAPPED else values, *scales[name][1:3])
            x, y = (0.0, float(pixels.shape[1])), (0.0, float(pixels.shape[0]))
            if name.startswith("spectrum"):
                left, width = extent(data["frequency_x"].values)
                bottom, height = extent(data["frequency_y"].values)
                pixels, x, y = pixels[::-1], (left, width), (bottom + height, -height)
            self.tiles[name] = Tile(self.title(name), pixels, *scales[name], x, y)
