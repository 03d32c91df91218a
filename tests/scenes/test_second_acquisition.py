import numpy as np
import pytest
import xarray as xr

from workbench.interferometry import coherence, simulate_pair
from workbench.scenes import SCENES

flat_earth = SCENES["flat_earth"]
SPECKLED = {"baseline": 400.0, "coherence": 0.8, "snr_db": 10.0}


def interferogram(scene):
    return scene.slc.values.astype(complex) * np.conj(scene.slc_2.values)


def frequency_of(image):
    """Frequency along x where a finely interpolated spectrum is strongest, cycles per sample."""
    spectrum = np.abs(np.fft.fft(image.sum(axis=-2), 2**16, axis=-1))
    return np.fft.fftfreq(2**16)[spectrum.argmax(axis=-1)]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("curved", [False, True])
def test_the_fringe_frequency_is_that_of_the_geometry(sign, curved):
    scene = flat_earth(64, 12, 3, baseline=400.0, sign=sign, curved=curved)
    look = np.deg2rad(scene.look_angle.values)
    slant = 693e3 / np.cos(look)
    expected = sign * 2 * 400.0 / (0.0555 * slant * np.tan(look)) * 3.0 * np.sin(look)
    np.testing.assert_allclose(scene.fringe_frequency, expected, rtol=1e-9)
    np.testing.assert_allclose(frequency_of(interferogram(scene)), expected, rtol=0.01)


def test_two_exact_distances():
    scene = flat_earth(32, 4, 5, baseline=250.0, curved=True)
    look = np.deg2rad(scene.look_angle.values)[:, None]
    ground = 693e3 * np.tan(look) + 3.0 * np.arange(32)
    antenna = 250.0 * np.cos(look), 693e3 + 250.0 * np.sin(look)
    first, second = np.hypot(ground, 693e3), np.hypot(ground - antenna[0], antenna[1])
    phase = 4 * np.pi / 0.0555 * (first - second)
    np.testing.assert_allclose(scene.flat_phase, phase - phase[:, :1], atol=1e-5)
    np.testing.assert_allclose(interferogram(scene)[:, 0], np.exp(1j * (phase - phase[:, :1])), atol=1e-5)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_residual_phase_is_unbiased(sign):
    scene = flat_earth(64, 16, 1, sign=sign, **SPECKLED)
    residual = interferogram(scene) * np.exp(-1j * scene.flat_phase.values[:, None])
    mean = residual.sum(axis=(1, 2))
    looks = 64 * 64
    spread = np.sqrt((1 - scene.attrs["coherence"] ** 2) / (2 * looks)) / scene.attrs["coherence"]
    assert np.abs(np.angle(mean)).max() < 4 * spread
    assert abs(np.angle(mean.sum())) < 4 * spread / 4
    # no trend is left either: both halves agree
    halves = np.angle(residual[..., :32].sum() * np.conj(residual[..., 32:].sum()))
    assert abs(halves) < 4 * spread * np.sqrt(2 / 16) * np.sqrt(2)


def test_the_signs_conjugate_without_speckle():
    plus, minus = (flat_earth(16, 3, baseline=900.0, sign=sign) for sign in (1, -1))
    np.testing.assert_allclose(interferogram(plus), np.conj(interferogram(minus)), atol=1e-5)
    np.testing.assert_allclose(plus.flat_phase, -minus.flat_phase)


