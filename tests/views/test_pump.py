import threading

from workbench.session import Hub
from workbench.views.pump import Pump


class Document:
    """Runs callbacks when told to, as a session's event loop would."""

    def __init__(self):
        self.pending = []
        self.callbacks = type("Callbacks", (), {"hold_value": None, "_hold": None, "_held_events": []})()

    def add_next_tick_callback(self, callback):
        self.pending.append(callback)

    def run(self):
        pending, self.pending = self.pending, []
        for callback in pending:
            callback()


class Listener:
    def __init__(self, monkeypatch):
        from contextlib import nullcontext

        from workbench.views import pump

        monkeypatch.setattr(pump, "hold", lambda _document: nullcontext())
        self.drawn = 0
        self.document = Document()
        self.pump = Pump(self.draw)
        self.pump._document = self.document
        self.paint()

    def draw(self):
        self.drawn += 1

    def paint(self):
        self.pump.beat.painted = self.pump.beat.sent


def test_one_frame_under_way_and_the_newest_wins(monkeypatch):
    viewer = Listener(monkeypatch)
    for _ in range(5):
        viewer.pump.schedule()
        viewer.document.run()
    assert viewer.drawn == 1, "the browser has not painted yet"
    viewer.paint()
    assert viewer.drawn == 2, "one frame stands for all the news in between"
    viewer.paint()
    assert viewer.drawn == 2
    viewer.pump.schedule()
    viewer.document.run()
    assert viewer.drawn == 3


def test_nothing_is_sent_before_the_page_is_there(monkeypatch):
    viewer = Listener(monkeypatch)
    viewer.pump.beat.painted = -1
    viewer.pump.schedule()
    viewer.document.run()
    assert viewer.drawn == 0
    viewer.paint()
    assert viewer.drawn == 1


def test_many_requests_before_the_loop_turns_become_one(monkeypatch):
    viewer = Listener(monkeypatch)
    for _ in range(10):
        viewer.pump.schedule()
    assert len(viewer.document.pending) == 1


def test_without_a_document_it_draws_at_once():
    drawn = []
    pump = Pump(lambda: drawn.append(1))
    pump.request()
    pump.request()
    assert len(drawn) == 2


def test_leaving_ends_the_subscription(run, monkeypatch):
    viewer = Listener(monkeypatch)
    hub = Hub(run, interval=0.01)
    viewer.pump.connect(hub, viewer.document)
    assert hub.watched
    viewer.pump.disconnect()
    viewer.pump.disconnect()
    assert not hub.watched


def test_a_notebook_draws_in_one_thread():
    drawn, waiting = [], []
    pump = Pump(lambda: drawn.append(threading.get_ident()))
    pump.connect_notebook(lambda: None, waiting.append)
    pump.beat.painted = 0
    other = threading.Thread(target=pump.request)
    other.start()
    other.join()
    assert drawn == []
    waiting.pop()()
    assert drawn == [threading.get_ident()]
