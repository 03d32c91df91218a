"""How the document of an analysis is laid out in a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

__all__ = ["Paper", "draw_table"]

Row = dict[str, Any]
QUIET = -200.0  # dB: what is below is rounding
NARROWEST = 72  # columns that the figures need; narrower terminals wrap them
BAR_FROM, BAR = 104, 24  # columns of a terminal that shows bars, of a bar
_KINDS = ("direct", "folded", "image", "leakage")
_BLOCKS = dict(zip(_KINDS, "█▓▒░", strict=True))
_LETTERS = dict(zip(_KINDS, "=FI~", strict=True))
_COLOURS = {"direct": "blue", "folded": "red", "image": "yellow", "leakage": "white"}
Columns = tuple[tuple[str, str], ...]
_ONE_TONE: Columns = (
    ("gain", "gain"), ("hd.2", "HD2"), ("hd.3", "HD3"), ("thd", "THD"), ("sfdr", "SFDR"),
    ("alias", "alias"), ("image.0", "image"), ("leakage", "leak"),
)  # fmt: skip
_TWO_TONES: Columns = (
    ("gain", "gain"), ("imd.2", "IMD2"), ("imd.3", "IMD3"), ("imd.4", "IMD4"), ("imd.5", "IMD5"),
    ("alias", "alias"), ("image.0", "image"), ("leakage", "leak"),
)  # fmt: skip
_SCENE: Columns = (
    ("gain", "gain"),
    ("hd.2", "HD2"),
    ("hd.3", "HD3"),
    ("thd", "THD"),
    ("phase_fidelity", "fid."),
)
_FAMILIES = (("harmonic", "harmonics"), ("folded", "folded"), ("image", "images"), ("leakage", "leakage"))


class Paper:
    """What can be written on: how wide, in which characters, in colour or not.

    Parameters
    ----------
    width
        Columns; None asks the terminal (80 where there is none).
    colour
        None: where the output is a terminal and NO_COLOR is not set.
    unicode
        None: where the output's encoding has blocks.
    """

    def __init__(
        self, width: int | None = None, colour: bool | None = None, unicode: bool | None = None
    ) -> None:
        import shutil

        self.width = max(shutil.get_terminal_size((80, 24)).columns if width is None else width, NARROWEST)
        plain = (
            not sys.stdout.isatty() or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        )
        self.colour = not plain if colour is None else colour
        encoding = (getattr(sys.stdout, "encoding", "") or "ascii").lower()
        self.unicode = encoding.startswith("utf") if unicode is None else unicode
        self.more = "…" if self.unicode else "~"

    def cut(self, text: str, width: int, *, end: bool = True) -> str:
        """Return the text in exactly `width` columns; names differ at their end, types at their start.

        >>> Paper(80, False, False).cut("decoder.up3.activation", 12)
        '~.activation'
        """
        if len(text) <= width:
            return text.ljust(width)
        return self.more + text[len(text) - width + 1 :] if end else text[: width - 1] + self.more

    def bar(self, shares: dict[str, float | None], width: int = BAR) -> str:
        """Return shares as a stacked bar.

        >>> Paper(80, False, False).bar({"direct": 0.5, "folded": 0.25, "image_1": 0.25}, 8)
        '====FFII'
        """
        parts = dict.fromkeys(_KINDS, 0.0)
        for cause, share in shares.items():
            kind = "image" if cause.startswith("image") else cause
            if kind in parts:
                parts[kind] += share or 0.0
        counts = _apportioned(list(parts.values()), width)
        glyphs = _BLOCKS if self.unicode else _LETTERS
        drawn = (self.painted(glyphs[k] * n, _COLOURS[k]) for k, n in zip(parts, counts, strict=True))
        return "".join(drawn) + " " * (width - sum(counts))

    def key(self) -> str:
        """Say what the glyphs of a bar mean."""
        glyphs = _BLOCKS if self.unicode else _LETTERS
        return "  ".join(f"{self.painted(glyphs[kind], _COLOURS[kind])} {kind}" for kind in _KINDS)

    def painted(self, text: str, colour: str) -> str:
        """Return the text in a colour, where there are colours."""
        return typer.style(text, fg=colour) if self.colour and text else text

    def strong(self, text: str) -> str:
        """Return the text in bold, where there are styles."""
        return typer.style(text, bold=True) if self.colour else text


def _apportioned(shares: list[float], width: int) -> list[int]:
    """Divide `width` by largest remainders."""
    if sum(shares) <= 0:
        return [0] * len(shares)
    exact = [share / sum(shares) * width for share in shares]
    counts = [int(value) for value in exact]
    rest = sorted(range(len(shares)), key=lambda i: counts[i] - exact[i])
    for i in rest[: width - sum(counts)]:
        counts[i] += 1
    return counts


def number(value: float | None, width: int = 6) -> str:
    """Return a level with one decimal, right-aligned; "." is no such line, or rounding.

    >>> [number(value) for value in (-12.34, -123.4, -250.0, None)]
    [' -12.3', '  -123', '     .', '     .']
    """
    if value is None or value < QUIET:
        return ".".rjust(width)
    text = f"{value:.1f}"
    text = text if len(text) < width else f"{value:.0f}"
    return ("0.0" if text == "-0.0" else text).rjust(width)


def figure(row: Row, path: str) -> float | None:
    """Return one figure of a layer: ``"thd"``, ``"hd.2"``."""
    name, _, key = path.partition(".")
    value = row["figures"].get(name)
    return value.get(key) if key and isinstance(value, dict) else value


def draw_table(document: dict[str, Any], paper: Paper) -> str:
    """Return the whole report as text."""
    parts = [_heading(document), _layers(document, document["layers"], paper)]
    if document["comparison"]:
        parts.append(_comparison(document["comparison"], paper))
    if document["arises"]:
        parts.append(_arises(document, paper))
    if document["lines"]:
        parts.append(_lines(document["lines"], paper))
    if document["sweep"]:
        parts.append(_sweep(document["sweep"], paper))
    return "\n\n".join([*parts, *_reasons(document, paper)])


def _heading(document: dict[str, Any]) -> str:
    about, settings = document["specimen"], document["settings"]
    channels, height, width = settings["shape"]
    title = f"{about['title']} ({about['module_type']}, {about['parameters']:,} parameters)"
    if settings["scene"]:
        source = f"scene {settings['scene']} through {settings['mapping']}"
    else:
        tones = " and ".join(f"{y},{x}" for y, x in settings["tones"])
        source = f"tone {tones} cycles per frame, amplitude {_plainly(settings['amplitude'])}"
        source += f", offset {settings['offset']:g}" if settings["offset"] else ""
    given = f"{channels} x {height} x {width}, {source}, {settings['phases']} phases"
    return "\n".join([title, given, *settings["replaced"]])


def _plainly(value: Any) -> str:
    return " and ".join(f"{v:g}" for v in value) if isinstance(value, list) else f"{value:g}"


def _layers(document: dict[str, Any], rows: Sequence[Row], paper: Paper) -> str:
    settings = document["settings"]
    columns = _SCENE if settings["scene"] else _TWO_TONES if len(settings["tones"]) > 1 else _ONE_TONE
    columns = tuple(
        c for c in columns if any(figure(row, c[0]) is not None for row in rows) or c in _ONE_TONE
    )
    wide = paper.width >= BAR_FROM and not settings["scene"]
    sizes = ["x".join(map(str, row["size"])) for row in rows]
    size = max(4, *map(len, sizes))
    left = paper.width - (size + 1) - 6 * len(columns) - (BAR + 2 if wide else 0) - 1
    longest = max(map(len, ["layer", *(row["name"] for row in rows)]))
    kind = max(map(len, ["type", *(row["module_type"] for row in rows)]))
    name = min(longest, max(left - min(kind, 9), left * 3 // 5, 8))
    kind = max(min(kind, left - name), 4)
    head = f"{'layer':<{name}} {'type':<{kind}} {'size':>{size}}" + "".join(f"{c[1]:>6}" for c in columns)
    lines = [paper.strong(head + ("  power by cause" if wide else ""))]
    for row, text in zip(rows, sizes, strict=True):
        line = (
            f"{paper.cut(row['name'], name)} {paper.cut(row['module_type'], kind, end=False)} {text:>{size}}"
        )
        line += "".join(_cell(row, path) for path, _ in columns)
        lines.append(line + (f"  {paper.bar(row['shares'])}" if wide else ""))
    note = "dB; '.' is none, or below -200 dB. "
    if settings["scene"]:
        note += "fid.: phase fidelity."
    elif len(settings["tones"]) > 1:
        note += "IMD3: products (k, l) of both tones, |k| + |l| = 3."
    else:
        note += "SFDR: the larger, the cleaner."
    return "\n".join([*lines, note + (f"   {paper.key()}" if wide else "")])


def _columns(settings: dict[str, Any]) -> Columns:
    if settings["scene"]:
        return _SCENE
    return _TWO_TONES if len(settings["tones"]) > 1 else _ONE_TONE


def _cell(row: Row, path: str) -> str:
    value = figure(row, path)
    if path == "phase_fidelity":
        return f"{100 * value:5.1f}%" if value is not None else "     ."
    return number(value)


def _comparison(rows: Sequence[Row], paper: Paper) -> str:
    name = min(max(len(row["name"]) for row in rows), max(paper.width - 4 * 15 - 2, 10))
    head = " " * name + "".join(f"{label:>15}" for _, label in _FAMILIES)
    lines = [paper.strong("What the replacement changes: before > after, dB re input tone"), head]
    for row in rows:
        cells = []
        for family, _ in _FAMILIES:
            one = row["families"].get(family, {"before": None, "after": None})
            cells.append(f"{number(one['before'], 6)} >{number(one['after'], 6)} ")
        lines.append(paper.cut(row["name"], name) + "".join(cells))
    return "\n".join(line.rstrip() for line in lines)


def _arises(document: dict[str, Any], paper: Paper) -> str:
    words = {"harmonic": "harmonics", "image": "images", "order_2": "order 2", "order_3": "order 3"}
    lines = [paper.strong(f"Where it arises on the way to {document['layers'][-1]['name']}")]
    lines += [
        f"  {words.get(one['family'], one['family']):<10} {one['layer']} ({100 * one['part']:.0f} %)"
        for one in document["arises"]
        if one["part"]
    ]
    return "\n".join(lines)


def _lines(found: dict[str, Any], paper: Paper) -> str:
    if found["problem"]:
        return f"{paper.strong('Lines of ' + found['layer'])}: {found['problem']}"
    more = f"; {found['not_listed']} weaker ones not listed" if found["not_listed"] else ""
    head = f"Lines of {found['layer']}, {len(found['lines'])} strongest above {found['floor']:g} dB{more}"
    lines = [paper.strong(head), "    dBc   cycles y,x  cause"]
    for one in found["lines"]:
        y, x = (f"{value:.6g}" for value in one["cycles"])
        lines.append(f"{number(one['level'], 7)} {y + ',' + x:>12}  {one['label']}")
    return "\n".join(lines)


def _sweep(sweep: dict[str, Any], paper: Paper) -> str:
    first, last = sweep["amplitudes"][0], sweep["amplitudes"][-1]
    shown = sweep["orders"][:5]
    points = [i for i, order in enumerate(shown) if order in ("2", "3", "1,1", "2,-1")]
    left = max(paper.width - 6 * len(shown) - 7 * len(points) - 8, 10)
    name = min(max(5, *(len(row["name"]) for row in sweep["layers"])), left)
    head = "layer".ljust(name) + "".join(f"{order:>6}" for order in shown)
    head += "".join(f"{'IP' + shown[i]:>7}" for i in points) + f"{'P1dB':>7}"
    lines = [paper.strong(f"Drive from {first:g} to {last:g}: slope of each order, dB per dB"), head]
    for row in sweep["layers"]:
        cells = "".join(f"{number(row['slopes'][i])}" for i in range(len(shown)))
        cells += "".join(number(row["input_intercepts"][i], 7) for i in points)
        lines.append(f"{paper.cut(row['name'], name)}{cells}{number(row['compression'], 7)}")
    lines.append("IP: input intercept points, P1dB: compression; dB re amplitude 1, '.' is none.")
    notes = [note for note in sweep["layers"][-1]["notes"][1:] if note]
    lines += [f"For example in {sweep['layers'][-1]['name']}: {notes[0]}."] if notes else []
    return "\n".join(lines)


def _reasons(document: dict[str, Any], paper: Paper) -> list[str]:
    """Say what was not told apart, what was not analysed, and why."""
    import textwrap

    from workbench.session import grouped_reasons, said_of

    parts = []
    for heading, reasons in zip(("Not told apart", "Not analysed"), grouped_reasons(document), strict=True):
        lines = [
            textwrap.fill(
                f"{said_of(names)}: {reason}", paper.width, initial_indent="  ", subsequent_indent="    "
            )
            for reason, names in reasons.items()
        ]
        parts += ["\n".join([paper.strong(heading), *lines])] if lines else []
    return parts
