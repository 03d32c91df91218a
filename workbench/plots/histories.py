"""Numbers of the training against its step, with a cursor at the step that all panels show."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, NumeralTickFormatter

from workbench.plots.canvas import canvas, fit, hover, marker_line, show, span
from workbench.plots.palettes import SERIES

__all__ = ["History"]

_DASHES = ("solid", "solid", "dashed", "dotted", "dotdash", "dashed", "dotted")


class History:
    """Several series over the training step, one line each.

    Parameters
    ----------
    y_label
        Quantity and unit.
    log
        Whether the vertical axis is logarithmic.
    on_step
        Called with a step when the plot is tapped there.
    styles
        (colour, dash) of series by name; the others take their turn.
    """

    def __init__(
        self,
        y_label: str,
        *,
        log: bool = False,
        height: int = 280,
        on_step: Any = None,
        styles: dict[str, tuple[str, str]] | None = None,
        **options: Any,
    ) -> None:
        self.source = ColumnDataSource({name: [] for name in ("series", "steps", "values", "colour", "dash")})
        self.figure = canvas(
            "", "training step", y_label, height=height,
            **({"y_axis_type": "log", "y_range": span(0.1, 10)} if log else {}), **options,
        )  # fmt: skip
        self.figure.xaxis.formatter = NumeralTickFormatter(format="0,0")
        self.cursor = marker_line(self.figure, "height")
        self.series: list[str] = []
        self._log = log
        self._styles = styles or {}
        self._follows = "y_range" not in options
        self._on_step = on_step
        self.figure.on_event("tap", self._tapped)
        lines = self.figure.multi_line(
            "steps", "values", source=self.source, line_color="colour", line_dash="dash", line_width=2
        )
        hover(self.figure, [lines], [("@series", "$snap_y{0.000}"), ("step", "$snap_x{0}")])

    def legend(self) -> list[tuple[str, str]]:
        """Return (label, colour) of every series."""
        return [(words(name), self._style(k, name)[0]) for k, name in enumerate(self.series)]

    def move_cursor(self, step: int) -> None:
        """Mark `step`."""
        self.cursor.location, self.cursor.visible = step, True

    def update(self, data: xr.Dataset) -> None:
        """Show value (series, step)."""
        if "value" not in data:
            return
        names = [str(name) for name in data["series"].values]
        value = data["value"].values
        if self._log:
            value = np.where(value > 0, value, np.nan)
        steps = data["step"].values
        self.series = names
        show(
            self.source,
            {
                "series": [words(name) for name in names],
                "steps": [steps] * len(names),
                "values": list(value),
                "colour": [self._style(k, name)[0] for k, name in enumerate(names)],
                "dash": [self._style(k, name)[1] for k, name in enumerate(names)],
            },
        )
        self.figure.x_range.update(start=0, end=max(1.02 * float(steps[-1]), 10.0))
        if self._follows:
            fit(self.figure.y_range, value, log=self._log)

    def _style(self, k: int, name: str) -> tuple[str, str]:
        return self._styles.get(name, (SERIES[k % len(SERIES)], _DASHES[k % len(_DASHES)]))

    def _tapped(self, event: Any) -> None:
        if self._on_step is not None and event.x is not None:
            self._on_step(max(0, round(event.x)))


def words(name: str) -> str:
    """Return a series' name in words.

    >>> words("generator_l1"), words("loss_generator"), words("held-out")
    ('generator: L1', 'generator, total', 'held-out')
    """
    if name.startswith("loss_"):
        return f"{name.removeprefix('loss_')}, total"
    for player in ("generator", "discriminator"):
        if name.startswith(f"{player}_"):
            term = name.removeprefix(f"{player}_").replace("_", " ")
            return f"{player}: {term.upper() if term in ('gan', 'l1', 'l2') else term}"
    return name
