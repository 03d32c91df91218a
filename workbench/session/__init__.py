"""One viewer's choices about one run; no panel, no holoviews.

`Hub` follows a run for everybody in this process; `DeskState` holds what one viewer chose; `compose` turns
both into what every panel shows, with its sentence.
"""

from workbench.session.frame import Choice, Frame
from workbench.session.hub import Hub, hub_of
from workbench.session.panels import PANELS, compose, frame_steps, layer_names, sample_count
from workbench.session.state import DeskState

__all__ = [
    "PANELS",
    "Choice",
    "DeskState",
    "Frame",
    "Hub",
    "compose",
    "frame_steps",
    "hub_of",
    "layer_names",
    "sample_count",
]
