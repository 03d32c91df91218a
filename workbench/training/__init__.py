"""The engine: a system trained on patches under a plan becomes records."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.training.patches import Patches, Samples, make_patches
from workbench.training.plan import Plan, linear_decay, resolve_device
from workbench.training.records import Record

if TYPE_CHECKING:
    from workbench.training.engine import Trainer, TrainingError

# The engine's Fabric takes seconds to load: who only checks a plan, as `launch` does, does not wait for it.
_ENGINE = ("Trainer", "TrainingError")

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


def __getattr__(name: str) -> Any:
    if name in _ENGINE:
        return getattr(import_module("workbench.training.engine"), name)
    raise AttributeError(f"module 'workbench.training' has no attribute {name!r}")
