import numpy as np
import pytest
import xarray as xr
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from workbench.scenes import SCENES
from workbench.scenes.raytracing import (
    Acquisition,
    Sensor,
    flat_ground,
    join_meshes,
    make_mesh,
    nadir_picture,
    simulate_sar,
)

optical_sar = SCENES["optical_sar"]
SETTINGS = {"size": 96, "count": 3, "seed": 2, "cache": False, "bounces": 1}


@pytest.fixture(scope="module")
def shifted():
    return optical_sar(shift=1.5, **SETTINGS)


@pytest.fixture(scope="module")
def aligned():
    return optical_sar(shift=0.0, **SETTINGS)


def grey(scene, sample):
    return scene.condition.values[sample].mean(axis=0)


def found_shift(image, reference):
    """Phase correlation; what a window at rest hides of a shift is found by undoing it and looking again."""
    window = np.outer(*[np.hanning(n) for n in image.shape])
    found = np.zeros(2)
    for _ in range(4):
        moved = ndimage.shift(reference, found, order=3, mode="nearest")
        pair = (window * (one - reference.mean()) for one in (image, moved))
        found += phase_cross_correlation(*pair, upsample_factor=50, normalization=None)[0]
    return found


def test_the_shift_is_found_again(shifted, aligned):
    for sample in range(3):
        stated = [float(shifted[f"shift_{axis}"][sample]) for axis in "yx"]
        np.testing.assert_allclose(
            found_shift(grey(shifted, sample), grey(aligned, sample)), stated, atol=0.1
        )
    assert np.abs(shifted.shift_y).max() > 0.3


def test_the_shift_moves_the_picture_only(shifted, aligned):
    np.testing.assert_array_equal(shifted.slc, aligned.slc)
    assert not np.array_equal(shifted.condition, aligned.condition)


def test_without_shift_both_images_are_aligned():
    """A bright sheet on dark ground: the same pixels are bright in both."""
    assert (optical_sar(shift=0.0, **SETTINGS).shift_x == 0).all()
    sheet = make_mesh(
        [[-8, -6, 0.01], [10, -6, 0.01], [10, 9, 0.01], [-8, 9, 0.01]], [[0, 1, 2], [0, 2, 3]], "roof"
    )
    mesh = join_meshes([flat_ground(120.0), sheet])
    sensor = Sensor.over_ground(1.0, 40.0)
    plan = Acquisition(bounces=1, speckle=False, snr_db=None, rays=4)
    sar = np.abs(simulate_sar(mesh, sensor, (48, 48), acquisition=plan).slc.values)
    bright = np.abs(sar) ** 2
    optical = nadir_picture(mesh, (48, 48), 1.0).values
    centres = []
    for image in (bright, optical):
        inside = image > (np.median(image[:8]) + image[20:28, 20:28].mean()) / 2
        centres.append([float(np.mean(index)) for index in np.nonzero(inside)])
    np.testing.assert_allclose(centres[0], centres[1], atol=0.5)


def test_labels(shifted):
    assert shifted.condition.shape == (3, 3, 96, 96)
    assert shifted.slc.dtype == np.complex64
    assert shifted.condition.dtype == np.float32
    assert shifted.channel.values.tolist() == ["red", "green", "blue"]
    assert -1 <= float(shifted.condition.min()) < -0.5 < 0.5 < float(shifted.condition.max()) <= 1
    assert shifted.shift_y.attrs["units"] == "pixels"
    assert shifted.attrs["spacing_x"] == pytest.approx(np.sin(np.deg2rad(40.0)))
    assert 0.2 < np.quantile(np.abs(shifted.slc), 0.9) < 2


def test_shadows_are_bluer_than_sunlit_ground(aligned):
    red, _, blue = (aligned.condition.values[:, k] / 2 + 0.5 for k in range(3))
    brightness = red + blue
    dark, light = brightness <= np.quantile(brightness, 0.05), brightness >= np.quantile(brightness, 0.5)
    assert np.mean(blue[dark] / red[dark]) > 1.3 * np.mean(blue[light] / red[light])


def test_equal_seeds_equal_bits_and_a_prefix(shifted):
    again = optical_sar(shift=1.5, **(SETTINGS | {"count": 1}))
    np.testing.assert_array_equal(again.slc, shifted.slc[:1])
    np.testing.assert_array_equal(again.condition, shifted.condition[:1])
    other = optical_sar(shift=1.5, **(SETTINGS | {"count": 1, "seed": 3}))
    assert not np.array_equal(again.slc, other.slc)


def test_what_was_made_is_kept(tmp_path):
    made, read = (optical_sar(16, 1, building="box", cache=tmp_path) for _ in range(2))
    xr.testing.assert_identical(made, read)
    assert list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"shift": 9.0}, "shift from 0 to 8 pixels, found 9.0"),
        ({"shift": -1}, "shift from 0 to 8 pixels"),
        ({"shift": float("nan")}, "shift from 0 to 8 pixels"),
        ({"building": "castle"}, "unknown building 'castle'; there are: "),
        ({"building": "../mine.obj"}, "unknown building"),
        ({"spacing": 0.0}, "positive spacing"),
        ({"seed": -1}, "seed of 0 or more"),
        ({"size": 0}, "positive whole number as size"),
        ({"incidence": 95.0}, "incidence"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        optical_sar(**({"size": 8, "count": 1, "cache": False} | arguments))
