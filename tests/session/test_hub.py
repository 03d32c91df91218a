import threading
import time

import pytest

from workbench.session import Hub


def wait_for(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def test_two_viewers_share_one_thread_that_ends_with_them(run):
    others = set(threading.enumerate())
    hub = Hub(run, interval=0.01)
    seen = [], []
    leave = [hub.subscribe(lambda _hub, changed, k=k: seen[k].append(changed)) for k in range(2)]
    wait_for(lambda: seen[0] and seen[1])
    assert "orders" in seen[0][0]
    threads = [t for t in threading.enumerate() if t.name == "workbench-hub" and t not in others]
    assert len(threads) == 1
    leave[0]()
    assert hub.watched
    leave[1]()
    assert not hub.watched
    wait_for(lambda: not threads[0].is_alive())


def test_a_viewer_who_left_hears_nothing(run):
    hub = Hub(run, interval=0.01)
    heard = []
    hub.subscribe(lambda *_: heard.append("stayed"))
    leave = hub.subscribe(lambda *_: heard.append("left"))
    wait_for(lambda: "left" in heard)
    leave()
    time.sleep(0.05)
    heard.clear()
    run.train(20)
    wait_for(lambda: "stayed" in heard)
    assert "left" not in heard


def test_refresh_says_what_changed(run):
    hub = Hub(run)
    assert hub.refresh() >= {"status", "orders", "scalars", "images", "coherence", "layers"}
    assert hub.refresh() == frozenset()
    run.train(1)
    assert hub.refresh() == {"status", "scalars"}
    run.state = "lost"
    assert hub.refresh() == {"status"}
    assert hub.status.state == "lost"


def test_trouble_is_told_once_and_forgotten(run, monkeypatch):
    hub = Hub(run)
    hub.refresh()
    monkeypatch.setattr(run, "poll", lambda: 1 / 0)
    assert hub.refresh() == {"status"}
    assert "ZeroDivisionError" in hub.trouble
    assert hub.refresh() == frozenset()
    monkeypatch.undo()
    assert hub.refresh() == {"status"}
    assert hub.trouble == ""


def test_a_failing_viewer_does_not_stop_the_others(run, caplog):
    hub = Hub(run, interval=0.01)
    heard = []
    leave = [hub.subscribe(lambda *_: 1 / 0), hub.subscribe(lambda *_: heard.append(1))]
    wait_for(lambda: heard)
    for function in leave:
        function()
    assert "A viewer of the run failed" in caplog.text


def test_frames_are_computed_once(hub):
    calls = []
    assert hub.remember("key", lambda: calls.append(1) or 7) == 7
    assert hub.remember("key", lambda: calls.append(1) or 8) == 7
    assert len(calls) == 1


def test_hub_of_is_one_per_run(tmp_path):
    pytest.importorskip("icechunk")
    from workbench.session import hub_of

    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    hub = hub_of(first)
    assert hub_of(str(first)) is hub
    leave = hub.subscribe(lambda *_: None)
    assert hub_of(second) is not hub
    assert hub_of(first) is hub, "a hub that is watched stays"
    leave()
    hub_of(tmp_path)
    assert hub_of(first) is hub, "the last used ones are kept when nobody watches"
    for name in "cde":
        hub_of(tmp_path / name)
    assert hub_of(first) is not hub, "the others are forgotten"


def test_a_hub_is_read_once_ahead_of_its_first_viewer(run):
    hub = Hub(run)
    hub.warm(wait=30)
    assert hub.records.last_step() == 200
    assert hub.status.state == "running"
    run.train(20)
    hub.warm(wait=30)
    assert hub.records.last_step() == 200, "read before: its thread goes on from there"
