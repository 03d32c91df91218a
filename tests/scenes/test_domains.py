import numpy as np
import pytest
from PIL import Image, ImageFile

from workbench.scenes import SCENES, domains, training_patches


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((255 * np.asarray(array)).astype(np.uint8)).save(path)


@pytest.mark.parametrize("toy", ["edges", "grey", "blurred", "textures"])
def test_toy_domains_are_pictures_in_range_reproducible(toy):
    first, again = (SCENES["domains"](size=32, count=3, seed=4, toy=toy) for _ in range(2))
    assert first.identical(again)
    for name in ("domain_x", "domain_y"):
        assert first[name].shape == (3, 3, 32, 32)
        assert -1 <= float(first[name].min()) < float(first[name].max()) <= 1
    assert first.attrs["paired"] == (toy != "textures")
    assert not first.domain_y.equals(domains(size=32, count=3, seed=5, toy=toy).domain_y)


def test_grey_is_the_luminance_of_its_colour():
    pair = domains(size=32, count=2, toy="grey")
    luminance = np.tensordot([0.2125, 0.7154, 0.0721], pair.domain_y.values, (0, 1))
    np.testing.assert_allclose(pair.domain_x.values[:, 0], luminance, atol=1e-6)


@pytest.fixture
def colours():
    rng = np.random.default_rng(0)
    return [np.broadcast_to(rng.random(3), (20, 30, 3)) for _ in range(4)]


def test_files_pair_by_name(tmp_path, colours):
    for i, colour in enumerate(colours[:3]):
        save(tmp_path / "A" / f"{i}.png", colour)
        save(tmp_path / "B" / f"{i}.png", 1 - colour)
    save(tmp_path / "B" / "alone.png", colours[3])
    pair = domains(size=16, count=5, folder=tmp_path)
    assert (pair.attrs["layout"], pair.attrs["paired"]) == ("named", 1)
    np.testing.assert_allclose(pair.domain_x + pair.domain_y, 0, atol=0.02)


def test_pictures_side_by_side_are_cut_in_two(tmp_path):
    save(tmp_path / "one.png", np.concatenate([np.zeros((20, 20, 3)), np.ones((20, 20, 3))], axis=1))
    pair = domains(size=8, count=1, folder=tmp_path)
    assert pair.attrs["layout"] == "side_by_side"
    assert float(pair.domain_x.max()) == -1
    assert float(pair.domain_y.min()) == 1


def test_files_of_other_names_do_not_pair(tmp_path, colours):
    save(tmp_path / "trainA" / "a.png", colours[0])
    save(tmp_path / "trainB" / "b.jpg", colours[1])
    pair = domains(size=8, count=2, folder=tmp_path)
    assert (pair.attrs["layout"], pair.attrs["paired"]) == ("unpaired", 0)


def test_greys_and_transparency_become_colours(tmp_path):
    save(tmp_path / "A" / "a.png", np.full((10, 10), 0.5))
    save(tmp_path / "B" / "a.png", np.full((10, 10, 4), 0.5))
    pair = domains(size=8, count=1, folder=tmp_path)
    np.testing.assert_allclose(pair.domain_x, pair.domain_y, atol=0.01)


def test_bad_folders_are_refused(tmp_path, colours):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        domains(folder=tmp_path / "absent")
    with pytest.raises(ValueError, match="found none in 0 entries"):
        domains(folder=tmp_path)
    save(tmp_path / "square.png", np.zeros((10, 10, 3)))
    with pytest.raises(ValueError, match=r"square.png: 10 x 10 pixels found; two pictures side by side"):
        domains(folder=tmp_path)
    (tmp_path / "square.png").write_bytes(b"not a picture")
    with pytest.raises(ValueError, match="is no PNG or JPEG picture"):
        domains(folder=tmp_path)
    with pytest.raises(ValueError, match="two subfolders are needed"):
        domains(folder=tmp_path, layout="named")
    save(tmp_path / "A" / "a.png", colours[0])
    save(tmp_path / "B" / "b.png", colours[0])
    with pytest.raises(ValueError, match="no file of A has its name in B"):
        domains(folder=tmp_path, layout="named")


@pytest.mark.parametrize("lenient", [False, True])
def test_a_truncated_picture_is_refused(tmp_path, monkeypatch, lenient):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)  # as sarpy has it for everybody
    save(tmp_path / "one.png", np.random.default_rng(0).random((40, 80, 3)))
    data = (tmp_path / "one.png").read_bytes()
    (tmp_path / "one.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r"one\.png"):
        domains(folder=tmp_path)
    assert lenient == ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, "positive whole number"),
        ({"toy": "cats"}, "unknown toy domains 'cats'; there are: edges"),
        ({"folder": ".", "layout": "mixed"}, "unknown layout"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        domains(**settings)


def test_pictures_are_no_complex_scene_to_train_on():
    with pytest.raises(ValueError, match=r"scene 'domains': needs a complex variable 'slc'"):
        training_patches("domains", size=16, count=2, heldout=1)
