"""Labelled arrays become figures: Bokeh instruments, one source each, that follow a run live.

Every instrument has its figure(s) and `update(dataset)`, which replaces the data of its source. Labels of
colours are HTML (`legend`, `colour_bar`), because that wraps where a canvas would overlap.
"""

from workbench.plots.coherence_pictures import CoherenceHistogram, CoherenceMap
from workbench.plots.histories import History
from workbench.plots.keys import colour_bar, legend
from workbench.plots.labelled_spectrum import LabelledSpectrum
from workbench.plots.lineup import Lineup
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
from workbench.plots.pictures import ColourPicture, Picture
from workbench.plots.sheet import TITLES, Sheet
from workbench.plots.spectra import BandPair, LayerSpectrum

__all__ = [
    "CYCLIC",
    "DIVERGING",
    "MAGNITUDE",
    "SPECTRUM",
    "TITLES",
    "BandPair",
    "CoherenceHistogram",
    "CoherenceMap",
    "ColourPicture",
    "History",
    "LabelledSpectrum",
    "LayerSpectrum",
    "Lineup",
    "OrderLines",
    "OrderMap",
    "Picture",
    "Sheet",
    "cause_colour",
    "cause_label",
    "colour_bar",
    "grey_below",
    "legend",
]
