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

    def add_timeout_callback(self, callback, _milliseconds):
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


def test_what_is_only_near_the_view_follows_once_nothing_changes(monkeypatch):
    from workbench.views import pump

    clock = [0.0]
    monkeypatch.setattr(pump.time, "monotonic", lambda: clock[0])
    viewer, wanted = Listener(monkeypatch), []
    viewer.pump.also(lambda: wanted.append([n for n in ("in", "near", "far") if viewer.pump.wants(n, True)]))
    viewer.pump.beat.seen = {"in": True, "near": False}
    viewer.paint()
    assert viewer.pump.wants("near", built=False)
    assert not viewer.pump.wants("far", built=False)
    clock[0] = 0.5
    viewer.pump.request()
    viewer.paint()
    clock[0] = 1.0
    viewer.document.run()
    assert wanted == [["in"], ["in"]], "half a second is no rest"
    clock[0] = 2.0
    viewer.document.run()
    viewer.paint()
    assert wanted == [["in"], ["in"], ["in", "near"]]
    assert not viewer.document.pending, "one such frame is enough"


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