@pytest.mark.parametrize(("gamma", "snr"), [(0.9, None), (0.5, None), (0.8, 5.0), (0.0, None)])
def test_coherence_is_what_was_asked(gamma, snr):
    scene = flat_earth(64, 8, 2, baseline=300.0, coherence=gamma, snr_db=snr)
    second = scene.slc_2.values * np.exp(1j * scene.flat_phase.values[:, None])
    first = scene.slc.values
    power = np.mean(np.abs(first) ** 2), np.mean(np.abs(second) ** 2)
    found = abs(np.mean(first * np.conj(second))) / np.sqrt(np.prod(power))
    expected = gamma / (1 + (0 if snr is None else 10 ** (-snr / 10)))
    assert scene.attrs["coherence"] == pytest.approx(expected)
    assert found == pytest.approx(expected, abs=4 / np.sqrt(2 * 8 * 64 * 64))
    assert power[0] == pytest.approx(power[1], rel=0.04)
    if gamma >= 0.5:  # the estimator of the workbench agrees where its bias is small
        maps = coherence(first[0], second[0], window=15)
        assert float(maps.corrected.mean()) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("baseline", [350.0, -200.0])
def test_simulated_pairs_have_the_same_sign(baseline):
    scene = flat_earth(64, 1, 3, baseline=baseline, coherence=0.9)
    angle = float(scene.look_angle[0])
    pair = simulate_pair(
        64, 0.9, baseline, slant_range=float(scene.slant_range[0]), incidence=angle, wavelength=0.0555,
        spacing=3.0 * np.sin(np.deg2rad(angle)), snr_db=40.0,
    )  # fmt: skip
    assert pair.attrs["fringe_frequency"] == pytest.approx(float(scene.fringe_frequency[0]), rel=1e-9)
    turns = np.exp(-1j * scene.flat_phase.values[0])
    for first, second in ((scene.slc[0], scene.slc_2[0]), (pair.first, pair.second)):
        flat = np.mean(first.values * np.conj(second.values) * turns)
        power = np.mean(np.abs(first) ** 2), np.mean(np.abs(second) ** 2)
        assert abs(flat) / np.sqrt(np.prod(power)) > 0.7
        assert abs(np.angle(flat)) < 0.1


def test_speckle_is_speckle():
    scene = flat_earth(64, 8, 4, **SPECKLED)
    power = np.abs(scene.slc.values.astype(complex)) ** 2
    assert power.std() / power.mean() == pytest.approx(1, abs=0.03)
    bright = np.mean(np.abs(scene.slc.values) > 1)
    assert bright == pytest.approx(0.01, abs=0.002)  # 1 is the 99 % quantile
    assert np.corrcoef(power[0].ravel(), power[1].ravel())[0, 1] < 0.05


def test_noise_alone():
    scene = flat_earth(64, 4, 4, baseline=0.0, snr_db=20.0)
    noise = scene.slc.values - flat_earth(64, 4, 4).slc.values
    assert np.mean(np.abs(noise) ** 2) == pytest.approx(0.01, rel=0.05)
    assert scene.attrs["coherence"] == pytest.approx(1 / 1.01)


def test_without_a_baseline_nothing_changes():
    plain = flat_earth(16, 3, 7)
    paired = flat_earth(16, 3, 7, baseline=100.0)
    assert "slc_2" not in plain and "baseline" not in plain.attrs  # noqa: PT018
    np.testing.assert_array_equal(plain.slc, paired.slc)
    np.testing.assert_array_equal(plain.condition, paired.condition)


def test_equal_seeds_equal_bits_and_a_prefix():
    long = flat_earth(16, 4, 9, **SPECKLED)
    xr.testing.assert_identical(long, flat_earth(16, 4, 9, **SPECKLED))
    np.testing.assert_array_equal(flat_earth(16, 2, 9, **SPECKLED).slc_2, long.slc_2[:2])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"coherence": 0.5}, "needs a baseline"),
        ({"snr_db": 5.0}, "needs a baseline"),
        ({"baseline": 1e5}, "within the critical one, ±7"),
        ({"baseline": float("nan")}, "finite baseline in metres, found nan"),
        ({"baseline": 10.0, "coherence": 1.2}, "coherence from 0 to 1, found 1.2"),
        ({"baseline": 10.0, "snr_db": float("inf")}, "finite snr_db"),
        ({"baseline": 10.0, "coherence": 0.2, "size": 4}, "8 pixels or more"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        flat_earth(**arguments)
