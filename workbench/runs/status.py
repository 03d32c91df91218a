"""What a run is doing, judged from its status file without touching its lease."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.runs.files import read_json, write_json
from workbench.runs.processes import alive, identity
from workbench.runs.workspace import is_run

STATUS_FILE = "status.json"
BALLAST_FILE = ".ballast"
STATES = ("queued", "running", "paused", "stopping", "finished", "stopped", "failed", "lost")
LIVE = ("running", "paused", "stopping")
ENDED = ("finished", "stopped", "failed", "lost")
_BALLAST_BYTES = 65536


@dataclass(frozen=True)
class RunStatus:
    """What a run is doing now.

    Attributes
    ----------
    state : one of ``STATES``
    step, steps : steps done, steps to do
    rate : steps per second, NaN while unknown
    seconds_left : time to the last step in s, NaN while unknown
    observing_share : share of the training time spent on probes, 0 to 1
    pid : process of the runner, None where there is none
    message : what went wrong or what is waited for
    device : where it trains
    """

    state: str
    step: int = 0
    steps: int = 0
    rate: float = math.nan
    seconds_left: float = math.nan
    observing_share: float = 0.0
    pid: int | None = None
    message: str = ""
    device: str = ""


def read_status(run: Path) -> RunStatus:
    """Judge the state of the run in directory `run`.

    A live state counts only while the process that wrote it lives: by pid, time of birth and heartbeat.
    """
    found = read_json(run / STATUS_FILE)
    if not is_run(run):
        return RunStatus("lost", message=f"its folder {run} is gone: the run was deleted or moved")
    if not isinstance(found, dict):
        return RunStatus("lost", message="no status was ever written: resume() starts it")
    state, message, pid = found["state"], found.get("message", ""), None
    if state in LIVE:
        silence = time.time() - found["who"]["heartbeat"]
        if alive(found["who"]):
            pid = found["who"]["pid"]
            if silence > 5.0:
                message = f"the runner lives but has been silent for {silence:.0f} s"
        else:
            message = f"the runner (pid {found['who']['pid']}) is gone without a word: resume() goes on"
            state = "lost"
    elif state == "queued" and found.get("held_by") and not any(alive(who) for who in found["held_by"]):
        state, message = "lost", "the scheduler that held it is gone: resume() queues it again"
    numbers = {key: found[key] for key in ("step", "steps", "rate", "seconds_left", "observing_share")}
    numbers = {key: math.nan if value is None else value for key, value in numbers.items()}
    if state not in LIVE:
        numbers["seconds_left"] = math.nan
    return RunStatus(state, pid=pid, message=message, device=found.get("device", ""), **numbers)


def write_status(
    run: Path,
    status: RunStatus,
    *,
    who: dict[str, Any] | None = None,
    held_by: list[dict[str, Any]] | None = None,
) -> None:
    """Replace the status file; on a full disk the ballast is given up to make room for the last word."""
    content: dict[str, Any] = {
        "state": status.state,
        "step": status.step,
        "steps": status.steps,
        "rate": None if math.isnan(status.rate) else status.rate,
        "seconds_left": None if math.isnan(status.seconds_left) else status.seconds_left,
        "observing_share": status.observing_share,
        "message": status.message,
        "device": status.device,
        "who": {**(who or identity()), "heartbeat": time.time()},
        "held_by": held_by or [],
    }
    try:
        write_json(run / STATUS_FILE, content)
    except OSError:
        (run / BALLAST_FILE).unlink(missing_ok=True)
        write_json(run / STATUS_FILE, content)


def lay_ballast(run: Path) -> None:
    """Occupy a little space that a run on a full disk can give up to say so."""
    (run / BALLAST_FILE).write_bytes(b"\0" * _BALLAST_BYTES)


class Board:
    """Publishes a runner's status at every change, as well as at every heartbeat.

    Parameters
    ----------
    run : the run directory
    progress : returns the status as it is now, without state or message
    interval : time between heartbeats in s
    """

    def __init__(self, run: Path, progress: Callable[[], RunStatus], interval: float = 0.4) -> None:
        self._run = run
        self._progress = progress
        self._interval = interval
        self._who = identity()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.state = "running"
        self.message = ""
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def publish(self, state: str | None = None, message: str | None = None) -> None:
        """Write the status now, with a new state or message where given."""
        with self._lock:
            self.state = self.state if state is None else state
            self.message = self.message if message is None else message
            now = self._progress()
            status = RunStatus(
                self.state,
                now.step,
                now.steps,
                now.rate,
                now.seconds_left,
                now.observing_share,
                None,
                self.message,
                now.device,
            )
            write_status(self._run, status, who=self._who)

    def close(self) -> None:
        """End the heartbeat; the last published status stays."""
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(self._interval):
            try:
                self.publish()
            except OSError:
                # A full disk fails the run where records are written; a missed heartbeat is no news.
                continue
