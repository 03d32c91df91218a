"""What is behind the microscope: one viewer's questions to a network, with their answers."""

from workbench.session.microscope.bench import Bench
from workbench.session.microscope.code import code_of
from workbench.session.microscope.compare import Comparison, Pair, Rows, changes, largest_change
from workbench.session.microscope.export import lines_csv, orders_csv
from workbench.session.microscope.frames import data_rows, network_rows, one_axis
from workbench.session.microscope.model import may_open_models, open_model
from workbench.session.microscope.panels import Panels
from workbench.session.microscope.questions import LEAST_RANGE, read_weights
from workbench.session.microscope.scenes import scene_names, scene_title
from workbench.session.microscope.scope import Scene, Scope
from workbench.session.microscope.state import UNITS, URL_NAMES, MicroscopeState
from workbench.session.microscope.words import level_unit, marker_words, nearest, peaks

__all__ = [
    "LEAST_RANGE",
    "UNITS",
    "URL_NAMES",
    "Bench",
    "Comparison",
    "MicroscopeState",
    "Pair",
    "Panels",
    "Rows",
    "Scene",
    "Scope",
    "changes",
    "code_of",
    "data_rows",
    "largest_change",
    "level_unit",
    "lines_csv",
    "marker_words",
    "may_open_models",
    "nearest",
    "network_rows",
    "one_axis",
    "open_model",
    "orders_csv",
    "peaks",
    "read_weights",
    "scene_names",
    "scene_title",
]
