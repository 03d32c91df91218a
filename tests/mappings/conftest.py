import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(20260101)


@pytest.fixture
def speckle(rng):
    """Make complex white Gaussian images of unit power."""

    def make(*shape, dtype=np.complex128):
        parts = rng.normal(size=(2, *shape)) / np.sqrt(2)
        return (parts[0] + 1j * parts[1]).astype(dtype)

    return make
