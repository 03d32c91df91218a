"""Runs in the background: specification, store, runner, scheduler, followers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.runs.checkpoints import list_checkpoints
from workbench.runs.handle import Run, list_runs, open_run
from workbench.runs.spec import RunSpec
from workbench.runs.specimen import Specimen, SpecimenError, register, registered, split_target
from workbench.runs.specimen_request import Request
from workbench.runs.status import RunStatus
from workbench.runs.workspace import workspace_path

if TYPE_CHECKING:
    from workbench.runs.exporting import export_records
    from workbench.runs.follow import Follower
    from workbench.runs.launching import launch
    from workbench.runs.scheduler import down, ensure_scheduler, find_scheduler
    from workbench.runs.specimen_workshop import Answer, Workshop

# Following needs zarr, launching needs torch: loaded when used, so that listing runs stays instant.
_LATER = {
    "Answer": "specimen_workshop",
    "Follower": "follow",
    "down": "scheduler",
    "ensure_scheduler": "scheduler",
    "export_records": "exporting",
    "find_scheduler": "scheduler",
    "launch": "launching",
    "Workshop": "specimen_workshop",
}

__all__ = [
    "Answer",
    "Follower",
    "Request",
    "Run",
    "RunSpec",
    "RunStatus",
    "Specimen",
    "SpecimenError",
    "Workshop",
    "down",
    "ensure_scheduler",
    "export_records",
    "find_scheduler",
    "launch",
    "list_checkpoints",
    "list_runs",
    "open_run",
    "register",
    "registered",
    "split_target",
    "workspace_path",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        value = getattr(import_module(f"workbench.runs.{_LATER[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'workbench.runs' has no attribute {name!r}")
