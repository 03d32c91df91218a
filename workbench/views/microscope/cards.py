"""The microscope's cards: which instrument shows which frame under which title."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from workbench import plots
from workbench.plots import CascadeCompare, IncrementBars, LabelledSpectrum, OrderWaterfall
from workbench.session import number
from workbench.session.microscope import UNITS, MicroscopeState, Pair, Rows
from workbench.views.card import PanelCard
from workbench.views.microscope.styles import TABLE, TOOLS, WORDS
from workbench.views.panels import HATCHED, column, figure, level_ticks, pair, square
from workbench.views.styles import CARD, COLOUR_BAR
from workbench.views.text import Text

__all__ = [
    "ComparisonCard", "LayerCard", "SpectrumTools", "added_card", "compare_card", "figures_of", "lineup_card",
    "orders_card", "spectrum_card", "waterfall_card",
]  # fmt: skip

ALL = "all orders"
CUTS = ["along x", "along y", "radial"]
DB_TICKS = level_ticks(-100.0)


def lineup_card(on_layer: Callable[[str], None]) -> PanelCard:
    """Where the energy goes, low enough to leave room for the spectrum."""
    instrument = plots.Lineup(on_layer=on_layer)
    instrument.level.height, instrument.shares.height = 70, 172
    instrument.shares.xaxis.axis_label = None
    instrument.shares.min_border_bottom = 60
    return PanelCard(
        "Where the energy goes",
        column(figure(instrument.level), figure(instrument.shares)),
        {"lineup": instrument},
        keys=lambda: plots.legend(instrument.legend()) + (HATCHED if instrument.ambiguous else ""),
    )


def orders_card() -> PanelCard:
    """Measured orders beside their theory."""
    lines = plots.OrderLines(height=360)
    return PanelCard(
        "Orders and their theory",
        column(figure(lines.figure)),
        {"orders": lines},
        keys=lambda: plots.legend(lines.LEGEND),
    )


def spectrum_card(tools: SpectrumTools, on_line: Callable[[int], None]) -> PanelCard:
    """Every line of the layer under the lens, named."""
    instrument = LabelledSpectrum(size=320, on_line=on_line)
    bar = Text("", COLOUR_BAR)
    return PanelCard(
        "Spectrum of the layer",
        column(tools, pair(square(instrument.picture.figure), square(instrument.cut)), bar),
        {"spectrum": _WithLevels(instrument, bar)},
        keys=lambda: plots.legend(instrument.legend()),
    )


MERITS = {
    "gain": ("gain", "dB"), "thd": ("THD", "dBc"), "sfdr": ("SFDR", "dB"), "sinad": ("SINAD", "dB"),
    "phase_fidelity": ("fidelity", "%"), "linear_order_share": ("linear", "%"),
    "alias": ("alias", "dB"), "image": ("image", "dB"), "leakage": ("leakage", "dB"),
}  # fmt: skip


def waterfall_card(on_step: Callable[[int], None]) -> PanelCard:
    """Orders of the layer against the training step."""
    instrument = OrderWaterfall(height=360, on_step=on_step)
    bar = Text(
        plots.colour_bar(plots.SPECTRUM, "level, dB re order 1 of the layer (dBc)", DB_TICKS), COLOUR_BAR
    )
    return PanelCard(
        "Orders while training",
        column(figure(instrument.figure), bar),
        {"waterfall": instrument},
    )


def added_card(on_layer: Callable[[str], None]) -> PanelCard:
    """Show what every layer added to what it was given."""
    instrument = IncrementBars(height=390, on_layer=on_layer)
    return PanelCard(
        "What each layer added",
        column(figure(instrument.figure)),
        {"added": instrument},
        keys=lambda: plots.legend(instrument.legend()),
    )


def compare_card(on_layer: Callable[[str], None]) -> PanelCard:
    """Show A beside B in every layer."""
    instrument = CascadeCompare(on_layer=on_layer)
    bar = Text("", COLOUR_BAR)
    return PanelCard(
        "A beside B, every layer",
        column(figure(instrument.level), figure(instrument.change), bar),
        {"compare": _WithScale(instrument, bar)},
        keys=lambda: plots.legend(instrument.legend()),
    )


class _WithLevels:
    """Redraws the colour bar of a spectrum when its scale or reference changes."""

    def __init__(self, instrument: LabelledSpectrum, bar: Text) -> None:
        self.instrument, self._bar, self.figures = instrument, bar, instrument.figures

    def update(self, data: Any) -> None:
        self.instrument.update(data)
        low, linear = float(data.attrs["floor"]), bool(data.attrs["linear"])
        high = float(data.attrs["top"]) if linear else 0.0
        ticks = [(k / 4, number(low + k / 4 * (high - low), 2 if linear else 0)) for k in range(5)]
        quantity = "amplitude, " if linear else "level, "
        self._bar.text = plots.colour_bar(plots.SPECTRUM, f"{quantity}{data.attrs['reference']}", ticks)


class _WithScale:
    """Redraws the colour bar of a comparison when its limit changes."""

    def __init__(self, instrument: CascadeCompare, bar: Text) -> None:
        self.instrument, self._bar, self.figures = instrument, bar, instrument.figures

    def update(self, data: Any) -> None:
        self.instrument.update(data)
        limit = self.instrument.limit
        ticks = [(k / 4, number((k / 2 - 1) * limit)) for k in range(5)]
        self._bar.text = plots.colour_bar(self.instrument.palette(), "change from A to B, dB", ticks)


class LayerCard(pn.viewable.Viewer):
    """What the layer under the lens did, in a sentence with its figures of merit."""

    def __init__(self) -> None:
        super().__init__()
        self.title = Text("<h2>Layer</h2>", WORDS)
        self.words = Text('<p class="deed">&nbsp;</p>', WORDS)
        self.figures = Text('<div class="merits">&nbsp;</div>', WORDS)
        self._card = pn.Column(
            self.title, self.words, self.figures,
            sizing_mode="stretch_width", margin=0, css_classes=["card"], stylesheets=[CARD],
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._card

    def draw(self, layer: str, deed: str, figures: dict[str, float]) -> None:
        """Show the layer's name, the sentence, the figures."""
        title, colon, words = deed.partition(": ")
        if not colon:
            title, words = layer, deed
        self.title.text = f"<h2>{escape(title) or 'Layer'}</h2>"
        self.words.text = f'<p class="deed">{escape(words) or "&nbsp;"}</p>'
        cells = "".join(
            f"<span><em>{label}</em> <b>{number(figures[name])}</b> {unit}</span>"
            for name, (label, unit) in MERITS.items()
            if name in figures
        )
        self.figures.text = f'<div class="merits">{cells or "&nbsp;"}</div>'


