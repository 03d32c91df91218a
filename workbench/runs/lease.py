"""Who may write to a run: exactly one process, by a lock the system frees at its death."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from workbench.runs.files import read_json
from workbench.runs.processes import alive, identity

LEASE_FILE = "lease"
HELD = 3  # exit code of a runner that found the lease taken


class LeaseHeldError(RuntimeError):
    """Another process writes to the run."""


def lease_holder(run: Path) -> dict[str, Any] | None:
    """Identity of the living process that last took the lease, or None; the lock is not touched."""
    who = read_json(run / LEASE_FILE)
    return who if isinstance(who, dict) and alive(who) else None


class Lease:
    """Exclusive right to write to a run directory, held until `release` or death.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Lease(Path(folder)):
    ...     lease_holder(Path(folder))["pid"] == os.getpid()
    True
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._descriptor: int | None = None

    def acquire(self) -> Lease:
        """Take the lease or raise `LeaseHeldError`, which says who has it."""
        descriptor = os.open(self._run / LEASE_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            who = read_json(self._run / LEASE_FILE) or {}
            raise LeaseHeldError(
                f"run {self._run.name} is held by process {who.get('pid', '?')} on {who.get('host', '?')}: "
                "one runner at a time may write to it"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(identity()).encode())
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        """Give the lease back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Lease:
        return self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
