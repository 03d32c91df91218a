"""The training desk's cards: which instrument shows which frame under which title."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui
from bokeh.models.renderers import GlyphRenderer

from workbench import plots
from workbench.session import DeskState
from workbench.views.card import PanelCard
from workbench.views.icons import ICONS
from workbench.views.styles import COLOUR_BAR, FILL, KEYS, TWO_COLUMNS
from workbench.views.text import Text
from workbench.views.tiles import Tiles

__all__ = [
    "SampleTools",
    "band_card",
    "coherence_card",
    "history_card",
    "lineup_card",
    "orders_card",
    "sheet_card",
    "spectrum_card",
]  # fmt: skip

DB_TICKS = [(0.0, "−60"), (1 / 3, "−40"), (2 / 3, "−20"), (1.0, "0")]
COHERENCE_STYLES = {
    "training": ("#E08214", "solid"),
    "held-out": ("#4393C3", "solid"),
    "held-out, bias-corrected": ("#4393C3", "dashed"),
    "null level": ("#8C8C8C", "dotted"),
}
HATCHED = '<span class="key"><i class="hatched"></i>hatched: cannot be told apart</span>'
UNIT_TICKS = [(0.0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1.0, "1")]
SIGN_TICKS = [(0.0, "−"), (0.5, "0"), (1.0, "+")]
PHASE_TICKS = [(0.0, "−π"), (0.5, "0"), (1.0, "π")]


def level_ticks(floor: float) -> list[tuple[float, str]]:
    """Return five ticks of a colour bar from `floor` to 0 dB.

    >>> level_ticks(-80.0)[:2]
    [(0.0, '−80'), (0.25, '−60')]
    """
    return [(k / 4, f"{round(round(floor) * (1 - k / 4))}".replace("-", "−")) for k in range(5)]


def figure(plot: Any, **options: Any) -> pn.pane.Bokeh:
    """Return a Bokeh figure as a pane that fills its column: as high as it is, or as its card has room."""
    room = f":host {{ flex: 1 1 {plot.height}px; min-height: {plot.height}px; height: auto !important; }}"
    plot.stylesheets = [*plot.stylesheets, room]
    return pn.pane.Bokeh(_slim(plot), sizing_mode="stretch_width", margin=0, **options)


def square(plot: Any) -> pn.pane.Bokeh:
    """Return a figure that stays square at any width."""
    plot.update(height=None, sizing_mode="scale_width", aspect_ratio=1)
    return pn.pane.Bokeh(_slim(plot), sizing_mode="scale_width", margin=0)


def _slim(plot: Any) -> Any:
    """Drop the glyphs that a figure keeps for selections: nothing is selected here, and each is a model."""
    for renderer in plot.renderers:
        if isinstance(renderer, GlyphRenderer):
            renderer.update(selection_glyph=None, nonselection_glyph=None, muted_glyph=None)
    return plot


def pair(*panes: Any, grows: bool = False) -> pn.Column:
    """Lay panes side by side, below each other where it is narrow; with `grows` they fill their card."""
    sheets = [TWO_COLUMNS, *([FILL] if grows else [])]
    return pn.Column(*panes, sizing_mode="stretch_width", margin=0, stylesheets=sheets)


def column(*panes: Any, **options: Any) -> pn.Column:
    """Lay panes below each other."""
    return pn.Column(
        *panes, **{"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [FILL], **options}
    )


def lineup_card(state: DeskState) -> PanelCard:
    """Where the energy goes."""
    instrument = plots.Lineup(on_layer=lambda name: state.param.update(layer=name))
    return PanelCard(
        "Where the energy goes",
        column(figure(instrument.level), figure(instrument.shares)),
        {"lineup": instrument},
        keys=lambda: plots.legend(instrument.legend()) + (HATCHED if instrument.ambiguous else ""),
    )


def orders_card(layer_select: Any) -> PanelCard:
    """Harmonic orders of the layer under the lens, and of all layers."""
    lines, levels = plots.OrderLines(height=390), plots.OrderMap(height=346)
    bar = Text("", COLOUR_BAR)
    return PanelCard(
        "Harmonic orders",
        pair(figure(lines.figure), column(figure(levels.figure), bar), grows=True),
        {"order_lines": lines, "order_map": _WithBar(levels, bar, _order_bar)},
        keys=lambda: plots.legend(lines.LEGEND),
        tools=(layer_select,),
    )


def band_card() -> PanelCard:
    """Where the mapped images' spectra lie."""
    instrument = plots.BandPair()
    bar = Text(
        plots.colour_bar(plots.SPECTRUM, "level, dB re the real image’s largest line", DB_TICKS), COLOUR_BAR
    )
    return PanelCard(
        "Nyquist band",
        column(pair(*(square(plot) for plot in instrument.figures.values())), bar),
        {"band": instrument},
    )


