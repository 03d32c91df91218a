"""Explorers: one effect each, its settings, what they give; no panel, no training."""

from workbench.session.explorers.activation_chain import ActivationExplorer
from workbench.session.explorers.explorer import Explorer, Frames, Group, Picture, Readout
from workbench.session.explorers.markers import Reading
from workbench.session.explorers.nyquist_chain import NyquistExplorer
from workbench.session.explorers.pair_chain import CoherenceExplorer
from workbench.session.explorers.pictures import level_picture, plane, signed_picture
from workbench.session.explorers.places import Places
from workbench.session.explorers.pointing import nudge, point
from workbench.session.explorers.quiz import Answer, Score, score_guesses
from workbench.session.explorers.resampling_chain import STAGES, ResamplingExplorer
from workbench.session.explorers.resampling_rivals import RIVALS

__all__ = [
    "RIVALS",
    "STAGES",
    "ActivationExplorer",
    "Answer",
    "CoherenceExplorer",
    "Explorer",
    "Frames",
    "Group",
    "NyquistExplorer",
    "Picture",
    "Places",
    "Reading",
    "Readout",
    "ResamplingExplorer",
    "Score",
    "level_picture",
    "nudge",
    "plane",
    "point",
    "score_guesses",
    "signed_picture",
]
