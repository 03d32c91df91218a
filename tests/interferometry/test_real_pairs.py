"""Real SAR pairs: medians known from an independent estimator, share of incoherent pixels above the null."""

import numpy as np
import pytest

from workbench.interferometry import coherence


def median(x, y, window):
    return float(coherence(x, y, window).magnitude.median())


def shifted(image, rows=29, columns=97):
    return np.roll(image, (rows, columns), axis=(0, 1))


AMSTERDAM = {3: 0.837, 5: 0.819, (3, 11): 0.8201, 7: 0.8099}
UAVSAR = {
    3: (0.9692, 0.4214, 0.4235, 0.3123),
    5: (0.9688, 0.2784, 0.3049, 0.1897),
    7: (0.9692, 0.2209, 0.2420, 0.1378),
}


@pytest.fixture
def amsterdam(real_slc):
    return real_slc("s1_amsterdam_20230319_VV"), real_slc("s1_amsterdam_20230331_VV")


@pytest.mark.parametrize("window", AMSTERDAM, ids=str)
def test_amsterdam_twelve_days_apart(window, amsterdam):
    x, y = amsterdam
    maps = coherence(x, y, window)
    assert float(maps.magnitude.median()) == pytest.approx(AMSTERDAM[window], abs=5e-4)
    assert np.allclose(np.percentile(maps.magnitude, [5, 95]), [0.32, 0.966], atol=0.015)
    assert float(maps.significant.mean()) > 0.65


def test_amsterdam_against_another_place(amsterdam):
    x, y = amsterdam
    maps = coherence(x, shifted(y))
    assert float(maps.magnitude.median()) == pytest.approx(0.2024, abs=5e-4)
    assert float(maps.corrected.median()) == 0
    assert 0.03 < float(maps.significant.mean()) < 0.07
    assert 11 < maps.attrs["effective_looks"] < 15


@pytest.mark.parametrize("window", UAVSAR)
def test_uavsar_sub_bands(window, real_slc):
    first = real_slc("uavsar_sanandreas_129_A20MHz_HH")
    matched = real_slc("uavsar_sanandreas_138_A_bandpassed_to_129")
    wide = real_slc("uavsar_sanandreas_138_A40MHz_HH")
    disjoint = real_slc("uavsar_sanandreas_129_B5MHz_HH"), real_slc("uavsar_sanandreas_138_B5MHz_HH")
    expected = UAVSAR[window]
    assert median(first, matched, window) == pytest.approx(expected[0], abs=1e-3)
    assert median(first, wide[:, ::2], window) == pytest.approx(expected[1], abs=1e-3)
    assert median(*disjoint, window) == pytest.approx(expected[2], abs=1e-3)
    null = coherence(first, shifted(matched), window)
    assert float(null.magnitude.median()) == pytest.approx(expected[3], abs=4e-3)
    assert 0.04 < float(null.significant.mean()) < 0.07


@pytest.mark.parametrize(
    ("name", "looks"), [("uavsar_winnipeg_HH", (18, 24)), ("envisat_warped_VV", (13, 18))]
)
def test_a_scene_against_its_own_elsewhere(name, looks, real_slc):
    image = real_slc(name)
    maps = coherence(image, shifted(image, 61, 97))
    assert looks[0] < maps.attrs["effective_looks"] < looks[1]
    assert 0.03 < float(maps.significant.mean()) < 0.07
