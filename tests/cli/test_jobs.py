"""Runs from a terminal: one sentence for every mistake, nothing started by it."""

import inspect
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from workbench.cli import app, jobs
from workbench.cli.jobs import clock, parse_options, show_progress, train
from workbench.runs import launch


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    return tmp_path


def invoke(*arguments):
    result = CliRunner().invoke(app, list(arguments))
    assert "Traceback" not in result.output
    return result


def test_an_empty_workspace_says_how_to_begin(workspace):
    result = invoke("runs")
    assert result.exit_code == 0
    assert str(workspace) in result.output.replace("\n", "")
    assert "workbench train" in result.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "pix2pixel"], "pix2pix"),
        (["train", "pix2pix", "--scene", "two-tone"], "onetone"),
        (["train", "pix2pix", "--mapping", "polar"], "nyquist"),
        (["train", "pix2pix", "--set", "colour=red"], "colour"),
        (["train", "pix2pix", "--set", "norm"], "name=value"),
        (["train", "pix2pix", "--set", "width=8"], "write --width 8"),
        (["train", "pix2pix", "--size", "24"], "24"),
        (["train", "pix2pix", "--name", "../away"], "../away"),
        (["runs", "show", "nothing"], "nothing"),
        (["runs", "export", "nothing", "a.nc"], "nothing"),
    ],
)
def test_mistakes_get_one_sentence(workspace, arguments, sentence):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert sentence in result.output
    runs = workspace / "runs"
    assert not runs.exists() or not list(runs.iterdir())


def test_down_with_nothing_running():
    result = invoke("down")
    assert result.exit_code == 0
    assert "Nothing was running" in result.output


@pytest.mark.parametrize("pair", ["=3", "a b=3", "3=a"])
def test_options_need_a_name(pair):
    with pytest.raises(ValueError, match="name=value"):
        parse_options([pair])


def test_texts_that_are_no_literals_stay_texts():
    assert parse_options(["up=nearest", "x=__import__('os')"]) == {"up": "nearest", "x": "__import__('os')"}


def test_durations():
    assert [clock(s) for s in (0, 59.6, 3600)] == ["0:00", "1:00", "1:00:00"]


def test_doctor_finds_this_machine_fit(workspace):
    result = invoke("doctor")
    assert result.exit_code == 0
    assert str(workspace) in result.output
    assert "MISS" not in result.output


def test_every_argument_of_launch_has_an_option_with_its_default():
    def defaults(function, left_out):
        return {
            name: parameter.default
            for name, parameter in inspect.signature(function).parameters.items()
            if name not in left_out
        }

    assert defaults(train, ("option", "follow")) == defaults(launch, ("options",))


def test_what_train_is_told_reaches_launch(monkeypatch):
    told = {}
    fake = SimpleNamespace(name="it", path="here")
    monkeypatch.setattr("workbench.runs.launch", lambda *a, **k: told.update(k, system=a[0]) or fake)
    result = invoke("train", "pix2pix", "--steps", "7", "--name", "it", "--set", "up=nearest", "--background")
    assert result.output == "it: here\n"
    assert (told["system"], told["steps"], told["name"], told["up"]) == ("pix2pix", 7, "it", "nearest")
    assert (told["scene"], told["workspace"], "follow" in told) == ("onetone", None, False)


def test_progress_in_a_pipe_is_a_line_per_tenth(capsys, monkeypatch):
    monkeypatch.setattr(jobs.time, "sleep", lambda _seconds: None)
    states = ["queued", *["running"] * 40, "finished"]
    steps = [0, *range(40), 40]
    told = iter([SimpleNamespace(state=s, step=n, steps=40) for s, n in zip(states, steps, strict=True)])
    show_progress(SimpleNamespace(status=lambda: next(told), steps=40, name="it"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[:3] == ["queued, step 0 of 40", "running, step 0 of 40", "running, step 4 of 40"]
    assert lines[-1] == "finished, step 40 of 40"
    assert len(lines) == 12
