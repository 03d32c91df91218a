"""Which process is which: started to live on its own, still the one alive."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

HOST = socket.gethostname()
_BIRTH_TOLERANCE = 2.0  # s: the kernel's boot time, which births are counted from, moves with the clock
_SILENCE = 10.0  # s without a heartbeat after which a process on another machine counts as gone


def identity(pid: int | None = None) -> dict[str, Any]:
    """Host, pid and time of birth: together they name one process for ever.

    Examples
    --------
    >>> alive(identity())
    True
    """
    pid = os.getpid() if pid is None else pid
    return {"host": HOST, "pid": pid, "born": psutil.Process(pid).create_time()}


def alive(who: dict[str, Any] | None) -> bool:
    """Whether the process that `who` identifies still runs (a zombie does not).

    On another machine a process cannot be looked up: there its ``heartbeat``, if it has one, decides.
    """
    if not who or not who.get("pid"):
        return False
    if who.get("host") != HOST:
        return time.time() - float(who.get("heartbeat", 0.0)) < _SILENCE
    try:
        process = psutil.Process(int(who["pid"]))
        same = abs(process.create_time() - float(who["born"])) < _BIRTH_TOLERANCE
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def start_module(module: str, argument: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start ``python -m module argument`` so that it outlives this process; what it prints goes to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(argument)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # One torch thread each: more of them than cores would spin against each other.
            env={"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", **os.environ},
            cwd=Path(__file__).parents[2],  # where this package is found, installed or not
            start_new_session=True,
        )
    threading.Thread(target=process.wait, name="reap", daemon=True).start()
    return process
