import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240)


@pytest.fixture(scope="session")
def numbers() -> ModuleType:
    """The tables of reference_numbers.py (tests are not a package, so it is loaded by path)."""
    path = Path(__file__).with_name("reference_numbers.py")
    spec = importlib.util.spec_from_file_location("reference_numbers", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
