"""The log of a server whose pages are closed while it sends."""

import asyncio
import gc
import logging
import threading

import pytest
from tornado.websocket import WebSocketClosedError

from workbench.cli.departures import forget_departures


@pytest.fixture
def quiet():
    """The filter on asyncio's logger, taken off again."""
    logger = logging.getLogger("asyncio")
    before = [*logger.filters]
    forget_departures()
    yield logger
    logger.filters[:] = before


def abandon(error):
    """Let a task fail and ask nothing of it, as Panel does."""

    async def fail():
        raise error

    async def main():
        task = asyncio.ensure_future(fail())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert task.done()
        del task
        gc.collect()  # a task tells of its error when it goes

    thread = threading.Thread(target=lambda: asyncio.run(main()))  # this one may have playwright's loop
    thread.start()
    thread.join()


def test_without_the_filter_a_closed_page_leaves_a_traceback(caplog):
    abandon(WebSocketClosedError())
    assert "WebSocketClosedError" in caplog.text


def test_a_closed_page_leaves_nothing_and_other_errors_stay(caplog, quiet):
    abandon(WebSocketClosedError())
    assert caplog.text == ""
    abandon(ValueError("a mistake of ours"))
    assert "a mistake of ours" in caplog.text
    quiet.error("said on purpose", exc_info=WebSocketClosedError())
    assert "said on purpose" in caplog.text
    quiet.warning("Executing took 3 seconds")
    assert "Executing took" in caplog.text
