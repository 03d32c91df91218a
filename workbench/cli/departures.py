"""What a server's log need not tell: that somebody closed a page."""

from __future__ import annotations

import logging

__all__ = ["forget_departures"]


def forget_departures() -> None:
    """Keep the traceback of a message that was under way to a closed page out of the log.

    Panel writes each message in several pieces and asks for the fate of none of them once one has failed or
    the session has been cleared away. For every piece left, asyncio logs a ``WebSocketClosedError`` as a
    task's "exception was never retrieved". All else that it logs stays.
    """
    logging.getLogger("asyncio").addFilter(_tells_more)


def _tells_more(record: logging.LogRecord) -> bool:
    from tornado.websocket import WebSocketClosedError

    error = record.exc_info[1] if record.exc_info else None
    unretrieved = "exception was never retrieved" in record.getMessage().partition("\n")[0]
    return not (unretrieved and isinstance(error, WebSocketClosedError))
