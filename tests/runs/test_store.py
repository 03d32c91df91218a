import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.runs import Follower, Run
from workbench.runs.sealing import seal
from workbench.runs.store import STORE_FOLDER, open_repository
from workbench.runs.writer import StoreError, StoreWriter


def images_template():
    return xr.Dataset(
        {
            "fake": (
                ("sample", "y", "x"),
                np.zeros((2, 3, 4), np.complex64),
                {"units": "1", "long_name": "fake"},
            ),
            "significant": (("sample",), np.zeros(2, bool)),
            "note": ((), np.array("", dtype=object)),
            "mean": ((), np.float64(0), {"units": "dB"}),
            "count": ((), np.int32(0)),
            "real": (("sample", "y", "x"), np.full((2, 3, 4), 2 - 1j, np.complex64)),
        },
        coords={"sample": ["é", "b"], "y": np.linspace(0, 1, 3), "kind": ("sample", ["conv", "norm"])},
        attrs={"recorded": ["fake", "significant", "note", "mean", "count"], "tone": np.array([5, 11])},
    )


def image_values(step):
    return {
        "fake": np.arange(24).reshape(2, 3, 4) + 1j * step,
        "significant": [step % 2 == 0, True],
        "note": f"step {step} é",
        "mean": step / 3,
        "count": step,
    }


def tree_template():
    def power(n):
        return xr.Dataset(
            {"power": (("fy", "fx"), np.zeros((n, n), np.float32), {"units": "1"})},
            coords={"fy": np.arange(n) / n, "fx": np.arange(n) / n},
            attrs={"recorded": ["power"], "module_type": "Conv2d"},
        )

    root = xr.Dataset(attrs={"recorded": ["down.0/power", "up/power"], "note": "tree"})
    return xr.DataTree.from_dict({"/": root, "/down.0": power(4), "/up": power(8)})


def scalars_template(names=("loss", "twice")):
    return xr.Dataset({name: ((), np.float64(0)) for name in names}, attrs={"recorded": list(names)})


@pytest.fixture
def writer(run):
    writer = StoreWriter(run)
    yield writer
    writer.close()


def records(run, group):
    return getattr(Run(run), group)()


def test_every_kind_of_value_comes_back_as_it_was_recorded(run, writer):
    writer.add_groups({"images": images_template()}, {"seed": np.int64(3)})
    for step in (0, 5, 9):
        assert writer.append("images", step, image_values(step))
    writer.flush()
    found = Run(run).images()
    assert found.step.values.tolist() == [0, 5, 9]
    assert found.fake.dims == ("step", "sample", "y", "x")
    assert (found.fake.dtype, found.significant.dtype, found["count"].dtype) == (np.complex64, bool, np.int32)
    np.testing.assert_array_equal(found.fake[1], np.arange(24).reshape(2, 3, 4) + 5j)
    assert found.significant.values.tolist() == [[True, True], [False, True], [False, True]]
    assert found.note.values.tolist() == ["step 0 é", "step 5 é", "step 9 é"]
    assert found["mean"].values.tolist() == [0, 5 / 3, 3]
    assert found["count"].values.tolist() == [0, 5, 9]
    xr.testing.assert_equal(found["real"], images_template()["real"])
    assert found.sample.values.tolist() == ["é", "b"]
    assert found.kind.values.tolist() == ["conv", "norm"]
    assert found.fake.attrs == {"units": "1", "long_name": "fake"}
    assert found["mean"].attrs == {"units": "dB"}
    assert (found.attrs["tone"], found.attrs["seed"]) == ([5, 11], 3)


def test_trees_have_step_at_their_root(run, writer):
    writer.add_groups({"layers": tree_template()}, {"seed": 3})
    for step in (2, 4):
        writer.append("layers", step, {"down.0/power": np.full((4, 4), step), "up/power": np.eye(8) * step})
    writer.flush()
    for tree in (Run(run).layers(), Follower(run).poll()["layers"]):
        assert tree.step.values.tolist() == [2, 4]
        assert set(tree.children) == {"down.0", "up"}
        assert tree["up"].power.dims == ("step", "fy", "fx")
        np.testing.assert_array_equal(tree["up"].power.sel(step=4), np.eye(8) * 4)
        assert tree["down.0"].power.sel(step=2, fy=0.25).values.tolist() == [2, 2, 2, 2]
        assert tree["up"].attrs["module_type"] == "Conv2d"
        assert tree.attrs["seed"] == 3


