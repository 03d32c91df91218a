"""How a page does what takes seconds without stopping for everybody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import panel as pn

__all__ = ["REFUSALS", "aside"]

REFUSALS = (PermissionError, RuntimeError, ValueError, KeyError, OSError)


def aside(action: Callable[[], Any], done: Callable[[Any], None], refused: Callable[[str], None]) -> None:
    """Call `action` in a thread, then `done` with its result or `refused` with its one clear message.

    Starting a run imports torch and may start the scheduler: seconds in which a server's event loop, and
    with it every viewer, would stand still. Without a server, all of it happens at once.

    >>> aside(lambda: 1 / 2, print, print)
    0.5
    >>> aside(lambda: int("x"), print, print)
    invalid literal for int() with base 10: 'x'
    """
    document = pn.state.curdoc
    served = document is not None and document.session_context is not None

    def tell(function: Callable[[Any], None], value: Any) -> None:
        if document is not None and served:
            document.add_next_tick_callback(lambda: function(value))
        else:
            function(value)

    def work() -> None:
        try:
            result = action()
        except REFUSALS as error:
            tell(refused, str(error.args[0]) if isinstance(error, KeyError) else str(error))
        else:
            tell(done, result)

    if served:
        threading.Thread(target=work, name="workbench-aside", daemon=True).start()
    else:
        work()
