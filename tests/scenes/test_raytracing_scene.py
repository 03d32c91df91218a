import os
import threading

import numpy as np
import pytest
import trimesh
import xarray as xr

from workbench.scenes import SCENES, training_patches
from workbench.scenes.raytracing import (
    box_house,
    flat_ground,
    join_meshes,
    nadir_picture,
    optical_and_sar,
)
from workbench.scenes.raytracing import scene_cache as module
from workbench.scenes.raytracing.houses import BUILDINGS
from workbench.scenes.raytracing.scene_cache import cache_folder, cached, content_hash
from workbench.scenes.raytracing.solids import block

buildings = SCENES["buildings"]
SMALL = {"size": 24, "count": 3, "cache": False}


@pytest.fixture(scope="module")
def campus():
    return buildings(**SMALL)


def test_types_labels_attributes(campus):
    assert campus.slc.dims == ("sample", "y", "x")
    assert campus.slc.dtype == np.complex64
    assert campus.condition.dims == ("sample", "channel", "y", "x")
    assert campus.condition.dtype == np.float32
    assert float(abs(campus.condition).max()) <= 1
    assert campus.channel.values.tolist() == ["depth_1", "depth_2", "depth_3"]
    expected = {
        "wavelength": 0.031,
        "spacing_y": 0.8,
        "spacing_x": 0.6,
        "incidence": 40.0,
        "seed": 0,
        "source": "buildings",
        "phase_sign": 1,
        "building": "university",
    }
    assert {name: campus.attrs[name] for name in expected} == expected
    assert "simulated" in campus.attrs["sensor"]
    assert ((campus.aspect >= 0) & (campus.aspect < 360)).all()


def test_equal_seeds_equal_bits_whatever_the_threads_and_a_prefix(campus):
    xr.testing.assert_identical(buildings(**SMALL, workers=1), campus)
    xr.testing.assert_identical(buildings(**SMALL, workers=5), campus)
    short = buildings(24, 2, cache=False)
    np.testing.assert_array_equal(short.slc, campus.slc[:2])
    assert not np.array_equal(buildings(24, 3, 1, cache=False).slc, campus.slc)


def test_no_patch_of_any_two_seeds_is_the_same():
    seeds = (0, 1, 2**32, 2**32 + 1, 2**64 + 1)
    aspects = np.concatenate([buildings(8, 4, seed, cache=False).aspect.values for seed in seeds])
    assert len(np.unique(aspects)) == 4 * len(seeds)


def test_amplitudes_suit_a_network():
    scene = buildings(size=64, count=12, cache=False)
    amplitude = np.abs(scene.slc.values)
    assert 0.7 < np.quantile(amplitude, 0.99) < 1.6
    assert scene.attrs["amplitude_scale"] > 0
    louder = buildings(size=64, count=12, incidence=30.0, cache=False)
    assert np.median(np.abs(louder.slc)) == pytest.approx(np.median(amplitude), rel=0.3)


@pytest.mark.parametrize("building", [*BUILDINGS, "mixed"])
def test_every_building_is_seen(building):
    scene = buildings(32, 2, building=building, relief=1.0, bounces=2, cache=False)
    assert (scene.condition[:, 1] > -1).any()
    assert np.isfinite(scene.slc).all()


def test_second_antenna_and_bounce_levels():
    scene = buildings(**SMALL, baseline=150.0, temporal=0.9, by_bounce=True, bounces=2, sign=-1)
    assert scene.slc_2.dims == ("sample", "y", "x")
    assert scene.slc_bounce.dims == ("sample", "bounce", "y", "x")
    assert scene.flat_phase.dims == ("x",)
    assert (scene.attrs["phase_sign"], scene.attrs["baseline"]) == (-1, 150.0)
    assert scene.attrs["fringe_frequency"] < 0
    noise = scene.slc_bounce.sum("bounce") - scene.slc
    assert 0 < float(abs(noise).mean()) < 0.1


def test_it_trains_like_any_scene(tmp_path):
    training, heldout = training_patches(
        "buildings", 16, 4, 0, 2, building="mixed", cache=str(tmp_path), progress=False
    )
    assert (training.sizes["sample"], heldout.sizes["sample"]) == (4, 2)
    assert training.attrs["amplitude_scale"] == heldout.attrs["amplitude_scale"]
    assert len(list(tmp_path.iterdir())) == 2


