"""What all tests share: how properties are tried, which made-up run is drawn."""

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("workbench", deadline=None)  # absolute times decide no test
settings.load_profile("workbench")


@pytest.fixture(scope="session")
def synthetic():
    """The module ``tests/session/synthetic.py``."""
    path = Path(__file__).parent / "session" / "synthetic.py"
    spec = importlib.util.spec_from_file_location("synthetic_run", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["synthetic_run"] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module
