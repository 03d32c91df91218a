from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.scenes import SCENES, training_patches

REAL = Path(__file__).parents[3] / "shared" / "data" / "real_slc"


def numbered(*shape):
    """A scene whose every pixel is another number."""
    values = (1 + np.arange(np.prod(shape), dtype=np.float32)).reshape(shape)
    dims = ("sample", "y", "x")[-len(shape) :]
    return xr.Dataset({"slc": (dims, values * (1 + 1j))}, attrs={"source": "numbers", "spacing_x": 2.3})


def pixels(patches):
    """The numbers of the pixels that the patches were cut from."""
    return set(
        np.round(
            patches.slc.values.real * np.float32(patches.attrs["amplitude_scale"] / np.sqrt(2)) * np.sqrt(2)
        )
        .astype(int)
        .ravel()
    )


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(st.integers(8, 60), st.integers(8, 60)),
    size=st.integers(2, 16),
    seed=st.integers(0, 1000),
    wanted=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_training_and_heldout_share_no_pixel(shape, size, seed, wanted):
    if min(shape) < size or max(shape) < 2 * size:
        with pytest.raises(
            ValueError, match=f"{shape[0]}×{shape[1]} pixels are too few for .*patches of {size}×{size}"
        ):
            training_patches(numbered(*shape), size, *wanted[:1], seed, wanted[1])
        return
    training, heldout = training_patches(numbered(*shape), size, wanted[0], seed, wanted[1])
    for patches, asked in zip((training, heldout), wanted, strict=True):
        assert patches.slc.shape[1:] == (size, size)
        assert 1 <= patches.sizes["sample"] <= asked
        corners = {tuple(corner) for corner in np.stack([patches.origin_y, patches.origin_x], -1).tolist()}
        assert len(corners) == patches.sizes["sample"]
    assert not pixels(training) & pixels(heldout)


def test_patches_are_the_pixels_at_their_origin():
    scene = numbered(40, 70)
    training, heldout = training_patches(scene, 8, 30, 2, 10)
    assert (training.sizes["sample"], heldout.sizes["sample"]) == (30, 10)
    for patches in (training, heldout):
        for patch in patches.transpose("sample", ...).slc:
            y, x = int(patch.origin_y), int(patch.origin_x)
            expected = scene.slc.values[y : y + 8, x : x + 8]
            np.testing.assert_allclose(
                patch.values * np.float32(patches.attrs["amplitude_scale"]), expected, rtol=1e-6
            )


def test_one_scale_from_the_training_part():
    training, heldout = training_patches(numbered(40, 70), 8, 5, 2, 5)
    first = int(training.attrs["split"].split("= ")[1].split(" …")[0])
    kept = np.delete(np.abs(numbered(40, 70).slc.values), np.s_[first : first + 14], axis=1)
    assert training.attrs["amplitude_scale"] == pytest.approx(np.quantile(kept, 0.99), rel=1e-5)
    assert heldout.attrs["amplitude_scale"] == training.attrs["amplitude_scale"]
    assert training.attrs["spacing_x"] == 2.3
    again, _ = training_patches(training, 8, 5, 2, 5)
    assert again.attrs["amplitude_scale"] == training.attrs["amplitude_scale"]  # not scaled twice
    assert float(abs(again.slc).max()) <= float(abs(training.slc).max())


def test_condition_of_both_parts_has_the_limits_of_training():
    training, heldout = training_patches(numbered(40, 70), 8, 5, 2, 5)
    assert training.condition.attrs["amplitude_limits"] == heldout.condition.attrs["amplitude_limits"]
    assert training.condition.dims == heldout.condition.dims == ("sample", "channel", "y", "x")
    assert "made from the SLC" in heldout.attrs["condition_source"]


def test_the_condition_is_cut_like_the_image():
    scene = numbered(40, 70)
    scene = scene.assign(condition=(("channel", "y", "x"), np.stack([scene.slc.real, -scene.slc.real])))
    training, _ = training_patches(scene, 8, 20, 0)
    scaled = training.slc.real * np.float32(training.attrs["amplitude_scale"])
    np.testing.assert_allclose(training.condition[:, 0], scaled, rtol=1e-5)
    np.testing.assert_array_equal(training.condition[:, 1], -training.condition[:, 0])
    assert training.attrs["condition_source"] == "scene"


