import numpy as np
import pytest

from workbench.scenes import SCENES, training_patches
from workbench.signals import fold

flat_earth = SCENES["flat_earth"]


def frequency_of(slc):
    """Phase advance per pixel, cycles per sample."""
    return np.angle(slc[..., 1:] * np.conj(slc[..., :-1])) / (2 * np.pi)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_fringe_frequency_is_constant_and_folded(sign):
    scene = flat_earth(32, 20, 3, sign=sign)
    expected, _ = fold(sign * 2 * 3.0 * np.sin(np.deg2rad(scene.look_angle.values)) / 0.0555, 1.0)
    np.testing.assert_allclose(scene.frequency[:, 0], expected, atol=1e-9)
    assert expected.min() < -0.3 < 0.3 < expected.max()
    difference = frequency_of(scene.slc.values) - expected[:, None, None]
    np.testing.assert_allclose((difference + 0.5) % 1 - 0.5, 0, atol=1e-6)
    np.testing.assert_allclose(np.abs(scene.slc), 1, rtol=1e-6)
    np.testing.assert_array_equal(scene.slc[:, :, 0], 1)


def test_the_sign_conjugates():
    np.testing.assert_allclose(flat_earth(16, 3, sign=-1).slc, np.conj(flat_earth(16, 3).slc), atol=1e-6)


def test_the_curved_range_is_the_hypotenuse():
    scene = flat_earth(48, 5, 1, curved=True)
    look, height = np.deg2rad(scene.look_angle.values)[:, None], scene.attrs["height"]
    later = np.arctan(np.tan(look) + 3.0 * np.arange(48) / height)
    phase = 4 * np.pi / 0.0555 * (height / np.cos(later) - height / np.cos(look))
    np.testing.assert_allclose(scene.slc[:, 0], np.exp(1j * phase), atol=1e-4)
    np.testing.assert_allclose(scene.slant_range, height / np.cos(look[:, 0]))


def test_the_tangent_is_where_the_curve_goes_from_high_up():
    low, high = (flat_earth(16, 4, 2, height=h, curved=True).slc.values for h in (7e5, 7e8))
    straight = flat_earth(16, 4, 2).slc.values
    assert np.abs(high - straight).max() < 1e-3 < np.abs(low - straight).max()


def test_condition_is_frequency_and_look_angle():
    scene = flat_earth(8, 50, 4, look=(30.0, 40.0))
    plane = scene.condition[:, :, 3, 5].values
    np.testing.assert_allclose(plane[:, 0], 2 * scene.frequency[:, 0], atol=1e-6)
    np.testing.assert_allclose(35 + 5 * plane[:, 1], scene.look_angle, atol=1e-5)
    assert (plane[:, 2] == -1).all()
    assert float(abs(scene.condition).max()) <= 1


def test_it_trains_like_any_scene():
    training, heldout = training_patches("flat_earth", 16, 6, 0, 2, sign=-1)
    assert (training.sizes["sample"], heldout.sizes["sample"]) == (6, 2)
    assert training.attrs["phase_sign"] == -1
    assert training.attrs["wavelength"] == 0.0555


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": 0}, "flat_earth needs a positive whole number as size"),
        ({"wavelength": 0}, "positive wavelength in metres, found 0"),
        ({"height": float("nan")}, "positive height"),
        ({"look": (40, 30)}, "0 ≤ first < last < 90"),
        ({"look": (10, 90)}, "0 ≤ first < last < 90"),
        ({"sign": 2}, "sign 1 or -1, found 2"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        flat_earth(**arguments)
