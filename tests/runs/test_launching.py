import subprocess
import sys

import numpy as np
import pytest
import torch
import xarray as xr

import workbench as wb
from workbench.runs import Follower, launching, list_runs
from workbench.runs.checkpoints import list_checkpoints, load_checkpoint
from workbench.runs.runner import main

SMALL = {
    "size": 16,
    "width": 4,
    "depth": 2,
    "count": 8,
    "heldout": 4,
    "evaluated": 4,
    "probe_phases": 4,
    "batch_size": 2,
    "probe_every": 5,
}


@pytest.fixture
def quiet(monkeypatch):
    """Launch without a scheduler: the run waits in its directory."""
    monkeypatch.setattr(launching, "enqueue", lambda run: None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"system": "pix3pix"}, r"unknown system 'pix3pix'; there are: .*pix2pix"),
        ({"scene": "threetone"}, r"unknown scene 'threetone'; there are: .*onetone.*or the path"),
        ({"mapping": "polar"}, r"unknown mapping 'polar'; there are: .*nyquist"),
        ({"colour": "red"}, r"unknown option 'colour'; .*activation.*bands.*batch_size"),
        ({"size": 17}, "17|34"),
        ({"size": 0}, "training needs a positive whole number as size, found 0"),
        ({"size": 2.5}, "size"),
        ({"width": 0}, "width"),
        ({"steps": 0}, "steps must be at least 1; found 0"),
        ({"steps": 1.5}, "steps must be an integer"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**70}, r"seed must be below 2\*\*63.*found 1180591620717411303424"),
        ({"device": "tpu"}, "device must be one of auto, cpu, cuda; found 'tpu'"),
        ({"activation": "swoosh"}, r"swoosh.*relu"),
        ({"bands": 99}, "99 bands in 16 rows"),
        ({"count": 0}, "count, found 0"),
        ({"coherence_weight": -1.0}, "coherence_weight"),
        ({"scene": "missing.npy"}, "missing.npy"),
        ({"scene": np.ones((64, 64))}, "scene is a name, a path or a Dataset, found ndarray"),
        ({"scene": xr.Dataset({"slc": (("y", "x"), np.ones((64, 64)))})}, "complex"),
        ({"scene": xr.Dataset({"image": (("y", "x"), np.ones((64, 64), complex))})}, "slc"),
        ({"name": "../up"}, "a run's name has"),
    ],
)
def test_what_cannot_run_is_said_before_anything_is_written(tmp_path, quiet, change, message):
    folder = tmp_path / "workspace"
    arguments = {"system": "pix2pix", "workspace": folder, "steps": 10, **SMALL, **change}
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        wb.launch(**arguments)
    assert not folder.exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_said(tmp_path, quiet):
    with pytest.raises(RuntimeError, match="device='cuda' was asked for, but torch finds no GPU"):
        wb.launch("pix2pix", device="cuda", workspace=tmp_path / "w", **SMALL)
    assert not (tmp_path / "w").exists()


def test_options_find_their_place(tmp_path, quiet):
    run = wb.launch(
        "pix2pix",
        steps=7,
        seed=5,
        workspace=tmp_path,
        name="mine",
        up="nearest",
        bands=4,
        l1_weight=50,
        **SMALL,
    )
    assert (run.path, run.state, run.steps) == (tmp_path / "runs" / "mine", "queued", 7)
    assert run.spec.system_options == {"up": "nearest", "l1_weight": 50, "depth": 2}
    assert run.spec.scene_options == {"bands": 4, "count": 8, "heldout": 4}
    assert run.spec.plan["seed"] == 5
    assert run.spec.plan["probe_every"] == 5
    assert list_runs(tmp_path) == [run]
    with pytest.raises(ValueError, match="a run called 'mine' is already in"):
        wb.launch("pix2pix", workspace=tmp_path, name="mine", **SMALL)
    assert list_runs(tmp_path) == [run]


def test_nothing_half_written_stays(tmp_path, quiet, monkeypatch):
    def full(path, *args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(launching, "write_status", full)
    with pytest.raises(OSError, match=r"no run could be created in .*: No space left on device"):
        wb.launch("pix2pix", workspace=tmp_path, name="mine", **SMALL)
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_full_disk_is_seen_before_it_is_written_to(tmp_path, quiet, monkeypatch):
    class Usage:
        free = 3_000_000

    monkeypatch.setattr(launching.shutil, "disk_usage", lambda path: Usage)
    with pytest.raises(OSError, match="the disk is full: 3 MB left, at least 50 MB are needed"):
        wb.launch("pix2pix", workspace=tmp_path, **SMALL)
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_workspace_that_cannot_be_written_to_is_said(tmp_path, quiet):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"no run could be created in .*file"):
        wb.launch("pix2pix", workspace=tmp_path / "file", **SMALL)


