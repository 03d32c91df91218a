import subprocess
import sys

import pytest

import workbench as wb
from workbench.runs import RunSpec, list_runs, open_run, workspace_path
from workbench.runs.workspace import check_name, fresh_name


def make(workspace, name):
    path = workspace / "runs" / name
    path.mkdir(parents=True)
    RunSpec("pix2pix", "onetone", plan={"steps": 5}).write(path)
    return path


def test_workspace_comes_from_argument_then_environment_then_home(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "env"))
    assert workspace_path(tmp_path / "given") == tmp_path / "given"
    assert workspace_path() == tmp_path / "env"
    monkeypatch.delenv("WORKBENCH_WORKSPACE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert workspace_path() == tmp_path / "spectral-workbench"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a" * 101, "a b", "a\0b", 3]
)
def test_names_cannot_leave_the_workspace(name):
    with pytest.raises(ValueError, match="a run's name has"):
        check_name(name)


def test_fresh_names_are_valid_and_differ():
    names = {fresh_name("pix2pix", "/data/some image (1).npy") for _ in range(20)}
    assert len(names) == 20
    assert all(check_name(name).startswith("pix2pix-some_image_1-") for name in names)


def test_runs_are_listed_newest_first_and_opened_by_name_or_path(tmp_path):
    paths = [make(tmp_path, name) for name in ("one", "two", "three")]
    (tmp_path / "runs" / "not-a-run").mkdir()
    (tmp_path / "runs" / ".two.tmp").mkdir()
    (make(tmp_path, "newer-version") / "spec.json").write_text('{"version": 99}')
    assert [run.name for run in list_runs(tmp_path)] == ["three", "two", "one"]
    assert open_run("two", tmp_path) == open_run(paths[1]) == wb.open_run(str(paths[1]))
    assert open_run("two", tmp_path).steps == 5


def test_what_is_no_run_gets_one_clear_message(tmp_path):
    make(tmp_path, "one")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match="is not a run directory"):
        open_run(tmp_path / "folder")
    with pytest.raises(ValueError, match=r"no run at 'other'.*runs there: one"):
        open_run("other", tmp_path)
    with pytest.raises(ValueError, match=r"no run at '\.\./runs/two'"):
        open_run("../runs/two", tmp_path)


def test_a_specification_of_another_version_or_with_unknown_fields_is_refused(tmp_path):
    spec = RunSpec("pix2pix", "onetone", plan={"steps": 5}).to_dict()
    with pytest.raises(ValueError, match="version 7, this workbench reads 1"):
        RunSpec.from_dict({**spec, "version": 7})
    with pytest.raises(ValueError, match=r"unknown fields \['colour'\]"):
        RunSpec.from_dict({**spec, "colour": "red"})
    with pytest.raises(ValueError, match="scene_kind is one of named, path, stored, found 'guessed'"):
        RunSpec.from_dict({**spec, "scene_kind": "guessed"})
    (tmp_path / "spec.json").write_text('{"version": 1, "sys')
    with pytest.raises(ValueError, match="no readable spec"):
        RunSpec.read(tmp_path)


def test_listing_runs_loads_neither_torch_nor_dask_nor_zarr():
    code = (
        "import sys, workbench as wb; wb.list_runs('/nowhere'); wb.open_run; "
        "sys.exit(', '.join({'torch', 'distributed', 'zarr', 'xarray'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