def test_the_seed_decides():
    scene = numbered(64, 64)
    one, same, other = (training_patches(scene, 8, 20, seed)[0] for seed in (1, 1, 2))
    xr.testing.assert_identical(one, same)
    assert not np.array_equal(one.origin_y, other.origin_y)
    sides = {training_patches(scene, 8, 2, seed)[1].attrs["split"] for seed in range(12)}
    assert len(sides) == 2


def test_images_are_split_by_image():
    training, heldout = training_patches(numbered(10, 12, 16), 8, 500, 3, 500)
    inside, outside = set(training.origin_sample.values), set(heldout.origin_sample.values)
    assert not inside & outside
    assert (len(inside), len(outside)) == (8, 2)
    assert training.sizes["sample"] == 8 * 5 * 9
    assert not pixels(training) & pixels(heldout)


def test_variables_of_the_images_stay_with_them():
    scene = SCENES["onetone"](16, 10, bands=2)
    training, heldout = training_patches(scene, 16)
    assert (training.sizes["sample"], heldout.sizes["sample"]) == (8, 2)
    for patches in (training, heldout):
        origin = patches.origin_sample.values
        np.testing.assert_array_equal(patches.slc, scene.slc.values[origin])
        np.testing.assert_array_equal(patches.frequency, scene.frequency.values[origin])


def test_synthetic_scenes_come_from_two_seeds():
    training, heldout = training_patches("onetone", 16, seed=4, bands=4)
    assert (training.sizes["sample"], heldout.sizes["sample"]) == (250, 64)
    xr.testing.assert_equal(training, SCENES["onetone"](16, 250, 4, 4))
    assert not set(training.frequency.values.ravel()) & set(heldout.frequency.values.ravel())


def test_patches_of_zeros_are_left_out():
    scene = numbered(40, 80)
    scene.slc[:, 30:60] = 0
    training, heldout = training_patches(scene, 8, 5000, 0, 5000)
    for patches in (training, heldout):
        assert ((patches.slc.values != 0).mean((1, 2)) >= 0.5).all()
    assert set(training.origin_x.values) >= {0, 26}
    scene.slc[:] = 0
    scene.slc[20, 20] = 1
    with pytest.raises(ValueError, match=r"numbers: .*zero"):
        training_patches(scene, 8)


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_scenes_by_path(suffix, tmp_path):
    path = tmp_path / f"a.{suffix}"
    (np.save if suffix == "npy" else np.savez)(path, numbered(20, 30).slc.values)
    training, _ = training_patches(path, 8, 3)
    again, _ = training_patches(str(path), 8, 3)
    xr.testing.assert_identical(training, again)
    assert training.attrs["source"] == str(path)


@pytest.mark.parametrize(
    ("scene", "arguments", "kind", "words"),
    [
        ("twotone", {}, ValueError, "unknown scene 'twotone'; there are: onetone, flat_earth"),
        ("twotone.npy", {}, FileNotFoundError, "twotone.npy: there is no such file"),
        (
            numbered(20, 40),
            {"bands": 4},
            ValueError,
            "only scenes by name take options, found bands for numbers",
        ),
        (
            numbered(20, 40),
            {"size": 21},
            ValueError,
            "numbers: 20×40 pixels are too few for patches of 21×21",
        ),
        (numbered(20, 30), {"size": 16}, ValueError, "share no pixel; 32×16 or 16×32 are needed"),
        (numbered(20, 40), {"size": 0}, ValueError, "positive whole number as size, found 0"),
        (numbered(20, 40), {"heldout": 0}, ValueError, "positive whole number as heldout"),
        (numbered(20, 40).map(np.real, keep_attrs=True), {}, ValueError, "numbers: slc is float32; complex"),
    ],
)
def test_bad_input(scene, arguments, kind, words):
    with pytest.raises(kind, match=words):
        training_patches(scene, **{"size": 8, **arguments})


@pytest.mark.skipif(not REAL.is_dir(), reason="the real samples are not beside this checkout")
def test_a_small_real_image_is_enough():
    training, heldout = training_patches(REAL / "s1_amsterdam_20230319_VV.npy", 32)
    assert (training.sizes["sample"], heldout.sizes["sample"]) == (250, 64)
    assert 0.5 < float(np.quantile(abs(training.slc), 0.99)) < 2
