import numpy as np
import pytest
import xarray as xr

from workbench.scenes import SCENES, with_condition


@pytest.fixture
def speckle(rng):
    slc = 300 * (rng.normal(size=(40, 50)) + 1j * rng.normal(size=(40, 50)))
    return xr.Dataset({"slc": (("y", "x"), slc)}, attrs={"sensor": "made up"})


def test_planes_say_what_they_are(speckle):
    scene = with_condition(speckle)
    low, high = scene.condition.attrs["amplitude_limits"]
    amplitude = np.abs(speckle.slc.values)
    assert np.mean(amplitude < low) == pytest.approx(0.01, abs=1e-3)
    assert np.mean(amplitude > high) == pytest.approx(0.01, abs=1e-3)
    plane = scene.condition.sel(channel="log_amplitude").values
    inside = (amplitude > low) & (amplitude < high)
    np.testing.assert_allclose(
        (low * (high / low) ** ((plane + 1) / 2))[inside], amplitude[inside], rtol=1e-4
    )
    smoothed = scene.condition.sel(channel="smoothed_amplitude").values
    assert smoothed[20, 30] == pytest.approx(2 * amplitude[18:23, 28:33].mean() / high - 1, abs=1e-5)
    assert not scene.condition.sel(channel="zero").any()
    assert float(abs(scene.condition).max()) == 1
    assert "made from the SLC itself" in scene.attrs["condition_source"]
    assert scene.attrs["sensor"] == "made up"
    assert scene.condition.dtype == np.float32


def test_limits_given_are_used_for_every_image(speckle):
    once, stack = with_condition(speckle, (10.0, 900.0)), xr.concat([speckle, 2 * speckle], "sample")
    both = with_condition(stack, (10.0, 900.0))
    assert both.condition.dims == ("sample", "channel", "y", "x")
    np.testing.assert_array_equal(both.condition[0], once.condition)
    assert float((both.condition[1] - both.condition[0]).mean()) > 0.1


def test_a_condition_is_kept():
    scene = SCENES["onetone"](16, 2)
    xr.testing.assert_identical(with_condition(scene), scene)
    bare = scene.copy()
    bare.attrs = {}
    assert with_condition(bare).attrs["condition_source"] == "scene"


def test_one_amplitude_is_no_failure():
    scene = with_condition(xr.Dataset({"slc": (("y", "x"), np.full((8, 8), 2j))}))
    assert np.isfinite(scene.condition).all()


def test_zeros_cannot_be_conditioned():
    with pytest.raises(ValueError, match="zero everywhere"):
        with_condition(xr.Dataset({"slc": (("y", "x"), np.zeros((8, 8), complex))}))


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (xr.Dataset({"image": ("y", [1.0])}), "needs a complex variable 'slc'; found the variables: image"),
        (xr.Dataset({"slc": (("y", "x"), np.ones((2, 2)))}), "slc is float64; complex numbers are needed"),
        (xr.Dataset({"slc": (("y", "z"), np.ones((2, 2), complex))}), r"dimensions \('y', 'z'\)"),
        (xr.Dataset({"slc": (("y", "x"), np.full((2, 2), np.nan * 1j))}), "4 of 4 values of slc are NaN"),
        (xr.Dataset({"slc": (("y", "x"), np.ones((2, 0), complex))}), "slc is empty .2×0."),
        (
            xr.Dataset(
                {"slc": (("y", "x"), np.ones((2, 2), complex)), "condition": (("y", "x"), np.ones((2, 2)))}
            ),
            "condition is float64 of .*'channel'",
        ),
        (
            xr.Dataset(
                {
                    "slc": (("y", "x"), np.ones((2, 2), complex)),
                    "condition": (("channel", "y", "x"), np.full((1, 2, 2), np.inf)),
                }
            ),
            "4 of 4 values of condition",
        ),
    ],
)
def test_what_is_no_scene(dataset, words):
    with pytest.raises(ValueError, match=words):
        with_condition(dataset)
