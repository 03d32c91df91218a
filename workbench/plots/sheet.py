"""The paper's sample layout: condition, images, decoded parts, spectra, interferogram, coherence."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.plots.canvas import span
from workbench.plots.palettes import CYCLIC, DIVERGING, MAGNITUDE, SPECTRUM, grey_below
from workbench.plots.pictures import ColourPicture, Picture

__all__ = ["Sheet"]

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
_DECODED = ("real_re", "real_im", "fake_re", "fake_im", "interferogram", "coherence")
_MAPPED = ("real_mapped", "fake_mapped")


class Sheet:
    """Eleven pictures of one sample."""

    def __init__(self, **options: Any) -> None:
        scales: dict[str, tuple[Any, float, float, str]] = {
            "spectrum_real": (SPECTRUM, BAND_FLOOR, 0.0, "dB"),
            "spectrum_fake": (SPECTRUM, BAND_FLOOR, 0.0, "dB"),
            "interferogram": (CYCLIC, -np.pi, np.pi, "rad"),
            "coherence": (MAGNITUDE, 0.0, 1.0, ""),
        }
        self.tiles: dict[str, Picture | ColourPicture] = {"condition": ColourPicture(-1.0, 1.0, **options)}
        for name in TITLES:
            if name not in self.tiles:
                palette, low, high, unit = scales.get(name, (DIVERGING, -1.0, 1.0, ""))
                self.tiles[name] = Picture("", palette, low, high, None, unit, **options)
        for name in ("spectrum_real", "spectrum_fake"):
            self.tiles[name].figure.update(x_range=span(-0.5, 0.5), y_range=span(-0.5, 0.5))
        self.attrs: dict[str, Any] = {}

    def title(self, name: str) -> str:
        """Return what stands under a picture; a map of another step says so."""
        step, other = self.attrs.get("step"), self.attrs.get("coherence_step")
        return f"{TITLES[name]}, step {other}" if name == "coherence" and step != other else TITLES[name]

    @property
    def figures(self) -> dict[str, Any]:
        """The figures by name, in reading order."""
        return {name: self.tiles[name].figure for name in TITLES}

    def update(self, data: xr.Dataset) -> None:
        """Show the variables that `sample_sheet` lists."""
        self.attrs = dict(data.attrs)
        amplitude = float(data.attrs["amplitude"])
        for name, tile in self.tiles.items():
            if name not in data:
                continue
            image = data[name]
            if isinstance(tile, ColourPicture):
                tile.update(image)
                continue
            if name in _MAPPED:
                image = image.isel(mapped_channel=0)
            elif name in _DECODED[:4]:
                tile.set_scale(-amplitude, amplitude)
            elif name == "coherence":
                null_level = float(np.nan_to_num(data.attrs["null_level"]))
                tile.set_palette(grey_below(MAGNITUDE, round(null_level, 2)))
            tile.update(image)
