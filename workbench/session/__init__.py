"""One viewer's choices about one run; no panel, no holoviews.

`Hub` follows a run for everybody in this process; `DeskState` holds what one viewer chose; `compose` turns
both into what every panel shows, with its sentence.
"""

from workbench.session.captions import MAPPING_NAMES, cause_words, number, percent
from workbench.session.control import Control, may_control
from workbench.session.data_file import DataFile
from workbench.session.files import csv_file, netcdf_file
from workbench.session.form import BRANCH, Field, changed_values, run_form
from workbench.session.frame import Choice, Frame
from workbench.session.hub import Hub, hub_of, warm_up
from workbench.session.order_frames import default_layer
from workbench.session.panels import PANELS, compose, frame_steps, layer_names, sample_count, shown_layer
from workbench.session.report_words import grouped_reasons, said_of
from workbench.session.state import DeskState
from workbench.session.user_scenes import user_scene, user_scenes
from workbench.session.words import COLOURS, banner, duration, status_parts

__all__ = [
    "BRANCH",
    "COLOURS",
    "MAPPING_NAMES",
    "PANELS",
    "Choice",
    "Control",
    "DataFile",
    "DeskState",
    "Field",
    "Frame",
    "Hub",
    "banner",
    "cause_words",
    "changed_values",
    "compose",
    "csv_file",
    "default_layer",
    "duration",
    "frame_steps",
    "grouped_reasons",
    "hub_of",
    "layer_names",
    "may_control",
    "netcdf_file",
    "number",
    "percent",
    "run_form",
    "said_of",
    "sample_count",
    "shown_layer",
    "status_parts",
    "user_scene",
    "user_scenes",
    "warm_up",
]