def test_reading_is_lazy_and_indexable_in_every_way(run, writer):
    writer.add_groups({"scalars": scalars_template()})
    for step in range(300):
        writer.append("scalars", step, {"loss": step**2, "twice": -step})
    writer.flush()
    found = Run(run).scalars()
    assert "..." in repr(found.loss.variable) or not found.loss.variable._in_memory
    expected = np.arange(300.0) ** 2
    for key in (slice(None), slice(3, 250, 7), slice(None, None, -9), -1, [5, 2, 299], slice(7, 7)):
        np.testing.assert_array_equal(found.loss[key], expected[key])
        np.testing.assert_array_equal(found.twice[key], -np.arange(300.0)[key])
    assert found.loss.sel(step=17).item() == 289
    assert found.loss.max().item() == 299**2


def test_before_the_first_record_everything_is_empty(run):
    assert Run(run).scalars().sizes == {"step": 0}
    assert Run(run).layers().sizes == {"step": 0}
    assert Follower(run).poll() == {}


def test_replayed_steps_are_not_recorded_twice(run):
    for last in (4, 6):
        writer = StoreWriter(run)
        writer.add_groups({"scalars": scalars_template(), "images": images_template()})
        new = [writer.append("scalars", step, {"loss": last, "twice": 0}) for step in range(last)]
        assert new == [last == 4 or step >= 4 for step in range(last)]
        writer.append("images", 3, image_values(3))
        writer.event(3, "again")
        writer.close()
    assert records(run, "scalars").step.values.tolist() == [0, 1, 2, 3, 4, 5]
    assert records(run, "scalars").loss.values.tolist() == [4, 4, 4, 4, 6, 6]
    assert records(run, "images").step.values.tolist() == [3]
    assert records(run, "events").kind.values.tolist() == ["again", "again"]


def test_records_that_do_not_fit_are_refused(writer):
    writer.add_groups({"images": images_template(), "scalars": scalars_template()})
    good = image_values(1)
    with pytest.raises(ValueError, match=r"images/fake has shape \(2, 3, 4\), found \(2, 3, 5\)"):
        writer.append("images", 1, {**good, "fake": np.zeros((2, 3, 5))})
    with pytest.raises(ValueError, match="needs 'mean'"):
        writer.append("images", 1, {name: value for name, value in good.items() if name != "mean"})
    with pytest.raises(ValueError, match="records no extra"):
        writer.append("images", 1, {**good, "extra": 1})
    with pytest.raises(ValueError, match="no group 'sounds' is laid out; there are events, images, scalars"):
        writer.append("sounds", 1, {})
    with pytest.raises(StoreError, match="'scalars' does not fit its template: three, twice differ"):
        writer.add_groups({"scalars": scalars_template(("loss", "three"))})
    assert writer.append("images", 1, good)  # a refused record leaves no trace


def test_what_is_handed_over_may_change_afterwards(run, writer):
    writer.add_groups({"images": images_template()})
    values = image_values(1)
    writer.append("images", 1, values)
    values["fake"][:] = 0
    writer.flush()
    assert Run(run).images().fake.values[0, 1, 2, 3] == 23 + 1j


def test_laying_out_groups_does_not_collide_with_commits(run, writer):
    for index in range(20):
        writer.event(index, "before")
        time.sleep(0.06)  # the commit thread has lingered and begins
        writer.add_groups({f"group{index}": scalars_template()})
        writer.append(f"group{index}", 1, {"loss": index, "twice": 0})
    writer.flush()
    assert len(Follower(run).poll()) == 21


def test_many_records_become_few_commits(run, writer):
    writer.add_groups({"scalars": scalars_template()})
    repository = open_repository(run)
    before = len(list(repository.ancestry(branch="main")))
    for step in range(500):
        writer.append("scalars", step, {"loss": step, "twice": 0})
    writer.flush()
    assert len(list(repository.ancestry(branch="main"))) - before < 20


