"""What happens on the microscope's page by itself, from time to time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

__all__ = ["Timer"]


class Timer:
    """Calls something every so often while it is wanted.

    Parameters
    ----------
    call
        What to call.
    period
        Milliseconds between calls.
    """

    def __init__(self, call: Callable[[], None], period: int) -> None:
        self._call, self._period = call, period
        self._callback: Any = None

    def want(self, wanted: bool) -> None:
        """Start if it is wanted, stop if it is not."""
        if wanted and self._callback is None:
            self._callback = pn.state.add_periodic_callback(self._call, period=self._period)
        elif not wanted and self._callback is not None:
            self._callback.stop()
            self._callback = None
