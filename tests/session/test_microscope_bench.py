"""Each analysis once, one at a time, nothing waited for."""

import pytest

from workbench.runs.specimen_request import Request
from workbench.session.microscope import bench as microscope_bench
from workbench.session.microscope.bench import Bench

ORDERS, OTHER = Request("orders", tone=(1, 2)), Request("orders", tone=(3, 4))


class Answer:
    def __init__(self, request):
        self.request, self.value, self.cancelled = request, None, False

    def done(self):
        return self.value is not None

    def result(self, _timeout=None):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value

    def cancel(self):
        self.cancelled = True


class Workshop:
    made = ()

    def __init__(self, specimen):
        self.specimen, self.answers, self.closed = specimen, [], False
        Workshop.made = (*Workshop.made, self)

    def ask(self, request):
        self.answers.append(Answer(request))
        return self.answers[-1]

    def close(self):
        self.closed = True


@pytest.fixture
def bench():
    Workshop.made = ()
    bench = Bench(Workshop)
    bench.turn_to("net")
    yield bench
    bench.close()


def answer(bench, value):
    Workshop.made[-1].answers[-1].value = value
    assert bench.collect()


def test_an_answer_is_kept_and_not_asked_for_again(bench):
    bench.ask(ORDERS)
    assert bench.busy
    assert not bench.collect()
    answer(bench, "table")
    assert bench.known(ORDERS) == "table"
    assert not bench.busy
    bench.ask(ORDERS)
    assert len(Workshop.made[-1].answers) == 1
    bench.turn_to("another")
    assert bench.known(ORDERS) is None
    bench.turn_to("net")
    assert bench.known(ORDERS) == "table", "going back is instant"


def test_what_is_nearly_there_is_waited_for(bench):
    bench.ask(ORDERS)
    bench.ask(OTHER)
    assert [a.request for a in Workshop.made[-1].answers] == [ORDERS]
    answer(bench, 1)
    bench.ask(OTHER)
    answer(bench, 2)
    assert (bench.known(ORDERS), bench.known(OTHER)) == (1, 2)


def test_a_failure_is_told_until_it_is_forgiven(bench):
    bench.ask(ORDERS)
    answer(bench, RuntimeError("the process crashed"))
    assert bench.trouble(ORDERS) == "the process crashed"
    bench.ask(ORDERS)
    assert not bench.busy
    bench.forgive()
    bench.ask(ORDERS)
    answer(bench, "table")
    assert (bench.trouble(ORDERS), bench.known(ORDERS)) == ("", "table")


def test_what_was_cancelled_is_not_asked_again_by_itself(bench):
    bench.ask(ORDERS)
    bench.cancel()
    assert (bench.busy, bench.trouble(ORDERS)) == (False, "Cancelled.")
    bench.ask(ORDERS)
    assert not bench.busy


def test_large_results_are_forgotten_oldest_first(bench, monkeypatch):
    monkeypatch.setattr(microscope_bench, "KEPT", 100)

    class Large:
        nbytes = 60

    for request in (ORDERS, OTHER):
        bench.ask(request)
        answer(bench, Large())
    assert bench.known(ORDERS) is None
    assert bench.known(OTHER) is not None


def test_a_server_holds_few_networks_at_a_time(monkeypatch):
    Workshop.made = ()
    monkeypatch.setattr(microscope_bench, "OPEN", len(microscope_bench._WORKSHOPS) + 1)
    first, second = Bench(Workshop), Bench(Workshop)
    first.turn_to("net")
    second.turn_to("net")
    first.ask(ORDERS)
    second.ask(ORDERS)
    assert "close another microscope" in second.trouble(ORDERS)
    first.close()
    second.forgive()
    second.ask(ORDERS)
    assert second.busy
    second.close()