def test_a_full_queue_makes_the_trainer_wait(run, writer, monkeypatch, wait_for):
    import workbench.runs.writer as module

    writer.add_groups({"scalars": scalars_template()})
    monkeypatch.setattr(module, "_CAPACITY", 40)
    free = threading.Event()
    commit = writer._commit
    monkeypatch.setattr(writer, "_commit", lambda batch: (free.wait(30), commit(batch)))
    done = []

    def hand_over():
        for step in range(9):
            writer.append("scalars", step, {"loss": step, "twice": 0})
            done.append(step)

    thread = threading.Thread(target=hand_over)
    thread.start()
    wait_for(lambda: len(done) >= 2)
    time.sleep(0.3)
    assert len(done) < 9
    free.set()
    thread.join()
    writer.flush()
    assert Run(run).scalars().step.size == 9


def test_a_failed_commit_is_said_and_tears_nothing(run, monkeypatch):
    writer = StoreWriter(run)
    writer.add_groups({"images": images_template()})
    writer.append("images", 1, image_values(1))
    writer.flush()

    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("workbench.runs.writer.zarr.open_array", full)
    writer.append("images", 2, image_values(2))
    with pytest.raises(StoreError, match=r"could not be stored: .*No space left on device"):
        writer.flush()
    with pytest.raises(StoreError, match="No space left"):
        writer.append("images", 3, image_values(3))
    with pytest.raises(StoreError, match="No space left"):
        writer.close()
    monkeypatch.undo()
    assert Run(run).images().load().step.values.tolist() == [1]


def test_following_gets_every_record_once(run, writer):
    writer.add_groups({"scalars": scalars_template(), "images": images_template()})
    first, parts = Follower(run), []
    for step in range(60):
        writer.append("scalars", step, {"loss": step, "twice": 2 * step})
        if step % 20 == 0:
            writer.append("images", step, image_values(step))
            writer.flush()
            parts.append(first.poll())
            assert first.poll() == {}
    writer.flush()
    parts.append(first.poll())
    steps = [part["scalars"].step.values for part in parts if "scalars" in part]
    assert np.concatenate(steps).tolist() == list(range(60))
    assert [part["images"].step.values.tolist() for part in parts if "images" in part] == [[0], [20], [40]]
    whole = Follower(run).poll()
    assert whole["scalars"].twice.values.tolist() == list(range(0, 120, 2))
    xr.testing.assert_equal(whole["images"], Run(run).images().load())


READER = """
import sys, time
from pathlib import Path
from workbench.runs import Follower
follower, seen, torn = Follower(sys.argv[1]), 0, 0
print("ready", flush=True)
while seen < int(sys.argv[2]):
    for group, part in follower.poll().items():
        if group != "images":
            continue
        steps = part.step.values
        torn += int(steps[0] != seen) + int((part.fake.values.imag != steps[:, None, None, None]).any())
        torn += int((part["count"].values != steps).any())
        torn += int((abs(part["mean"].values * 3 - steps) > 1e-9).any())
        seen = int(steps[-1]) + 1
print(torn, seen)
"""


def test_readers_in_other_processes_never_see_half_a_record(run, writer):
    writer.add_groups({"images": images_template()})
    command = [sys.executable, "-c", READER, str(run), "150"]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for reader in readers:
        assert reader.stdout.readline() == "ready\n"
    for step in range(150):
        writer.append("images", step, image_values(step))
        time.sleep(0.01)
    writer.flush()
    assert [reader.communicate(timeout=60)[0] for reader in readers] == ["0 150\n"] * 2


LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np, xarray as xr
from workbench.runs.writer import StoreError, StoreWriter
template = xr.Dataset({"a": (("n",), np.zeros(50_000))}, attrs={"recorded": ["a"]})
writer = StoreWriter(Path(sys.argv[1]))
writer.add_groups({"big": template})
writer.append("big", 1, {"a": np.random.rand(50_000)})
writer.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    writer.append("big", 2, {"a": np.random.rand(50_000)})
    writer.flush()
except StoreError as error:
    print("said:", error)
