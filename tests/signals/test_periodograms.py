import numpy as np
import pytest
import xarray as xr
from scipy.signal import welch

from workbench.signals import power_spectral_density


def test_equals_scipys_welch(rng):
    series = rng.normal(size=256)
    ours = power_spectral_density(series, dims=("x",), segment=32)
    frequency, density = welch(series, window="hann", nperseg=32, detrend=False, return_onesided=False)
    order = np.argsort(frequency)
    np.testing.assert_allclose(ours.frequency_x, frequency[order])
    np.testing.assert_allclose(ours.density, density[order], rtol=1e-12)


def test_level_of_white_noise(rng):
    noise = 2.0 * rng.normal(size=(10, 64, 64))
    estimate = power_spectral_density(noise, segment=16)
    assert estimate.density.dims == ("frequency_y", "frequency_x")
    assert float(estimate.density.mean()) == pytest.approx(4.0, rel=0.02)


@pytest.mark.parametrize("window", [None, "hann", ("kaiser", 6.0)])
@pytest.mark.parametrize("kind", ["real", "complex"])
def test_interval_holds_the_truth_as_often_as_it_says(rng, window, kind):
    noise = rng.normal(size=(400, 64))
    if kind == "complex":
        noise = (noise + 1j * rng.normal(size=(400, 64))) / np.sqrt(2)
    inside = []
    for series in noise:
        estimate = power_spectral_density(series, dims=("x",), window=window, segment=16)
        inside.append(((estimate.lower <= 1.0) & (estimate.upper >= 1.0)).values)
    # the overlap correction is an approximation; per-frequency coverage must stay near 95 %, zero included
    cover = np.mean(inside, axis=0)
    assert cover.mean() == pytest.approx(0.95, abs=0.015)
    assert cover.min() > 0.90
    if kind == "real":
        zero = estimate.sel(frequency_x=0.0)
        other = estimate.sel(frequency_x=0.25)
        assert float(zero.upper / zero.density) > float(other.upper / other.density)


def test_images_count_as_independent():
    rng = np.random.default_rng(1)
    estimate = power_spectral_density(rng.normal(size=(7, 3, 8, 8)))
    assert estimate.attrs["averaged"] == 21.0
    assert estimate.attrs["degrees_of_freedom"] == 42.0
    assert estimate.attrs["confidence"] == 0.95
    assert estimate.attrs["window"] == "hann"
    assert estimate.attrs["equivalent_noise_bandwidth"] == pytest.approx(2.25)


def test_overlap_counts_less_than_separate_segments():
    estimate = power_spectral_density(
        np.random.default_rng(2).normal(size=64), dims=("x",), segment=16, window=None
    )
    # seven half-overlapping rectangles: neighbours share 1/4 of their power
    assert estimate.attrs["averaged"] == pytest.approx(7 / (1 + 2 * 6 / 7 / 4))


def test_labels_and_spacing():
    image = xr.DataArray(
        np.random.default_rng(3).normal(size=(8, 8)), dims=("y", "x"), attrs={"spacing_x": 2.0}
    )
    estimate = power_spectral_density(image, segment=(8, 4))
    assert estimate.sizes == {"frequency_y": 8, "frequency_x": 4}
    assert estimate.frequency_x_per_metre.values.tolist() == [-0.25, -0.125, 0.0, 0.125]
    assert "per (cycle per sample)^2" in estimate.density.attrs["units"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"segment": 32}, "a segment along 'y' must be 2 to 8"),
        ({"segment": (4,)}, "one size or one per dimension"),
        ({"segment": 2.5}, "segment"),
        ({"confidence": 1.0}, "confidence must be inside"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        power_spectral_density(np.ones((8, 8)), **options)
    with pytest.raises(ValueError, match="1 NaN"):
        power_spectral_density(np.array([[np.nan, 1.0]]))
