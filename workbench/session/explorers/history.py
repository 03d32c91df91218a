"""Undo: the settings that a viewer had before."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

__all__ = ["History"]

GESTURE = 0.8
"""Seconds within which changes of one setting (a slider that is dragged) count as one step back."""
KEPT = 100

Settings = dict[str, Any]


class History:
    """Where one can go back to, and forward again.

    >>> clock = iter([0.0, 0.1, 5.0])
    >>> history = History({"drive": 1.0}, clock=lambda: next(clock))
    >>> history.note({"drive": 1.1}); history.note({"drive": 1.2}); history.note({"drive": 2.0})
    >>> history.back(), history.back(), history.back()
    ({'drive': 1.2}, {'drive': 1.0}, None)
    >>> history.forward()
    {'drive': 1.2}
    """

    def __init__(self, now: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._now, self._clock = dict(now), clock
        self._past: list[Settings] = []
        self._future: list[Settings] = []
        self._last: tuple[frozenset[str], float] = (frozenset(), -GESTURE)

    @property
    def can_go_back(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._past)

    @property
    def can_go_forward(self) -> bool:
        """Whether something was undone."""
        return bool(self._future)

    def note(self, settings: Settings) -> None:
        """Remember that the settings are these now."""
        changed = frozenset(
            name for name in {*settings, *self._now} if settings.get(name) != self._now.get(name)
        )
        if not changed:
            return
        now = self._clock()
        names, when = self._last
        if not (self._past and changed == names and now - when < GESTURE):
            self._past = [*self._past[-KEPT + 1 :], self._now]
        self._future.clear()
        self._now, self._last = dict(settings), (changed, now)

    def back(self) -> Settings | None:
        """Return the settings before, None where there are none."""
        return self._move(self._past, self._future)

    def forward(self) -> Settings | None:
        """Return the settings that were undone last, None where nothing was."""
        return self._move(self._future, self._past)

    def _move(self, source: list[Settings], target: list[Settings]) -> Settings | None:
        if not source:
            return None
        target.append(self._now)
        self._now = source.pop()
        self._last = (frozenset(), -GESTURE)
        return dict(self._now)
