"""The made-up run of tests/session and the frames it gives."""

import importlib.util
import sys
from pathlib import Path

import pytest

from workbench.session import Choice, Hub, compose


@pytest.fixture(scope="session")
def synthetic():
    path = Path(__file__).parents[1] / "session" / "synthetic.py"
    spec = importlib.util.spec_from_file_location("synthetic_run", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["synthetic_run"] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def frames(synthetic):
    hub = Hub(synthetic.SyntheticRun())
    hub.refresh()
    return lambda step=200, **choices: {
        name: frame.data for name, frame in compose(hub, Choice(step=step, **choices)).items()
    }
