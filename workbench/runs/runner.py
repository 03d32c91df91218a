"""The process that trains one run: ``python -m workbench.runs.runner RUN_DIR``."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from workbench.runs.lease import HELD, LEASE_FILE, Lease, LeaseHeldError
from workbench.runs.loop import Loop, Prepare, Prepared, Recorder
from workbench.runs.sealing import seal
from workbench.runs.spec import RunSpec
from workbench.runs.status import BALLAST_FILE, STATUS_FILE, lay_ballast, read_status, write_status
from workbench.runs.store import STORE_FOLDER
from workbench.runs.workspace import LOG_FILE, SPEC_FILE, is_run

FAILED, NOT_A_RUN = 1, 2
GONE = 4  # 3 is HELD
# On a laptop the page, the browser and the training share two cores: whoever looks goes first.
_NICENESS = 5
log = logging.getLogger("workbench.runs")


def main(arguments: list[str] | None = None) -> int:
    """Train the run of the given directory to its end; return the exit code.

    0: finished or stopped; 1: failed, the status and the log say why; 2: not a run directory;
    3: held by another runner; 4: the run's folder was deleted or moved while it trained.
    """
    parser = argparse.ArgumentParser(prog="python -m workbench.runs.runner", description=__doc__)
    parser.add_argument("run", type=Path, help="run directory")
    return run_directory(parser.parse_args(arguments).run.resolve(), _prepare)


def _prepare(spec: RunSpec, run: Path, record: Recorder) -> Prepared:
    # Torch takes a second to load: by then the heartbeat runs, and a wrong directory has been told so.
    from workbench.runs.assembly import prepare

    return prepare(spec, run, record)


def run_directory(run: Path, prepare: Prepare) -> int:
    """Take the lease of `run`, train what `prepare` sets up, return the exit code (see `main`)."""
    if not is_run(run):
        print(f"{run} is not a run directory: it has no {SPEC_FILE}", file=sys.stderr)  # noqa: T201
        return NOT_A_RUN
    try:
        with Lease(run):
            return 0 if read_status(run).state == "finished" else _train(run, prepare)
    except LeaseHeldError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return HELD


def _train(run: Path, prepare: Prepare) -> int:
    loop: Loop | None = None
    with _logging_to(run / LOG_FILE):
        log.info("process %s trains run %s", os.getpid(), run.name)
        try:
            lay_ballast(run)
            loop = Loop(run, RunSpec.read(run))
            with _signals_end(loop):
                state = loop.run(prepare)
                loop.board.publish(state, _end_store(run, loop, state))
            log.info("run %s is %s", run.name, state)
        except Exception as error:
            # Whatever went wrong in a folder that is being deleted, the deletion is what happened.
            if is_run(run):
                _fail(run, loop, error)
                return FAILED
        finally:
            if loop is not None:
                loop.board.close()
    return 0 if is_run(run) else _leave(run, loop)


def _leave(run: Path, loop: Loop | None) -> int:
    """End without a word in a folder that is gone; remove what was written while it was being deleted."""
    if loop is not None:
        loop.abandon_store()
    if not (run / LEASE_FILE).exists():
        shutil.rmtree(run / STORE_FOLDER, ignore_errors=True)
        for name in (STATUS_FILE, BALLAST_FILE):
            (run / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not there, or somebody's own files are
            run.rmdir()
    return GONE


def _end_store(run: Path, loop: Loop, state: str) -> str:
    """Close the store; seal a finished one. Returns what to say about it."""
    loop.close_store()
    if state != "finished":
        return ""
    loop.board.publish(message="sealing the records")
    try:
        seal(run)
    except Exception as error:
        # Sealing is one commit: the unsealed records are all still there, only slower to open.
        log.exception("the records could not be sealed")
        return f"the records could not be sealed: {error}"
    return ""


def _fail(run: Path, loop: Loop | None, error: Exception) -> None:
    message = f"{type(error).__name__}: {error}"
    log.error("run %s failed", run.name, exc_info=error)
    if loop is None:
        write_status(run, replace(read_status(run), state="failed", message=message))
        return
    with contextlib.suppress(Exception):  # the store itself may be what failed
        loop.writer.event(read_status(run).step, "failed", message)
        loop.close_store()
    loop.board.publish("failed", message)


@contextlib.contextmanager
def _signals_end(loop: Loop) -> Iterator[None]:
    """Let SIGTERM and SIGINT end the loop in good order."""
    before = {
        number: signal.signal(number, lambda *_: loop.terminate())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()


if __name__ == "__main__":
    os.nice(_NICENESS)
    sys.exit(main())
