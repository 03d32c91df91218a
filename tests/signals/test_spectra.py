import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.signals import power_db, spectrum


def grid(my, mx, shape=(16, 32)):
    y, x = np.indices(shape)
    return 2 * np.pi * (my * y / shape[0] + mx * x / shape[1])


@pytest.mark.parametrize("window", [None, "hann", ("kaiser", 8.0), "blackmanharris"])
def test_a_tone_shows_its_amplitude_at_its_frequency(window):
    real = abs(spectrum(3.0 * np.cos(grid(4, 9)), window=window))
    peaks = real.sel(frequency_y=[0.25, -0.25], frequency_x=[9 / 32, -9 / 32])
    np.testing.assert_allclose(np.diag(peaks), 1.5, rtol=2e-3)
    turning = abs(spectrum(3.0 * np.exp(-1j * grid(4, 9)), window=window))
    assert float(turning.sel(frequency_y=-0.25, frequency_x=-9 / 32)) == pytest.approx(3.0)
    assert float(turning.sel(frequency_y=0.25, frequency_x=9 / 32)) < 0.01


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_mean_square_is_kept_without_a_window(height, width, seed):
    rng = np.random.default_rng(seed)
    image = rng.normal(size=(2, height, width)) + 1j * rng.normal(size=(2, height, width))
    result = spectrum(image)
    assert result.dims == ("dim_0", "frequency_y", "frequency_x")
    power = (abs(result) ** 2).sum(["frequency_y", "frequency_x"])
    np.testing.assert_allclose(power, (abs(image) ** 2).mean((1, 2)), rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 7, 8])
def test_axes_ascend_in_cycles_per_sample(size):
    axis = spectrum(np.ones((3, size))).frequency_x
    assert np.all(np.diff(axis) > 0)
    assert axis.min() >= -0.5
    assert axis.max() < 0.5
    assert axis.attrs["units"] == "cycles per sample"
    assert float(abs(spectrum(np.ones((3, size))).sel(frequency_x=0.0, frequency_y=0.0))) == pytest.approx(
        1.0
    )


def test_window_figures():
    result = spectrum(np.ones((64, 64)), window="hann")
    assert result.attrs["window"] == "hann"
    assert result.attrs["coherent_gain"] == pytest.approx(0.25)
    assert result.attrs["equivalent_noise_bandwidth"] == pytest.approx(2.25)
    plain = spectrum(np.ones((64, 64)))
    assert plain.attrs["window"] == "rectangular"
    assert plain.attrs["coherent_gain"] == plain.attrs["equivalent_noise_bandwidth"] == 1.0
    assert plain.attrs["norm"] == "forward"
    assert plain.attrs["units"] == "1"
    assert spectrum(np.ones((4, 4)), window=("kaiser", 8)).attrs["window"] == "kaiser, 8"


def test_labelled_images_keep_dimensions_coordinates_and_units():
    image = xr.DataArray(
        np.random.default_rng(0).normal(size=(8, 2, 6)),
        dims=("y", "sample", "x"),
        coords={"sample": ["a", "b"], "y": np.arange(8)},
        attrs={"units": "V"},
    )
    result = spectrum(image)
    assert result.dims == ("frequency_y", "sample", "frequency_x")
    assert result.sample.values.tolist() == ["a", "b"]
    assert result.attrs["units"] == "V"
    one = spectrum(image.sel(sample="b").values)
    np.testing.assert_allclose(result.sel(sample="b").values, one.values)
    along_x = spectrum(image, dims=("x",))
    assert along_x.dims == ("y", "sample", "frequency_x")
    np.testing.assert_array_equal(along_x.y, np.arange(8))


def test_pixel_spacing_gives_physical_frequencies():
    image = xr.DataArray(np.ones((4, 8)), dims=("y", "x"), attrs={"spacing_y": 14.0, "spacing_x": 2.3})
    result = spectrum(image)
    np.testing.assert_allclose(result.frequency_x_per_metre, np.arange(-4, 4) / 8 / 2.3)
    np.testing.assert_allclose(result.frequency_y_per_metre, np.arange(-2, 2) / 4 / 14.0)
    assert result.frequency_y_per_metre.attrs["units"] == "cycles per metre"


def test_coordinates_with_units_give_physical_frequencies():
    image = xr.DataArray(
        np.ones((4, 8)),
        dims=("y", "x"),
        coords={
            "y": ("y", [0.0, 1.0, 2.0, 4.0], {"units": "m"}),
            "x": ("x", 0.5 * np.arange(8), {"units": "km"}),
        },
    )
    result = spectrum(image)
    np.testing.assert_allclose(result.frequency_x_per_km, np.arange(-4, 4) / 8 / 0.5)
    assert "frequency_y_per_metre" not in result.coords  # not evenly spaced


@pytest.mark.parametrize(
    ("image", "options", "message"),
    [
        (np.array([[1.0, np.nan], [np.nan, np.inf]]), {}, "2 NaN and 1 infinite of 4 pixels"),
        (np.ones(4), {}, "needs at least 2 axes"),
        (np.ones((0, 4)), {}, "must not be empty"),
        (np.array([["a", "b"]]), {}, "must hold numbers"),
        (np.ones((4, 4)), {"window": "hamn"}, "window must be None"),
        (np.ones((4, 4)), {"window": "kaiser"}, "window must be None"),
        (np.ones((4, 4)), {"dims": ("x", "x")}, "different dimensions"),
        (xr.DataArray(np.ones((4, 4)), dims=("a", "b")), {}, "no dimension 'y'"),
        (
            xr.DataArray(np.ones((4, 4)), dims=("y", "x"), attrs={"spacing_y": 0.0}),
            {},
            "spacing_y must be a positive",
        ),
    ],
)
def test_bad_input_is_named(image, options, message):
    with pytest.raises(ValueError, match=message):
        spectrum(image, **options)


def test_power_db():
    assert power_db(np.array([100.0, 0.0])).tolist() == [20.0, -np.inf]
    assert np.isnan(power_db(-1.0))
    assert power_db(2.0, reference=2.0) == 0.0
    assert power_db(np.array([1.0, 0.0, np.nan]), floor=-60.0)[:2].tolist() == [0.0, -60.0]
    assert np.isnan(power_db(np.nan, floor=-60.0))
    assert power_db(xr.DataArray([0.0], dims="x"), floor=-60.0).values.tolist() == [-60.0]
    level = power_db(
        xr.DataArray([1.0, 0.0], dims="x", attrs={"units": "V^2", "long_name": "p"}), reference=10.0
    )
    assert level.values.tolist() == [-10.0, -np.inf]
    assert level.attrs == {"units": "dB", "long_name": "p", "reference": "10 (V^2)"}
    with pytest.raises(ValueError, match="reference must be a positive power"):
        power_db(1.0, reference=0.0)
