"""A training desk over the made-up run of tests/session, without a server."""

import importlib.util
import sys
from pathlib import Path

import pytest

from workbench.session import DeskState, Hub
from workbench.views import TrainingDesk


@pytest.fixture(scope="session")
def synthetic():
    path = Path(__file__).parents[1] / "session" / "synthetic.py"
    spec = importlib.util.spec_from_file_location("synthetic_run", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["synthetic_run"] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(synthetic):
    return synthetic.SyntheticRun()


@pytest.fixture
def hub(run):
    hub = Hub(run)
    hub.refresh()
    return hub


@pytest.fixture
def make_desk(run, hub):
    def make(can_control=True, **settings):
        state = DeskState(run=run.name, **settings)
        desk = TrainingDesk(state, lambda _name: (hub, run), lambda: [run], can_control=can_control)
        desk.draw()
        return desk

    return make


@pytest.fixture
def desk(make_desk):
    return make_desk()