"""


def test_a_disk_that_takes_no_more_is_said_and_tears_nothing(run):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(run)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("said: records could not be stored"), done.stderr
    found = Follower(run).poll()["big"]
    assert found.step.values.tolist() == [1]
    assert (found.a.values > 0).any()


TIDYING = """
import sys
from pathlib import Path
import numpy as np, xarray as xr
from workbench.runs import writer as module
module._TIDY_COMMITS, module._TIDY_AGE = 3, 0.0
writer = module.StoreWriter(Path(sys.argv[1]))
names = ["loss", "twice"]
writer.add_groups({"scalars": xr.Dataset({n: ((), np.float64(0)) for n in names}, attrs={"recorded": names})})
step = writer.last["scalars"]
while True:
    step += 1
    writer.append("scalars", step, {"loss": step, "twice": 2 * step})
    writer.flush()
    print(step, flush=True)
"""


def test_removing_history_while_recording_loses_nothing_even_if_killed(run):
    follower, seen = Follower(run), 0
    for kill in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", TIDYING, str(run)], stdout=subprocess.PIPE, text=True
        ) as process:
            lazy = None
            for line in process.stdout:
                if lazy is None:
                    lazy = Run(run).scalars()
                if int(line) >= 20 * (kill + 1):
                    process.kill()
                    break
            left = process.stdout.read().split()
        acknowledged = int(left[-1]) if left else int(line)
        # opened many removed commits ago
        assert lazy.twice.values.tolist() == (2 * lazy.step.values).tolist()
        part = follower.poll()["scalars"]
        assert part.step.values.tolist() == list(range(seen, seen + part.sizes["step"]))
        seen += part.sizes["step"]
        assert seen > acknowledged
    commits = list(open_repository(run).ancestry(branch="main"))
    assert len(commits) < 10


def files(run):
    return sum(path.is_file() for path in (run / STORE_FOLDER).rglob("*"))


def test_sealing_keeps_every_value_in_far_fewer_files(run):
    writer = StoreWriter(run)
    writer.add_groups({"images": images_template(), "layers": tree_template()})
    follower = Follower(run)
    for step in range(12):
        writer.append("images", step, image_values(step))
        writer.append("layers", step, {"down.0/power": np.full((4, 4), step), "up/power": np.eye(8) * step})
        writer.flush()
    assert follower.poll()["images"].step.size == 12
    held = Run(run).images()
    before = held.copy().load()
    reopened = Run(run).images()
    writer.close()
    many = files(run)
    seal(run)
    assert files(run) * 5 < many
    xr.testing.assert_identical(reopened.load(), before)  # opened lazily before, read after
    xr.testing.assert_identical(Run(run).images().load(), before)
    assert Run(run).layers()["up"].power.sel(step=7).values.tolist() == (np.eye(8) * 7).tolist()
    assert follower.poll() == {}
    seal(run)
    assert files(run) * 5 < many


def test_a_sealed_run_can_go_on(run):
    for start in (0, 10):
        writer = StoreWriter(run)
        writer.add_groups({"images": images_template()})
        follower = Follower(run)
        follower.poll()
        for step in range(start, start + 10):
            writer.append("images", step, image_values(step))
        writer.close()
        assert follower.poll()["images"].step.values.tolist() == list(range(start, start + 10))
        seal(run)
    assert Run(run).images()["count"].values.tolist() == list(range(20))


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=6), st.integers(1, 3))
def test_any_interleaving_of_groups_and_restarts_keeps_order(tmp_path_factory, bursts, restarts):
    run = tmp_path_factory.mktemp("any")
    step, expected = 0, {"scalars": [], "images": []}
    for _ in range(restarts):
        writer = StoreWriter(run)
        writer.add_groups({"scalars": scalars_template(), "images": images_template()})
        for length, flush in bursts:
            for _ in range(length):
                step += 1
                group = "images" if step % 3 == 0 else "scalars"
                values = image_values(step) if group == "images" else {"loss": step, "twice": 2 * step}
                writer.append(group, step, values)
                expected[group].append(step)
            if flush:
                writer.flush()
        writer.close()
    found = Follower(Path(run)).poll()
    for group, steps in expected.items():
        assert (found[group].step.values.tolist() if group in found else []) == steps
    if "scalars" in found:
        assert found["scalars"].twice.values.tolist() == [2 * step for step in expected["scalars"]]
