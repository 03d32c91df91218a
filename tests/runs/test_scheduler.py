import concurrent.futures
import os
import signal
import subprocess
import sys

import psutil
import pytest

from workbench.runs import Run, RunSpec, down, find_scheduler, list_runs
from workbench.runs.launching import launch
from workbench.runs.scheduler import ensure_scheduler
from workbench.runs.status import read_status

SMALL = {"size": 16, "width": 4, "count": 8, "heldout": 4, "evaluated": 4, "probe_phases": 4, "batch_size": 1}


@pytest.fixture(scope="module")
def scheduler(workspace):
    return ensure_scheduler(workspace)


def begin(workspace, name, steps=100_000, **options):
    return launch("pix2pix", steps=steps, name=name, workspace=workspace, **{**SMALL, **options})


def worker_of(scheduler):
    """The dask worker's process: the one below the scheduler that is not a runner."""
    below = psutil.Process(scheduler["pid"]).children(recursive=True)
    spawned = [p for p in below if any("spawn_main" in part for part in p.cmdline())]
    return spawned[0]


def test_processes_that_ask_at_once_get_one_scheduler(tmp_path):
    code = (
        "import sys, pathlib; from workbench.runs import ensure_scheduler; "
        "print(ensure_scheduler(pathlib.Path(sys.argv[1]))['pid'])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    try:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            asked = [pool.submit(subprocess.check_output, command, timeout=90) for _ in range(3)]
            pids = {int(answer.result()) for answer in asked}
        assert len(pids) == 1
        assert pids == {find_scheduler(tmp_path)["pid"]}
    finally:
        ended = down(tmp_path)
    assert len(ended) == 1
    assert find_scheduler(tmp_path) is None
    assert not psutil.pid_exists(pids.pop())


def test_it_listens_on_this_machine_only(scheduler):
    mine = [psutil.Process(scheduler["pid"]), *psutil.Process(scheduler["pid"]).children(recursive=True)]
    listening = [c.laddr.ip for process in mine for c in process.net_connections() if c.status == "LISTEN"]
    assert set(listening) == {"127.0.0.1"}


def test_it_ends_when_idle(tmp_path, monkeypatch, wait_for):
    monkeypatch.setenv("WORKBENCH_IDLE_SECONDS", "0.5")
    pid = ensure_scheduler(tmp_path)["pid"]
    below = psutil.Process(pid).children(recursive=True)
    wait_for(lambda: find_scheduler(tmp_path) is None)
    wait_for(lambda: not any(process.is_running() for process in below))


def test_more_runs_than_slots_wait_and_pausing_keeps_the_slot(workspace, scheduler, wait_for):
    runs = [begin(workspace, f"queue-{index}") for index in range(3)]
    assert {run.name for run in list_runs(workspace)} >= {run.name for run in runs}
    wait_for(lambda: sorted(run.state for run in runs) == ["queued", "running", "running"])
    waiting = next(run for run in runs if run.state == "queued")
    trained = [run for run in runs if run != waiting]
    wait_for(lambda: all(run.step > 0 for run in trained))
    assert "slot" in waiting.status().message
    assert (waiting.step, waiting.pid, waiting.scalars().step.size) == (0, None, 0)
    trained[0].stop()
    wait_for(lambda: waiting.step > 0)
    assert trained[0].state == "stopped"
    for run in runs:
        if run.state not in ("stopped",):
            run.stop()
    assert {run.wait(90).state for run in runs} == {"stopped"}


def test_a_killed_runner_is_lost_until_resumed(workspace, scheduler, wait_for):
    run = begin(workspace, "killed")
    wait_for(lambda: run.step > 3)
    first = run.pid
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: run.state == "lost")
    recorded = run.scalars().step.size
    # The worker saw it die; were it to start it again, that would have begun before this task is through.
    other = begin(workspace, "after", steps=2)
    assert other.wait(90).state == "finished"
    assert run.state == "lost"
    run.resume()
    wait_for(lambda: run.state == "running" and run.step > 0)
    assert run.pid != first
    run.resume()  # does nothing to a live one
    wait_for(lambda: run.scalars().step.size > recorded)
    run.stop()
    assert run.wait(90).state == "stopped"
    steps = run.scalars().step.values.tolist()
    assert steps == list(range(1, len(steps) + 1))


def test_runs_outlive_their_worker_and_are_resumed_if_they_do_not(workspace, scheduler, wait_for):
    lives, dies = begin(workspace, "lives"), begin(workspace, "dies")
    wait_for(lambda: lives.step > 0 and dies.step > 0)
    pids = lives.pid, dies.pid
    worker_of(scheduler).kill()
    os.kill(pids[1], signal.SIGKILL)
    wait_for(lambda: dies.state == "running" and dies.pid not in (None, pids[1]))
    step = lives.step
    wait_for(lambda: lives.step > step)
    assert lives.pid == pids[0]  # never interrupted, now attended by the new worker
    for run in (lives, dies):
        run.stop()
        assert run.wait(90).state == "stopped"


def test_a_run_that_cannot_begin_fails_with_a_reason(workspace, scheduler):
    path = workspace / "runs" / "broken"
    path.mkdir()
    RunSpec("pix2pix", str(workspace / "gone.npy"), "path", size=16, width=4, plan={"steps": 5}).write(path)
    Run(path).resume()
    status = Run(path).wait(90)
    assert status.state == "failed"
    assert "gone.npy" in status.message


def test_an_address_that_nobody_answers_fails_the_run(workspace, monkeypatch):
    monkeypatch.setenv("WORKBENCH_SCHEDULER", "tcp://127.0.0.1:9")
    run = begin(workspace, "nowhere", steps=2)
    status = run.wait(90)
    assert status.state == "failed"
    assert "no scheduler answers at tcp://127.0.0.1:9" in status.message


def test_a_scheduler_given_by_address_is_used(workspace, scheduler, monkeypatch):
    monkeypatch.setenv("WORKBENCH_SCHEDULER", scheduler["address"])
    assert begin(workspace, "by-address", steps=2).wait(90).state == "finished"


def test_down_leaves_runs_alone_unless_asked(tmp_path, wait_for):
    run = begin(tmp_path, "goes-on")
    wait_for(lambda: run.step > 0)
    assert len(down(tmp_path)) == 1
    assert find_scheduler(tmp_path) is None
    step = run.step
    wait_for(lambda: run.step > step)
    assert down(tmp_path, runs=True) == ["run goes-on"]
    assert read_status(run.path).state == "stopped"
    assert down(tmp_path, runs=True) == []
