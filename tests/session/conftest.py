"""A made-up run and its hub."""

import pytest

from workbench.session import Hub


@pytest.fixture
def run(synthetic):
    return synthetic.SyntheticRun()


@pytest.fixture
def hub(run) -> Hub:
    hub = Hub(run, interval=0.02)
    hub.refresh()
    return hub
