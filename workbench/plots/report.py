"""An analysis as one self-contained page: nothing is loaded, both colour schemes, narrow screens too."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import xarray as xr

from workbench.plots.palettes import cause_colour, cause_label
from workbench.plots.report_figures import draw_plane, draw_stems
from workbench.plots.report_style import STYLE
from workbench.session import cause_words, grouped_reasons, number, percent, said_of

__all__ = ["draw_report"]

Document = dict[str, Any]
# Nothing may be fetched or run: what a layer or a file is called can do no harm.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_FIGURES = (
    ("gain", "gain", "dB"), ("hd.2", "HD2", "dBc"), ("hd.3", "HD3", "dBc"), ("imd.2", "IMD2", "dBc"),
    ("imd.3", "IMD3", "dBc"), ("thd", "THD", "dBc"), ("sfdr", "SFDR", "dB"), ("sinad", "SINAD", "dB"),
    ("alias", "alias", "dB"), ("image.0", "image", "dB"), ("leakage", "leakage", "dB"),
    ("phase_fidelity", "phase fidelity", "%"),
)  # fmt: skip
_FAMILIES = (("harmonic", "harmonics"), ("folded", "folded"), ("image", "images"), ("leakage", "leakage"))


def draw_report(document: Document, spectrum: xr.Dataset | None = None) -> str:
    """Return an analysis as an HTML page.

    Parameters
    ----------
    document
        What ``workbench probe --json`` writes.
    spectrum
        The chosen layer's power over frequency_y, frequency_x: its picture is embedded.
    """
    about = document["specimen"]
    title = escape(str(about["title"]))
    sections = [
        _lineup(document),
        _comparison(document["comparison"]),
        _spectrum(document, spectrum),
        _figures(document),
        _sweep(document["sweep"]),
        _notes(document),
        _settings(document),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}: every spectral line named</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header><p>Order analysis</p><h1>{title}</h1><p>{_source(document)}</p></header>\n<main>\n"
        + "\n".join(filter(None, sections))
        + "\n</main>\n</body>\n</html>\n"
    )


def _source(document: Document) -> str:
    about, settings = document["specimen"], document["settings"]
    channels, height, width = settings["shape"]
    if settings["scene"]:
        given = f"scene {escape(settings['scene'])} through the mapping {escape(settings['mapping'])}"
    else:
        given = " and ".join(f"({number(y, 0)}, {number(x, 0)})" for y, x in settings["tones"])
        given = f"tone {given} cycles per frame (y, x)"
    return (
        f"{escape(about['module_type'])}, {about['parameters']:,} parameters; input {channels} × {height} × "
        f"{width}; {given}; {settings['phases']} phases"
        + "".join(f"<br>{escape(text)}" for text in settings["replaced"])
    )


def _card(name: str, body: str, caption: str = "") -> str:
    below = f'<p class="caption">{caption}</p>' if caption else ""
    return f"<section><h2>{name}</h2>{body}{below}</section>"


# ---------------------------------------------------------------- where the energy goes
def _causes(rows: Sequence[dict[str, Any]]) -> list[str]:
    return list(rows[0]["shares"]) if rows else []


def _colour(cause: str, causes: Sequence[str]) -> str:
    levels = sum(c.startswith("image_") for c in causes)
    return "var(--muted)" if cause == "all" else cause_colour(cause, levels)


def _label(cause: str) -> str:
    return "all causes" if cause == "all" else cause_label(cause)


def _bar(shares: dict[str, float | None], hatched: bool) -> str:
    causes = list(shares)
    parts = "".join(
        f'<i style="width:{100 * share:.3f}%;background:{_colour(cause, causes)}" '
        f'title="{_label(cause)}: {percent(share)}"></i>'
        for cause, share in shares.items()
        if share
    )
    words = ", ".join(f"{_label(cause)} {percent(share)}" for cause, share in shares.items() if share)
    unsure = " unsure" if hatched else ""
    return f'<div class="bar{unsure}" role="img" aria-label="{escape(words) or "no power"}">{parts}</div>'


def _key(causes: Sequence[str]) -> str:
    keys = (f'<span><i style="background:{_colour(c, causes)}"></i>{_label(c)}</span>' for c in causes)
    return f'<p class="key">{"".join(keys)}</p>'


def _lineup(document: Document) -> str:
    rows = document["layers"]
    chosen = document["lines"]["layer"] if document["lines"] else ""
    drawn = "".join(
        f"<li{' class=chosen' if row['name'] == chosen else ''}>"
        f"<b>{escape(row['name'])}</b><small>{escape(row['module_type'])}, "
        f"{'&nbsp;×&nbsp;'.join(map(str, row['size']))}</small>"
        f"{_bar(row['shares'], bool(row['ambiguity']))}<em>{_db(row['level'])}</em></li>"
        for row in rows
    )
    drawn = f'<ol class="lineup">{drawn}</ol>'
    if _causes(rows) == ["all"]:
        words = (
            "On the right every layer's power, dB re the input. A scene fills all bins: these tell no cause."
        )
        return _card("Power of the layers", drawn, words)
    return _card(
        "Where the energy goes",
        _key(_causes(rows)) + drawn,
        "Every layer's power without DC, cut into its causes; on the right how much power that is, dB re the "
        f"input tone. {_most(rows)}",
    )


def _most(rows: Sequence[dict[str, Any]]) -> str:
    """Say where the largest spurious share is."""
    spurious = [
        (share or 0.0, row["name"], cause)
        for row in rows
        for cause, share in row["shares"].items()
        if cause not in ("direct", "all")
    ]
    share, layer, cause = max(spurious, default=(0.0, "", ""))
    if share <= 0:
        return ""
    return f"{percent(share)} of the power of {escape(layer)} is {cause_words(cause)}."


def _db(value: float | None, unit: str = " dB") -> str:
    if value is None or value < -200:
        return "–"
    return f"{number(0.0 if abs(value) < 0.05 else value)}{unit}"


# ---------------------------------------------------------------- lines of one layer
def _spectrum(document: Document, spectrum: xr.Dataset | None) -> str:
    found = document["lines"]
    if not found:
        return ""
    name = escape(found["layer"])
    if found["problem"]:
        return _card(f"Lines of {name}", f"<p>{escape(found['problem'])}</p>")
    lines = found["lines"]
    causes = _causes(document["layers"])
    colours = {cause: _colour(cause, causes) for cause in causes}
    figures = f"<figure>{draw_stems(lines, colours, found['floor'])}</figure>"
    if spectrum is not None:
        figures = f"<figure>{draw_plane(spectrum, lines, colours)}</figure>{figures}"
    rows = "".join(
        f'<tr><td class="n">{_db(line["level"], "")}</td><td class="n">{_cycles(line)}</td>'
        f'<td><i class="dot" style="background:{colours.get(line["cause"], "var(--muted)")}"></i>'
        f"{escape(line['label'])}</td></tr>"
        for line in lines
    )
    more = f" {found['not_listed']} weaker ones are not listed." if found["not_listed"] else ""
    table = (
        '<div class="scroll" tabindex="0" role="region" aria-label="lines"><table class="lines"><thead><tr>'
        '<th class="n">dBc</th><th class="n">cycles per frame (y, x)</th><th>line</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
    strongest = f"The strongest is {escape(lines[0]['label'])}. " if lines else ""
    return _card(
        f"Lines of {name}",
        f'{_key(causes)}<div class="pair">{figures}</div>{table}',
        f"{strongest}Numbers are orders of the tone, colours are causes; levels are "
        f"{escape(found['reference'])}.{more}",
    )


def _cycles(line: dict[str, Any]) -> str:
    return ", ".join(f"{value:.6g}".replace("-", "−") for value in line["cycles"])


# ---------------------------------------------------------------- tables
def _figure(row: dict[str, Any], path: str) -> float | None:
    name, _, key = path.partition(".")
    value = row["figures"].get(name)
    return value.get(key) if key and isinstance(value, dict) else value


def _figures(document: Document) -> str:
    rows = document["layers"]
    columns = [c for c in _FIGURES if any(_figure(row, c[0]) is not None for row in rows)]
    theory = any(row["theory_residual"] is not None for row in rows)
    head = "".join(f'<th class="n">{label}<small>{unit}</small></th>' for _, label, unit in columns)
    head += '<th class="n">theory to<small>dB</small></th>' if theory else ""
    body = "".join(
        f"<tr><th>{escape(row['name'])}</th>"
        + "".join(f'<td class="n">{_cell(row, path)}</td>' for path, _, _ in columns)
        + (f'<td class="n">{_db(row["theory_residual"], "")}</td>' if theory else "")
        + "</tr>"
        for row in rows
    )
    table = (
        '<div class="scroll" tabindex="0" role="region" aria-label="figures of merit"><table>'
        f"<thead><tr><th>layer</th>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    return _card("Figures of merit", table, "– is none, or below −200 dB: rounding.")


def _cell(row: dict[str, Any], path: str) -> str:
    value = _figure(row, path)
    if path == "phase_fidelity":
        return "–" if value is None else number(100 * value)
    return _db(value, "")


def _comparison(rows: Sequence[dict[str, Any]] | None) -> str:
    if not rows:
        return ""
    head = "".join(f'<th class="n">{label}</th>' for _, label in _FAMILIES)
    body = ""
    for row in rows:
        cells = ""
        for family, _ in _FAMILIES:
            one = row["families"].get(family, {"before": None, "after": None, "change": None})
            change = one["change"]
            kind = "" if change is None or abs(change) < 0.05 else " better" if change < 0 else " worse"
            cells += f'<td class="n{kind}">{_db(one["before"], "")} → {_db(one["after"], "")}</td>'
        body += f"<tr><th>{escape(row['name'])}</th>{cells}</tr>"
    table = (
        '<div class="scroll" tabindex="0" role="region" aria-label="before and after"><table>'
        f"<thead><tr><th>layer</th>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    return _card("What the replacement changes", table, "Before → after, dB re the input tone.")


def _sweep(sweep: dict[str, Any] | None) -> str:
    if not sweep:
        return ""
    orders = sweep["orders"]
    head = "".join(f'<th class="n">order {order}<small>slope</small></th>' for order in orders)
    head += "".join(f'<th class="n">IP {order}<small>dB</small></th>' for order in orders[1:])
    head += '<th class="n">compression<small>dB</small></th>'
    body = ""
    for row in sweep["layers"]:
        values = [*row["slopes"], *row["input_intercepts"][1:], row["compression"]]
        cells = "".join(f'<td class="n">{_db(value, "")}</td>' for value in values)
        body += f"<tr><th>{escape(row['name'])}</th>{cells}</tr>"
    table = (
        '<div class="scroll" tabindex="0" role="region" aria-label="slopes"><table>'
        f"<thead><tr><th>layer</th>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    first, last = sweep["amplitudes"][0], sweep["amplitudes"][-1]
    notes = [note for note in sweep["layers"][-1]["notes"][1:] if note]
    return _card(
        "Order power against drive level",
        table,
        f"Amplitude {first:g} to {last:g}. Slopes in dB per dB: a product of order k of a smooth "
        "nonlinearity rises k dB per dB while the drive is small. Intercept points and 1-dB compression at "
        f"the input, dB re amplitude 1. {escape(notes[0] + '.') if notes else ''}",
    )


# ---------------------------------------------------------------- what else is to be known
def _notes(document: Document) -> str:
    words = {"harmonic": "harmonics", "image": "images", "order_2": "order 2", "order_3": "order 3"}
    parts = []
    arises = [one for one in document["arises"] if one["part"]]
    if arises:
        items = "".join(
            f"<li>{words.get(one['family'], one['family'])}: {escape(one['layer'])} "
            f"({percent(one['part'])})</li>"
            for one in arises
        )
        last = escape(document["layers"][-1]["name"])
        parts.append(f"<h3>Where it arises on the way to {last}</h3><ul>{items}</ul>")
    headings = ("Not told apart (hatched)", "Not analysed")
    for heading, reasons in zip(headings, grouped_reasons(document), strict=True):
        items = "".join(f"<li>{escape(said_of(names))}: {escape(why)}</li>" for why, names in reasons.items())
        parts += [f"<h3>{heading}</h3><ul>{items}</ul>"] if items else []
    return _card("Notes", "".join(parts)) if parts else ""


def _settings(document: Document) -> str:
    about, settings, versions = document["specimen"], document["settings"], document["versions"]
    shown: dict[str, Any] = {
        name: about[name] for name in ("file", "weights", "run", "step") if about[name] is not None
    }
    shown |= {name: value for name, value in settings.items() if value not in (None, [], {}, "")}
    shown |= {f"version of {name}": value for name, value in versions.items()} | {"made": document["made"]}
    items = "".join(f"<dt>{escape(n.replace('_', ' '))}</dt><dd>{_value(v)}</dd>" for n, v in shown.items())
    return _card("Settings", f"<dl>{items}</dl>")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return escape(", ".join(f"{name}={item}" for name, item in value.items()))
    if isinstance(value, list):
        return ", ".join(f"({_value(v)})" if isinstance(v, list) else _value(v) for v in value)
    return escape(f"{value:g}" if isinstance(value, float) else str(value))
