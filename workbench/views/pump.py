"""How a run's changes reach one browser: at most one frame under way, the newest wins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

import param
from panel.custom import JSComponent
from panel.io.document import hold

from workbench.session import Hub

__all__ = ["Heartbeat", "Pump"]

REST = 1.0  # s without a change, after which what is near the view is brought up to date as well


class Heartbeat(JSComponent):
    """Nothing to see: tells the server that the browser has painted what was sent.

    A hidden tab paints nothing, answers nothing and so costs nothing. The first answer waits until the whole
    view is in Bokeh's index: in a notebook, what is sent before that is dropped, and a message of which only
    the end arrives spoils all that follow. It also waits until the browser is idle: a React widget listens
    only some time after its first rendering, and misses what changes before. In a notebook, Panel's messenger
    would besides send back all that it is told: megabytes, and old values of what has changed again since.
    """

    sent = param.Integer(0, doc="Number of the newest frame sent.")
    painted = param.Integer(-1, doc="Number of the newest frame painted; -1 until the page is there.")
    seen = param.Dict(
        None, allow_None=True, doc="Slot → whether it is in view, else only near it; None: not known."
    )

    _debounce: ClassVar = 0  # ms; every other widget of Panel waits 50
    _busy__ignore: ClassVar = ["painted", "seen"]

    _esm = """
    const NEAR = "250px"
    const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 200))
    export function render({model, view}) {
      const answer = () => requestAnimationFrame(() => requestAnimationFrame(() => {
        if (!(view.root.model.id in Bokeh.index)) setTimeout(answer, 100)
        else if (model.painted >= 0) model.painted = model.sent
        else idle(() => {
          watch()
          model.painted = model.sent
        }, {timeout: 2000})
      }))
      for (const messenger of view.model.document.roots()) if (messenger.client_comm_id != null) {
        const tell = messenger._document_changed.bind(messenger)
        messenger._document_changed = (event) => { if (event.sync) tell(event) }
      }
      const names = new Map(), near = new Set(), inside = new Set()
      const eye = (found, margin) => new IntersectionObserver((entries) => {
        for (const entry of entries)
          found[entry.isIntersecting ? "add" : "delete"](names.get(entry.target))
        const now = Object.fromEntries([...near].sort().map((name) => [name, inside.has(name)]))
        if (JSON.stringify(now) != JSON.stringify(model.seen)) model.seen = now
      }, {rootMargin: margin, scrollMargin: margin})
      const eyes = [eye(inside, "0px"), eye(near, NEAR)]
      const watch = () => {
        if (names.size > 0) return
        const walk = (one) => {
          const slot = (one.model.css_classes ?? []).find((name) => String(name).startsWith("slot-"))
          if (slot != null) {
            names.set(one.el, slot.slice(5))
            for (const eye of eyes) eye.observe(one.el)
          } else for (const child of one.child_views ?? []) walk(child)
        }
        if (view.parent != null) walk(view.parent)
      }
      model.on("sent", answer)
      model.on("remove", () => eyes.forEach((eye) => eye.disconnect()))
      answer()
    }
    """


class Pump:
    """Carries the hub's news into what a viewer sees, and waits for the browser to paint.

    While a frame is under way, further news only mark the picture as old: a slow browser skips frames, it
    does not fall behind.

    Parameters
    ----------
    draw
        Brings the view up to date; runs in the thread of the document or kernel.
    """

    def __init__(self, draw: Callable[[], None]) -> None:
        self.beat = Heartbeat(width=0, height=0, margin=0)
        self.beat.param.watch(self._painted, "painted")
        self.beat.param.watch(self._looked, "seen")
        self._draws = [draw]
        self._document: Any = None
        self._push: Callable[[], None] | None = None
        self._later: Callable[[Callable[[], None]], Any] | None = None
        self._home = threading.get_ident()
        self._unsubscribe: Callable[[], None] | None = None
        self._stale = False
        self._resting = False
        self._drawn, self._timed, self._settled = 0.0, False, False
        self._scheduled = threading.Event()

    def also(self, draw: Callable[[], None]) -> None:
        """Call `draw` with every frame too."""
        self._draws.append(draw)

    @property
    def attached(self) -> bool:
        """Whether a browser is there, or expected; without one, drawing waits for nobody."""
        return self._document is not None or self._push is not None

    def wants(self, name: str, built: bool) -> bool:
        """Tell whether a slot is drawn with this frame.

        What is in view always is; what is only near it as it is built, and once nothing has changed for
        `REST` seconds. Where the browser has not told what it shows, all that was built is drawn: models
        added before the page is there do not reach it.
        """
        places = self.beat.seen if self.attached else None
        if places is None:
            return built
        return name in places and (places[name] or self._resting or not built)

    @property
    def waiting(self) -> bool:
        """Whether a frame is under way."""
        return self.attached and self.beat.sent != self.beat.painted

    def connect(self, hub: Hub, document: Any) -> None:
        """Follow `hub` on behalf of the viewer in `document`."""
        self.disconnect()
        self._document = document
        self._unsubscribe = hub.subscribe(lambda _hub, _changed: self.schedule())
        self.request()

    def attend(self, document: Any) -> None:
        """Draw for the viewer in `document`, who follows no run."""
        self._document = document
        self.request()

    def connect_notebook(self, push: Callable[[], None], later: Callable[[Callable[[], None]], Any]) -> None:
        """Draw for a notebook cell, always in the thread that calls this.

        JupyterLab lets a kernel answer widgets in threads of their own; two that send at once spoil both
        messages.

        Parameters
        ----------
        push
            Sends what was drawn, which a kernel does not do by itself.
        later
            Takes a function from any thread and calls it in this one.
        """
        self._push, self._later, self._home = push, later, threading.get_ident()

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
        """Draw now, or as soon as the frame under way is painted."""
        if self._later is not None and threading.get_ident() != self._home:
            self._later(self.request)
            return
        if self.waiting:
            self._stale = True
            return
        self._stale = False
        batch: AbstractContextManager[Any] = nullcontext() if self._document is None else hold(self._document)
        with batch:
            for draw in self._draws:
                draw()
            if self.attached:
                self.beat.sent += 1
        if self._push is not None:
            self._push()
        self._drawn, self._settled = time.monotonic(), self._resting

    def _time_rest(self) -> None:
        """See to it that what is only near the view follows, if it has not yet."""
        places = self.beat.seen or {}
        if self._document is not None and not self._timed and not self._settled and not all(places.values()):
            self._timed = True
            self._document.add_timeout_callback(self._rest, round(1e3 * REST))

    def _rest(self) -> None:
        self._timed = False
        if self.waiting:  # a hidden tab costs nothing; its answer comes here again
            return
        if time.monotonic() - self._drawn < 0.9 * REST:
            self._time_rest()
            return
        self._resting = True
        try:
            self.request()
        finally:
            self._resting = False

    def _tick(self) -> None:
        self._scheduled.clear()
        self.request()

    def _looked(self, _event: Any) -> None:
        # Before `connect` the page is still loading: models added then do not reach the browser.
        if self.attached:
            self.request()

    def _painted(self, _event: Any) -> None:
        if self.waiting:
            return
        if self._stale:
            self.request()
        else:
            self._time_rest()
