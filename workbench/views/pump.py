"""How a run's changes reach one browser: at most one frame under way, the newest wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from bokeh.models import CustomJS, Range1d
from panel.io.document import hold

from workbench.session import Hub

__all__ = ["Pump"]


class Pump:
    """Carries the hub's news from its thread into a viewer's document, and waits for the browser to paint.

    A number goes out with every frame; the browser sends it back two animation frames later. While it is
    out, further news only mark the picture as old. A hidden tab paints nothing, acknowledges nothing and so
    costs nothing.

    Parameters
    ----------
    draw
        Brings the page up to date; runs in the document's thread.
    """

    def __init__(self, draw: Callable[[], None]) -> None:
        self.beat = Range1d(start=0, end=0)  # start: number sent, end: number painted
        self.beat.js_on_change(
            "start",
            CustomJS(
                args={"beat": self.beat},
                code="requestAnimationFrame(() => requestAnimationFrame(() => { beat.end = beat.start }))",
            ),
        )
        self.beat.on_change("end", self._painted)
        self.push: Callable[[], None] | None = None  # sends what was drawn, in a notebook
        self._draw = draw
        self._document: Any = None
        self._unsubscribe: Callable[[], None] | None = None
        self._stale = False
        self._scheduled = threading.Event()
        self._sent = 0
        self._painted_number = 0

    @property
    def waiting(self) -> bool:
        """Whether a frame is under way."""
        return self._sent != self._painted_number

    def connect(self, hub: Hub, document: Any) -> None:
        """Follow `hub` on behalf of the viewer in `document`."""
        self.disconnect()
        self._document = document
        self._unsubscribe = hub.subscribe(lambda _hub, _changed: self.schedule())
        self.request()

    def disconnect(self) -> None:
        """Stop following."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def schedule(self) -> None:
        """Ask for a frame from any thread; several requests become one."""
        if self._document is None or self._scheduled.is_set():
            return
        self._scheduled.set()
        self._document.add_next_tick_callback(self._tick)

    def request(self) -> None:
        """Draw now, or as soon as the frame under way is painted; in the document's thread."""
        if self.waiting and self._document is not None:
            self._stale = True
            return
        self._stale = False
        if self._document is None:
            self._draw()
            if self.push is not None:
                self.push()
            return
        with hold(self._document):
            self._draw()
            self._sent += 1
            self.beat.start = self._sent

    def _tick(self) -> None:
        self._scheduled.clear()
        self.request()

    def _painted(self, attr: str, old: float, new: float) -> None:  # noqa: ARG002
        self._painted_number = int(new)
        if self._stale and not self.waiting:
            self.request()
