import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.scenes import SCENES, training_patches

tones = SCENES["tones"]


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(4, 24), rows=st.integers(1, 4), columns=st.integers(1, 4),
    along=st.sampled_from(["both", "x", "y"]), seed=st.integers(0, 2**40),
)  # fmt: skip
def test_every_pixel_belongs_to_the_tone_it_says(size, rows, columns, along, seed):
    scene = tones(size, 2, seed, rows=rows, columns=columns, along=along, weakest=0.25)
    y, x = np.mgrid[:size, :size]
    row = np.searchsorted(scene.row_start, y, side="right") - 1
    column = np.searchsorted(scene.column_start, x, side="right") - 1
    frequency, amplitude = scene.frequency.values[:, row, column], scene.amplitude.values[:, row, column]
    wave = amplitude * np.exp(2j * np.pi * (frequency[..., 0] * y + frequency[..., 1] * x))
    np.testing.assert_allclose(scene.slc, wave, atol=1e-6)
    np.testing.assert_allclose(scene.condition[:, 0], 2 * frequency[..., 0], atol=1e-6)
    np.testing.assert_allclose(scene.condition[:, 1], 2 * frequency[..., 1], atol=1e-6)
    np.testing.assert_allclose(0.625 + 0.375 * scene.condition[:, 2], amplitude, atol=1e-6)
    assert (frequency[..., 0] == 0).all() == (along == "x")
    assert (frequency[..., 1] == 0).all() == (along == "y")


def test_one_tone_is_one_line_of_the_spectrum():
    scene = tones(32, 5, 1, rows=1, columns=1)
    for image, (f_y, f_x) in zip(scene.slc.values, scene.frequency.values[:, 0, 0], strict=True):
        step = [np.angle(np.vdot(image[:-1], image[1:])), np.angle(np.vdot(image[:, :-1], image[:, 1:]))]
        np.testing.assert_allclose(np.array(step) / (2 * np.pi), [f_y, f_x], atol=1e-6)


def test_training_and_held_out_have_different_tones():
    training, heldout = training_patches("tones", 16, 5, 3, 2, rows=1, columns=2)
    assert (training.sizes["sample"], heldout.sizes["sample"]) == (5, 2)
    assert not np.isin(heldout.frequency, training.frequency).any()
    xr.testing.assert_identical(training, training_patches("tones", 16, 5, 3, 2, rows=1, columns=2)[0])


def test_equal_seeds_equal_bits_and_a_prefix():
    xr.testing.assert_identical(tones(8, 3, 4), tones(8, 3, 4))
    np.testing.assert_array_equal(tones(8, 2, 4).slc, tones(8, 5, 4).slc[:2])
    assert not np.array_equal(tones(8, 2, 4).slc, tones(8, 2, 5).slc)


def test_equal_strength():
    scene = tones(8, 3, weakest=1)
    np.testing.assert_allclose(np.abs(scene.slc), 1, rtol=1e-6)
    assert (scene.condition[:, 2] == 1).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"rows": 0}, "positive whole number as rows"),
        ({"size": 4, "columns": 5}, "2×5 tiles in 4×4 pixels"),
        ({"weakest": 0.0}, "above 0 and at most 1, found 0.0"),
        ({"weakest": 1.5}, "above 0 and at most 1, found 1.5"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        tones(**arguments)


def test_unknown_direction():
    with pytest.raises(KeyError, match="unknown direction 'z'; there are: both, y, x"):
        tones(along="z")
