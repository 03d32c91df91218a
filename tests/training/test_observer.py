import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from workbench.training import Record
from workbench.training.observer import Observer


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Bench:
    """Instruments that take a stated time on a clock that only they and training move."""

    def __init__(self, costs, writing=0.0, **options):
        self.clock = Clock()
        self.records = []
        self.writing = writing
        instruments = {name: self.instrument(cost) for name, cost in costs.items()}
        self.observer = Observer(instruments, self.record, clock=self.clock, **options)

    def instrument(self, cost):
        def measure():
            self.clock.now += cost
            return xr.Dataset({"value": self.clock.now, "fixed": 1.0}, attrs={"recorded": ["value"]})

        return measure

    def record(self, record):
        self.clock.now += self.writing
        self.records.append(record)

    def train(self, steps, seconds=1.0):
        for step in range(1, steps + 1):
            self.clock.now += seconds
            self.observer.trained(seconds)
            self.observer.live(step)

    def at(self, group):
        return [record.step for record in self.records if record.group == group]


@given(
    st.floats(0.01, 0.5),
    st.lists(st.floats(0.01, 20.0), min_size=1, max_size=4),
    st.floats(0.0, 0.5),
)
def test_live_observation_never_exceeds_its_budget(budget, costs, writing):
    bench = Bench({str(number): cost for number, cost in enumerate(costs)}, writing, budget=budget)
    bench.observer.observe(0)
    start = bench.clock.now
    for step in range(1, 200):
        bench.clock.now += 1.0
        bench.observer.trained(1.0)
        bench.observer.live(step)
        assert bench.observer.share <= budget + 1e-9
        assert bench.observer.share == pytest.approx(1 - step / (bench.clock.now - start), abs=1e-9)


def test_the_budget_is_used_and_shared_in_turn():
    bench = Bench({"cheap": 0.1, "dear": 0.9}, budget=0.05)
    bench.observer.observe(0)
    bench.train(1000)
    assert 0.045 < bench.observer.share <= 0.05
    assert abs(len(bench.at("cheap")) - len(bench.at("dear"))) <= 1
    assert len(bench.at("dear")) == pytest.approx(0.05 * 1000, rel=0.1)


def test_a_smaller_budget_observes_less():
    counts = []
    for budget in (0.0, 0.02, 0.2):
        bench = Bench({"group": 0.5}, budget=budget)
        bench.train(300)
        counts.append(len(bench.records))
    assert counts[0] == 0 < counts[1] < counts[2]


def test_at_most_one_instrument_runs_after_a_step():
    bench = Bench({"a": 0.001, "b": 0.001, "c": 0.001}, budget=0.5)
    bench.train(30)
    steps = [record.step for record in bench.records]
    assert len(steps) == len(set(steps)) == 30


def test_a_fixed_cadence_overrides_the_budget():
    bench = Bench({"a": 5.0, "b": 7.0}, budget=0.01, every=4)
    bench.train(10)
    assert bench.at("a") == bench.at("b") == [4, 8]
    assert bench.observer.share == pytest.approx(24 / 34)


def test_what_is_asked_for_is_not_on_the_account():
    bench = Bench({"a": 100.0}, budget=0.05)
    bench.train(10)
    before = bench.observer.share
    bench.observer.observe(10)
    assert bench.observer.share == before


def test_writing_scalars_is_on_the_account():
    bench = Bench({}, writing=0.25, budget=0.05)
    bench.observer.trained(0.75)
    bench.observer.write(Record("scalars", 1, {"loss": np.array(1.0)}))
    assert bench.observer.share == pytest.approx(0.25)


def test_a_step_is_recorded_once():
    bench = Bench({"a": 0.1}, budget=0.5)
    bench.observer.observe(3)
    bench.observer.observe(3)
    bench.observer.observe(4)
    assert bench.at("a") == [3, 4]
    bench.observer.restart()
    bench.observer.observe(4)
    assert bench.at("a") == [3, 4, 4]


def test_the_first_observation_reuses_what_the_templates_measured():
    bench = Bench({"a": 1.0}, budget=0.5)
    template = bench.observer.templates(0)["a"]
    began = bench.clock.now
    bench.observer.observe(0)
    assert bench.clock.now == began
    assert bench.records[0].values["value"] == 1.0
    assert float(template["value"]) == 0.0
    assert float(template["fixed"]) == 1.0


def test_values_measured_for_templates_are_not_recorded_at_another_step():
    bench = Bench({"a": 1.0}, budget=0.5)
    bench.observer.templates(0)
    bench.observer.observe(2)
    assert bench.records[0].values["value"] == bench.clock.now


@pytest.mark.parametrize(("first", "uses"), [(1.0, 2), (10.0, 1)])
def test_the_cost_of_a_cold_start_does_not_delay_the_next_look(first, uses):
    bench, seen = Bench({}, budget=0.1), []

    def measure():
        bench.clock.now += first if not seen else 0.1
        seen.append(bench.clock.now)
        return xr.Dataset({"value": 1.0}, attrs={"recorded": ["value"]})

    bench.observer = Observer({"a": measure}, bench.record, budget=0.1, clock=bench.clock)
    bench.observer.templates(0)
    assert len(seen) == uses
    bench.observer.observe(0)
    bench.train(3)
    assert bench.at("a") == ([0, 1, 2, 3] if uses == 2 else [0])


def test_records_of_a_tree_are_named_by_layer():
    def measure():
        children = {
            name: xr.Dataset({"power": ("x", np.full(size, 2.0))}, attrs={"recorded": ["power"]})
            for name, size in {"model.0": 3, "model.1": 2}.items()
        }
        return xr.DataTree.from_dict(children)

    records = []
    observer = Observer({"layers": measure}, records.append, budget=0.1)
    template = observer.templates(0)["layers"]
    observer.observe(0)
    assert {name: value.shape for name, value in records[0].values.items()} == {
        "model.0/power": (3,),
        "model.1/power": (2,),
    }
    assert template.attrs["recorded"] == list(records[0].values)
    assert float(template["model.0/power"].sum()) == 0