def speckle(shape):
    rng = np.random.default_rng(2)
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(np.complex64)


@pytest.mark.parametrize("kind", ["path", "dataset"])
def test_the_users_own_image_is_trained_on(tmp_path, quiet, kind):
    image = speckle((48, 64))
    np.save(tmp_path / "image.npy", image)
    scene = tmp_path / "image.npy" if kind == "path" else xr.Dataset({"slc": (("y", "x"), image)})
    run = wb.launch("pix2pix", scene, steps=2, workspace=tmp_path, **SMALL)
    assert main([str(run.path)]) == 0
    assert run.status().state == "finished", run.status().message
    images = run.images()
    assert images.sizes["channel"] == 3
    assert images["real"].dtype == np.complex64
    assert "amplitude" in images.attrs["condition_source"]


def tensors_of(run):
    return load_checkpoint(list_checkpoints(run.path)[-1])[0]


TIMED = {"step_seconds", "observing_share"}


def compared(run):
    records = {
        "scalars": run.scalars().drop_vars(TIMED),
        "coherence": run.coherence(),
        "images": run.images(),
    }
    return {name: dataset.load() for name, dataset in records.items()}


def test_same_specification_same_records_even_if_killed_on_the_way(tmp_path, quiet, wait_for):
    calm, again, hunted = (wb.launch("pix2pix", steps=24, workspace=tmp_path, name=n, **SMALL) for n in "abc")
    for run in (calm, again):
        assert main([str(run.path)]) == 0
    command = [sys.executable, "-m", "workbench.runs.runner", str(hunted.path)]
    hunted.advance(10)
    with subprocess.Popen(command) as process:
        wait_for(lambda: hunted.state == "paused", process)  # with a checkpoint of step 10
        hunted.resume()
        wait_for(lambda: hunted.step > 10, process)
        process.kill()
    assert main([str(hunted.path)]) == 0
    assert hunted.events().kind.values.tolist().count("resumed") == 1
    expected, found = tensors_of(calm), tensors_of(hunted)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    records = compared(calm)
    assert records["coherence"].step.values.tolist() == [0, 5, 10, 15, 20, 24]
    for name, others in compared(again).items():
        xr.testing.assert_identical(records[name], others)
    xr.testing.assert_identical(records["scalars"], compared(hunted)["scalars"])
    assert set(Follower(calm.path).poll()) >= {"scalars", "coherence", "images", "layers", "orders"}


def test_a_branch_goes_on_from_a_checkpoint_with_changes(tmp_path, quiet):
    parent = wb.launch("pix2pix", steps=6, workspace=tmp_path, name="parent", **SMALL)
    with pytest.raises(ValueError, match="has no checkpoint yet"):
        parent.branch()
    main([str(parent.path)])
    with pytest.raises(ValueError, match="no checkpoint of step 4; there are: 0, 6"):
        parent.branch(step=4)
    with pytest.raises(ValueError, match="begins at step 6 and would end at 6"):
        parent.branch()
    with pytest.raises(ValueError, match="unknown option 'colour'"):
        parent.branch(steps=9, colour="red")
    with pytest.raises(ValueError, match="keeps its parent's scene"):
        parent.branch(steps=9, scene="onetone")
    with pytest.raises(ValueError, match=r"tensors of step 6's checkpoint have another shape.*partial=True"):
        parent.branch(steps=9, width=8)
    assert list_runs(tmp_path) == [parent]
    wider = parent.branch(steps=9, width=8, partial=True)
    assert (wider.spec.width, wider.spec.parent["step"]) == (8, 6)
    child = parent.branch(steps=9, activation="gelu", coherence_weight=1.0, name="child")
    assert child.spec.parent == {"name": "parent", "path": str(parent.path), "step": 6}
    assert child.spec.system_options["activation"] == "gelu"
    assert (child.spec.coherence_weight, child.spec.plan["batch_size"]) == (1.0, 2)
    assert main([str(child.path)]) == 0
    assert child.status().state == "finished", child.status().message
    assert child.scalars().step.values.tolist() == [7, 8, 9]
    events = child.events()
    assert events.kind.values.tolist()[0] == "branch"
    assert parent.state == "finished"
    changed = parent.branch(step=0, up="nearest", count=6, name="changed")
    assert main([str(changed.path)]) == 0
    assert changed.status().state == "finished", changed.status().message
