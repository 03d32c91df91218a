"""Images that stay on disk: windows, thumbnails, patches, training."""

import pickle

import h5py
import numpy as np
import pytest
import tifffile
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.scenes import (
    draw_patches,
    is_lazy,
    open_scene,
    recentre,
    scene_preview,
    training_patches,
    with_condition,
)
from workbench.scenes.lazy import LAZY_FROM, LazyPixels


@pytest.fixture
def image(rng):
    return (rng.normal(size=(90, 140)) + 1j * rng.normal(size=(90, 140))).astype(np.complex64)


@pytest.fixture
def path(image, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", image)
    return tmp_path / "a.tif"


@pytest.fixture
def windows(monkeypatch):
    """The number of pixels of every window that is read."""
    read, genuine = [], LazyPixels._read

    def count(self, key):
        values = genuine(self, key)
        read.append(values.size)
        return values

    monkeypatch.setattr(LazyPixels, "_read", count)
    return read


def test_large_images_stay_on_disk_by_themselves(tmp_path):
    np.lib.format.open_memmap(tmp_path / "a.npy", "w+", np.complex64, (4096, 2048))
    np.lib.format.open_memmap(tmp_path / "b.npy", "w+", np.complex64, (4095, 2048))
    assert LAZY_FROM == 4096 * 2048
    assert is_lazy(open_scene(tmp_path / "a.npy"))
    assert not is_lazy(open_scene(tmp_path / "b.npy"))
    assert not is_lazy(open_scene(tmp_path / "a.npy", lazy=False))


def test_opening_reads_two_pixels(path, windows):
    scene = open_scene(path, lazy=True)
    assert scene.slc.shape == (90, 140)
    assert windows == []
    scene.slc.isel(y=slice(3, 5), x=slice(7, 10)).values  # noqa: B018 -- reading is the point
    assert windows == [6]


INDEX = st.one_of(
    st.integers(-5, 4),
    st.builds(slice, *[st.none() | st.integers(-5, 7)] * 2, st.sampled_from([None, 1, 2, -1, -3])),
    st.lists(st.integers(-5, 4), min_size=1, max_size=4),
)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A stack (time, azimuth, range) whose axes the scene reorders."""
    values = (np.arange(5 * 5 * 5) * (1 + 2j)).astype(np.complex64).reshape(5, 5, 5)
    file = tmp_path_factory.mktemp("small") / "a.zarr"
    xr.Dataset({"c": (("range", "time", "azimuth"), values)}).to_zarr(file, consolidated=False)
    return open_scene(file, lazy=True).slc, values.transpose(1, 2, 0)


@settings(max_examples=80)
@given(index=st.tuples(INDEX, INDEX, INDEX))
def test_every_window_is_what_numpy_gives(index, small):
    slc, values = small
    assert slc.dims == ("sample", "y", "x")
    expected = values
    for axis in range(3):
        expected = (
            np.take(expected, np.arange(5)[index[axis]], axis)
            if not isinstance(index[axis], int)
            else expected
        )
    numbers = tuple(i if isinstance(i, int) else slice(None) for i in index)
    np.testing.assert_array_equal(slc.isel(dict(zip(slc.dims, index, strict=True))), expected[numbers])


def test_scenes_on_disk_can_be_sent_to_other_processes(path, image):
    scene = pickle.loads(pickle.dumps(open_scene(path, lazy=True)))
    assert is_lazy(scene)
    np.testing.assert_array_equal(scene.slc, image)


def reduced(image, down, across):
    """Mean power over blocks, those at the edge smaller, the slow way."""
    rows, columns = range(0, image.shape[0], down), range(0, image.shape[1], across)
    return np.array([[np.mean(abs(image[y : y + down, x : x + across]) ** 2) for x in columns] for y in rows])


@pytest.mark.parametrize("pixels", [1, 7, 20, 64, 90, 200])
@pytest.mark.parametrize("lazy", [False, True])
def test_the_thumbnail_is_the_mean_power(pixels, lazy, path, image):
    thumb = scene_preview(open_scene(path, lazy=lazy), pixels)
    down, across = -(-90 // pixels), -(-140 // pixels)
    np.testing.assert_allclose(10 ** (thumb.amplitude / 10), reduced(image, down, across), rtol=1e-5)
    assert max(thumb.sizes.values()) <= pixels
    np.testing.assert_allclose(
        thumb.phase, np.angle(image[np.ix_(thumb.y.values, thumb.x.values)]), rtol=1e-6
    )
    assert (thumb.attrs["pixels_read"], thumb.attrs["share_read"]) == (90 * 140, 1)


@pytest.mark.parametrize("chunks", [(16, 16), (64, 50), (90, 140), (1, 140)])
@pytest.mark.parametrize("budget", [1, 2000, 10**6])
def test_the_thumbnail_of_packed_images(chunks, budget, image, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("slc", data=image, chunks=chunks, compression="gzip")
    thumb = scene_preview(open_scene(tmp_path / "a.h5", lazy=True), 20, budget=budget)
    assert dict(thumb.sizes) == {"y": 18, "x": 20}
    assert np.isfinite(thumb.amplitude).all()
    if budget == 10**6:
        np.testing.assert_allclose(10 ** (thumb.amplitude / 10), reduced(image, 5, 7), rtol=1e-5)
    assert abs(float(thumb.amplitude.mean()) - 3.0) < 0.5  # E|x|² = 2


@pytest.mark.parametrize("height", [89, 90, 91, 95])
def test_what_is_left_of_rows_at_the_end(height, tmp_path):
    ramp = np.repeat(np.arange(1, height + 1)[:, None], 30, 1).astype(np.complex64)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("slc", data=ramp, chunks=(40, 30))
    for budget in (1, 150, 10**6):
        thumb = scene_preview(open_scene(tmp_path / "a.h5", lazy=True), 10, budget=budget)
        amplitude = 10 ** (thumb.amplitude[:, 0].values / 20)
        assert (np.diff(amplitude) > 0).all()
        np.testing.assert_allclose(amplitude, thumb.y + 1, atol=5)


def test_memory_is_bounded_by_the_window(path, windows, monkeypatch):
    monkeypatch.setattr("workbench.scenes.preview.BLOCK", 500)
    scene = open_scene(path, lazy=True)
    thumb = scene_preview(scene, 30)
    assert max(windows) <= 500
    np.testing.assert_allclose(thumb.amplitude, scene_preview(scene.load(), 30).amplitude, rtol=1e-4)


def test_the_budget_bounds_what_is_read(path, windows):
    thumb = scene_preview(open_scene(path, lazy=True), 30, budget=30 * 140)
    assert sum(windows) == thumb.attrs["pixels_read"] == 30 * 140
    assert thumb.attrs["reads"] == len(windows) == 30
    assert thumb.attrs["looks"] == 1 * 5


def test_previews_of_gaps_and_stacks():
    image = np.zeros((8, 8), np.complex64)
    image[:4] = 10
    thumb = scene_preview(xr.Dataset({"slc": (("y", "x"), image)}), 2)
    assert thumb.amplitude.values.round(4).tolist() == [
        [20, 20],
        [-np.inf, -np.inf],
    ]
    stack = xr.Dataset({"slc": (("sample", "y", "x"), np.stack([image, 10 * image]))})
    assert float(scene_preview(stack, 2, sample=1).amplitude[0, 0]) == pytest.approx(40)
    for scene, sample, words in (
        (stack, 2, "there are 2 samples"),
        (stack.isel(sample=0), 1, "one image only"),
    ):
        with pytest.raises(ValueError, match=words):
            scene_preview(scene, sample=sample)
    with pytest.raises(ValueError, match="positive whole number as pixels"):
        scene_preview(stack, 0)


def test_nan_in_a_large_image_is_a_gap(image, tmp_path):
    image[:40] = np.nan
    np.save(tmp_path / "a.npy", image)
    with pytest.raises(ValueError, match="NaN"):
        open_scene(tmp_path / "a.npy")
    scene = open_scene(tmp_path / "a.npy", lazy=True)
    thumb = scene_preview(scene, 9)
    np.testing.assert_array_equal(np.isnan(thumb.amplitude).all("x"), np.arange(9) < 4)
    assert float(draw_patches(scene, 16, 20).origin_y.min()) >= 40


def test_patches_are_the_pixels_at_their_origin(path, image, windows):
    patches = draw_patches(open_scene(path, lazy=True), 16, 12, seed=3)
    assert patches.slc.shape == (12, 16, 16)
    assert windows == [256] * 12
    for patch in patches.slc:
        y, x = int(patch.origin_y), int(patch.origin_x)
        np.testing.assert_array_equal(patch, image[y : y + 16, x : x + 16])
    again = draw_patches(path, 16, 12, seed=3)  # in memory
    np.testing.assert_array_equal(again.slc, patches.slc)
    assert len({(int(p.origin_y), int(p.origin_x)) for p in patches.slc}) == 12


def test_patches_that_are_not_there(path, tmp_path):
    with pytest.raises(ValueError, match=r"a.tif: 90×140 pixels are too few for patches of 91×91"):
        draw_patches(path, 91)
    assert draw_patches(path, 90, 200).sizes["sample"] == 51
    np.save(tmp_path / "zero.npy", np.zeros((40, 40), np.complex64))
    with pytest.raises(ValueError, match=r"zero.npy: every patch of 8×8 pixels is mostly zero"):
        draw_patches(tmp_path / "zero.npy", 8)


@pytest.mark.parametrize("stack", [False, True])
def test_training_patches_of_an_image_on_disk(stack, image, tmp_path, windows):
    values = np.stack([image * (1 + k) for k in range(5)]) if stack else image
    np.save(tmp_path / "a.npy", values)
    scene = open_scene(tmp_path / "a.npy", lazy=True)
    training, heldout = training_patches(scene, 16, 30, seed=2, heldout=10)
    assert max(windows) <= 20 * 20
    assert (training.slc.shape, heldout.condition.shape) == ((30, 16, 16), (10, 3, 16, 16))
    in_memory, _ = training_patches(scene.load(), 16, 30, seed=2, heldout=10)
    assert training.attrs["split"] == in_memory.attrs["split"]
    assert training.attrs["amplitude_scale"] == pytest.approx(in_memory.attrs["amplitude_scale"], rel=0.1)
    assert set(training.attrs) >= {"split", "condition_source", "source", "size"}
    for patches in (training, heldout):
        for patch in patches.slc:
            k, y, x = (int(patch[f"origin_{axis}"]) for axis in ("sample", "y", "x"))
            expected = (values[k] if stack else values)[y : y + 16, x : x + 16]
            np.testing.assert_allclose(
                patch * np.float32(patches.attrs["amplitude_scale"]), expected, rtol=1e-5
            )
    if stack:
        assert not set(training.origin_sample.values) & set(heldout.origin_sample.values)
    else:
        first, last = (int(n) for n in training.attrs["split"][4:].replace(" held out", "").split(" … "))
        assert ((heldout.origin_x >= first) & (heldout.origin_x + 15 <= last)).all()
        assert ((training.origin_x + 15 < first) | (training.origin_x > last)).all()


def test_the_condition_does_not_see_the_other_part(image, tmp_path):
    np.save(tmp_path / "a.npy", image)
    scene = open_scene(tmp_path / "a.npy", lazy=True)
    training, _ = training_patches(scene, 16, 40, seed=0, heldout=5)
    changed = image.copy()
    first, last = (int(n) for n in training.attrs["split"][4:].replace(" held out", "").split(" … "))
    changed[:, first : last + 1] *= 100
    np.save(tmp_path / "a.npy", changed)
    xr.testing.assert_equal(training_patches(scene, 16, 40, seed=0, heldout=5)[0], training)


def test_a_condition_on_disk_is_cut_too(image, tmp_path):
    np.savez(tmp_path / "a.npz", slc=image, condition=np.stack([image.real, image.imag]))
    scene = open_scene(tmp_path / "a.npz", lazy=True)
    training, _ = training_patches(scene, 16, 5, heldout=2)
    scale = training.attrs["amplitude_scale"]
    np.testing.assert_allclose(training.condition[:, 0], training.slc.real * scale, rtol=1e-5)
    assert training.attrs["condition_source"] == "scene"


@pytest.mark.parametrize("stack", [False, True])
def test_a_condition_is_made_window_by_window(stack, image, tmp_path, windows, monkeypatch):
    monkeypatch.setattr("workbench.scenes.conditions.SIDE", 16)
    values = np.stack([image, 2 * image, 3 * image]) if stack else image
    np.save(tmp_path / "a.npy", values)
    made = with_condition(open_scene(tmp_path / "a.npy", lazy=True))
    assert is_lazy(made)
    assert not made.condition._in_memory
    assert len(windows) == 64
    assert max(windows) == 16 * 16
    limits = tuple(made.condition.attrs["amplitude_limits"])
    in_memory = with_condition(open_scene(tmp_path / "a.npy", lazy=False))
    np.testing.assert_allclose(limits, in_memory.condition.attrs["amplitude_limits"], rtol=0.4)
    whole = with_condition(open_scene(tmp_path / "a.npy", lazy=False), limits).condition
    assert made.condition.dims == whole.dims
    rows, columns = {"y": slice(20, 30), "x": slice(0, 12)}, {"y": [3, 80, 41], "x": slice(139, 100, -2)}
    for part in (rows, columns, {"y": 89, "x": 5}, {"channel": 1, **rows}, {"channel": [2, 0], "y": 4}):
        for one in ({}, {"sample": 1}, {"sample": [2, 0]}) if stack else ({},):
            del windows[:]
            found = made.condition.isel(part | one)
            np.testing.assert_allclose(found, whole.isel(part | one), atol=2e-6)
    made.condition.isel({**rows, **({"sample": 2} if stack else {})}).values  # noqa: B018 -- reading is the point
    assert windows[-1] == 14 * 14  # the smoothed plane looks two pixels further
    assert made.condition.isel(y=slice(5, 5)).shape[-2] == 0


@pytest.mark.parametrize("lazy", [False, True])
def test_a_second_acquisition_comes_along(lazy, image, tmp_path):
    np.savez(tmp_path / "a.npz", slc=image, slc_2=image * 1j)
    scene = open_scene(tmp_path / "a.npz", lazy=lazy)
    np.testing.assert_array_equal(scene.slc_2, image * 1j)
    moved = recentre(scene, (0.2, 0.1)).isel(y=slice(5, 9))
    np.testing.assert_allclose(
        moved.slc * np.conj(moved.slc_2), (-1j * abs(image) ** 2)[5:9], rtol=1e-4, atol=1e-5
    )
    assert training_patches(scene, 16, 5, heldout=2)[0].slc.shape == (5, 16, 16)
    np.savez(tmp_path / "b.npz", slc=image, slc_2=image.real)
    np.savez(tmp_path / "c.npz", slc=image, slc_2=image[:5])
    for name in ("b.npz", "c.npz"):
        with pytest.raises(ValueError, match=f"{name}: slc_2 is .* are needed"):
            open_scene(tmp_path / name, lazy=lazy)
    np.savez(tmp_path / "d.npz", slc=image, slc_2=image * np.nan)
    if not lazy:
        with pytest.raises(ValueError, match=r"d.npz: slc_2 holds values that are NaN"):
            open_scene(tmp_path / "d.npz")


def test_recentring_of_each_image_on_disk(image, tmp_path):
    stack = np.stack([image * np.exp(2j * np.pi * f * np.arange(140)) for f in (0.1, 0.3, -0.2, 0.4)])
    np.save(tmp_path / "a.npy", stack.cumsum(axis=1))
    parts = {
        lazy: training_patches(open_scene(tmp_path / "a.npy", lazy=lazy), 16, 20, heldout=5, recentred="each")
        for lazy in (False, True)
    }
    alone = recentre(open_scene(tmp_path / "a.npy"), each=True)
    for training, heldout in parts.values():
        for patches in (training, heldout):
            np.testing.assert_allclose(
                patches.recentred, alone.recentred.values[patches.origin_sample], atol=1e-9
            )
            scale = np.float32(patches.attrs["amplitude_scale"])
            for patch in patches.slc:
                k, y, x = (int(patch[f"origin_{axis}"]) for axis in ("sample", "y", "x"))
                np.testing.assert_allclose(patch * scale, alone.slc[k, y : y + 16, x : x + 16], rtol=1e-4)


def test_options_of_a_file_reach_it(image, tmp_path):
    tone = np.exp(2j * np.pi * 0.3 * np.arange(90))[:, None] * np.ones(140)
    (tmp_path / "a.raw").write_bytes(tone.astype(np.complex64).tobytes())
    options = {"shape": (90, 140), "dtype": "complex64", "recentred": True}
    training, _ = training_patches(tmp_path / "a.raw", 16, 3, heldout=2, **options)
    assert training.attrs["recentred_y"] == pytest.approx(0.3, abs=1e-6)
    np.testing.assert_allclose(np.angle(training.slc), np.angle(training.slc.values[0, 0, 0]), atol=1e-4)
    with pytest.raises(ValueError, match=r"found bands for .*a.raw; files take select, shape"):
        training_patches(tmp_path / "a.raw", 16, bands=3)


@pytest.mark.parametrize("each", [False, True])
def test_recentring_on_disk_is_recentring_in_memory(each, image, tmp_path, windows):
    stack = np.stack([image * np.exp(2j * np.pi * f * np.arange(140)) for f in (0.1, 0.3)])
    np.save(tmp_path / "a.npy", np.cumsum(stack, axis=1))
    scene = open_scene(tmp_path / "a.npy", lazy=True)
    moved = recentre(scene, each=each)
    assert is_lazy(moved)
    in_memory = recentre(scene.load(), each=each)
    np.testing.assert_allclose(moved.slc, in_memory.slc, rtol=1e-6)
    del windows[:]
    part = {"sample": 1, "y": [3, 9, 4], "x": slice(5, 20, 3)}
    np.testing.assert_allclose(moved.slc.isel(part), in_memory.slc.isel(part), rtol=1e-6)
