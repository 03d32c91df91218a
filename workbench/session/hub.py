"""One follower per run in this process, shared by everybody who watches that run."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import xarray as xr

from workbench.session.records import Records

__all__ = ["Follows", "Hub", "hub_of"]

log = logging.getLogger(__name__)
Value = TypeVar("Value")
Callback = Callable[["Hub", frozenset[str]], None]
_MEMO = 256  # computed frames kept per run: a few viewers at a few steps


class Follows(Protocol):
    """What a hub needs of a follower (`workbench.runs.Follower`)."""

    def poll(self) -> dict[str, xr.Dataset | xr.DataTree]:
        """Return only the records new since the last poll."""
        ...

    def status(self) -> Any:
        """Return the run's status now."""
        ...


class Hub:
    """Reads one run for all its viewers: a daemon thread that lives while somebody watches.

    Callbacks get ``(hub, changed)`` in the hub's thread, where `changed` names groups of records, or
    ``"status"``. They must return at once: each viewer hands over to its own event loop.
    """

    def __init__(self, follower: Follows, interval: float = 0.4) -> None:
        self.records = Records()
        self.status: Any = None
        self.trouble = ""
        self.revision = 0
        self._follower = follower
        self._interval = interval
        self._subscribers: list[Callback] = []
        self._lock = threading.Lock()
        self._polling = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._memo: OrderedDict[Hashable, Any] = OrderedDict()

    @property
    def watched(self) -> bool:
        """Whether somebody watches, that is, whether the thread is meant to run."""
        return bool(self._subscribers)

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Call `callback` at every change until the returned function is called."""
        with self._lock:
            self._subscribers.append(callback)
            if self._thread is None:
                self._stop = threading.Event()
                self._thread = threading.Thread(
                    target=self._follow, args=(self._stop,), name="workbench-hub", daemon=True
                )
                self._thread.start()

        def unsubscribe() -> None:
            with self._lock:
                if callback in self._subscribers:
                    self._subscribers.remove(callback)
                if not self._subscribers:
                    self._stop.set()
                    self._thread = None

        return unsubscribe

    def refresh(self) -> frozenset[str]:
        """Poll once, in the calling thread; return what changed."""
        with self._polling:
            changed = set()
            try:
                status = self._follower.status()
                polled = self._follower.poll()
            except Exception as error:  # a reader's trouble must not end the watching
                trouble = f"{type(error).__name__}: {error}"
                if trouble != self.trouble:
                    log.warning("Cannot read the run: %s", trouble)
                    self.trouble = trouble
                    changed.add("status")
            else:
                changed |= self.records.append(polled)
                if status != self.status or self.trouble:
                    changed.add("status")
                self.status, self.trouble = status, ""
            if changed:
                self.revision += 1
            return frozenset(changed)

    def remember(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """Return ``compute()``, computed once per `key` for all viewers."""
        with self._lock:
            if key in self._memo:
                self._memo.move_to_end(key)
                return self._memo[key]
        value = compute()
        with self._lock:
            self._memo[key] = value
            while len(self._memo) > _MEMO:
                self._memo.popitem(last=False)
        return value

    def _follow(self, stop: threading.Event) -> None:
        while not stop.is_set():
            changed = self.refresh()
            if changed and not stop.is_set():
                with self._lock:
                    subscribers = list(self._subscribers)
                for callback in subscribers:
                    try:
                        callback(self, changed)
                    except Exception:
                        log.exception("A viewer of the run failed")
            stop.wait(self._interval)


_HUBS: dict[str, Hub] = {}
_HUBS_LOCK = threading.Lock()


def hub_of(run: Any) -> Hub:
    """Return this process's hub of `run` (a Run, or the path of a run directory).

    A hub nobody watches any more is forgotten, with its records, when the next one is made.
    """
    from workbench.runs import Follower

    path = str(Path(getattr(run, "path", run)).resolve())
    with _HUBS_LOCK:
        if path not in _HUBS:
            for key in [key for key, hub in _HUBS.items() if not hub.watched]:
                del _HUBS[key]
            _HUBS[path] = Hub(Follower(path))
        return _HUBS[path]
