"""The engine: a system trained on patches under a plan becomes records."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.training.patches import Patches, Samples, make_patches
from workbench.training.plan import Plan, linear_decay, resolve_device
from workbench.training.records import Record

if TYPE_CHECKING:
    from workbench.training.engine import Trainer, TrainingError
    from workbench.training.probing import fitting_tone

# The engine's Fabric takes seconds to load: who only checks a plan, as `launch` does, does not wait for it.
_LATER = {"Trainer": "engine", "TrainingError": "engine", "fitting_tone": "probing"}

__all__ = [
    "Patches",
    "Plan",
    "Record",
    "Samples",
    "Trainer",
    "TrainingError",
    "fitting_tone",
    "linear_decay",
    "make_patches",
    "resolve_device",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f"workbench.training.{_LATER[name]}"), name)
    raise AttributeError(f"module 'workbench.training' has no attribute {name!r}")
