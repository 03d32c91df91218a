"""A small picture as an address that an <img> takes: PNG in base64."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from workbench.plots.pictures import to_bytes

__all__ = ["thumbnail_source"]


def thumbnail_source(values: npt.ArrayLike, palette: Sequence[str], low: float, high: float) -> str:
    """Return a picture (y, x) through a palette, row 0 at the top; what is no number is transparent.

    >>> thumbnail_source([[0.0, 1.0]], ["#000000", "#FFFFFF"], 0, 1)[:22]
    'data:image/png;base64,'
    """
    pixels = to_bytes(np.asarray(values, float), low, high)
    picks = np.rint(np.linspace(0, len(palette) - 1, 255)).astype(int)
    colours = [(0, 0, 0), *(tuple(bytes.fromhex(palette[i][1:7])) for i in picks)]
    image = Image.fromarray(pixels)
    image.putpalette([part for colour in colours for part in colour])
    file = io.BytesIO()
    image.save(file, format="PNG", transparency=0)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
