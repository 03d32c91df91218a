"""Explorers: one effect each, its settings, what they give; no panel, no training."""

from workbench.session.explorers.explorer import Explorer, Frames, Group, Picture, Readout
from workbench.session.explorers.quiz import Answer, Score, score_guesses

__all__ = ["Answer", "Explorer", "Frames", "Group", "Picture", "Readout", "Score", "score_guesses"]
