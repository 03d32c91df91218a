"""Whether the process that wrote something is still the one alive."""

from __future__ import annotations

import os
import socket
import time
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