def figures_of(instruments: dict[str, Any]) -> list[Any]:
    """Return the Bokeh figures of a card's instruments."""
    found: list[Any] = []
    for instrument in instruments.values():
        figures = getattr(instrument, "figures", None) or {"": instrument.figure}
        found.extend(figures.values())
    return found


class ComparisonCard(pn.viewable.Viewer):
    """The level and the shares of one layer in A and B, with the difference."""

    def __init__(self) -> None:
        super().__init__()
        self.title = Text("<h2>A beside B</h2>")
        self.table = Text("", TABLE)
        self.words = Text('<p class="caption">&nbsp;</p>')
        self._card = pn.Column(
            self.title, self.table, self.words,
            sizing_mode="stretch_width", margin=0, css_classes=["card"], stylesheets=[CARD],
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._card

    def draw(self, pair: Pair | None, rows: Rows, sentence: str) -> None:
        """Show the rows (what, dB in A, dB in B), or only the sentence."""
        before = pair is not None and pair.label_a == "before"
        self.title.text = "<h2>Before and after</h2>" if before else "<h2>A beside B</h2>"
        self.table.text = "" if pair is None else difference_table(pair, rows)
        self.words.text = f'<p class="caption">{escape(sentence)}</p>'


FAMILIES = {"level": "level, re tone", "fundamental": "fundamental", "harmonic": "orders ≥ 2"}


def difference_table(pair: Pair, rows: Rows) -> str:
    """Return A, B and their difference in dB as an HTML table."""
    levels = sum(what.startswith("image_") for what, _, _ in rows)
    body = ""
    for what, a, b in rows:
        spurious = what not in ("level", "fundamental")
        change = b - a if np.isfinite(a) and np.isfinite(b) else float("nan")
        tone = "" if not spurious or not abs(change) >= 0.05 else ("better" if change < 0 else "worse")
        cause = what not in FAMILIES
        swatch = f'<i style="background:{plots.cause_colour(what, levels)}"></i>' if cause else ""
        words = plots.cause_label(what) if cause else FAMILIES[what]
        sign = "+" if change > 0 else ""
        body += (
            f"<tr><td>{swatch}{escape(words)}</td><td>{number(a)}</td><td>{number(b)}</td>"
            f'<td class="{tone}">{sign}{number(change)}</td></tr>'
        )
    before = pair.label_a == "before"
    titles = ("share, dB", *(("before", "after", "change") if before else ("A", "B", "B − A")))
    head = "".join(f"<th>{escape(text)}</th>" for text in titles)
    names = "" if before else f'<p class="small">{escape(pair.label_a)} · {escape(pair.label_b)}</p>'
    return f"{names}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class SpectrumTools(pn.viewable.Viewer):
    """Threshold, scale, order filter, units of the spectrum's axes."""

    def __init__(self, state: MicroscopeState) -> None:
        super().__init__()
        self.state = state
        select = {"size": "small", "margin": 0}
        self.threshold = pmui.IntSlider(
            label="Label lines above, dBc", start=-120, end=0, step=5, value=int(state.threshold),
            size="small", margin=(0, 10), sizing_mode="stretch_width", css_classes=["grows"],
        )  # fmt: skip
        self.linear = pmui.Switch(label="Linear", value=state.linear, margin=0, width=96)
        self.order = pmui.Select(label="Order", options=[ALL], value=ALL, width=112, **select)
        # fixed widths add up to the least width of the whole page: this one stretches instead
        self.units = pmui.Select(
            label="Frequency in", options=self._units(False), value=UNITS[state.units],
            sizing_mode="stretch_width", css_classes=["grows"], **select,
        )  # fmt: skip
        self.along = pmui.Select(label="Cut", options=CUTS, value=_cut(state.along), width=96, **select)
        self._bar = pn.Row(
            self.threshold, self.linear, self.order, self.along, self.units,
            sizing_mode="stretch_width", margin=(8, 0, 4, 0), stylesheets=[TOOLS],
        )  # fmt: skip
        self.threshold.param.watch(self._moved, "value_throttled")
        self.linear.param.watch(self._moved, "value")
        self.order.param.watch(self._moved, "value")
        self.along.param.watch(self._moved, "value")
        self.units.param.watch(self._moved, "value")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._bar

    def offer(self, orders: list[int], metres: bool) -> None:
        """Offer the orders that there are, and cycles per metre where the scene knows them."""
        state = self.state
        options = [ALL, *(f"order ±{k}" if k else "order 0" for k in orders)]
        wanted = ALL if state.order is None else (f"order ±{state.order}" if state.order else "order 0")
        _set(self.order, options=options if wanted in options else [*options, wanted], value=wanted)
        _set(self.units, options=self._units(metres), value=UNITS[state.units])
        _set(self.threshold, value=int(state.threshold))
        _set(self.linear, value=state.linear)
        _set(self.along, value=_cut(state.along))

    def _units(self, metres: bool) -> list[str]:
        return [words for name, words in UNITS.items() if metres or name != "metre"]

    # A widget that merely shows the state differs from it in nothing; one that was moved does.
    def _moved(self, event: Any) -> None:
        if event.obj is self.threshold:
            name, value = "threshold", event.new
        elif event.obj is self.linear:
            name, value = "linear", event.new
        elif event.obj is self.along:
            name, value = "along", event.new.removeprefix("along ")
        elif event.obj is self.order:
            name, value = "order", None if event.new == ALL else int(event.new.split("±")[-1].split()[-1])
        else:
            name, value = "units", next(unit for unit, words in UNITS.items() if words == event.new)
        if (value is not None or name == "order") and getattr(self.state, name) != value:
            self.state.param.update(**{name: value})


def _cut(along: str) -> str:
    return along if along in CUTS else f"along {along}"


def _set(widget: Any, **values: Any) -> None:
    news = {name: value for name, value in values.items() if getattr(widget, name) != value}
    if news:
        widget.param.update(**news)