def coherence_card() -> PanelCard:
    """Coherence of one patch and its distribution over all held-out ones."""
    picture, histogram = plots.CoherenceMap(), plots.CoherenceHistogram()
    bar = Text("", COLOUR_BAR)
    return PanelCard(
        "Coherence, held-out",
        column(pair(square(picture.figure), square(histogram.figure)), bar),
        {"coherence_map": _WithBar(picture, bar, _null_bar), "histogram": histogram},
        keys=lambda: plots.legend(histogram.legend()),
        says="histogram",
    )


class _WithBar:
    """Redraws a colour bar when its instrument's scale or palette changes."""

    def __init__(self, instrument: Any, bar: Any, describe: Callable[[Any, Any], str]) -> None:
        self.instrument, self._bar, self._describe = instrument, bar, describe

    def update(self, data: Any) -> None:
        self.instrument.update(data)
        self._bar.text = self._describe(self.instrument, data)


def _null_bar(instrument: plots.CoherenceMap, data: Any) -> str:
    null = float(data.attrs["null_level"])
    mark = [(null, f"null {null:.2f}")] if null == null else []
    return plots.colour_bar(instrument.palette, "|γ̂|; grey: not significant", UNIT_TICKS, mark)


def _order_bar(_instrument: plots.OrderMap, data: Any) -> str:
    ticks = level_ticks(data.attrs["floor"])
    return plots.colour_bar(plots.SPECTRUM, "level, dB re order 1 of the layer (dBc)", ticks)


class SampleTools:
    """Steps through the held-out samples."""

    def __init__(self, state: DeskState) -> None:
        self.state = state
        small = {"size": "small", "variant": "text", "margin": 0}
        self.back = pmui.Button(label="Previous", icon=ICONS["back"], **small)
        self.on = pmui.Button(label="Next", end_icon=ICONS["on"], **small)
        self.text = Text('<p class="count">1 of 1</p>', sizing_mode=None, width=56)
        self.count = 1
        self.back.on_click(lambda _event: self._go(-1))
        self.on.on_click(lambda _event: self._go(1))

    @property
    def widgets(self) -> tuple[Any, ...]:
        """What stands beside the title."""
        return (self.back, self.text, self.on)

    def show(self, count: int) -> None:
        """Show the sample's number and how many there are."""
        self.count = max(count, 1)
        text = f'<p class="count">{min(self.state.sample, self.count)} of {self.count}</p>'
        self.text.text = text

    def _go(self, by: int) -> None:
        self.state.sample = (self.state.sample - 1 + by) % self.count + 1


class _SheetTiles:
    """A sheet and the tiles that draw it."""

    def __init__(self) -> None:
        self.sheet = plots.Sheet()
        ticks = [(0.0, "−"), (0.5, "0"), (1.0, "+")]
        bars = (
            plots.colour_bar(plots.DIVERGING, "signed amplitude", ticks),
            plots.colour_bar(plots.SPECTRUM, "spectra, dB", DB_TICKS),
            plots.colour_bar(plots.CYCLIC, "phase, rad", PHASE_TICKS),
            plots.colour_bar(plots.MAGNITUDE, "|γ̂|; grey: not significant", UNIT_TICKS[::2]),
        )
        self.tiles = Tiles(footer="".join(bars), sizing_mode="stretch_width", margin=0)

    def update(self, data: Any) -> None:
        self.sheet.update(data)
        self.tiles.picture(self.sheet.tiles)


def sheet_card(tools: SampleTools) -> PanelCard:
    """Lay out one sample as the paper does."""
    sheet = _SheetTiles()
    return PanelCard("Sample", sheet.tiles, {"sheet": sheet}, tools=tools.widgets, wide=True)


def history_card(on_step: Callable[[int], None]) -> PanelCard:
    """Losses and coherence against the step."""
    losses = plots.History("loss", log=True, on_step=on_step, height=290)
    coherence = plots.History(
        "mean |γ̂|", on_step=on_step, height=290, y_range=(0, 1), styles=COHERENCE_STYLES
    )
    keys = Text("", KEYS), Text("", KEYS)

    def legend(instrument: plots.History, _data: Any) -> str:
        return f'<div class="keys">{plots.legend(instrument.legend())}</div>'

    return PanelCard(
        "Training",
        pair(column(figure(losses.figure), keys[0]), column(figure(coherence.figure), keys[1]), grows=True),
        {
            "losses": _WithBar(losses, keys[0], legend),
            "coherence_history": _WithBar(coherence, keys[1], legend),
        },
    )


def spectrum_card() -> PanelCard:
    """Show what the layer under the lens holds on the fixed data batch."""
    instrument = plots.LayerSpectrum()
    return PanelCard(
        "Spectrum of the layer",
        pair(square(instrument.picture.figure), square(instrument.profile)),
        {"layer_spectrum": instrument},
        keys=lambda: plots.legend(instrument.LEGEND),
    )
