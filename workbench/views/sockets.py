"""Web sockets that send at once what is to be sent."""

from __future__ import annotations

from typing import Any

from bokeh.server.urls import per_app_patterns
from panel.io.server import WSHandler

__all__ = ["send_at_once"]


class _PromptSocket(WSHandler):
    """A message goes out in a dozen small pieces; TCP holds each back until the one before is acknowledged.

    The other side takes up to 40 ms for that. Tornado advises to switch this off for web sockets.
    """

    def open(self, *args: Any, **options: Any) -> None:
        self.set_nodelay(True)
        super().open(*args, **options)


def send_at_once() -> None:
    """Make the servers that this process starts from now on send without that delay."""
    for place, (pattern, handler, *rest) in enumerate(per_app_patterns):
        if handler is WSHandler:
            per_app_patterns[place] = (pattern, _PromptSocket, *rest)  # type: ignore[assignment]
