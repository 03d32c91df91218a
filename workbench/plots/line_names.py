"""How the names of lines stand beside their stems: which are shown, how they lean, the room above them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["LEANING", "TOP", "leaning", "thinned", "upper_end"]

LEANING = ("shown", "angle", "x_offset", "text_align")
"""Columns of a label."""
TOP = 34.0
"""dB, the upper end of a figure of lines, unless a label needs more room."""
_LABEL_ROOM = 0.055  # cycles per sample that a label needs beside the next
_LAST = 0.41  # cycles per sample from which a label leans to the left, to stay in the picture
_LEAN = 0.9  # rad
_LETTER, _AROUND = 5.8, 15  # pixels that a label needs per letter, and besides


def leaning(frequency: np.ndarray, shown: list[str]) -> dict[str, Any]:
    """Lean labels to the right of their lines, the last ones to the left."""
    last = frequency > _LAST
    columns = (
        shown,
        np.where(last, -_LEAN, _LEAN),
        np.where(last, -4.0, 4.0),
        list(np.where(last, "right", "left")),
    )
    return dict(zip(LEANING, columns, strict=True))


def thinned(frequency: np.ndarray, level: np.ndarray, labels: Sequence[str]) -> list[str]:
    """Keep the labels of the strongest lines that do not run into one another; short forms."""
    shown = [""] * len(labels)
    taken: list[float] = []
    for i in np.argsort(-np.nan_to_num(level, nan=-999.0)):
        if labels[i] and all(abs(frequency[i] - other) >= _room(frequency[i], other) for other in taken):
            taken.append(float(frequency[i]))
            shown[i] = labels[i].replace(", folded from zone ", " · zone ").replace("orders ", "")
    return shown


def upper_end(level: np.ndarray, shown: list[str], floor: float, height: float) -> float:
    """Return the upper end of the levels, in whole tens above the usual, that leaves every label inside.

    Parameters
    ----------
    level : array
        Of each line, dB.
    shown : list of str
        Its label, "" for none.
    floor : float
        Lower end, dB.
    height : float
        Pixels from end to end.

    >>> [upper_end(np.zeros(1), [label], -120.0, 240.0) for label in ("order 2", "order 2 · zone 2")]
    [34.0, 74.0]
    """
    end = TOP
    for of_line, text in zip(level, shown, strict=True):
        share = (_AROUND + _LETTER * np.sin(_LEAN) * len(text)) / height if text else 0.0
        if 0 < share < 1 and np.isfinite(of_line):
            end = max(end, (float(of_line) - share * floor) / (1 - share))
    return TOP + 10 * float(np.ceil((end - TOP) / 10))


def _room(one: float, other: float) -> float:
    """Two labels that lean towards one another need twice the room."""
    return _LABEL_ROOM * (2 if (one > _LAST) != (other > _LAST) else 1)
