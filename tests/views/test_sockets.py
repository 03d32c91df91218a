"""Web sockets of the served pages do not wait for acknowledgements."""

from __future__ import annotations

from bokeh.server import urls
from panel.io.server import WSHandler

from workbench.views import sockets


def test_servers_started_later_send_at_once(monkeypatch):
    patterns = [*urls.per_app_patterns]
    monkeypatch.setattr(sockets, "per_app_patterns", patterns)
    sockets.send_at_once()
    handlers = [handler for pattern, handler, *_rest in patterns if pattern == r"/ws"]
    assert len(handlers) == 1
    assert issubclass(handlers[0], WSHandler)
    told = []
    monkeypatch.setattr(WSHandler, "open", lambda self: told.append("open"))
    socket = handlers[0].__new__(handlers[0])
    socket.set_nodelay = told.append
    socket.open()
    assert told == [True, "open"]
    before = [*patterns]
    sockets.send_at_once()
    assert patterns == before, "twice is once"
