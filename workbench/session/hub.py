"""One follower per run in this process, shared by everybody who watches that run."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import xarray as xr

from workbench.session.records import Records

__all__ = ["Follows", "Hub", "hub_of", "warm_up"]

log = logging.getLogger(__name__)
Value = TypeVar("Value")
Callback = Callable[["Hub", frozenset[str]], None]
SELDOM = ("pass_orders", "pass_layers")  # groups that few viewers look at
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
        self.parts: dict[str, list[str]] = {}
        """Parts of the groups that are read only when somebody wants them."""
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

    def warm(self, wait: float = 0.0) -> None:
        """Read the run once, aside, if it never was; return when that is done, after `wait` s at most."""
        if self.revision == 0:
            reader = threading.Thread(target=self.refresh, name="workbench-hub-first", daemon=True)
            reader.start()
            reader.join(wait)

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
                if polled:
                    self._note_parts()
                if status != self.status or self.trouble:
                    changed.add("status")
                self.status, self.trouble = status, ""
            if changed:
                self.revision += 1
            return frozenset(changed)

    def want(self, group: str) -> None:
        """Read a group of `parts` from now on; who watches is told when it is there."""
        want = getattr(self._follower, "want", None)
        if want is not None:
            want(group)

    def _note_parts(self) -> None:
        left_out = getattr(self._follower, "left_out", None)
        if left_out is not None and not all(group in self.parts for group in SELDOM):
            self.parts |= left_out()

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


_HUBS: OrderedDict[str, Hub] = OrderedDict()
_HUBS_LOCK = threading.Lock()
_SPARE = 2  # hubs nobody watches any more that are kept, with their records


def hub_of(run: Any) -> Hub:
    """Return this process's hub of `run` (a Run, or the path of a run directory).

    Of the hubs nobody watches any more, the last used ones are kept, so that a page opened again is full at
    once; the others are forgotten.
    """
    from workbench.runs import Follower

    path = str(Path(getattr(run, "path", run)).resolve())
    with _HUBS_LOCK:
        if path not in _HUBS:
            _HUBS[path] = Hub(Follower(path, without=SELDOM))
        _HUBS.move_to_end(path)
        idle = [key for key, hub in _HUBS.items() if key != path and not hub.watched]
        for key in idle[: max(0, len(idle) - _SPARE)]:
            del _HUBS[key]
        return _HUBS[path]


def warm_up(runs: Iterable[Any]) -> None:
    """Read `runs` ahead of their first viewer: what a server does while it waits for one."""
    for run in runs:
        hub_of(run).warm(wait=60.0)