def test_meshes_of_the_users_own(tmp_path):
    mesh, path = box_house(), tmp_path / "mine.stl"
    trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).export(path)
    options = {"building": str(path), "cache": str(tmp_path / "cache")}
    scene = buildings(24, 2, **options)
    assert scene.attrs["building"] == str(path)
    assert (scene.condition[:, 1] > -1).any()
    trimesh.Trimesh(2 * mesh.vertices, mesh.faces, process=False).export(path)
    assert not np.array_equal(buildings(24, 2, **options).slc, scene.slc)  # cached by content, not by name
    path.write_bytes(b"solid broken")
    with pytest.raises(ValueError, match=r"mine.stl: "):
        buildings(24, 2, **options)


def test_the_bar_counts_patches(capsys):
    buildings(8, 3, building="box", cache=False, progress=True)
    assert "3/3" in capsys.readouterr().err
    buildings(8, 3, building="box", cache=False, progress=False)
    assert capsys.readouterr().err == ""


def test_a_failure_ends_the_rest(monkeypatch):
    made = []

    def broken(*arguments, **options):
        made.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.scenes.raytracing.building_patches.simulate_sar", broken)
    with pytest.raises(KeyboardInterrupt):
        buildings(8, 200, building="box", cache=False, workers=1)
    assert len(made) < 100


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 0}, "buildings needs a positive whole number as size, found 0"),
        ({"size": 2000}, "at most 1024 pixels, found 2000"),
        ({"count": 0}, "positive whole number as count"),
        ({"size": 1000, "count": 10_000}, "at most 300,000,000 pixels at once, found 10000 patches"),
        ({"seed": -1}, "seed of 0 or more, found -1"),
        ({"seed": 0.5}, "seed of 0 or more"),
        ({"workers": 0}, "positive whole number as workers"),
        ({"bounces": 6}, "from 1 to 5 is needed, found 6"),
        (
            {"building": "castle"},
            "unknown building 'castle'; there are: box, .* mixed, or the path of a mesh",
        ),
        ({"building": "none.obj"}, "none.obj: there is no such file"),
        ({"aspect": float("nan")}, "finite aspect"),
        ({"relief": 99}, "relief from 0 to 15 m"),
        ({"relief": float("nan")}, "relief from 0 to 15 m"),
        ({"incidence": 90}, "from 5 to 85 degrees"),
        ({"wavelength": float("nan")}, "positive wavelength"),
        ({"sign": 0}, "sign 1 or -1"),
        ({"psf": "round"}, "unknown point-spread function"),
    ],
)
def test_bad_arguments(options, words):
    with pytest.raises((ValueError, KeyError, FileNotFoundError), match=words):
        buildings(**{"size": 8, "count": 1, "cache": False, **options})


# ---------------------------------------------------------------- the cache


@pytest.fixture
def made():
    """A maker that counts how often it is asked."""

    def make():
        make.times += 1
        values = np.arange(6, dtype=np.complex64).reshape(2, 3)
        return xr.Dataset(
            {"slc": (("y", "x"), values, {"units": "1"}), "name": ("y", ["a", "bc"])},
            {"x": ("x", [1.0, 2.0, 3.0], {"units": "m"})},
            {"seed": 3, "text": "ä", "pair": [1.0, 2.0]},
        )

    make.times = 0
    return make


def test_what_was_made_is_found_again(made, tmp_path):
    first, again = (cached("a", "k1", made, tmp_path) for _ in range(2))
    assert made.times == 1
    xr.testing.assert_identical(first, again)
    assert again.slc.dtype == np.complex64
    cached("a", "k2", made, tmp_path)
    cached("a", "k1", made, None)
    assert made.times == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-k1.npz", "a-k2.npz"]


@pytest.mark.parametrize("damage", ["truncate", "empty", "flip", "other", "zip", "text"])
def test_a_damaged_file_is_made_anew(damage, made, tmp_path):
    expected = cached("a", "k1", made, tmp_path)
    path = tmp_path / "a-k1.npz"
    content = bytearray(path.read_bytes())
    if damage == "truncate":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "flip":
        place = content.index(np.complex64(4).tobytes())
        content[place + 2] ^= 255
        path.write_bytes(content)
    elif damage == "other":
        cached("a", "k9", made, tmp_path)
        (tmp_path / "a-k9.npz").replace(path)
    elif damage == "zip":
        np.savez(path, slc=np.ones(3))
    else:
        path.write_text("no archive")
    times = made.times
    xr.testing.assert_identical(cached("a", "k1", made, tmp_path), expected)
    assert made.times == times + 1
    cached("a", "k1", made, tmp_path)
    assert made.times == times + 1


