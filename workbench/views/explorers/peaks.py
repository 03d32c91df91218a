"""The strongest lines as a table under their figure."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import xarray as xr

from workbench.views.styles import TYPE
from workbench.views.text import Text

__all__ = ["PeakTable"]

_CSS = (
    TYPE
    + """
.peaks {
  border-collapse: collapse; font-size: var(--key-size, 13px); line-height: 1.54;
  font-variant-numeric: tabular-nums;
}
.peaks th { font-weight: 600; text-align: right; padding: 0 14px 2px 0; }
.peaks td { text-align: right; padding: 0 14px 0 0; }
.peaks :is(th, td):last-child { text-align: left; padding-right: 0; }
.peaks caption { text-align: left; font-weight: 600; padding-bottom: 2px; }
"""
)


class PeakTable:
    """Frequency, level, prediction and cause of the strongest lines.

    Needs ``level, predicted, name (peak)`` and ``frequency_x``, for a plane also ``frequency_y``.

    Parameters
    ----------
    title
        Above the table.
    rows
        For which there is room from the start.
    """

    def __init__(self, title: str = "Strongest lines", rows: int = 7) -> None:
        self.pane = Text("", _CSS, min_height=50 + 20 * rows, css_classes=["beside"])
        self._title, self._table, self._hidden = title, "", False

    def update(self, data: xr.Dataset) -> None:
        """Show the lines."""
        axes = [name for name in ("frequency_y", "frequency_x") if name in data]
        known = not np.isnan(data["predicted"].values).all()
        heads = [*(f"f{name[9:].replace('_', ' ')}, cycles/sample" for name in axes), "level, dB"]
        heads += ["predicted, dB"] * known + ["cause"]
        if len(axes) == 1:
            heads[0] = "f, cycles/sample"
        columns: list[list[str]] = [[_signed(v, 4) for v in data[name].values] for name in axes]
        columns += [[_signed(v, 1) for v in data["level"].values]]
        columns += [[_signed(v, 1) for v in data["predicted"].values]] * known
        columns += [[escape(str(name)) or "–" for name in data["name"].values]]
        rows = "".join(f"<tr>{_cells('td', row)}</tr>" for row in zip(*columns, strict=True))
        rows = rows or f'<tr><td colspan="{len(heads)}">none</td></tr>'
        head = f"<caption>{escape(self._title)}</caption><tr>{_cells('th', heads)}</tr>"
        self._table = f'<table class="peaks">{head}{rows}</table>'
        self.conceal(self._hidden)

    def conceal(self, hidden: bool) -> None:
        """Hide the table while its lines are predicted."""
        self._hidden = hidden
        self.pane.text = "" if hidden else self._table


def _cells(kind: str, texts: Any) -> str:
    return "".join(f"<{kind}>{text}</{kind}>" for text in texts)


def _signed(value: float, places: int) -> str:
    """Write a number; "–" for none.

    >>> _signed(-0.00001, 1), _signed(-7.46, 1), _signed(float("nan"), 1)
    ('0.0', '−7.5', '–')
    """
    if value != value:
        return "–"
    return f"{round(value, places) + 0.0:.{places}f}".replace("-", "−")
