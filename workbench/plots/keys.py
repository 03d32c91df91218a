"""What the colours of a panel mean, as text that wraps on narrow screens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["colour_bar", "legend"]


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """Return coloured squares with their labels as HTML.

    >>> legend([("direct", "#4393C3")])
    '<span class="key"><i style="background:#4393C3"></i>direct</span>'
    """
    return "".join(
        f'<span class="key"><i style="background:{colour}"></i>{escape(label)}</span>'
        for label, colour in entries
    )


def colour_bar(
    palette: Sequence[str],
    label: str,
    ticks: Sequence[tuple[float, str]],
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """Return a colour bar as HTML.

    Parameters
    ----------
    palette
        Colours from low to high.
    label
        Quantity and unit.
    ticks, marks
        (position 0..1, text) below and above the bar.

    >>> "null 0.30" in colour_bar(["#000000", "#FFFFFF"], "|γ̂|", [(0, "0"), (1, "1")], [(0.3, "null 0.30")])
    True
    """
    last = len(palette) - 1
    picks = sorted({round(last * k / 40) for k in range(41)}) if last > 40 else range(last + 1)
    stops = ", ".join(f"{palette[k]} {100 * k / max(last, 1):.1f}%" for k in picks)
    below = "".join(_tick("tick", position, text) for position, text in ticks)
    above = "".join(_tick("mark", position, text) for position, text in marks)
    return (
        f'<div class="colour-bar" role="img" aria-label="colour bar: {escape(label)}">'
        f'<div class="bar" style="background:linear-gradient(to right, {stops})">{above}{below}</div>'
        f'<div class="bar-label">{escape(label)}</div></div>'
    )


def _tick(kind: str, position: float, text: str) -> str:
    shift = -100 * position
    label = f'<em style="--shift:{shift:.0f}%">{escape(text)}</em>'
    return f'<b class="{kind}" style="left:{100 * position:.1f}%">{label}</b>'
