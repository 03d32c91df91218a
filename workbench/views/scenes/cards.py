"""The panels of the scene browser."""

from __future__ import annotations

from typing import Any

import panel as pn
import xarray as xr

from workbench import plots
from workbench.plots import (
    AmplitudeHistogram,
    ConditionPlanes,
    MappedPatch,
    PairPictures,
    PatchPictures,
    SceneOverview,
    SceneSpectrum,
)
from workbench.session.scenes import PLANES
from workbench.views.card import PanelCard
from workbench.views.explorers import tiles
from workbench.views.panels import (
    PHASE_TICKS,
    SIGN_TICKS,
    UNIT_TICKS,
    column,
    figure,
    level_ticks,
    pair,
    square,
)
from workbench.views.slot import Room, Slot
from workbench.views.styles import COLOUR_BAR
from workbench.views.text import Text

__all__ = ["scene_slots"]


def scene_slots() -> dict[str, Slot]:
    """Return all panels, to be built when they come into view."""
    return {
        "overview": Slot(
            "overview", _overview_card, Room((956, 553, 703, 699), (2, 0.5, 0.5, 0.25)), wide=True
        ),
        "spectrum": Slot("spectrum", _spectrum_card, Room((565, 944, 712, 708), (1, 1, 0.5, 0.25))),
        "histogram": Slot("histogram", _histogram_card, Room((629, 630, 594, 594))),
        "patch": Slot("patch", _patch_card, Room((957, 553, 419, 417), (2, 0.5, 0.25, 0.1))),
        "mapping": Slot("mapping", _mapping_card, Room((956, 553, 419, 417), (2, 0.5, 0.25, 0.1))),
        # last: they come and go with the scene, and nothing else moves then
        "condition": Slot(
            "condition", _condition_card, Room((1242, 426, 514, 512), (3, 0.33, 0.33, 0.17)), wide=True
        ),
        "pair": Slot("pair", _pair_card, Room((1380, 446, 534, 532), (3, 0.33, 0.33, 0.17)), wide=True),
    }


class _Scaled:
    """Writes the scale of one picture under it whenever it is drawn."""

    def __init__(self, instrument: Any, name: str, palette: tuple[str, ...], label: str) -> None:
        self.instrument, self.bar = instrument, Text("", COLOUR_BAR)
        self._name, self._palette, self._label = name, palette, label

    def update(self, data: xr.Dataset) -> None:
        """Draw `data`, then its scale."""
        self.instrument.update(data)
        low, high = data[self._name].attrs["scale"]
        self.bar.text = plots.colour_bar(self._palette, self._label, _ticks(low, high))


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return five ticks of a colour bar, with as many places as tell them apart.

    >>> _ticks(-1.0, 1.0)[:2], _ticks(-52.0, 19.0)[-1]
    ([(0.0, '−1.0'), (0.25, '−0.5')], (1.0, '19'))
    """
    places = 1 if high - low < 5 else 0
    values = [low + (high - low) * k / 4 for k in range(5)]
    return [(k / 4, f"{value:.{places}f}".replace("-", "−")) for k, value in enumerate(values)]


def _bars(*bars: Text) -> pn.Column:
    return pn.Column(*bars, sizing_mode="stretch_width", margin=0, stylesheets=[tiles(2)])


def _phase_bar() -> Text:
    return Text(plots.colour_bar(plots.CYCLIC, "phase, rad", PHASE_TICKS), COLOUR_BAR)


def _overview_card() -> PanelCard:
    overview = SceneOverview()
    scaled = _Scaled(overview, "amplitude", plots.MAGNITUDE, "amplitude, dB re 1")
    body = column(pair(*map(square, overview.figures.values())), _bars(scaled.bar, _phase_bar()))
    return PanelCard("Whole image, with the patch that is chosen", body, {"overview": scaled}, wide=True)


def _spectrum_card() -> PanelCard:
    spectrum = SceneSpectrum()
    scaled = _Scaled(spectrum, "level", plots.SPECTRUM, "level, dB re the strongest place")
    return PanelCard(
        "Spectrum of the image's middle",
        column(square(spectrum.figure), scaled.bar),
        {"spectrum": scaled},
        keys=lambda: plots.legend(SceneSpectrum.LEGEND),
    )


def _histogram_card() -> PanelCard:
    histogram = AmplitudeHistogram()
    return PanelCard(
        "Distribution of the amplitude",
        column(figure(histogram.figure)),
        {"histogram": histogram},
        keys=lambda: plots.legend(AmplitudeHistogram.LEGEND),
    )


def _patch_card() -> PanelCard:
    patch = PatchPictures()
    scaled = _Scaled(patch, "amplitude", plots.MAGNITUDE, "amplitude, dB re 1")
    body = column(pair(*map(square, patch.figures.values())), _bars(scaled.bar, _phase_bar()))
    return PanelCard("The patch", body, {"patch": scaled})


def _mapping_card() -> PanelCard:
    mapped = MappedPatch()
    levels = level_ticks(-80.0)
    bars = _bars(
        Text(plots.colour_bar(plots.DIVERGING, "value", SIGN_TICKS), COLOUR_BAR),
        Text(plots.colour_bar(plots.SPECTRUM, "level, dB re the strongest line", levels), COLOUR_BAR),
    )
    body = column(pair(*map(square, mapped.figures.values())), bars)
    return PanelCard("What a network would see of it", body, {"mapping": mapped})


class _WithUnit:
    """Writes what the planes of a condition mean under them."""

    def __init__(self) -> None:
        self.instrument, self.bar = ConditionPlanes(PLANES), Text("", COLOUR_BAR)

    def update(self, data: xr.Dataset) -> None:
        """Draw `data`, then its scale."""
        self.instrument.update(data)
        unit = data.attrs["unit"]
        label = data.attrs["what"] + (f", {unit}" if unit != "1" else ", no unit")
        self.bar.text = plots.colour_bar(plots.MAGNITUDE, label, _ticks(*data["condition_1"].attrs["scale"]))


def _condition_card() -> PanelCard:
    planes = _WithUnit()
    body = column(_three(*map(square, planes.instrument.figures.values())), planes.bar)
    return PanelCard("Condition: what a network is shown", body, {"condition": planes}, wide=True)


def _pair_card() -> PanelCard:
    pictures = PairPictures()
    scaled = _Scaled(pictures, "second", plots.MAGNITUDE, "second acquisition, dB re 1")
    coherence = Text(plots.colour_bar(plots.MAGNITUDE, "coherence |γ̂|", UNIT_TICKS), COLOUR_BAR)
    body = column(
        _three(*map(square, pictures.figures.values())), _three(scaled.bar, _phase_bar(), coherence)
    )
    return PanelCard("Two acquisitions", body, {"pair": scaled}, wide=True)


def _three(*panes: Any) -> pn.Column:
    return pn.Column(*panes, sizing_mode="stretch_width", margin=0, stylesheets=[tiles(3)])
