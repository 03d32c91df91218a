"""What a run is asked to do, one file per command, obeyed in order."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from workbench.runs.files import read_json, write_json

COMMANDS_FOLDER = "commands"
KINDS = ("pause", "resume", "stop", "checkpoint", "advance", "observe")


@dataclass(frozen=True)
class Command:
    """One wish: `kind` is one of ``KINDS``; `value` is the steps to advance or the observing budget."""

    kind: str
    value: float | None = None


def send(run: Path, kind: str, value: float | None = None) -> None:
    """Put a command into the run's folder; any process may.

    Raises
    ------
    ValueError
        If there is no such command.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown command {kind!r}; known: {', '.join(KINDS)}")
    folder = run / COMMANDS_FOLDER
    folder.mkdir(exist_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}-{uuid.uuid4().hex[:6]}.json"
    write_json(folder / name, {"kind": kind, "value": value})


def take(run: Path) -> list[Command]:
    """Remove the waiting commands and return them, oldest first."""
    try:
        with os.scandir(run / COMMANDS_FOLDER) as entries:
            names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
    except FileNotFoundError:
        return []
    commands = []
    for name in names:
        path = run / COMMANDS_FOLDER / name
        content = read_json(path)
        path.unlink(missing_ok=True)
        if isinstance(content, dict) and content.get("kind") in KINDS:
            commands.append(Command(content["kind"], content.get("value")))
    return commands
