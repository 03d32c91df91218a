"""Where runs live on disk, by name or by path."""

from __future__ import annotations

import os
import re
import uuid
from datetime import datetime
from pathlib import Path

SPEC_FILE = "spec.json"
LOG_FILE = "log.txt"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def workspace_path(workspace: str | os.PathLike[str] | None = None) -> Path:
    """Folder that holds every run of a user, absolute.

    The argument, else the environment's ``WORKBENCH_WORKSPACE``, else ``~/spectral-workbench``.

    Examples
    --------
    >>> workspace_path("/tmp/bench").as_posix()
    '/tmp/bench'
    """
    chosen = workspace or os.environ.get("WORKBENCH_WORKSPACE") or Path.home() / "spectral-workbench"
    return Path(chosen).expanduser().resolve()


def data_path(name: str | os.PathLike[str]) -> Path:
    """Return the whole path of a user's file: as it is written, else in the workspace's folder ``data``."""
    here = Path(name).expanduser()
    kept = workspace_path() / "data" / here
    return (kept if kept.exists() and not here.exists() else here).resolve()


def runs_folder(workspace: str | os.PathLike[str] | None = None) -> Path:
    """Folder of the run directories inside a workspace."""
    return workspace_path(workspace) / "runs"


def check_name(name: str) -> str:
    """Return `name` if it can name a run: no separators, no way out of the workspace.

    Raises
    ------
    ValueError
        If it is empty, too long, starts with a dot or has other characters than letters, digits, ``. _ -``.

    Examples
    --------
    >>> check_name("relu-against-snake.2")
    'relu-against-snake.2'
    >>> check_name("../elsewhere")
    Traceback (most recent call last):
    ValueError: a run's name has 1 to 100 letters, digits, dots, dashes or underscores ...
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            "a run's name has 1 to 100 letters, digits, dots, dashes or underscores "
            f"(the first a letter or a digit), found {name!r}"
        )
    return name


def fresh_name(system: str, scene: str) -> str:
    """Name from system, scene and the time to the second, with four characters against collisions."""
    stem = re.sub(r"[^A-Za-z0-9]+", "_", Path(scene).stem)[:24].strip("_") or "scene"
    return f"{system}-{stem}-{datetime.now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:4]}"


def is_run(path: Path) -> bool:
    """Whether `path` is a run directory (it holds a ``spec.json``)."""
    return (path / SPEC_FILE).is_file()


def find_run(run: str | os.PathLike[str], workspace: str | os.PathLike[str] | None = None) -> Path:
    """Path of the run called `run`, which is a path or a name in the workspace.

    Raises
    ------
    ValueError
        If there is no run directory of that path or name; the names in the workspace are listed.
    """
    given = Path(run).expanduser()
    if is_run(given):
        return given.resolve()
    folder = runs_folder(workspace)
    text = os.fspath(run)
    if _NAME.fullmatch(text) and is_run(folder / text):
        return folder / text
    if given.exists():
        raise ValueError(f"{given} is not a run directory: it has no {SPEC_FILE}")
    known = ", ".join(path.name for path in run_paths(workspace)) or "none"
    raise ValueError(f"no run at {text!r}, neither as a path nor as a name in {folder}; runs there: {known}")


def run_paths(workspace: str | os.PathLike[str] | None = None) -> list[Path]:
    """Run directories of a workspace, newest first."""
    folder = runs_folder(workspace)
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if not path.name.startswith(".") and is_run(path)]
    return sorted(found, key=lambda path: ((path / SPEC_FILE).stat().st_mtime_ns, path.name), reverse=True)