def test_the_longest_unused_go_first(made, tmp_path):
    for k in range(4):
        cached("a", f"k{k}", made, tmp_path)
        os.utime(tmp_path / f"a-k{k}.npz", (1000 + k, 1000 + k))
    cached("a", "k0", made, tmp_path)  # used again: now the newest
    size = (tmp_path / "a-k0.npz").stat().st_size
    cached("a", "k4", made, tmp_path, limit=3 * size)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-k0.npz", "a-k3.npz", "a-k4.npz"]
    cached("a", "k5", made, tmp_path, limit=0)
    assert [path.name for path in tmp_path.iterdir()] == ["a-k5.npz"]


def test_a_failure_leaves_nothing_behind(made, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(module.np, "savez", full)
    with pytest.warns(RuntimeWarning, match="not cached in .*no space left"):
        assert cached("a", "k", made, tmp_path).attrs["seed"] == 3
    assert list(tmp_path.iterdir()) == []

    def broken():
        raise ValueError("made nothing")

    with pytest.raises(ValueError, match="made nothing"):
        cached("a", "k", broken, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_many_at_once_write_one_whole_file(made, tmp_path):
    threads = [threading.Thread(target=cached, args=("a", "k", made, tmp_path)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in tmp_path.iterdir()] == ["a-k.npz"]
    times = made.times
    cached("a", "k", made, tmp_path)
    assert made.times == times


def test_the_folder_is_the_workspaces(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    assert cache_folder() == cache_folder(True) == tmp_path / "cache" / "scenes"
    buildings(8, 1, building="box")
    assert len(list((tmp_path / "cache" / "scenes").glob("buildings-*.npz"))) == 1
    assert cache_folder(False) is None


def test_hashes_tell_settings_and_arrays_apart():
    keys = {
        content_hash({"a": 1}),
        content_hash({"a": 2}),
        content_hash({"a": 1}, np.zeros(3)),
        content_hash({"a": 1}, np.zeros(3, np.float32)),
        content_hash({"a": 1}, np.zeros((3, 1))),
    }
    assert len(keys) == 5


# ---------------------------------------------------------------- pictures from above


def test_the_picture_obeys_lambert_and_has_the_shadow_the_sun_casts():
    mesh = join_meshes([flat_ground(300.0), block((-5, 5), (-40, 40), 10.0)])
    picture = nadir_picture(mesh, (20, 100), 0.5, sun_elevation=30.0, sun_azimuth=180.0, ambient=0.2)
    row = picture.values[10]
    assert np.ptp(picture.values, axis=0).max() < 1e-6
    x = picture.x.values
    sun = 0.2 + 0.8 * np.sin(np.deg2rad(30))
    length = 10 / np.tan(np.deg2rad(30))
    np.testing.assert_allclose(row[np.abs(x) < 4.5], 0.75 * sun, rtol=1e-5)
    np.testing.assert_allclose(row[x < -5.5], 0.35 * sun, rtol=1e-5)
    np.testing.assert_allclose(row[(x > 5.5) & (x < 4.5 + length)], 0.35 * 0.2, rtol=1e-5)
    np.testing.assert_allclose(row[x > 5.5 + length], 0.35 * sun, rtol=1e-5)
    assert nadir_picture(mesh, (2, 2), 700.0).values.max() == 0  # beside the ground


def test_flat_ground_is_in_the_same_pixels_of_both_pictures():
    mesh = join_meshes([flat_ground(300.0), block((6, 20), (-100, 100), 9.0)])
    pair = optical_and_sar(mesh, (16, 64), 1.0, 3)
    row, x = pair.optical.values[8], pair.x.values
    np.testing.assert_allclose(row[(x > 6.5) & (x < 19.5)], row[x > 6].max(), rtol=1e-5)  # the roof
    assert row[(x > -12) & (x < 5.5)].max() < 0.9 * row[x > 6].max()
    foot = float(pair.x[np.abs(pair.slc.values).sum(axis=0).argmax()])  # double bounce
    assert foot == pytest.approx(6, abs=1)
    assert pair.optical.dtype == np.float32
    assert pair.slc.shape == pair.optical.shape == (16, 64)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"shape": (0, 4)}, "positive whole number as rows"),
        ({"spacing": float("nan")}, "positive spacing"),
        ({"sun_elevation": 0}, "above 0 and up to 90 degrees high, found 0"),
        ({"sun_azimuth": float("inf")}, "the sun stands"),
        ({"ambient": 2}, "from 0 to 1 is needed, found 2"),
    ],
)
def test_bad_pictures(arguments, words):
    with pytest.raises(ValueError, match=words):
        nadir_picture(box_house(), **{"shape": (4, 4), "spacing": 1.0, **arguments})
