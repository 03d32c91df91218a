"""The local dask scheduler of a workspace: its own process, started on demand, gone when idle.

Bound to 127.0.0.1, because dask carries pickled code.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from workbench.runs.files import read_json, write_json
from workbench.runs.processes import alive, identity, start_module
from workbench.runs.status import LIVE, read_status
from workbench.runs.workspace import run_paths, workspace_path

ADDRESS_VARIABLE = "WORKBENCH_SCHEDULER"
IDLE_VARIABLE = "WORKBENCH_IDLE_SECONDS"
SLOTS_VARIABLE = "WORKBENCH_SLOTS"
_START_TIMEOUT = 60.0  # s, generous: a loaded machine needs many times the usual 3
_END_TIMEOUT = 15.0  # s
log = logging.getLogger("workbench.runs.scheduler")


def code_version() -> str:
    """Return the installed version of the workbench."""
    try:
        return version("spectral-workbench")
    except PackageNotFoundError:
        return "unknown"


def find_scheduler(workspace: Path) -> dict[str, Any] | None:
    """Return the record of the workspace's living local scheduler: its address, pid and more, or None."""
    record = read_json(_file(workspace, "json"))
    return record if isinstance(record, dict) and alive(record) else None


def ensure_scheduler(workspace: Path) -> dict[str, Any]:
    """Return the record of the workspace's local scheduler, starting one if there is none.

    Any number of processes may ask at once; one scheduler is started.

    Raises
    ------
    RuntimeError
        If it does not start; its log is named.
    """
    _folder(workspace).mkdir(parents=True, exist_ok=True)
    with _starting(workspace):
        record = find_scheduler(workspace)
        if record is not None:
            return record
        logged = _file(workspace, "log")
        process = start_module("workbench.runs.scheduler", workspace, logged)
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline and process.poll() is None:
            record = find_scheduler(workspace)
            if record is not None and record["pid"] == process.pid:
                return record
            time.sleep(0.02)
        if process.poll() is None:
            process.kill()
            process.wait()
        raise RuntimeError(f"the local scheduler did not start; its log {logged} says why")


def down(workspace: str | os.PathLike[str] | None = None, *, runs: bool = False) -> list[str]:
    """End the workspace's local scheduler and, asked, its runs; return what was ended.

    Runs that are not ended go on without the scheduler. Ended ones write a checkpoint first.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     down(empty)
    []
    """
    folder = workspace_path(workspace)
    ended = []
    record = find_scheduler(folder)
    if record is not None:
        workers = [
            process
            for process in _below(record["pid"])
            if not any("workbench.runs.runner" in part for part in _command(process))
        ]
        _end([psutil.Process(record["pid"]), *workers])
        _file(folder, "json").unlink(missing_ok=True)
        ended.append(f"scheduler {record['address']}")
    if runs:
        for path in run_paths(folder):
            status = read_status(path)
            if status.state in LIVE and status.pid is not None:
                _end([psutil.Process(status.pid)])
                ended.append(f"run {path.name}")
    return ended


def _below(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _end(processes: list[psutil.Process]) -> None:
    # The first is asked to end in good order; what is left of all of them after that is killed.
    with contextlib.suppress(psutil.NoSuchProcess):
        processes[0].terminate()
    _, left = psutil.wait_procs(processes, timeout=_END_TIMEOUT)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=_END_TIMEOUT)


def _folder(workspace: Path) -> Path:
    return workspace / "scheduler"


def _file(workspace: Path, kind: str) -> Path:
    key = hashlib.sha256(f"{sys.prefix}\n{code_version()}".encode()).hexdigest()[:12]
    return _folder(workspace) / f"{key}.{kind}"


@contextlib.contextmanager
def _starting(workspace: Path) -> Iterator[None]:
    with _file(workspace, "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def slots() -> int:
    """Return how many runs train at once on this machine: one torch thread each, at least 2."""
    return int(os.environ.get(SLOTS_VARIABLE) or max(2, (os.cpu_count() or 2) // 2))


async def _serve(workspace: Path) -> None:
    import dask
    from distributed import Nanny, Scheduler

    # A run is resumed however often workers die: the run directory, not dask, says what went wrong.
    dask.config.set({"distributed.scheduler.allowed-failures": 1000})
    local: Any = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    idle = float(os.environ.get(IDLE_VARIABLE) or 600)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with Scheduler(port=0, **local) as scheduler:
        nanny = Nanny(
            scheduler.address,
            nthreads=slots(),
            name="local",
            memory_limit=0,
            local_directory=str(_folder(workspace)),
            **local,
        )
        async with nanny:
            write_json(_file(workspace, "json"), {"address": scheduler.address, **identity()})
            log.info("scheduler at %s with %s slots", scheduler.address, slots())
            finished = asyncio.ensure_future(scheduler.finished())
            asked = asyncio.ensure_future(ended.wait())
            idled = asyncio.ensure_future(_idle(scheduler, idle))
            await asyncio.wait([finished, asked, idled], return_when=asyncio.FIRST_COMPLETED)
            for waiting in (asked, idled):
                waiting.cancel()
            # Supervising threads wait for their runners and cannot be joined: the worker is killed.
            await nanny.kill(timeout=0.5)
    _file(workspace, "json").unlink(missing_ok=True)


async def _idle(scheduler: Any, seconds: float) -> None:
    """Return once no task has run or waited for so long, counted from when the worker is there."""
    while not (since := scheduler.check_idle()) or time.time() < since + seconds:
        await asyncio.sleep(min(5.0, seconds / 4))


def main() -> None:
    """Serve the workspace named on the command line until idle or told to end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    asyncio.run(_serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
