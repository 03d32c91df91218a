"""A training desk over the made-up run of tests/session, without a server."""

import pytest

from workbench.session import DeskState, Hub
from workbench.views import TrainingDesk


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
