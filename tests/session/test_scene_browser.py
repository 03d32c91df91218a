"""The scene browser's settings and what they give."""

import errno
import io

import numpy as np
import pytest
import tifffile
import trimesh
import zarr

from workbench.interferometry import coherence
from workbench.scenes import FILES, LISTED, SCENES
from workbench.session.scenes.browser import SceneBrowser
from workbench.session.scenes.options import scene_names
from workbench.session.scenes.scales import pixel_aspect
from workbench.session.scenes.shelf import SHELF, Request, View, thumbnail
from workbench.session.scenes.upload import UPLOADS, store_upload
from workbench.session.user_scenes import user_scenes


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def speckle(data):
    """Speckle of 100 × 210 pixels whose spectrum lies at (0.3, −0.1)."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:100, :210]
    white = rng.normal(size=(100, 210, 2)) @ np.array([1, 1j])
    smooth = white + np.roll(white, 1, 0) + np.roll(white, 1, 1) + np.roll(white, (1, 1), (0, 1))
    np.save(data / "mine.npy", (smooth * np.exp(2j * np.pi * (0.3 * y - 0.1 * x))).astype(np.complex64))
    return "mine.npy"


def opened(**settings):
    browser = SceneBrowser(**settings)
    browser.load()
    return browser


def readout(browser, label):
    return next(one.value for one in browser.picture().readouts if one.label == label)


def test_nothing_is_opened_before_it_is_asked_for(speckle):
    browser = SceneBrowser(scene=speckle)
    assert browser.wanting() == Request(speckle, size=0)
    assert browser.picture().frames["overview"].caption == "Opening mine.npy …"
    browser.load()
    assert browser.wanting() is None
    assert browser.picture().frames["overview"].data is not None


def test_what_is_measured_is_what_was_made(speckle):
    browser = opened(scene=speckle)
    assert readout(browser, "centroid y") == pytest.approx(0.3, abs=0.02)
    assert readout(browser, "centroid x") == pytest.approx(-0.1, abs=0.02)
    assert readout(browser, "speckle CV") == pytest.approx(1, abs=0.05)
    frames = browser.picture().frames
    assert "(+0.3" in frames["spectrum"].caption
    level = frames["spectrum"].data.level
    peak = level.where(level == 0, drop=True)
    offsets = [abs(float(peak[name][0]) - f) for name, f in (("frequency_y", 0.3), ("frequency_x", -0.1))]
    assert max(offsets) < 0.3
    histogram = frames["histogram"].data
    assert float(histogram.density.sum() * (4 / 60)) == pytest.approx(1 - histogram.attrs["above"], abs=1e-9)
    assert float(abs(histogram.density - histogram.rayleigh).mean()) < 0.05


def test_recentring_moves_the_spectrum_and_says_from_where(speckle):
    browser = opened(scene=speckle, recentred=True)
    assert abs(readout(browser, "centroid y")) < 1e-3
    caption = browser.picture().frames["spectrum"].caption
    assert "moved there from (+0.3" in caption
    assert browser.training()["recentred"] is True


def test_a_patch_is_taken_by_place_or_step_and_stays_inside(speckle, data):
    browser = opened(scene=speckle, size=32)
    image = np.load(data / speckle)
    browser.pick(70.0, 130.0)
    assert browser.place() == (2, 4)
    level = browser.picture().frames["patch"].data.amplitude.values
    np.testing.assert_allclose(level, 20 * np.log10(np.abs(image[64:96, 128:160])), atol=1e-4)
    assert browser.picture().frames["overview"].data.attrs["patch"] == (64, 128, 32)
    browser.step(5, 9)
    assert browser.place() == (2, 5)
    browser.step(-9, -9)
    assert browser.place() == (0, 0)
    browser.pick(float("nan"), 3.0)
    assert browser.place() == (0, 0)
    browser.size = 64
    browser.pick(99.0, 209.0)  # in no whole patch: the nearest one
    assert browser.place() == (0, 2)


def test_the_mapping_preview_is_the_mapping(speckle, data):
    browser = opened(scene=speckle, size=32, row=1, column=1)
    frame = browser.picture().frames["mapping"]
    assert frame.data.mapped.shape == (64, 64)
    assert frame.data.attrs["has_band"]
    level = frame.data.mapped_level
    quadrants = {
        (y > 0, x > 0): level[
            (slice(32, 64) if y > 0 else slice(0, 32)), (slice(32, 64) if x > 0 else slice(0, 32))
        ]
        for y in (-1, 1)
        for x in (-1, 1)
    }
    assert float(quadrants[True, True].max()) == 0
    assert float(quadrants[True, False][1:, 1:].max()) < -79
    browser.mapping = "real_imag"
    frame = browser.picture().frames["mapping"]
    assert frame.data.mapped.shape == (32, 32)
    assert not frame.data.attrs["has_band"]
    assert "channel 1 of 2" in frame.caption


def test_pixels_are_as_high_as_they_are():
    browser = opened(scene="ships")
    assert browser.picture().frames["overview"].data.attrs["aspect"] == pytest.approx(13.9 / 2.33, rel=0.01)
    assert pixel_aspect({"spacing_y": "x", "spacing_x": 1}) == 1
    assert pixel_aspect({"spacing_y": 1.0, "spacing_x": 0.0}) == 1


@pytest.mark.parametrize("name", ["onetone", "flat_earth", "tones", "ships"])
def test_every_synthetic_scene_can_be_looked_at(name):
    browser = opened(scene=name, sample=5, size=32)
    picture = browser.picture()
    assert not picture.trouble
    assert [key for key in browser.FRAMES if picture.frames[key].data is None] == ["pair"]
    assert browser.training()["scene"] == name


def test_a_condition_is_drawn_where_there_is_one(speckle):
    browser = opened(scene="ships", size=32, sample=1)
    frame = browser.picture().frames["condition"]
    planes = SCENES["ships"](32, 4, 0).condition[1]
    np.testing.assert_array_equal(frame.data["condition_2"], planes[1])
    assert [frame.data[f"condition_{k}"].attrs["title"] for k in (1, 2, 3)] == ["hull", "stern", "bow"]
    assert frame.data["condition_1"].attrs["scale"] == (-1, 1)
    assert browser.layers() == {"condition": True, "pair": False}
    assert browser.picture().frames["pair"].data is None
    mine = opened(scene=speckle)
    assert mine.layers() == {"condition": False, "pair": False}
    assert mine.picture().frames["condition"].data is None


def test_depth_is_drawn_in_metres():
    browser = opened(scene="buildings", size=32, options="rays=1, baseline=100.0")
    data = browser.picture().frames["condition"].data
    near, far = data["condition_1"].attrs["scale"]
    assert near < 0 < far
    assert data.attrs["unit"] == "m"
    assert near - 1e-3 <= float(data["condition_1"].min()) < float(data["condition_1"].max()) <= far + 1e-3
    assert browser.layers() == {"condition": True, "pair": True}


def test_a_border_of_zeros_is_drawn_as_nothing(data):
    image = np.ones((40, 60), np.complex64)
    image[:, 50:] = 0
    np.save(data / "border.npy", image)
    overview = opened(scene="border.npy", size=32).picture().frames["overview"].data
    for name in ("amplitude", "phase"):
        np.testing.assert_array_equal(np.isnan(overview[name]).all("y"), np.arange(60) >= 50)
    assert overview["amplitude"].attrs["scale"]


def test_an_image_without_power_is_said_to_have_none(data):
    np.save(data / "zeros.npy", np.zeros((40, 60), np.complex64))
    picture = opened(scene="zeros.npy", size=32).picture()
    for name in ("spectrum", "histogram", "mapping"):
        assert "here is no power" in picture.frames[name].caption
    assert not any("nan" in frame.caption for frame in picture.frames.values())
    values = {one.label: one.value for one in picture.readouts}
    assert values["empty"] == 100
    assert np.isnan([value for name, value in values.items() if name != "empty"]).all()


def test_only_what_has_an_effect_is_offered(speckle):
    assert {"seed", "sample"} <= opened(scene="ships", size=32).relevant()
    assert not {"seed", "sample"} & opened(scene=speckle).relevant()
    assert "sample" in opened(scene=speckle, sample=3).relevant(), "the way back to the first image"


def test_two_acquisitions_make_an_interferogram():
    browser = opened(scene="flat_earth", options="baseline=400.0, coherence=0.8, snr_db=10.0", sample=2)
    frame = browser.picture().frames["pair"]
    scene = SCENES["flat_earth"](64, 4, 0, baseline=400.0, coherence=0.8, snr_db=10.0).isel(sample=2)
    np.testing.assert_allclose(
        frame.data.interferogram, np.angle(scene.slc * np.conj(scene.slc_2)), atol=1e-5
    )
    maps = coherence(scene.slc, scene.slc_2, window=5)
    np.testing.assert_allclose(frame.data.magnitude, maps.magnitude, atol=1e-6)
    assert 0 <= float(frame.data.magnitude.min()) <= float(frame.data.magnitude.max()) <= 1
    assert "baseline 400 m" in frame.caption
    still = opened(
        scene="flat_earth", options="baseline=400.0, coherence=0.8, snr_db=10.0", sample=2, recentred=True
    )
    moved = still.picture().frames["pair"].data
    np.testing.assert_allclose(moved.interferogram, frame.data.interferogram, atol=1e-3)


def test_a_mesh_of_the_data_folder_is_a_building(data):
    trimesh.creation.box((8.0, 6.0, 5.0)).export(data / "house.stl")
    browser = opened(scene="buildings", size=32, options="building='house.stl', rays=1")
    assert browser.picture().trouble == ""
    assert browser.training()["building"] == str(data / "house.stl")
    assert """building=str(workspace_path() / "data" / 'house.stl')""" in browser.as_code()


def test_recentred_training_is_what_is_seen(data):
    stack = np.ones((3, 40, 40), np.complex64)
    np.save(data / "stack.npy", stack)
    assert opened(scene="stack.npy", size=32, recentred=True).training()["recentred"] == "each"
    assert opened(scene="ships", size=32, recentred=True).training()["recentred"] == "each"
    assert "recentred" not in opened(scene="ships", size=32).training()
    assert ", recentred='each'" in opened(scene="ships", size=32, recentred=True).as_code()


def test_every_kind_of_file_is_listed(data):
    for suffix in LISTED:
        (data / f"a{suffix}").touch()
    (data / "notes.txt").touch()
    assert user_scenes() == sorted(f"a{suffix}" for suffix in LISTED)
    assert set(UPLOADS) == set(FILES) - {".vrt"}


def test_options_change_the_scene():
    calm, rough = (opened(scene="flat_earth", options=text) for text in ("", "baseline=0.0, coherence=1.0"))
    assert readout(calm, "speckle CV") < 1e-3
    assert readout(rough, "speckle CV") == pytest.approx(1, abs=0.1)
    assert rough.training()["coherence"] == 1.0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"scene": "nothing"}, "no scene 'nothing'; there are: onetone"),
        ({"scene": "../secret.npy"}, "no file '../secret.npy'"),
        ({"scene": "/etc/passwd"}, "no scene '/etc/passwd'"),
        ({"options": "bands=0"}, "positive whole number as bands"),
        ({"options": "width=3"}, "onetone has no option 'width'; there are: bands=8"),
        ({"options": "bands=__import__('os')"}, "options are written like"),
        ({"options": "bands=1)+f(bands=2"}, "options are written like"),
        ({"options": "3"}, "options are written like"),
        ({"scene": "buildings", "options": "building='/etc/x.obj'"}, "no mesh '/etc/x.obj' in"),
        ({"scene": "buildings", "options": "building='../x.obj'"}, "no mesh '../x.obj' in"),
        ({"scene": "buildings", "options": f"building='{'x' * 300}.obj'"}, "no mesh 'xxx"),
        ({"scene": "buildings", "options": "building='\0.obj'"}, "options are written like"),
        ({"scene": "buildings", "options": "building='/etc/passwd'"}, "building takes a word"),
        ({"scene": "buildings", "options": "bandwidth='wide'"}, "bandwidth takes a number here"),
        ({"scene": "buildings", "options": "rays=1" + "0" * 30}, "rays takes a number here"),
        ({"scene": "buildings", "options": "speckle=None"}, "speckle takes True or False here, found None"),
        ({"scene": "flat_earth", "options": "look=()"}, "look takes a pair of numbers here, found ()"),
        ({"scene": "ships", "options": "clutter_db=1e300"}, "clutter level from -200 to 200 dB"),
        ({"scene": "buildings", "options": "cache='/tmp/x'"}, "has no option 'cache'"),
        ({"scene": "buildings", "options": "workers=999"}, "has no option 'workers'"),
        ({"scene": "tones", "options": "along='z'"}, "unknown direction 'z'"),
    ],
)
def test_what_goes_wrong_is_said_in_words(data, settings, words):
    browser = opened(**settings)
    picture = browser.picture()
    assert words in picture.trouble
    assert all(frame.data is None and words in frame.caption for frame in picture.frames.values())


def test_raw_numbers_of_either_byte_order(data):
    image = (np.arange(48).reshape(6, 8) * (1 + 1j)).astype(">c8")
    (data / "a.raw").write_bytes(image.tobytes())
    view = opened(scene="a.raw", options="shape=(6, 8), dtype='>c8'").view()
    np.testing.assert_array_equal(view.image["slc"], image)
    trouble = opened(scene="a.raw", options="shape=(6, 8, 1, 1)").picture().trouble
    assert "shape takes two or three numbers here" in trouble


def test_an_unforeseen_failure_reaches_the_page(data, monkeypatch):
    def broken(_):
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("workbench.session.scenes.shelf._open", broken)
    browser = opened(scene="onetone", seed=98)
    assert browser.picture().trouble == "ZeroDivisionError: by nought"
    assert browser.wanting() is None, "asked once, not for ever"


def test_a_file_that_cannot_be_read_says_what_was_found(data):
    (data / "broken.npy").write_bytes(b"\x93NUMPY junk")
    np.save(data / "real.npy", np.ones((40, 40)))
    np.save(data / "small.npy", np.ones((20, 40), np.complex64))
    assert "broken.npy" in opened(scene="broken.npy").picture().trouble
    assert "complex" in opened(scene="real.npy").picture().trouble
    small = opened(scene="small.npy", size=32).picture()
    assert small.frames["overview"].data is not None
    assert "20×40 pixels are too few for a patch of 32×32" in small.frames["patch"].caption
    with pytest.raises(ValueError, match=r"broken\.npy"):
        thumbnail("broken.npy")
    assert "has 1 image, from 0; found 3" in opened(scene="small.npy", sample=3).picture().trouble


def test_a_link_out_of_the_folder_is_refused(data, tmp_path):
    np.save(tmp_path / "outside.npy", np.ones((40, 40), np.complex64))
    (data / "inside.npy").symlink_to(tmp_path / "outside.npy")
    assert "no file 'inside.npy'" in opened(scene="inside.npy").picture().trouble


def test_links_in_circles_or_out_of_a_store_are_refused(data, tmp_path):
    store = zarr.open_group(data / "a.zarr", mode="w")
    store.create_array("slc", data=np.ones((8, 8), np.complex64))
    assert opened(scene="a.zarr").view() is not None
    (data / "a.zarr" / "slc").rename(tmp_path / "slc")
    (data / "a.zarr" / "slc").symlink_to(tmp_path / "slc")
    (data / "loop.npy").symlink_to("loop.npy")
    (data / "gone.npy").symlink_to("nothing.npy")
    (data / "loop.obj").symlink_to("loop.obj")
    assert "no mesh 'loop.obj'" in opened(scene="buildings", options="building='loop.obj'").picture().trouble
    for name in ("a.zarr", "loop.npy"):
        browser = SceneBrowser(scene=name, seed=1)
        browser.load()
        assert f"no file '{name}'" in browser.picture().trouble
    assert "gone.npy: there is no such file" in opened(scene="gone.npy").picture().trouble
    for name in ("a\0.npy", "sub/../a.npy", str(data / "a.npy"), "x" * 300 + ".npy"):
        assert "no file" in opened(scene=name).picture().trouble


def test_a_product_of_many_files_is_one_scene(data):
    chip = np.random.default_rng(0).normal(size=(31, 31, 4)).astype(np.float32)
    patches = data / "S1A_IW_SLC" / "Patch"
    patches.mkdir(parents=True)
    for number in range(3):
        path = patches / f"Cargo_x{number}_y1.tif"
        tifffile.imwrite(path, chip, photometric="minisblack", planarconfig="contig")
    zarr.create_array(data / "a.zarr", data=np.ones((8, 8), np.complex64))
    (data / "a.zarr" / "c" / "9.tif").mkdir()
    assert user_scenes() == ["S1A_IW_SLC", "a.zarr"]
    view = opened(scene="S1A_IW_SLC", size=32).view()
    assert (view.count, view.image.sizes["y"]) == (3, 31)


def test_a_full_disk_is_said_in_words_and_leaves_nothing(data, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("workbench.session.scenes.upload.os.link", full)
    with pytest.raises(
        OSError, match=rf"x\.npy cannot be kept .*No space left.*{len(IMAGE)} bytes are needed, "
    ):
        store_upload("x.npy", IMAGE, True)
    assert list(data.iterdir()) == []


def test_a_file_that_changes_is_read_again(data):
    np.save(data / "a.npy", np.ones((40, 40), np.complex64))
    first = opened(scene="a.npy").view()
    np.save(data / "a.npy", np.ones((50, 40), np.complex64))
    browser = SceneBrowser(scene="a.npy")
    assert browser.wanting() is not None
    browser.load()
    assert isinstance(first, View)
    assert browser.view().image.sizes["y"] == 50
    assert isinstance(SHELF.peek(browser.request()), View)


def test_the_code_runs_and_finds_the_same(speckle):
    browser = opened(scene=speckle, size=32, row=1, column=2, recentred=True)
    space = {}
    exec(browser.as_code(), space)
    expected = browser.picture().frames["patch"].data.amplitude.values
    np.testing.assert_allclose(20 * np.log10(np.abs(space["patch"])), expected, atol=1e-4)
    made = opened(scene="tones", options="rows=1", sample=2, size=32)
    exec(made.as_code(), space)
    expected = made.picture().frames["patch"].data.phase.values
    np.testing.assert_allclose(np.angle(space["patch"]), expected, atol=1e-5)


def test_thumbnails_of_all_scenes():
    for name in ("onetone", "ships"):
        assert max(thumbnail(name).amplitude.shape) <= 72
    assert "domains" not in scene_names()


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


IMAGE = npy(np.ones((16, 16), np.complex64))


def test_an_upload_is_kept_once(data):
    assert store_upload("New (1).npy", IMAGE, True) == "New (1).npy"
    assert user_scenes() == ["New (1).npy"]
    with pytest.raises(FileExistsError, match="rename"):
        store_upload("New (1).npy", IMAGE, True)
    assert (data / "New (1).npy").read_bytes() == IMAGE
    assert [path.name for path in data.iterdir()] == ["New (1).npy"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("../x.npy", IMAGE, "cannot be taken"),
        (".x.npy", IMAGE, "cannot be taken"),
        ("a/b.npy", IMAGE, "cannot be taken"),
        ("a\\b.npy", IMAGE, "cannot be taken"),
        ("x\n.npy", IMAGE, "cannot be taken"),
        ("x..npy", IMAGE, "cannot be taken"),
        ("x" * 101 + ".npy", IMAGE, "cannot be taken"),
        ("x.py", IMAGE, r"found a \.py; needed is \.npy"),
        ("x.vrt", IMAGE, r"found a \.vrt"),
        ("x.npy", b"", "found 0 bytes"),
        ("x.npy", IMAGE[:-40], r"x\.npy"),
        ("x.npy", npy(np.ones((8, 8))), "complex"),
        ("x.npy", npy(np.full((8, 8), np.nan * 1j)), "NaN"),
    ],
)
def test_an_upload_that_is_no_scene_leaves_nothing(data, name, content, words):
    with pytest.raises(ValueError, match=words):
        store_upload(name, content, True)
    assert list(data.iterdir()) == []


def test_an_upload_of_several_images_is_kept_until_one_is_selected(data):
    for name, bands in (("pol.tif", np.ones((3, 40, 40), np.complex64)), ("iq.tif", np.ones((2, 40, 40)))):
        file = io.BytesIO()
        tifffile.imwrite(file, bands, photometric="minisblack", planarconfig="separate")
        store_upload(name, file.getvalue(), True)
    assert "say select='NAME'" in opened(scene="pol.tif").picture().trouble
    assert "say select='iq'" in opened(scene="iq.tif").picture().trouble
    assert opened(scene="pol.tif", options="select='band_2'").view() is not None
    assert opened(scene="iq.tif", options="select='iq'").training()["select"] == "iq"


def test_an_upload_needs_the_right_and_a_limit(data):
    with pytest.raises(PermissionError, match="look but not add"):
        store_upload("x.npy", IMAGE, False)
    with pytest.raises(ValueError, match="at most 100"):
        store_upload("x.npy", IMAGE, True, largest=100)


def test_a_data_folder_that_is_a_link_takes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "ws"))
    (tmp_path / "ws").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ws" / "data").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="is a link"):
        store_upload("x.npy", IMAGE, True)
