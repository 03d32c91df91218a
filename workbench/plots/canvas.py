"""The one look that all live figures share."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from bokeh.models import HoverTool, Range1d
from bokeh.models.annotations import Span
from bokeh.plotting import figure
from bokeh.themes import Theme

__all__ = [
    "FIGURE_THEME", "FRAME", "INK", "canvas", "fit", "heading", "hover", "marker_line", "show", "span",
]  # fmt: skip

INK = "#7F7F7F"  # readable on white and on near-black
FRAME: dict[str, Any] = {
    "min_border_top": 8, "min_border_right": 12, "background_fill_alpha": 0.0, "border_fill_alpha": 0.0,
}  # fmt: skip
FONT = "Roboto, Helvetica, Arial, sans-serif"
# Colours come from the page by style sheet, so that a plot follows its theme without a single message:
# set as properties, they cost some fifteen changes per plot, each sent to the server and laid out anew.
_TEXT = "var(--mui-palette-text-primary, var(--jp-ui-font-color1, #333333))"
_MUTED = "var(--mui-palette-text-secondary, var(--jp-ui-font-color2, #666666))"
THEMED = f""":host {{
  --bk-axis-label-text-color: {_TEXT};
  --bk-major-label-text-color: {_MUTED};
  --bk-axis-line-color: rgba(127, 127, 127, 0.8);
  --bk-major-tick-line-color: rgba(127, 127, 127, 0.8);
  --bk-grid-line-color: rgba(127, 127, 127, 0.18);
  --bk-outline-line-color: rgba(127, 127, 127, 0.45);
}}"""
TOOLBAR = (
    ":host(.bk-inner) { background: var(--mui-palette-background-paper, var(--jp-layout-color1, white)); }"
)
HEADING = f":host {{ --bk-text-color: {_TEXT}; }}"
# The same for figures that HoloViews makes, in a notebook: `hv.renderer("bokeh").theme = FIGURE_THEME`.
FIGURE_THEME = Theme(
    json={
        "attrs": {
            "Plot": {"background_fill_alpha": 0.0, "border_fill_alpha": 0.0, "stylesheets": [THEMED]},
            "Title": {"stylesheets": [HEADING]},
            "Legend": {"background_fill_alpha": 0.0, "label_text_color": INK},
            "ColorBar": {
                "background_fill_alpha": 0.0,
                "major_label_text_color": INK,
                "title_text_color": INK,
            },
        }
    }
)
TOOLS = "pan,box_zoom,wheel_zoom,reset,save"


def span(start: float, end: float) -> Any:
    """Return an axis range that only we move: one that follows its data by itself makes pictures jump."""
    return Range1d(start=start, end=end)


def canvas(title: str, x_label: str, y_label: str, **options: Any) -> Any:
    """Return an empty figure: responsive width, fixed height, shared tools, no logo.

    No drag or scroll tool is active at first, so that a finger or a wheel moves the page, not the plot. A
    figure without a toolbar has no tools at all: nobody could choose them.
    """
    bare = options.get("toolbar_location", "right") is None
    settings: dict[str, Any] = {
        "title": title or None,
        "x_axis_label": x_label,
        "y_axis_label": y_label,
        "tools": "" if bare else TOOLS,
        "active_drag": None,
        "active_scroll": None,
        "toolbar_location": "right",
        "sizing_mode": "stretch_width",
        "height": 260,
        "min_width": 120,
        "x_range": span(0, 1),
        "y_range": span(0, 1),
        "stylesheets": [THEMED],
        **FRAME,
        **options,
    }
    plot = figure(**settings)
    if plot.title is not None:
        heading(plot.title)
    plot.toolbar.logo = None
    plot.toolbar.stylesheets = [TOOLBAR]
    plot.toolbar.autohide = True
    plot.toolbar_inner = True  # over the picture, where it costs no room
    for axis in plot.axis:
        axis.update(
            axis_label_standoff=6, axis_label_text_font_style="normal", axis_label_text_font=FONT,
            axis_label_text_font_size="13px", major_label_text_font=FONT, major_label_text_font_size="12px",
            minor_tick_line_color=None,
        )  # fmt: skip
    return plot


def heading(title: Any) -> None:
    """Give the title of a plot the page's colour and type."""
    title.update(text_font=FONT, text_font_size="13px", text_font_style="bold", stylesheets=[HEADING])


def hover(plot: Any, renderers: list[Any], tooltips: list[tuple[str, str]], **options: Any) -> HoverTool:
    """Add exact values on demand to some glyphs of `plot`."""
    tool = HoverTool(renderers=renderers, tooltips=tooltips, **options)
    plot.add_tools(tool)
    return tool


def show(source: Any, columns: dict[str, Any]) -> None:
    """Give `source` new columns; those that are as they were are not sent.

    >>> from bokeh.models import ColumnDataSource
    >>> source = ColumnDataSource({"x": [1.0, 2.0], "y": [3.0, 4.0]})
    >>> show(source, {"x": [1.0, 2.0], "y": [5.0, 6.0]})
    >>> source.data["y"]
    [5.0, 6.0]
    """
    held = source.data
    if held.keys() != columns.keys() or any(len(held[name]) != len(columns[name]) for name in held):
        source.data = columns
        return
    news = {name: column for name, column in columns.items() if not _alike(held[name], column)}
    if news:
        held.update(news)


def _alike(one: Any, other: Any) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    if one.dtype != other.dtype:
        return False
    return np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")


def marker_line(plot: Any, dimension: Literal["width", "height"], **options: Any) -> Span:
    """Add a line across `plot` at one value; hidden until it has a location."""
    style = {"line_color": INK, "line_dash": "dashed", "line_width": 1.5}
    line = Span(dimension=dimension, location=None, visible=False, **{**style, **options})
    plot.add_layout(line)
    return line


def fit(
    axis_range: Any, values: np.ndarray, *, margin: float = 0.05, log: bool = False, zero: bool = False
) -> None:
    """Set a range to hold the finite `values`, where it does not: it never shrinks by less than half.

    A range that follows every new value would make the picture jump. With `zero` it starts at 0.
    """
    finite = values[np.isfinite(values)]
    if log:
        finite = np.log10(finite[finite > 0])
    if not finite.size:
        return
    low, high = float(finite.min()), float(finite.max())
    pad = margin * ((high - low) or 1.0)
    low, high = 0.0 if zero else low - pad, high + pad
    held = (axis_range.start, axis_range.end)
    start, end = np.log10(held) if log and min(held) > 0 else held
    fits = start <= (low if zero else low + pad) and high - pad <= end and (high - low) > 0.5 * (end - start)
    if not fits:
        axis_range.start, axis_range.end = (10**low, 10**high) if log else (low, high)
