"""Test pictures for changes of rate, with the code that makes them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["picture_code", "picture_of"]

_SKIMAGE = {"photograph": "camera", "brick": "brick", "text": "text"}


@lru_cache(maxsize=8)
def picture_of(name: str, size: int) -> npt.NDArray[Any]:
    """Return a picture with much at high frequencies, size x size, within +-1.

    >>> picture_of("zone plate", 128).shape
    (128, 128)
    """
    if name == "zone plate":
        y, x = np.mgrid[-size // 2 : size // 2, -size // 2 : size // 2]
        return np.asarray(np.cos(np.pi * (y**2 + x**2) / size))
    from skimage import data, transform

    picture = np.asarray(getattr(data, _SKIMAGE[name])(), float)
    side = min(picture.shape)
    small = transform.resize(picture[:side, :side] / 255, (size, size), anti_aliasing=True)
    return np.asarray(2 * small - 1)


def picture_code(name: str, size: int) -> list[str]:
    """Return lines that make ``image`` with ``np`` at hand.

    >>> picture_code("zone plate", 8)[1]
    'image = np.cos(np.pi * (y**2 + x**2) / 8)'
    """
    if name == "zone plate":
        return [
            f"y, x = np.mgrid[-{size // 2}:{size // 2}, -{size // 2}:{size // 2}]",
            f"image = np.cos(np.pi * (y**2 + x**2) / {size})",
        ]
    return [
        "from skimage import data, transform",
        "",
        f"picture = data.{_SKIMAGE[name]}()",
        "picture = picture[: min(picture.shape), : min(picture.shape)] / 255",
        f"image = 2 * transform.resize(picture, ({size}, {size}), anti_aliasing=True) - 1",
    ]
