"""Which model files a viewer may have executed."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.runs import Specimen, register, split_target, workspace_path
from workbench.session.control import OWNERS, Control

__all__ = ["may_open_models", "open_model"]


def may_open_models(control: Control) -> bool:
    """Tell whether model files may be opened at all: by an owner, on a server without accounts.

    A server with accounts is shared; there the file's code would run with the rights of all its users.
    """
    return control.can_control and os.environ.get(OWNERS) is None


def open_model(control: Control, target: str, weights: str, sure: bool) -> str:
    """Register a model file of the workspace folder; return the token by which addresses may name it.

    Nothing is executed here: a process of its own does that when the first question is asked.

    Raises
    ------
    PermissionError
        If this viewer may not, or a path leaves the workspace folder.
    ValueError
        If it is not ``FILE.py:MODEL``, there is no such file, or it was not confirmed.
    """
    if not may_open_models(control):
        raise PermissionError("Model files are opened by owners, on a server of their own machine only.")
    if not target.strip():
        raise ValueError("Needed is FILE.py:MODEL: the file and the name of the model in it.")
    path, model = split_target(target.strip())
    file = _inside(path)
    kept = str(_inside(Path(weights.strip()))) if weights.strip() else None
    if not sure:
        raise ValueError(f"Opening {file.name} executes it: tick the box if you trust it.")
    return register(Specimen(file=f"{file}:{model}" if model else str(file), weights=kept))


def _inside(path: Path) -> Path:
    """Return the path in the workspace folder, links followed."""
    folder = workspace_path()
    full = (folder / path.expanduser()).resolve()
    if not full.is_relative_to(folder.resolve()):
        raise PermissionError(f"{path} is not in the workspace folder {folder}: copy it there first.")
    if not full.is_file():
        raise ValueError(f"{full}: no such file")
    return full
