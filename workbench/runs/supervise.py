"""What a scheduler's task does: see one runner through to its end."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from workbench.runs import commands
from workbench.runs.files import read_json
from workbench.runs.lease import HELD, lease_holder
from workbench.runs.processes import start_module
from workbench.runs.status import ENDED, STATUS_FILE, read_status, write_status
from workbench.runs.workspace import LOG_FILE, is_run

_POLL = 0.2  # s


def supervise(path: str) -> str:
    """Start, resume or attach to the runner of the run at `path`; return the state it ended in.

    A runner that dies while this watches is not started again: that is the user's to decide. This is called a
    second time only if the worker that called it first has died; then a run that was lost with it goes on.
    """
    run = Path(path)
    if not is_run(run):
        return "lost"  # deleted while it waited
    if lease_holder(run) is not None:
        return _attend(run)
    state = read_status(run).state
    if state in ENDED and state != "lost":
        return state
    written = read_json(run / STATUS_FILE) or {}
    if written.get("state") == "paused":
        commands.send(run, "pause")  # it was waiting when it was lost: so it does again
    code = start_module("workbench.runs.runner", run, run / LOG_FILE).wait()
    if code == HELD:
        return _attend(run)
    status = read_status(run)
    if status.state == "queued":
        message = f"the runner ended with exit code {code} before it began; see {LOG_FILE}"
        write_status(run, replace(status, state="failed", message=message))
    return read_status(run).state


def _attend(run: Path) -> str:
    while lease_holder(run) is not None:
        time.sleep(_POLL)
    return read_status(run).state
