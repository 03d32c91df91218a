"""The figures of a report, as drawings that a page can hold."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from workbench.plots.palettes import SPECTRUM
from workbench.session import number

__all__ = ["draw_plane", "draw_stems"]

Line = dict[str, Any]
SIDE, WIDE = 440, 440  # of a drawing; its page scales it
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 14, 46
_RANGE = 80.0  # dB from the darkest colour to the brightest
_LARGEST = 512  # pixels of an embedded picture per axis


def draw_plane(spectrum: xr.Dataset, lines: Sequence[Line], colours: dict[str, str]) -> str:
    """Return a layer's two-dimensional power spectrum, its strongest lines named by their order.

    Parameters
    ----------
    spectrum
        power (frequency_y, frequency_x) of all orders, ascending frequencies in cycles per sample.
    lines
        Rows with frequency (y, x), order, cause; strongest first.
    colours
        By cause.
    """
    power = spectrum["power"].transpose("frequency_y", "frequency_x").values.astype(float)
    edges = [_edges(spectrum[f"frequency_{axis}"].values) for axis in "yx"]
    inner = SIDE - LEFT - RIGHT
    high = inner

    def place(frequency: Sequence[float]) -> tuple[float, float]:
        (y0, y1), (x0, x1) = edges
        return (
            LEFT + (frequency[1] - x0) / (x1 - x0) * inner,
            TOP + (y1 - frequency[0]) / (y1 - y0) * high,
        )

    taken: list[tuple[float, float, float, float]] = []
    marks = ""
    for line in lines:
        for sign in (1, -1):
            x, y = place([sign * value for value in line["frequency"]])
            if not (LEFT <= x <= LEFT + inner and TOP <= y <= TOP + high):
                continue  # of a line at half the sampling rate its mirror is the line itself
            colour = colours.get(line["cause"], "#ffffff")
            for width, stroke in ((5, "#000000"), (2.5, colour)):  # the picture has colours of its own
                marks += (
                    f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="none" stroke-width="{width}" '
                    f'stroke="{stroke}"/>'
                )
            text = order_text(line, sign)
            box = (x - 4 - 4 * len(text), y - 22, x + 4 + 4 * len(text), y - 7)
            if box[1] > TOP and _free(box, taken):
                taken.append(box)
                marks += f'<text class="on" x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">{text}</text>'
    picture = (
        f'<image x="{LEFT}" y="{TOP}" width="{inner}" height="{high}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="{_encoded(power[::-1])}"/>'
    )
    ticks = "".join(
        _tick_x(place((0, value))[0], TOP + high, number(value, 2))
        + _tick_y(place((value, 0))[1], number(value, 2))
        for value in (-0.5, -0.25, 0.0, 0.25)
    )
    return _drawing(
        SIDE,
        TOP + high + BOTTOM,
        "power spectrum of the layer in two dimensions",
        f'{picture}<rect class="frame" x="{LEFT}" y="{TOP}" width="{inner}" height="{high}"/>{ticks}{marks}',
        "frequency along x, cycles per sample of the layer",
        "frequency along y",
    )


def draw_stems(lines: Sequence[Line], colours: dict[str, str], floor: float) -> str:
    """Return the lines as stems over their frequency along x, cycles per frame, labelled by order."""
    bottom = max(floor, min((line["level"] or 0.0 for line in lines), default=floor) - 8)
    top = max([0.0, *(line["level"] or 0.0 for line in lines)]) + 8
    bottom = 10 * np.floor(bottom / 10)
    high, inner = SIDE - TOP - BOTTOM, WIDE - LEFT - RIGHT
    reach = 1.08 * max([1.0, *(abs(line["cycles"][1]) for line in lines)])
    step = next(s for s in (5, 10, 20, 40, 80) if (top - bottom) / s <= 8)

    def height(level: float) -> float:
        return TOP + (top - level) / (top - bottom) * high

    parts = ""
    for level in np.arange(np.ceil(bottom / step) * step, top, step):
        y = height(float(level))
        parts += f'<line class="grid" x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        parts += _tick_y(y, number(float(level), 0))
    for value in _round_ticks(reach):
        parts += _tick_x(LEFT + value / reach * inner, TOP + high, f"{value:g}")
    taken: list[tuple[float, float, float, float]] = []
    labels = ""
    for line in lines:
        x = LEFT + abs(line["cycles"][1]) / reach * inner
        y = height(max(line["level"] if line["level"] is not None else bottom, bottom))
        colour = colours.get(line["cause"], "var(--muted)")
        parts += f'<path d="M{x:.1f} {TOP + high}V{y:.1f}" stroke="{colour}" stroke-width="3"/>'
        parts += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>'
        text = order_text(line)
        box = (x - 3 - 4 * len(text), y - 22, x + 3 + 4 * len(text), y - 6)
        if _free(box, taken):
            taken.append(box)
            labels += f'<text class="halo" x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">{text}</text>'
    frame = f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{inner}" height="{high}"/>'
    return _drawing(
        WIDE,
        SIDE,
        "levels of the lines",
        parts + frame + labels,
        "|frequency along x|, cycles per frame",
        "dBc",
    )


def order_text(line: Line, sign: int = 1) -> str:
    """Return a line's order, or its two, with true minus signs."""
    names = ("order_1", "order_2") if "order_1" in line else ("order",)
    return ",".join(number(sign * line[name], 0) for name in names).replace("−0", "0")


def _edges(frequency: np.ndarray) -> tuple[float, float]:
    half = 0.5 / max(frequency.size, 1)
    return float(frequency[0]) - half, float(frequency[-1]) + half


def _encoded(power: np.ndarray) -> str:
    """Return a picture of the power in dB as a data address."""
    from PIL import Image

    for axis, size in enumerate(power.shape):
        factor = -(-size // _LARGEST)
        if factor > 1:
            starts = np.arange(0, size, factor)
            power = np.maximum.reduceat(power, starts, axis=axis)  # a line must not be lost between pixels
    brightest = power.max() or 1.0
    level = 10 * np.log10(np.maximum(power / brightest, 10 ** (-_RANGE / 10)))
    picture = Image.fromarray(np.round(255 * (1 + level / _RANGE)).astype(np.uint8), mode="P")
    picture.putpalette([int(colour[i : i + 2], 16) for colour in SPECTRUM for i in (1, 3, 5)])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _free(box: tuple[float, ...], taken: Sequence[tuple[float, ...]]) -> bool:
    return all(box[2] <= o[0] or o[2] <= box[0] or box[3] <= o[1] or o[3] <= box[1] for o in taken)


def _round_ticks(reach: float) -> list[float]:
    step = next(s * 10**e for e in range(-2, 5) for s in (1, 2, 5) if reach / (s * 10**e) <= 7)
    return [i * step for i in range(int(reach / step) + 1)]


def _tick_x(x: float, y: float, text: str) -> str:
    return f'<text class="axis" x="{x:.1f}" y="{y + 17:.1f}" text-anchor="middle">{text}</text>'


def _tick_y(y: float, text: str) -> str:
    return f'<text class="axis" x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'


def _drawing(width: int, height: int, name: str, body: str, below: str, beside: str) -> str:
    middle = LEFT + (width - LEFT - RIGHT) / 2
    across = TOP + (height - TOP - BOTTOM) / 2
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{name}">{body}'
        f'<text class="axis" x="{middle}" y="{height - 8}" text-anchor="middle">{below}</text>'
        f'<text class="axis" transform="translate(13 {across}) rotate(-90)" text-anchor="middle">{beside}'
        "</text></svg>"
    )
