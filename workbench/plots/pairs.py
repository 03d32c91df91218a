"""What a coherence estimate is worth: its bias, what lowers it, what its loss leads to."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource

from workbench.plots.canvas import INK, canvas, fit, hover, marker_line, show, span
from workbench.plots.palettes import HELD, MEASURED, THEORY

__all__ = ["BiasCurve", "LossCurve", "Sensitivity"]


class BiasCurve:
    """Expected estimate against true coherence, with the present point and the null level.

    Needs ``estimate (true)``, attrs looks, null_level, at, mean.
    """

    LEGEND = (("expected estimate", THEORY), ("no bias", "#8C8C8C"), ("this pair (square)", MEASURED))

    def __init__(self, height: int = 260) -> None:
        self.source = ColumnDataSource({"true": [], "estimate": []})
        self.point = ColumnDataSource({"true": [], "estimate": []})
        self.figure = canvas(
            "",
            "true coherence γ",
            "expected estimate E|γ̂|",
            height=height,
            x_range=span(0, 1),
            y_range=span(0, 1),
        )
        self.figure.line([0, 1], [0, 1], color=INK, line_dash="dashed", line_width=1)
        line = self.figure.line("true", "estimate", source=self.source, color=THEORY, line_width=2.5)
        dot = self.figure.scatter(
            "true", "estimate", source=self.point, color=MEASURED, size=11, marker="square"
        )
        self.held = ColumnDataSource({"true": [], "estimate": []})
        self.held_point = ColumnDataSource({"true": [], "estimate": []})
        self.figure.line("true", "estimate", source=self.held, color=HELD, line_width=2)
        self.figure.scatter("true", "estimate", source=self.held_point, color=HELD, size=10, marker="diamond")
        self.null = marker_line(self.figure, "width", line_dash="dotted")
        tips = [("true γ", "@true{0.00}"), ("E|γ̂|", "@estimate{0.00}")]
        hover(self.figure, [line, dot], tips)

    def update(self, data: xr.Dataset) -> None:
        """Show the curve for these looks."""
        show(self.source, {"true": data["true"].values, "estimate": data["estimate"].values})
        show(self.point, _point(data))
        self.null.update(location=float(data.attrs["null_level"]), visible=True)

    def hold(self, data: xr.Dataset | None) -> None:
        """Draw another pair's curve and point behind, or none."""
        nothing: dict[str, Any] = {"true": [], "estimate": []}
        curve = {} if data is None else {name: data[name].values for name in nothing}
        show(self.held, curve or nothing)
        show(self.held_point, nothing if data is None else _point(data))


def _point(data: xr.Dataset) -> dict[str, list[float]]:
    at = float(data.attrs["at"])
    known = np.isfinite(at)
    return {"true": [at] if known else [], "estimate": [float(data.attrs["mean"])] if known else []}


class Sensitivity:
    """Mean estimate against the amount of a disturbance, measured and in closed form.

    Needs ``measured (amount)``, ``theory (fine)``, attrs kind, unit, now.
    """

    LEGEND = (("measured", MEASURED), ("closed form", THEORY))

    def __init__(self, height: int = 260) -> None:
        self.source = ColumnDataSource({"amount": [], "measured": []})
        self.theory = ColumnDataSource({"amount": [], "theory": []})
        self.figure = canvas(
            "", "amount", "mean |γ̂|", height=height, x_range=span(0, 1), y_range=span(0, 1.02)
        )
        self.figure.line("amount", "theory", source=self.theory, color=THEORY, line_width=2)
        dots = self.figure.scatter("amount", "measured", source=self.source, color=MEASURED, size=9)
        self.held = ColumnDataSource({"amount": [], "measured": []})
        self.figure.scatter("amount", "measured", source=self.held, color=HELD, size=8, marker="diamond")
        self.now = marker_line(self.figure, "height")
        hover(self.figure, [dots], [("amount", "@amount{0.00}"), ("mean |γ̂|", "@measured{0.00}")])

    def update(self, data: xr.Dataset) -> None:
        """Show the sweep."""
        amount = data["amount"].values
        show(self.source, {"amount": amount, "measured": data["measured"].values})
        show(self.theory, {"amount": data["fine"].values, "theory": data["theory"].values})
        end = float(amount[-1])
        if self.figure.x_range.end != end:
            self.figure.x_range.end = end
        label = f"{data.attrs['kind']}, {data.attrs['unit']}"
        if self.figure.xaxis.axis_label != label:
            self.figure.xaxis.axis_label = label
        self.now.update(location=float(data.attrs["now"]), visible=True)

    def hold(self, data: xr.Dataset | None) -> None:
        """Draw another sweep behind, or none."""
        nothing = {name: np.array([]) for name in ("amount", "measured")}
        show(self.held, nothing if data is None else {name: data[name].values for name in nothing})


class LossCurve:
    """The coherence loss of two tones against their frequency error, with the way down that was taken.

    Needs ``loss, gradient (offset)``, ``path, path_loss (update)``.
    """

    LEGEND = (("loss 1 − |γ̂|", MEASURED), ("its gradient, scaled", "#8C8C8C"), ("gradient descent", THEORY))

    def __init__(self, height: int = 260) -> None:
        self.curve = ColumnDataSource({"offset": [], "loss": [], "gradient": []})
        self.path = ColumnDataSource({"offset": [], "loss": []})
        self.ends = ColumnDataSource({"offset": [], "loss": [], "marker": []})
        self.figure: Any = canvas(
            "", "frequency error, cycles/pixel", "loss", height=height,
            x_range=span(-0.3, 0.3), y_range=span(-1.05, 1.1),
        )  # fmt: skip
        self.figure.line("offset", "gradient", source=self.curve, color=INK, line_width=1, line_dash="dotted")
        line = self.figure.line("offset", "loss", source=self.curve, color=MEASURED, line_width=2)
        self.figure.line("offset", "loss", source=self.path, color=THEORY, line_width=2)
        self.figure.scatter("offset", "loss", source=self.path, color=THEORY, size=5)
        self.figure.scatter("offset", "loss", source=self.ends, color=THEORY, size=12, marker="marker")
        hover(self.figure, [line], [("error", "@offset{0.000} cycles/pixel"), ("loss", "@loss{0.00}")])

    def update(self, data: xr.Dataset) -> None:
        """Show the curve and the way."""
        show(self.curve, {name: data[name].values for name in ("offset", "loss", "gradient")})
        path, loss = data["path"].values, data["path_loss"].values
        show(self.path, {"offset": path, "loss": loss})
        show(
            self.ends,
            {
                "offset": [path[0], path[-1]],
                "loss": [loss[0], loss[-1]],
                "marker": ["circle", "star"],
            },
        )
        fit(self.figure.x_range, data["offset"].values, margin=0.0)
