import concurrent.futures
import contextlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from workbench.runs import Run
from workbench.runs.checkpoints import list_checkpoints, load_checkpoint
from workbench.runs.commands import send
from workbench.runs.status import Board
from workbench.runs.writer import StoreWriter


def runner(path):
    command = [sys.executable, "-m", "workbench.runs.runner", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def kinds(path):
    return Run(path).events().kind.values.tolist()


def final_tensors(path):
    return load_checkpoint(list_checkpoints(path)[-1])[0]


def beside(user, train):
    """Return what `train` returns, with `user` at work in another thread."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        working = pool.submit(user)
        code = train()
        working.result()
    return code


def test_what_is_not_a_run_directory_gets_one_message(tmp_path):
    done = runner(tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path} is not a run directory: it has no spec.json\n"
    assert list(tmp_path.iterdir()) == []


def test_a_run_trains_records_and_seals(run, toy):
    assert toy(run) == 0
    status = Run(run).status()
    assert (status.state, status.step, status.steps, status.pid) == ("finished", 200, 200, None)
    assert kinds(run) == ["started", "checkpoint", "checkpoint", "finished"]
    scalars = Run(run).scalars()
    assert scalars.step.values.tolist() == list(range(1, 201))
    assert scalars.attrs["seed"] == 3
    np.testing.assert_array_equal(scalars.twice, 2 * scalars.loss)
    assert [checkpoint.step for checkpoint in list_checkpoints(run)] == [0, 200]
    assert toy(run) == 0  # nothing left to do
    assert len(kinds(run)) == 4


def test_pause_advance_resume_stop(run, toy, wait_for):
    held = Run(run)

    def use():
        held.pause()
        assert held.wait(60, until=["paused"]).state == "paused"
        at = held.step
        assert held.scalars().step[-1] == at  # published after the last commit
        assert held.coherence().step[-1] == at
        assert list_checkpoints(run)[-1].step == at
        time.sleep(0.3)
        assert held.step == at
        held.advance(4)
        wait_for(lambda: held.step == at + 4 and held.state == "paused")
        assert held.scalars().step[-1] == at + 4
        held.resume()
        held.resume()  # does nothing to a run that trains
        wait_for(lambda: held.state == "running" and held.step > at + 6)
        held.checkpoint()
        wait_for(lambda: any(checkpoint.pinned for checkpoint in list_checkpoints(run)))
        held.observe(0.2)
        held.stop()
        assert held.wait(60).state == "stopped"

    assert beside(lambda: (wait_for(lambda: held.step > 5), use()), lambda: toy(run, 0.02)) == 0
    assert list_checkpoints(run)[-1].step == held.step == held.scalars().step[-1]
    assert [kind for kind in kinds(run) if kind != "checkpoint"] == [
        "started",
        *("paused", "continued") * 2,
        "cadence",
        "stopped",
    ]


def test_pausing_takes_one_step_and_a_moment(run, toy):
    after = []

    def pause():
        while Run(run).step < 5:
            time.sleep(0.005)
        began = Run(run).scalars().step.size
        Run(run).pause()
        status = Run(run).wait(60, until=["paused"])
        after.append(status.step - began)
        Run(run).stop()

    beside(pause, lambda: toy(run, 0.1))
    assert after[0] <= 8  # of 200: the step under way, those not yet readable when it was asked


def test_a_second_runner_is_refused_and_a_signal_ends_the_first_with_a_checkpoint(make_run, toys):
    run = make_run("toy", 1_000_000)
    first = toys.start(run, 0.02, until_step=3)
    done = runner(run)
    assert done.returncode == 3
    assert f"run toy is held by process {first.pid}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert Run(run).pid == first.pid
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    assert Run(run).state == "stopped"
    assert list_checkpoints(run)[-1].step == Run(run).step >= 3


def test_a_failure_is_told_with_its_message_and_can_be_resumed(run, toy):
    assert toy(run, 0.0, 50) == 1
    status = Run(run).status()
    assert (status.state, status.message) == ("failed", "FloatingPointError: the loss is not finite")
    assert "Traceback" in (run / "log.txt").read_text()
    assert kinds(run)[-1] == "failed"
    assert Run(run).scalars().step[-1] == 49
    assert toy(run) == 0
    assert Run(run).scalars().step.values.tolist() == list(range(1, 201))


def test_killed_at_random_it_loses_nothing_and_ends_with_the_same_weights(make_run, toy, toys, wait_for):
    calm, hunted = make_run("calm", 400), make_run("hunted", 400)
    assert toy(calm) == 0
    chance = random.Random(1)
    for goal in (20, 90):
        process = toys.start(hunted, 0.005, until_step=goal)
        send(hunted, "checkpoint")
        time.sleep(chance.uniform(0, 0.2))
        before = Run(hunted).scalars().load()
        process.kill()
        process.wait()
        assert Run(hunted).state == "lost"
        after = Run(hunted).scalars().load()
        assert after.sizes["step"] >= before.sizes["step"]
        assert after.step.values.tolist() == list(range(1, after.sizes["step"] + 1))
        np.testing.assert_array_equal(after.twice, 2 * after.loss)
    assert toy(hunted) == 0
    assert kinds(hunted).count("resumed") == 2
    assert Run(calm).scalars().load().equals(Run(hunted).scalars().load())
    expected, found = final_tensors(calm), final_tensors(hunted)
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_how_a_run_goes_on_is_stored_before_it_says_so(run, toy, monkeypatch):
    told, commit, publish = [], StoreWriter._commit, Board.publish

    def slow_commit(writer, batch):
        time.sleep(0.3)
        commit(writer, batch)

    def watched(board, state=None, message=None):
        publish(board, state, message)
        if (state, message) == ("running", ""):
            told.append(kinds(run)[-1])

    assert toy(run, 0.0, 10) == 1
    monkeypatch.setattr(StoreWriter, "_commit", slow_commit)
    monkeypatch.setattr(Board, "publish", watched)
    assert toy(run, 0.0, 12) == 1
    assert told == ["resumed"]


def test_a_run_whose_folder_is_deleted_ends_quietly_and_makes_nothing_anew(make_run, toy, wait_for, capfd):
    run = make_run("gone", 1_000_000)
    held = Run(run)

    def delete():
        wait_for(lambda: held.scalars().sizes["step"])
        wait_for(lambda: deleted(run))

    assert beside(delete, lambda: toy(run, 0.01)) == 4
    assert not run.exists()
    assert capfd.readouterr().err == ""
    assert held.state == "lost"
    assert held.status().message == f"its folder {run} is gone: the run was deleted or moved"
    with pytest.raises(FileNotFoundError, match="the records of run gone are gone"):
        held.scalars()
    with pytest.raises(ValueError, match="not a run directory"):
        held.resume()
    assert not run.exists()


def deleted(folder):
    with contextlib.suppress(OSError):  # the runner wrote at that very moment, or was there before
        shutil.rmtree(folder)
    return not folder.exists()


def test_a_paused_run_that_is_moved_goes_on_in_its_new_place(run, toy, wait_for):
    moved = run.with_name("moved")

    def move():
        wait_for(lambda: Run(run).state == "paused")
        run.rename(moved)

    send(run, "advance", 12)
    assert beside(move, lambda: toy(run)) == 4
    assert not run.exists()
    assert toy(moved) == 0
    assert Run(moved).scalars().step.values.tolist() == list(range(1, 201))


def test_a_damaged_checkpoint_is_told_as_an_event(run, toys, toy):
    send(run, "advance", 30)  # waits until the run begins
    process = toys.start(run, until_step=30)
    assert Run(run).wait(60, until=["paused"]).step == 30
    process.kill()
    process.wait()
    last = list_checkpoints(run)[-1].path
    last.write_bytes(last.read_bytes()[:-20])
    assert toy(run) == 0
    events = Run(run).events()
    told = events.message.values[events.kind.values == "damaged"].tolist()
    assert len(told) == 1
    assert told[0].startswith(f"checkpoint {last.name} is damaged")
    assert Run(run).scalars().step.values.tolist() == list(range(1, 201))


def test_a_full_disk_fails_the_run_with_a_clear_message(run, toys):
    limit = 4000  # bytes per file, standing for a disk that takes no more
    toys.start(run, 0.0, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))).wait(
        60
    )
    status = Run(run).status()
    assert status.state == "failed"
    assert "File too large" in status.message or "os error 27" in status.message
    assert not list(run.rglob("*.tmp"))
