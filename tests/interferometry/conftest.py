from pathlib import Path

import numpy as np
import pytest

REAL_SLC = Path(__file__).parents[3] / "shared" / "data" / "real_slc"


@pytest.fixture
def rng():
    return np.random.default_rng(20260102)


@pytest.fixture
def speckle(rng):
    """Make complex white Gaussian images of unit power."""

    def make(*shape):
        parts = rng.normal(size=(2, *shape)) / np.sqrt(2)
        return parts[0] + 1j * parts[1]

    return make


@pytest.fixture
def onetone(rng):
    """Make bands of one random tone each along x, phase 0 at the left edge."""

    def make(samples, bands=8, frequency=None, amplitude=None):
        frequency = rng.uniform(-np.pi, np.pi, (samples, bands)) if frequency is None else frequency
        amplitude = rng.uniform(0.5, 1, (samples, bands)) if amplitude is None else amplitude
        tones = amplitude[..., None] * np.exp(1j * frequency[..., None] * np.arange(32))
        return tones.repeat(32 // bands, axis=1)

    return make


@pytest.fixture
def real_slc():
    """Load real complex images by name; skip where they are not."""

    def load(name):
        path = REAL_SLC / f"{name}.npy"
        if not path.exists():
            pytest.skip(f"no real SAR samples at {REAL_SLC}")
        return np.load(path)

    return load
