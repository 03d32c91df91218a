import numpy as np
import pytest

from workbench.scenes import SCENES, require_scene, ships, training_patches


def test_equal_seeds_give_equal_bits_and_the_first_images_do_not_depend_on_the_count():
    few, many = ships(size=32, count=2, seed=5), ships(size=32, count=4, seed=5)
    assert few.slc.equals(many.slc.isel(sample=slice(2)))
    assert not few.slc.equals(ships(size=32, count=2, seed=6).slc)


def test_it_is_a_scene_by_name():
    scene = require_scene(SCENES["ships"](size=32, count=2))
    assert scene.condition.shape == (2, 3, 32, 32)
    training, heldout = training_patches("ships", size=32, count=3, heldout=2)
    assert (training.sizes["sample"], heldout.sizes["sample"]) == (3, 2)


def test_the_condition_is_one_hot_in_three_planes():
    scene = ships(size=48, count=6, seed=2)
    planes, label = scene.condition.values, scene.label.values
    assert set(np.unique(planes)) == {-1.0, 1.0}
    np.testing.assert_array_equal((planes > 0).sum(axis=1), label > 0)
    for k in (1, 2, 3):
        np.testing.assert_array_equal(planes[:, k - 1] > 0, label == k)
        assert (label == k).any(axis=(1, 2)).all()


def test_sea_without_texture_is_fully_developed_speckle():
    scene = ships(size=128, count=4, seed=1, shape=np.inf, lengths=(20.0, 20.0), resolution=1.0)
    power = np.abs(scene.slc.values[scene.label.values == 0]) ** 2
    assert power.std() / power.mean() == pytest.approx(1.0, abs=0.03)
    assert 10 * np.log10(power.mean()) == pytest.approx(-22.0, abs=0.3)
    # exponential: the median is ln 2 of the mean
    assert np.median(power) / power.mean() == pytest.approx(np.log(2), abs=0.02)


@pytest.mark.parametrize("shape", [1.0, 4.0])
def test_texture_is_that_of_the_k_distribution(shape):
    scene = ships(size=128, count=6, seed=1, shape=shape, lengths=(20.0, 20.0), resolution=1.0)
    power = np.abs(scene.slc.values[scene.label.values == 0]) ** 2
    assert power.var() / power.mean() ** 2 == pytest.approx(1 + 2 / shape, rel=0.12)


def test_a_ship_outshines_the_sea_its_stern_the_hull():
    scene = ships(size=64, count=24, seed=0)
    power, label = np.abs(scene.slc.values) ** 2, scene.label.values
    sea, hull, stern = (power[label == k].mean() for k in (0, 1, 2))
    assert stern > 2 * hull
    assert hull > 6 * sea


def test_lengths_are_those_of_the_outline():
    scene = ships(size=96, count=8, seed=3, spacing=(3.0, 3.0), lengths=(100.0, 200.0))
    for sample in range(8):
        rows, columns = np.nonzero(scene.label.values[sample])
        heading = float(scene.heading[sample])
        along = 3.0 * (rows * np.cos(heading) + columns * np.sin(heading))
        assert np.ptp(along) == pytest.approx(float(scene.length[sample]), abs=10)


@pytest.mark.parametrize("centroid", [-0.4, 0.0, 0.3])
def test_the_azimuth_spectrum_lies_where_it_was_put(centroid):
    scene = ships(size=64, count=4, seed=0, centroid=(centroid, centroid), resolution=2.0)
    slc = scene.slc.values
    lag = np.vdot(slc[:, :-1], slc[:, 1:])
    assert np.angle(lag) / (2 * np.pi) == pytest.approx(centroid, abs=0.02)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 8}, "at least 16 pixels"),
        ({"count": 0}, "positive whole number as count"),
        ({"spacing": (0.0, 1.0)}, "positive pixel spacings"),
        ({"lengths": (100.0, 50.0)}, "shortest ≤ longest"),
        ({"shape": 0.0}, "positive shape"),
        ({"centroid": (0.2, 0.9)}, "centroids within"),
        ({"resolution": 0.2}, "1 to 8 pixels"),
        ({"clutter_db": np.nan}, "clutter level"),
    ],
)
def test_bad_numbers_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ships(**settings)
