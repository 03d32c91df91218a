"""Statistics of scenes: closed forms, then the real samples beside the checkout."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.interferometry import coherence
from workbench.scenes import doppler_centroid, open_scene, recentre, scene_preview, scene_statistics

REAL = Path(__file__).parents[3] / "shared" / "data" / "real_slc"
# As ../shared/data/real_slc/stats.json has them: shape, variation of the power over all pixels, 10 % quantile
# and median over tiles, mean phasor, χ² of the phase, correlation of the parts, centroid, bandwidth (y, x).
# Centroids there are circular (their last pixel is next to the first): up to 4e-4 from those here.
MEASURED = {
    "s1_amsterdam_20230319_VV": (
        (84, 338),
        6.827,
        1.465,
        1.983,
        0.006,
        0.87,
        -0.0154,
        (0.349, 0.0113),
        (0.66, 0.555),
    ),
    "s1_amsterdam_20230331_VV": (
        (84, 338),
        6.704,
        1.48,
        2.04,
        0.0079,
        2.88,
        0.0233,
        (0.3374, 0.01),
        (0.683, 0.566),
    ),
    "uavsar_sanandreas_129_A20MHz_HH": (
        (150, 200),
        2.46,
        1.385,
        1.72,
        0.0102,
        1.38,
        -0.0003,
        (0.0226, -0.0372),
        (0.819, 0.806),
    ),
    "uavsar_sanandreas_138_A40MHz_HH": (
        (150, 400),
        2.977,
        1.484,
        1.915,
        0.0049,
        0.89,
        0.0059,
        (0.0182, -0.1131),
        (0.82, 0.774),
    ),
    "uavsar_sanandreas_129_B5MHz_HH": (
        (150, 50),
        1.622,
        1.224,
        1.447,
        0.0106,
        1.09,
        -0.0119,
        (0.0109, 0.0065),
        (0.8, 0.828),
    ),
    "uavsar_winnipeg_HH": (
        (250, 250),
        2.494,
        0.931,
        1.03,
        0.0019,
        1.1,
        0.0026,
        (0.0564, -0.0296),
        (0.809, 0.807),
    ),
    "envisat_warped_VV": (
        (500, 500),
        2.68,
        0.982,
        1.292,
        0.0019,
        1.06,
        -0.0035,
        (0.1728, -0.0138),
        (0.637, 0.811),
    ),
}
needs_samples = pytest.mark.skipif(not REAL.is_dir(), reason="the real samples are not beside this checkout")


def scene_of(image):
    return xr.Dataset({"slc": (("sample", "y", "x")[-np.ndim(image) :], np.asarray(image))})


def band_of(rng, size, low, high, axis):
    """Speckle whose spectrum is flat from `low` to `high` cycles/sample along an axis, empty elsewhere."""
    spectrum = rng.normal(size=(size, size, 2)) @ [1, 1j]
    frequency = np.fft.fftfreq(size)
    inside = (frequency - low) % 1 < (high - low)
    return np.fft.ifft2(spectrum * (inside[:, None] if axis == 0 else inside[None]))


@settings(max_examples=40)
@given(
    y=st.floats(-0.49, 0.49), x=st.floats(-0.49, 0.49), height=st.integers(2, 20), width=st.integers(2, 20)
)
def test_the_centroid_of_a_tone_is_its_frequency(y, x, height, width):
    rows, columns = np.mgrid[:height, :width]
    found = doppler_centroid(scene_of(np.exp(2j * np.pi * (y * rows + x * columns))))
    np.testing.assert_allclose(found, [y, x], atol=1e-6)
    assert found.axis.values.tolist() == ["y", "x"]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.3), (0.3, 0.6), (-0.25, 0.25), (0.05, 0.15)])
def test_a_flat_band(axis, low, high, rng):
    found = scene_statistics(scene_of(band_of(rng, 200, low, high, axis)))
    middle = ((low + high) / 2 + 0.5) % 1 - 0.5
    assert float(found.centroid[axis]) == pytest.approx(middle, abs=0.01)
    assert float(found.effective_bandwidth[axis]) == pytest.approx(high - low, rel=0.05)
    assert float(found.occupied_bandwidth[axis]) == pytest.approx(0.99 * (high - low), abs=0.015)
    assert float(found.occupied_bandwidth[1 - axis]) > 0.95


@pytest.mark.parametrize("looks", [1, 2, 4])
def test_speckle(looks, rng):
    speckle = np.sqrt((rng.normal(size=(looks, 320, 320, 2)) ** 2).sum((0, 3)))
    found = scene_statistics(scene_of(speckle * np.exp(2j * np.pi * rng.random((320, 320)))))
    assert float(found.intensity_cv) == pytest.approx(looks**-0.5, rel=0.02)
    assert float(found.tile_cv) == pytest.approx(looks**-0.5, rel=0.03)
    assert looks < float(found.looks) < 1.5 * looks
    assert float(found.phase_resultant) < 0.01
    assert 0.2 < float(found.phase_chi2) < 2.5
    assert abs(float(found.iq_correlation)) < 0.02
    assert float(found.iq_ratio) == pytest.approx(1, abs=0.02)


def test_phase_that_is_not_uniform(rng):
    image = np.exp(1j * rng.normal(0, 0.1, (64, 64)))
    found = scene_statistics(scene_of(image))
    assert float(found.phase_resultant) == pytest.approx(np.exp(-0.005), abs=0.002)
    assert float(found.phase_chi2) > 100
    assert float(found.intensity_cv) == pytest.approx(0, abs=1e-6)


def test_zeros_and_gaps():
    image = np.zeros((32, 32), np.complex64)
    found = scene_statistics(scene_of(image))
    assert float(found.zero_share) == 1
    assert np.isnan(found.centroid).all()
    assert np.isnan(found.intensity_cv)
    image[:16] = 3
    assert float(scene_statistics(scene_of(image)).zero_share) == 0.5
    one = scene_statistics(scene_of(np.ones((1, 1), complex)))
    assert np.isnan(one.tile_cv)


def test_stacks_are_measured_image_by_image(rng):
    stack = np.stack([band_of(rng, 64, f, f + 0.4, 0) for f in (-0.4, 0.0)])
    found = scene_statistics(scene_of(stack))
    assert found.centroid.dims == ("sample", "axis")
    np.testing.assert_allclose(found.centroid.sel(axis="y"), [-0.2, 0.2], atol=0.02)
    np.testing.assert_allclose(doppler_centroid(scene_of(stack), each=True), found.centroid)
    assert doppler_centroid(scene_of(stack)).dims == ("axis",)


def test_large_images_are_measured_in_the_middle(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.scenes.measures.MEASURED", 16)
    image = np.full((40, 60), 1e6, np.complex64)
    image[12:28, 22:38] = np.exp(2j * np.pi * 0.2 * np.arange(16))
    np.save(tmp_path / "a.npy", image)
    found = scene_statistics(tmp_path / "a.npy")
    np.testing.assert_allclose(found.centroid, [0, 0.2], atol=1e-6)
    assert found.attrs["measured"] == "y 12 … 27, x 22 … 37"


@settings(max_examples=30)
@given(
    shift=st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)),
    again=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
)
def test_recentring_is_on_record_and_can_be_undone(shift, again):
    rng = np.random.default_rng(1)
    scene = scene_of((rng.normal(size=(9, 14, 2)) @ [1, 1j]).astype(np.complex64)).assign_attrs(sensor="S1A")
    moved = recentre(recentre(scene, shift), again)
    taken = np.add(shift, again)
    np.testing.assert_allclose([moved.attrs["recentred_y"], moved.attrs["recentred_x"]], taken, atol=1e-12)
    y, x = np.mgrid[:9, :14]
    expected = scene.slc * np.exp(-2j * np.pi * (taken[0] * y + taken[1] * x))
    np.testing.assert_allclose(moved.slc, expected, atol=2e-6)
    back = recentre(moved, undo=True)
    np.testing.assert_allclose(back.slc, scene.slc, atol=2e-6)
    assert back.attrs == scene.attrs


def test_interferograms_survive_common_recentring(rng):
    stack = np.stack([band_of(rng, 64, 0.2, 0.6, 0), band_of(rng, 64, 0.1, 0.5, 0)])
    moved = recentre(scene_of(stack)).slc
    np.testing.assert_allclose(moved[0] * np.conj(moved[1]), stack[0] * np.conj(stack[1]), atol=1e-6)


def test_recentring_refuses():
    scene = scene_of(np.ones((4, 4), complex))
    with pytest.raises(ValueError, match="nothing to undo"):
        recentre(scene, undo=True)
    for shift in ((1,), (np.nan, 0), (1, 2, 3)):
        with pytest.raises(ValueError, match="two finite numbers"):
            recentre(scene, shift)


@needs_samples
@pytest.mark.parametrize("name", MEASURED)
def test_real_samples_show_their_statistics(name):
    shape, variation, tenth, tiles, resultant, chi2, parts, centroid, bandwidth = MEASURED[name]
    scene = open_scene(REAL / f"{name}.npy")
    found = scene_statistics(scene)
    assert scene.slc.shape == shape
    assert float(found.intensity_cv) == pytest.approx(variation, abs=2e-3)
    assert float(found.tile_cv_p10) == pytest.approx(tenth, abs=1e-3)
    assert float(found.tile_cv) == pytest.approx(tiles, abs=1e-3)
    assert float(found.phase_resultant) == pytest.approx(resultant, abs=1e-4)
    assert float(found.phase_chi2) == pytest.approx(chi2, abs=6e-3)
    assert float(found.iq_correlation) == pytest.approx(parts, abs=1e-4)
    np.testing.assert_allclose(found.centroid, centroid, atol=5e-4)
    np.testing.assert_allclose(found.effective_bandwidth, bandwidth, atol=6e-4)
    assert abs(doppler_centroid(recentre(scene))).max() < 1e-4
    thumb = scene_preview(scene, 64)
    assert np.isfinite(thumb.phase).all()


@needs_samples
def test_the_numbers_here_are_those_beside_the_samples():
    beside = json.loads((REAL / "stats.json").read_text())
    for name, (shape, variation, *_) in MEASURED.items():
        assert (tuple(beside[f"{name}.npy"]["shape"]), beside[f"{name}.npy"]["cv_global"]) == (
            shape,
            variation,
        )


@needs_samples
def test_coherence_of_the_real_pairs():
    dates = [REAL / f"s1_amsterdam_{date}_VV.npy" for date in (20230319, 20230331)]
    pair = open_scene(dates).slc
    assert float(coherence(pair[0], pair[1], window=5).magnitude.median()) == pytest.approx(0.819, abs=0.01)
    bands = [
        open_scene(REAL / f"uavsar_sanandreas_{name}.npy").slc
        for name in ("129_A20MHz_HH", "138_A_bandpassed_to_129")
    ]
    assert float(coherence(*bands, window=5).magnitude.median()) == pytest.approx(0.969, abs=0.01)
    apart = [open_scene(REAL / f"uavsar_sanandreas_{n}_B5MHz_HH.npy").slc for n in (129, 138)]
    assert float(coherence(*apart, window=5).magnitude.median()) < 0.35
