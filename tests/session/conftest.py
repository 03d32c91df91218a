"""A made-up run and its hub."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from workbench.session import Hub


def load_synthetic() -> ModuleType:
    spec = importlib.util.spec_from_file_location("synthetic_run", Path(__file__).parent / "synthetic.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["synthetic_run"] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    return load_synthetic()


@pytest.fixture
def run(synthetic):
    return synthetic.SyntheticRun()


@pytest.fixture
def hub(run) -> Hub:
    hub = Hub(run, interval=0.02)
    hub.refresh()
    return hub
