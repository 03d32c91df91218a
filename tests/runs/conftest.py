"""Workspaces of their own, whose schedulers and runners end with the test."""

import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.runs import Run, RunSpec, down
from workbench.runs.runner import run_directory

TOY = Path(__file__).with_name("toy.py")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """An empty workspace; whatever was started in it is ended."""
    folder = tmp_path_factory.mktemp("workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_WORKSPACE", str(folder))
        patch.setenv("WORKBENCH_SLOTS", "2")
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.delenv("WORKBENCH_SCHEDULER", raising=False)
        yield folder
        down(folder, runs=True)


@pytest.fixture
def run(tmp_path):
    """Directory of a run that nobody trains."""
    return _make_run(tmp_path)


@pytest.fixture
def make_run(tmp_path):
    """Maker of run directories that nobody trains."""
    return lambda name, steps: _make_run(tmp_path, name, steps)


def _make_run(folder, name="toy", steps=200):
    path = folder / name
    path.mkdir()
    RunSpec("pix2pix", "onetone", plan={"steps": steps, "seed": 3}).write(path)
    return path


class Toys:
    """Starts toy runners in processes of their own."""

    def __init__(self):
        self.processes = []

    def start(self, path, *arguments, until_step=None, **options):
        process = subprocess.Popen([sys.executable, str(TOY), str(path), *map(str, arguments)], **options)
        self.processes.append(process)
        if until_step is not None:
            _wait_for(lambda: self._trains(path, process.pid, until_step), process)
        return process

    @staticmethod
    def _trains(path, pid, step):
        status = Run(path).status()  # while setting up it still shows the step of the process before
        return status.pid == pid and status.step >= step and status.message != "setting up"


@pytest.fixture
def toys():
    """Starter of toy runners; those still alive at the end are killed."""
    starter = Toys()
    yield starter
    for process in starter.processes:
        process.kill()
        process.communicate()


@pytest.fixture
def toy():
    """Runner of toys in this very process."""
    spec = importlib.util.spec_from_file_location("toy", TOY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda path, *arguments: run_directory(path, module.preparing(*arguments))


@pytest.fixture
def wait_for():
    """Wait until a condition holds."""
    return _wait_for


def _wait_for(condition, process=None, seconds=60.0):
    """Wait until `condition()` holds; a generous limit, because the machine may be busy."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        assert process is None or process.poll() is None, "the process ended early"
        time.sleep(0.02)
