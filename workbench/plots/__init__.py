"""Labelled arrays become figures: Bokeh instruments, one source each, that follow a run live.

Every instrument has its figure(s) and `update(dataset)`, which replaces the data of its source. Labels of
colours are HTML (`legend`, `colour_bar`), because that wraps where a canvas would overlap.
"""

from workbench.plots.coherence_pictures import CoherenceHistogram, CoherenceMap
from workbench.plots.comparison import CascadeCompare
from workbench.plots.drive import SweepPlot
from workbench.plots.histories import History
from workbench.plots.increments import IncrementBars
from workbench.plots.keys import colour_bar, legend
from workbench.plots.labelled_spectrum import LabelledSpectrum
from workbench.plots.lineup import Lineup
from workbench.plots.marks import Marks
from workbench.plots.orders import OrderLines, OrderMap
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
from workbench.plots.sheet import TITLES, Sheet, Tile
from workbench.plots.spectra import BandPair, LayerSpectrum
from workbench.plots.waterfall import OrderWaterfall

__all__ = [
    "CYCLIC",
    "DIVERGING",
    "MAGNITUDE",
    "SPECTRUM",
    "TITLES",
    "BandPair",
    "CascadeCompare",
    "CoherenceHistogram",
    "CoherenceMap",
    "History",
    "IncrementBars",
    "LabelledSpectrum",
    "LayerSpectrum",
    "Lineup",
    "Marks",
    "OrderLines",
    "OrderMap",
    "OrderWaterfall",
    "Picture",
    "Sheet",
    "SweepPlot",
    "Tile",
    "cause_colour",
    "cause_label",
    "colour_bar",
    "draw_report",
    "grey_below",
    "legend",
]
