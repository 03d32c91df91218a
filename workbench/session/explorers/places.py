"""Places of markers, written as the address of a page has them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import param

__all__ = ["MARKERS", "Places", "read_places", "write_places"]

MARKERS = 2
"""Markers at most: two have a distance."""

Axes = Sequence[tuple[float, float]]


class Places(param.String):
    """Places on a spectrum as text: ``"0.25;0.1"`` along one frequency, ``"0.1,0.3"`` (x, y) in a plane.

    Parameters
    ----------
    axes : sequence of (low, high)
        Which frequencies there are, cycles/sample: x, then y where there are two; none: no markers here.
    """

    __slots__ = ["axes"]

    def __init__(self, axes: Axes = (), **options: Any) -> None:
        self.axes = tuple(axes)
        super().__init__("", **options)

    @property
    def needs(self) -> str:
        """What a value has to be, in words."""
        if not self.axes:
            return "nothing: there are no markers here"
        low, high = self.axes[0]
        what = "frequencies" if len(self.axes) == 1 else "pairs x,y of frequencies"
        example = "0.1;0.25" if len(self.axes) == 1 else "0.1,0.3;0.25,0.1"
        span = f"from {low:g} to {high:g} cycles/sample".replace("-", "−")
        return f"at most {MARKERS} {what} {span}, as {example}"

    def _validate(self, val: Any) -> None:
        super()._validate(val)
        try:
            read_places(val, self.axes)
        except ValueError as error:
            raise ValueError(f"markers: {error}; needed: {self.needs}") from None


def read_places(text: str, axes: Axes) -> list[tuple[float, ...]]:
    """Return the places that a text names.

    Raises
    ------
    ValueError
        If it names too many, or anything but finite frequencies on these axes: what was found.

    >>> read_places("0.1;0.25", [(0.0, 0.5)])
    [(0.1,), (0.25,)]
    >>> read_places("0.1,0.7", [(-0.5, 0.5), (-0.5, 0.5)])
    Traceback (most recent call last):
    ValueError: '0.1,0.7' found
    """
    written = text.split(";") if text else []
    if len(written) > MARKERS:
        raise ValueError(f"{len(written)} places found")
    places = []
    for one in written:
        try:
            place = tuple(float(number) for number in one.split(","))
        except ValueError:
            raise ValueError(f"{one!r} found") from None
        fits = len(place) == len(axes) and all(map(math.isfinite, place))
        if not (fits and all(low <= x <= high for x, (low, high) in zip(place, axes, strict=True))):
            raise ValueError(f"{one!r} found")
        places.append(place)
    return places


def write_places(places: Sequence[Sequence[float]]) -> str:
    """Return places as text that `read_places` reads back bit for bit.

    >>> write_places([(0.1, 0.3), (0.25, -0.5)])
    '0.1,0.3;0.25,-0.5'
    """
    return ";".join(",".join(repr(float(x)) for x in place) for place in places)
