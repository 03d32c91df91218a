import json
import os
import subprocess
import sys
import time

import pytest

from workbench.runs import Run, RunStatus
from workbench.runs.commands import Command, send, take
from workbench.runs.lease import Lease, LeaseHeldError, lease_holder
from workbench.runs.processes import alive, identity
from workbench.runs.status import Board, lay_ballast, read_status, write_status


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_identity_is_of_one_process_for_ever(sleeper, wait_for):
    who = identity(sleeper.pid)
    assert alive(who)
    assert not alive({**who, "born": who["born"] - 100})  # the pid was given to another process since
    sleeper.kill()
    wait_for(lambda: not alive(who))  # dead but not yet waited for: a zombie does not count
    assert not alive(None)


def test_a_process_elsewhere_is_judged_by_its_heartbeat():
    who = {"host": "elsewhere", "pid": 1, "born": 0.0}
    assert alive({**who, "heartbeat": time.time()})
    assert not alive({**who, "heartbeat": time.time() - 60})


@pytest.mark.parametrize("state", ["running", "paused", "stopping"])
def test_a_live_state_is_lost_with_its_process(run, sleeper, state, wait_for):
    write_status(run, RunStatus(state, 7, 20, 2.0, 6.5), who=identity(sleeper.pid))
    assert (read_status(run).state, read_status(run).pid) == (state, sleeper.pid)
    sleeper.kill()
    wait_for(lambda: read_status(run).state == "lost")
    status = read_status(run)
    assert (status.step, status.pid) == (7, None)
    assert str(sleeper.pid) in status.message
    assert "resume()" in status.message


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_an_ended_state_stays(run, sleeper, state):
    write_status(run, RunStatus(state, message="so it is"), who=identity(sleeper.pid))
    sleeper.kill()
    sleeper.wait()
    assert read_status(run).state == state
    assert read_status(run).message == "so it is"


def test_queued_is_lost_with_those_who_hold_the_queue(run, sleeper, wait_for):
    write_status(run, RunStatus("queued"), held_by=[identity(sleeper.pid)])
    assert read_status(run).state == "queued"
    sleeper.kill()
    wait_for(lambda: read_status(run).state == "lost")
    write_status(run, RunStatus("queued"))  # at a scheduler elsewhere
    assert read_status(run).state == "queued"


def test_no_status_means_lost(run):
    assert Run(run).state == "lost"


def test_the_board_beats_and_keeps_the_last_word(run, wait_for):
    board = Board(run, lambda: RunStatus("", 3, 10, 2.0, 3.5, 0.04, device="cpu"), interval=0.05)
    board.publish("running")
    first = json.loads((run / "status.json").read_text())["who"]["heartbeat"]
    wait_for(lambda: json.loads((run / "status.json").read_text())["who"]["heartbeat"] > first)
    status = read_status(run)
    assert (status.state, status.step, status.rate, status.seconds_left) == ("running", 3, 2.0, 3.5)
    assert (status.observing_share, status.device, status.pid) == (0.04, "cpu", os.getpid())
    board.publish("failed", "it broke")
    board.close()
    assert (read_status(run).state, read_status(run).message) == ("failed", "it broke")
    assert not list(run.glob(".status*"))


def test_the_ballast_makes_room_for_the_last_word(run, monkeypatch):
    import workbench.runs.status as module

    lay_ballast(run)
    real = module.write_json

    def full(path, content):
        if (run / ".ballast").exists():
            raise OSError(28, "No space left on device")
        real(path, content)

    monkeypatch.setattr(module, "write_json", full)
    write_status(run, RunStatus("failed", message="the disk is full"))
    assert read_status(run).message == "the disk is full"


def test_the_lease_is_for_one_process_and_dies_with_it(run):
    code = (
        "import sys, pathlib, time; from workbench.runs.lease import Lease; "
        "Lease(pathlib.Path(sys.argv[1])).acquire(); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(run)], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LeaseHeldError, match=rf"held by process {other.pid} on "):
            Lease(run).acquire()
        assert lease_holder(run)["pid"] == other.pid  # still told right after the refusal
        other.kill()
    assert lease_holder(run) is None
    with Lease(run):
        assert lease_holder(run)["pid"] == os.getpid()
    Lease(run).acquire().release()


def test_commands_are_taken_once_in_order(run):
    assert take(run) == []
    send(run, "pause")
    send(run, "advance", 5)
    send(run, "stop")
    assert take(run) == [Command("pause"), Command("advance", 5), Command("stop")]
    assert take(run) == []
    with pytest.raises(ValueError, match="unknown command 'explode'; known: pause, resume"):
        send(run, "explode")


def test_a_run_that_ended_cannot_be_asked(run):
    write_status(run, RunStatus("finished", 200, 200))
    for ask in (Run(run).pause, Run(run).stop, Run(run).checkpoint, lambda: Run(run).advance(3)):
        with pytest.raises(RuntimeError, match="toy is finished"):
            ask()
    with pytest.raises(RuntimeError, match=r"has done all its 200 steps: branch\(steps"):
        Run(run).resume()
    with pytest.raises(ValueError, match="at least 1, found 0"):
        Run(run).advance(0)
    assert Run(run).wait(timeout=1, until=["paused"]).state == "finished"
    write_status(run, RunStatus("paused", 4, 200))
    with pytest.raises(TimeoutError, match=r"run toy is still paused after 0\.1 s, at step 4"):
        Run(run).wait(timeout=0.1)
    assert Run(run).wait(until=["paused"]).state == "paused"
