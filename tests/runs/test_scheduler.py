import concurrent.futures
import os
import signal
import subprocess
import sys

import psutil
import pytest

from workbench.runs import Run, RunSpec, down, find_scheduler
from workbench.runs.launching import launch
from workbench.runs.scheduler import ensure_scheduler

SMALL = {
    "size": 16,
    "width": 4,
    "depth": 2,
    "count": 8,
    "heldout": 4,
    "evaluated": 4,
    "probe_phases": 4,
    "batch_size": 1,
}


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
            asked = [pool.submit(subprocess.check_output, command, timeout=90) for _ in range(2)]
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
    monkeypatch.setenv("WORKBENCH_IDLE_SECONDS", "2")
    pid = ensure_scheduler(tmp_path)["pid"]
    below = psutil.Process(pid).children(recursive=True)
    wait_for(lambda: find_scheduler(tmp_path) is None)
    wait_for(lambda: not any(process.is_running() for process in below))


def test_what_cannot_begin_fails_with_a_reason_beside_what_can(workspace, scheduler, monkeypatch):
    path = workspace / "runs" / "broken"
    path.mkdir(parents=True)
    RunSpec("pix2pix", str(workspace / "gone.npy"), "path", size=16, width=4, plan={"steps": 5}).write(path)
    Run(path).resume()
    monkeypatch.setenv("WORKBENCH_SCHEDULER", "tcp://127.0.0.1:9")
    nowhere = begin(workspace, "nowhere", steps=2)
    monkeypatch.setenv("WORKBENCH_SCHEDULER", scheduler["address"])
    given = begin(workspace, "given-by-address", steps=2)
    assert given.wait(90).state == "finished"
    assert Run(path).wait(90).state == "failed"
    assert "gone.npy" in Run(path).status().message
    assert nowhere.wait(90).state == "failed"
    assert "no scheduler answers at tcp://127.0.0.1:9" in nowhere.status().message


def test_runs_are_queued_lost_resumed_and_outlive_their_worker(workspace, scheduler, wait_for):
    killed, lasting = begin(workspace, "killed"), begin(workspace, "lasting")
    wait_for(lambda: killed.step > 0 and lasting.step > 0)
    waiting = begin(workspace, "waiting")
    wait_for(lambda: "slot" in waiting.status().message)
    assert (waiting.state, waiting.pid, waiting.scalars().step.size) == ("queued", None, 0)
    unwanted = begin(workspace, "unwanted")
    unwanted.stop()
    assert unwanted.state == "stopped"
    pid, lasting_pid = killed.pid, lasting.pid
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: killed.state == "lost")
    recorded = killed.scalars().step.size
    assert recorded > 0
    # The slot is given to the next run; a runner that dies under a living worker is not started again.
    wait_for(lambda: waiting.state == "running")
    assert killed.state == "lost"
    waiting.stop()
    killed.resume()
    assert waiting.wait(90).state == "stopped"
    wait_for(lambda: killed.state == "running")
    killed.resume()  # does nothing to a live one
    second = killed.pid
    # With its worker gone too, a lost run goes on by itself; one that still trains is not disturbed.
    worker_of(scheduler).kill()
    os.kill(second, signal.SIGKILL)
    wait_for(lambda: killed.state == "running" and killed.pid not in (None, pid, second))
    step = lasting.step
    wait_for(lambda: lasting.step > step)
    assert lasting.pid == lasting_pid
    wait_for(lambda: killed.scalars().step.size > recorded)
    killed.stop()
    assert killed.wait(90).state == "stopped"
    steps = killed.scalars().step.values.tolist()
    assert steps == list(range(1, len(steps) + 1))
    assert unwanted.state == "stopped"
    assert unwanted.scalars().step.size == 0
    # Ending the scheduler leaves runs alone unless they are asked for.
    assert down(workspace) == [f"scheduler {scheduler['address']}"]
    assert find_scheduler(workspace) is None
    step = lasting.step
    wait_for(lambda: lasting.step > step)
    assert down(workspace, runs=True) == ["run lasting"]
    assert lasting.state == "stopped"
    assert down(workspace, runs=True) == []
