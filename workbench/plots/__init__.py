"""Labelled arrays become figures: Bokeh instruments, one source each, that follow a run live.

Every instrument has its figure(s) and `update(dataset)`, which replaces the data of its source. Labels of
colours are HTML (`legend`, `colour_bar`), because that wraps where a canvas would overlap.
"""

from workbench.plots.canvas import FIGURE_THEME, span
from workbench.plots.chain import FoldingArrows, PredictedLines, SignalChain, TaylorPlot
from workbench.plots.coherence_pictures import CoherenceHistogram, CoherenceMap
from workbench.plots.comparison import CascadeCompare
from workbench.plots.drive import SweepPlot
from workbench.plots.guard import GUARD, GuardMark
from workbench.plots.guessed_histogram import GuessedHistogram
from workbench.plots.histories import History
from workbench.plots.increments import IncrementBars
from workbench.plots.keys import colour_bar, legend
from workbench.plots.labelled_spectrum import LabelledSpectrum
from workbench.plots.lineup import Lineup
from workbench.plots.marks import Markers, Marks
from workbench.plots.orders import OrderLines, OrderMap
from workbench.plots.pair_spectra import PairSpectra
from workbench.plots.pairs import BiasCurve, LossCurve, Sensitivity
from workbench.plots.palettes import (
    CYCLIC,
    DIVERGING,
    MAGNITUDE,
    SPECTRUM,
    cause_colour,
    cause_label,
    grey_below,
)
from workbench.plots.pictures import Picture
from workbench.plots.report import draw_report
from workbench.plots.responses import Responses
from workbench.plots.rivals import Rivals
from workbench.plots.scene_pictures import (
    AmplitudeHistogram,
    ConditionPlanes,
    MappedPatch,
    PairPictures,
    PatchPictures,
    SceneOverview,
    SceneSpectrum,
)
from workbench.plots.sheet import TITLES, Sheet, Tile
from workbench.plots.sides import SpectrumSides
from workbench.plots.spectra import BandPair, LayerSpectrum, draw_quadrants
from workbench.plots.strips import Kind, Strip
from workbench.plots.thumbnails import thumbnail_source
from workbench.plots.waterfall import OrderWaterfall

__all__ = [
    "CYCLIC",
    "DIVERGING",
    "FIGURE_THEME",
    "GUARD",
    "MAGNITUDE",
    "SPECTRUM",
    "TITLES",
    "AmplitudeHistogram",
    "BandPair",
    "BiasCurve",
    "CascadeCompare",
    "CoherenceHistogram",
    "CoherenceMap",
    "ConditionPlanes",
    "FoldingArrows",
    "GuardMark",
    "GuessedHistogram",
    "History",
    "IncrementBars",
    "Kind",
    "LabelledSpectrum",
    "LayerSpectrum",
    "Lineup",
    "LossCurve",
    "MappedPatch",
    "Markers",
    "Marks",
    "OrderLines",
    "OrderMap",
    "OrderWaterfall",
    "PairPictures",
    "PairSpectra",
    "PatchPictures",
    "Picture",
    "PredictedLines",
    "Responses",
    "Rivals",
    "SceneOverview",
    "SceneSpectrum",
    "Sensitivity",
    "Sheet",
    "SignalChain",
    "SpectrumSides",
    "Strip",
    "SweepPlot",
    "TaylorPlot",
    "Tile",
    "cause_colour",
    "cause_label",
    "colour_bar",
    "draw_quadrants",
    "draw_report",
    "grey_below",
    "legend",
    "span",
    "thumbnail_source",
]
