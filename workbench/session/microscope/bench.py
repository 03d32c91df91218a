"""Analyses that were asked for one network after the other, each of them once."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

__all__ = ["Bench"]

log = logging.getLogger(__name__)
KEPT = 256 * 2**20  # bytes of results kept for going back
RELOAD = 4.0  # s that a new process takes to be where the old one was
OPEN = 4  # processes that analyse for this server at a time: each holds torch and a network
_counting = threading.Lock()
_WORKSHOPS: weakref.WeakSet[Any] = weakref.WeakSet()  # those that nobody holds any more end by themselves


class Bench:
    """One viewer's workshop: asks it, remembers what it answered.

    One request is under way at a time. Nothing here waits: `collect` looks whether the answer is there.

    Parameters
    ----------
    open_workshop
        ``specimen -> workshop`` with ``ask(request) -> answer`` and ``close()``; an answer has ``done()``,
        ``result(timeout)`` and ``cancel()``.
    """

    def __init__(self, open_workshop: Callable[[Any], Any]) -> None:
        self.specimen: Any = None
        self.request: Any = None
        self._open_workshop = open_workshop
        self._workshop: Any = None
        self._answer: Any = None
        self._begun = 0.0
        self._results: OrderedDict[Hashable, Any] = OrderedDict()
        self._troubles: dict[Hashable, BaseException] = {}
        self._seconds: dict[str, float] = {}

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._answer is not None

    @property
    def elapsed(self) -> float:
        """Seconds since the request under way was made."""
        return time.monotonic() - self._begun if self.busy else 0.0

    @property
    def remaining(self) -> float:
        """Seconds that the request under way still takes, NaN as long as nothing is known about that."""
        if self._answer is None:
            return float("nan")
        share = float(getattr(getattr(self._answer, "progress", None), "share", 0.0))
        if share > 0.02:
            return self.elapsed * (1 - share) / share
        return max(self._seconds.get(self.request.kind, float("nan")) - self.elapsed, 0.0)

    @property
    def doing(self) -> str:
        """What the workshop does about it, in its words."""
        return str(getattr(getattr(self._answer, "progress", None), "doing", "")) if self.busy else ""

    def turn_to(self, specimen: Any) -> None:
        """Put another network under the microscope."""
        if specimen != self.specimen:
            self._drop()
            self._close_workshop()
            self.specimen = specimen

    def known(self, request: Any) -> Any:
        """Return the answer to `request` about this specimen, None before it is there."""
        key = (self.specimen, request)
        if key in self._results:
            self._results.move_to_end(key)
        return self._results.get(key)

    def trouble(self, request: Any) -> str:
        """Return why `request` was not answered, empty where it was or is not yet."""
        error = self._troubles.get((self.specimen, request))
        return "" if error is None else str(error) or type(error).__name__

    def forgive(self) -> None:
        """Let what failed be asked again."""
        self._troubles.clear()

    def ask(self, request: Any) -> None:
        """Ask unless it is known, known to fail, or under way already.

        What is under way goes on to its end, where that is near: to break it off ends the process, and the
        next one has to load everything again.
        """
        if (self.specimen, request) in self._results or self.trouble(request) or self.request == request:
            return
        if self.busy and not self.remaining > RELOAD:
            return
        self._drop()
        self.request, self._begun = request, time.monotonic()
        try:
            if self._workshop is None:
                self._workshop = self._enter()
            self._answer = self._workshop.ask(request)
        except (RuntimeError, ValueError, OSError) as error:
            self._fail(error)

    def collect(self) -> bool:
        """Take the answer if it is there; return whether something has changed."""
        if self._answer is None or not self._answer.done():
            return False
        try:
            result = self._answer.result(0)
        except (RuntimeError, ValueError, OSError) as error:
            self._fail(error)
        else:
            self._seconds[self.request.kind] = self.elapsed
            self._keep((self.specimen, self.request), result)
            self.request = self._answer = None
        return True

    def cancel(self) -> None:
        """Break off what is under way; it is not asked again before `forgive`."""
        if self.request is not None:
            self._troubles[(self.specimen, self.request)] = RuntimeError("Cancelled.")
        self._drop()

    def _drop(self) -> None:
        answer, self.request, self._answer = self._answer, None, None
        if answer is not None:
            # Ending a process takes a moment that no page should wait for.
            threading.Thread(target=answer.cancel, name="workbench-bench", daemon=True).start()

    def close(self) -> None:
        """End the process that analyses."""
        self._drop()
        self._close_workshop()

    def _fail(self, error: BaseException) -> None:
        self._troubles[(self.specimen, self.request)] = error
        self.request = self._answer = None

    def _keep(self, key: Hashable, result: Any) -> None:
        self._results[key] = result
        while len(self._results) > 1 and sum(map(_size, self._results.values())) > KEPT:
            self._results.popitem(last=False)

    def _enter(self) -> Any:
        with _counting:
            if len(_WORKSHOPS) >= OPEN:
                raise RuntimeError(
                    f"{OPEN} networks are being analysed on this server; close another microscope first"
                )
            workshop = self._open_workshop(self.specimen)
            _WORKSHOPS.add(workshop)
        return workshop

    def _close_workshop(self) -> None:
        if self._workshop is not None:
            workshop, self._workshop = self._workshop, None
            _WORKSHOPS.discard(workshop)
            threading.Thread(target=workshop.close, name="workbench-bench", daemon=True).start()


def _size(result: Any) -> int:
    return int(getattr(result, "nbytes", 0))
