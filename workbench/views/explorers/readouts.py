"""The row of key figures above an explorer's panels."""

from __future__ import annotations

from collections import Counter
from html import escape

from workbench.session.explorers import Picture, Readout

__all__ = ["readout_row"]


def readout_row(readouts: tuple[Readout, ...], held: Picture | None = None, *, hidden: bool = False) -> str:
    """Write the figures, those of A below; while something is predicted they would give it away."""
    of_a = {} if held is None or hidden else _told_apart(held.readouts)
    cells = "".join(
        f'<div class="readout" title="{escape(readout.note)}"><span>{escape(readout.label)}</span>'
        f"<b>{'?' if hidden else escape(_number(readout.value))}</b> <em>{escape(readout.unit)}</em>"
        + (f"<small>A: {escape(_number(of_a[key].value))}</small>" if key in of_a else "")
        + "</div>"
        for key, readout in _told_apart(readouts).items()
    )
    return f'<div class="readouts">{cells or "&nbsp;"}</div>'


def _told_apart(readouts: tuple[Readout, ...]) -> dict[tuple[str, int], Readout]:
    """Key figures by their label and how often it came before: a chain has one size per step."""
    seen: Counter[str] = Counter()
    found = {}
    for readout in readouts:
        found[readout.label, seen[readout.label]] = readout
        seen[readout.label] += 1
    return found


def _number(value: float | str) -> str:
    """Write a figure with as many places as it deserves.

    >>> _number(-7.4432), _number(float("nan")), _number("2×2"), _number(float("-inf")), _number(0.00123)
    ('−7.44', '–', '2×2', '−∞', '0.00123')

    What is left of rounding is nothing:

    >>> _number(3e-13)
    '0'
    """
    if isinstance(value, str):
        return value
    if value != value:
        return "–"
    if abs(value) < 1e-6:
        return "0"
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "−∞"
    return f"{value:.3g}".replace("-", "−") if abs(value) < 1000 else f"{value:,.0f}".replace("-", "−")
