"""The process that analyses a network: whatever happens in it is an error of one answer."""

import os
import signal
import subprocess
import sys
import tempfile
import time

import psutil
import pytest

from workbench.probes import analyse_orders
from workbench.runs.specimen import Specimen, SpecimenError
from workbench.runs.specimen_request import Request
from workbench.runs.specimen_workshop import Workshop

FILE = """
import os, sys, time, torch
from pathlib import Path
from torch import nn
print("loading, with nothing to read:", repr(sys.stdin.read()))
sys.stderr.write("also on stderr\\n")
os.write(1, b"{not json\\n")

class Chatty(nn.Module):
    def forward(self, x):
        print("passes", x.shape[2])
        if x.shape[2] == 10: raise KeyError("ten")
        if x.shape[2] == 12: raise RuntimeError("twelve does not work")
        if x.shape[2] == 14: time.sleep(600)
        if x.shape[2] == 16: os.kill(os.getpid(), 11)
        if x.shape[2] == 18: raise MemoryError
        if x.shape[2] == 20: sys.exit(4)
        if x.shape[2] == 22: return x / 0
        return x.relu()

chatty = Chatty()
def hangs(): time.sleep(600)
def dies():
    print("last words"); sys.stdout.flush(); os._exit(7)
def twice():
    flag = Path("flag")
    if flag.exists(): return nn.ReLU()
    flag.touch(); raise ValueError("only the second time")
def forks():
    import subprocess
    other = subprocess.Popen(["sleep", "600"]); Path("grandchild").write_text(str(other.pid))
    return nn.ReLU()
"""
WAIT = 120


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("nets") / "net.py"
    path.write_text(FILE)
    return path


@pytest.fixture(scope="module")
def chatty(file):
    with Workshop(Specimen(file=f"{file}:chatty")) as workshop:
        yield workshop


def ask(workshop, kind="orders", size=8, **fields):
    return workshop.ask(Request(kind, size=(size, 8), tone=(1, 2), phases=8, **fields))


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A folder for temporary files that nobody else uses."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(condition):
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_answer_is_that_of_the_analysis(chatty):
    import torch

    found = ask(chatty).result(WAIT)
    expected = analyse_orders(torch.nn.ReLU(), shape=(1, 8, 8), tone=(1, 2), phases=8)
    assert found.power.values == pytest.approx(expected.power.values)
    assert found.attrs["specimen"] == "net.py:chatty"
    assert ask(chatty, "about").result(WAIT)["module_type"] == "Chatty"
    assert [layer["shape"] for layer in ask(chatty, "layers").result(WAIT)] == [[1, 8, 8]]


@pytest.mark.parametrize(
    ("size", "sentence", "fault"),
    [
        (10, r"'ten' \(net.py, line 12\)", "model"),
        (12, r"twelve does not work \(net.py, line 13\)", "model"),
        (18, "not enough memory", "memory"),
        (20, "SystemExit: 4", "model"),
        (22, "NaN or infinite", "model"),
        (1, "below Nyquist", "input"),
        (16, "crashed.*SIGSEGV.*passes 16", "crash"),
    ],
)
def test_every_failure_is_one_sentence(chatty, size, sentence, fault):
    answer = ask(chatty, size=size)
    with pytest.raises(SpecimenError, match=sentence) as caught:
        answer.result(WAIT)
    assert caught.value.fault == fault
    assert "\n" not in str(caught.value)
    assert answer.error() is caught.value
    assert "passes" in caught.value.output or size == 1
    assert ask(chatty).result(WAIT).sizes["layer"] == 1  # the next one works, in a new process if need be


def test_a_hanging_model_is_cancelled_and_the_next_request_answered(chatty):
    ask(chatty).result(WAIT)
    pid = chatty.pid
    hanging, waiting = ask(chatty, size=14), ask(chatty)
    with pytest.raises(TimeoutError):
        hanging.result(0.2)
    hanging.cancel()
    with pytest.raises(SpecimenError, match="cancelled"):
        hanging.result(WAIT)
    assert waiting.result(WAIT).sizes["layer"] == 1
    assert gone(pid)
    assert chatty.pid != pid


def test_newer_requests_replace_those_that_wait(chatty):
    told = []
    first = ask(chatty, size=14)
    older = chatty.ask(Request("orders"), newest=True)
    other = chatty.ask(Request("about"), newest=True)
    newer = chatty.ask(Request("orders", size=(8, 8), tone=(1, 2)), newest=True)
    older.add_done_callback(told.append)
    assert older.error().fault == "superseded"
    assert told == [older]
    first.cancel()
    assert other.result(WAIT)["title"] == "net.py:chatty"
    assert newer.result(WAIT).sizes["layer"] == 1
    waiting = ask(chatty)
    waiting.cancel()
    waiting.cancel()
    assert waiting.done()


def test_loading_that_hangs_dies_or_fails(file):
    with Workshop(Specimen(file=f"{file}:hangs")) as workshop:
        answer = ask(workshop)
        wait_until(lambda: answer.progress.doing.startswith("loading net.py"))
        answer.cancel()
        assert answer.error().fault == "cancelled"
    with Workshop(Specimen(file=f"{file}:dies")) as workshop:
        error = ask(workshop).result
        with pytest.raises(SpecimenError, match=r"ended by itself \(exit 7\); its last line: last words"):
            error(WAIT)
    with Workshop(Specimen(file=f"{file}:twice")) as workshop:
        first, second = ask(workshop), ask(workshop)
        with pytest.raises(SpecimenError, match="only the second time"):
            first.result(WAIT)
        assert second.result(WAIT).layer.values.tolist() == ["ReLU"]


def test_closing_leaves_nothing(file, temporary):
    workshop = Workshop(Specimen(file=f"{file}:forks"))
    assert workshop.pid is None
    ask(workshop).result(WAIT)
    pid, grandchild = workshop.pid, int((file.parent / "grandchild").read_text())
    assert psutil.Process(pid).nice() == psutil.Process().nice() + 5
    assert [path.name[:19] for path in temporary.iterdir()] == ["workbench-specimen-"]
    unfinished = ask(workshop, size=14)
    workshop.close()
    assert unfinished.error().fault == "cancelled"
    assert not psutil.pid_exists(pid)  # reaped: not even a zombie
    wait_until(lambda: gone(grandchild))
    assert not list(temporary.iterdir())


def test_a_killed_parent_takes_its_process_along(file, temporary):
    code = (
        "import time; from workbench.runs.specimen import Specimen; "
        "from workbench.runs.specimen_request import Request; "
        "from workbench.runs.specimen_workshop import Workshop; "
        f"workshop = Workshop(Specimen(file={f'{file}:forks'!r})); "
        "workshop.ask(Request('about')).result(100); print(workshop.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert [path.name[:19] for path in temporary.iterdir()] == ["workbench-specimen-"]
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: gone(pid))
    wait_until(lambda: gone(int((file.parent / "grandchild").read_text())))
    assert not list(temporary.iterdir())


def test_a_forgotten_workshop_ends_its_process(file):
    import gc

    workshop = Workshop(Specimen(file=f"{file}:chatty"))
    ask(workshop).result(WAIT)
    pid = workshop.pid
    del workshop
    gc.collect()
    wait_until(lambda: gone(pid))
