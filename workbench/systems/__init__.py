"""Networks with players, terms, a schedule: one file per family."""

from workbench.systems.options import COMMON, Option, SystemSpec
from workbench.systems.pix2pix import Pix2Pix
from workbench.systems.registry import SYSTEMS, build
from workbench.systems.system import Context, Optimiser, Player, System, Term
from workbench.systems.weightless import without_weights

__all__ = [
    "COMMON",
    "SYSTEMS",
    "Context",
    "Optimiser",
    "Option",
    "Pix2Pix",
    "Player",
    "System",
    "SystemSpec",
    "Term",
    "build",
    "without_weights",
]
