"""How a run is queued at a scheduler without holding up whoever asked for it."""

from __future__ import annotations

import logging
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from workbench.runs.processes import identity, start_module
from workbench.runs.scheduler import ADDRESS_VARIABLE, ensure_scheduler
from workbench.runs.spec import RunSpec
from workbench.runs.status import RunStatus, read_status, write_status
from workbench.runs.workspace import LOG_FILE, workspace_path

_ATTEMPTS = 3
log = logging.getLogger("workbench.runs")


def enqueue(run: Path) -> None:
    """Mark the run as queued, then let a process of its own take it to the scheduler; returns at once."""
    spec = RunSpec.read(run)
    step = read_status(run).step
    write_status(
        run, RunStatus("queued", step, spec.steps, message="waits for the scheduler"), held_by=[identity()]
    )
    start_module("workbench.runs.submit", run, run / LOG_FILE)


def main() -> int:
    """Queue the run named on the command line; a failure becomes the run's."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    run = Path(sys.argv[1])
    try:
        _submit(run)
    except Exception as error:
        log.exception("run %s could not be queued", run.name)
        message = f"could not be queued: {error}"
        write_status(run, replace(read_status(run), state="failed", message=message))
        return 1
    return 0


def _submit(run: Path) -> None:
    from distributed import Client, fire_and_forget

    from workbench.runs.supervise import supervise

    status = replace(read_status(run), state="queued", message="waits for a free slot")
    remote = os.environ.get(ADDRESS_VARIABLE)
    device = RunSpec.read(run).plan.get("device")
    resources = {"GPU": 1} if remote and device == "cuda" else None
    for attempt in range(_ATTEMPTS):
        record = {"address": remote} if remote else ensure_scheduler(_workspace(run))
        address = record["address"]
        # Written before the task is known: once it is, the status is the runner's alone.
        write_status(run, status, held_by=None if remote else [record, identity()])
        try:
            with Client(address, timeout=10, set_as_default=False) as client:
                key = f"{run.name}-{time.time_ns()}"
                fire_and_forget(client.submit(supervise, str(run), key=key, pure=False, resources=resources))
            return
        except OSError as error:
            # A scheduler that ends as idle at this very moment is replaced by a new one.
            if remote or attempt == _ATTEMPTS - 1:
                raise RuntimeError(f"no scheduler answers at {address}: {error}") from error


def _workspace(run: Path) -> Path:
    return run.parent.parent if run.parent.name == "runs" else workspace_path()


if __name__ == "__main__":
    sys.exit(main())
