"""The engine: a system, patches and a plan become records."""

from workbench.training.engine import Trainer, TrainingError
from workbench.training.patches import Patches, Samples, make_patches
from workbench.training.plan import Plan, linear_decay, resolve_device
from workbench.training.records import Record

__all__ = [
    "Patches",
    "Plan",
    "Record",
    "Samples",
    "Trainer",
    "TrainingError",
    "linear_decay",
    "make_patches",
    "resolve_device",
]
