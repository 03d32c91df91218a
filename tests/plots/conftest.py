"""The made-up run of tests/session and the frames it gives."""

import pytest

from workbench.session import Choice, Hub, compose


@pytest.fixture
def frames(synthetic):
    hub = Hub(synthetic.SyntheticRun())
    hub.refresh()
    return lambda step=200, **choices: {
        name: frame.data for name, frame in compose(hub, Choice(step=step, **choices)).items()
    }
