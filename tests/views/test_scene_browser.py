"""The scene browser's page, without a browser."""

import base64

import numpy as np
import pytest

from workbench.session.scenes.browser import SceneBrowser
from workbench.views.gallery import CHUNK, Upload
from workbench.views.scenes.browser import SceneDesk


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    (tmp_path / "data").mkdir()
    rng = np.random.default_rng(0)
    image = rng.normal(size=(96, 160, 2)) @ np.array([1, 1j])
    np.save(tmp_path / "data" / "mine.npy", image.astype(np.complex64))
    return tmp_path / "data"


@pytest.fixture
def desk(data):
    return SceneDesk(SceneBrowser(scene="mine.npy", size=32))


def press(desk, key):
    desk.keyboard.pressed = {"key": key, "count": desk.keyboard.pressed.get("count", 0) + 1}


def overview(desk):
    return desk.cards["overview"].instruments["overview"].instrument


def test_a_scene_is_opened_and_drawn(desk):
    assert "speckle CV" in desk.readouts.text
    assert "96 × 160 pixels" in desk.cards["overview"].caption
    assert desk.gallery.chosen == "mine.npy"
    assert "Options of mine.npy: select, shape" in desk.options.text


def test_arrows_and_clicks_move_the_patch(desk):
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        press(desk, key)
    assert desk.explorer.place() == (1, 2)
    assert "row 32, column 64" in desk.cards["patch"].caption
    box = overview(desk)._boxes[0]
    assert (box.top, box.bottom, box.left, box.right) == (64, 32, 64, 96)
    press(desk, "z")
    assert desk.explorer.place() != (1, 2)


def test_the_frame_keeps_the_shape_of_pixels(desk):
    figure = overview(desk).figures["amplitude"]
    across, down = figure.x_range.end - figure.x_range.start, figure.y_range.start - figure.y_range.end
    assert across == down == 160
    desk.explorer.choose("ships")
    figure = overview(desk).figures["amplitude"]
    across, down = figure.x_range.end - figure.x_range.start, figure.y_range.start - figure.y_range.end
    assert across / down == pytest.approx(13.9 / 2.33, rel=0.01)
    assert (
        figure.min_border_left + figure.min_border_right == figure.min_border_top + figure.min_border_bottom
    )


def test_the_gallery_has_scenes_and_files_and_chooses(desk, data):
    (data / "broken.npy").write_bytes(b"junk")
    desk.fill_gallery()
    items = {item["name"]: item for item in desk.gallery.items}
    assert {"onetone", "buildings", "mine.npy", "broken.npy"} <= set(items)
    assert "domains" not in items
    assert [source[:14] for source, _ in items["mine.npy"]["pictures"]] == ["data:image/png"] * 2
    assert items["broken.npy"]["pictures"] == []
    assert "broken.npy" in items["broken.npy"]["note"]
    desk.gallery.clicked = {"name": "tones", "count": 1}
    assert desk.explorer.scene == "tones"
    assert desk.gallery.chosen == "tones"
    desk.gallery.clicked = {"name": "../../etc/passwd", "count": 2}
    assert desk.explorer.scene == "tones"


def test_layers_come_and_go_with_the_scene_below_all_else(desk):
    shown = {name: slot.__panel__() for name, slot in desk.slots.items()}
    assert list(shown)[-2:] == ["condition", "pair"]
    assert [shown[name].visible for name in ("condition", "pair")] == [False, False]
    desk.explorer.param.update(scene="flat_earth", options="baseline=300.0, coherence=0.9")
    desk.explorer.load()
    desk.draw()
    assert [shown[name].visible for name in ("condition", "pair")] == [True, True]
    pictures = desk.cards["pair"].instruments["pair"].instrument.pictures
    assert pictures["interferogram"].source.data["image"][0].shape == (32, 32)
    planes = desk.cards["condition"].instruments["condition"]
    assert "condition, no unit" in planes.bar.text
    assert [one.title.text for one in planes.instrument.figures.values()] == [
        "frequency", "look angle", "background",
    ]  # fmt: skip
    desk.explorer.choose("mine.npy")
    desk.draw()
    assert [shown[name].visible for name in ("condition", "pair")] == [False, False]


def test_the_number_of_the_image_is_asked_for_where_there_are_several(desk, data):
    assert not desk.controls.widgets["sample"].visible
    np.save(data / "stack.npy", np.ones((3, 40, 40), np.complex64))
    desk.explorer.choose("stack.npy")
    desk._loaded()
    assert desk.controls.widgets["sample"].visible
    desk.explorer.choose("mine.npy")
    assert not desk.controls.widgets["sample"].visible


def test_trouble_is_an_alert(desk):
    desk.explorer.options = "chips=3"
    assert 'role="alert"' in desk.options.text
    assert "no option" in desk.options.text
    desk.explorer.options = ""
    assert 'role="alert"' not in desk.options.text


def sent(name, content, size=None, index=0):
    return {
        "name": name, "size": len(content) if size is None else size, "index": index,
        "data": base64.b64encode(content[index * CHUNK : (index + 1) * CHUNK]).decode(), "serial": index,
    }  # fmt: skip


def test_an_uploaded_file_is_shown(desk, data):
    content = (data / "mine.npy").read_bytes()
    desk.upload.piece = sent("other.npy", content)
    assert (data / "other.npy").read_bytes() == content
    assert desk.explorer.scene == "other.npy"
    desk.upload.piece = sent("other.npy", content) | {"serial": 9}
    assert "rename" in desk.message.text
    desk.gallery.clicked = {"name": "ships", "count": 1}
    assert "rename" not in desk.message.text, "what was said of another file is gone"


def test_a_file_comes_in_pieces_or_not_at_all():
    files, troubles = [], []
    upload = Upload(lambda *file: files.append(file), troubles.append, (".npy",), 3 * CHUNK)
    content = bytes(range(256)) * (CHUNK // 128) + b"end"
    for index in range(3):
        upload.piece = sent("a.npy", content, index=index)
        assert upload.wanted == (index + 1 if index < 2 else -1)
    assert files == [("a.npy", content)]
    upload.largest = 10**12  # what a browser changes counts for nothing
    for piece, words in [
        (sent("b.npy", b"", 4 * CHUNK, -1), "at most 6 MiB"),
        (sent("b.npy", content, 10**9), "at most 6 MiB"),
        (sent("b.npy", content, index=2), "lost on the way"),
        (sent("b.npy", b"abc") | {"data": "%%%"}, "lost on the way"),
        (sent("b.npy", b"abc", 2), "lost on the way"),
    ]:
        upload.piece = piece
        assert words in troubles[-1]
    upload.piece = {"name": 3}
    assert len(files) == 1


def test_only_owners_add_files_and_train(data):
    desk = SceneDesk(SceneBrowser(scene="mine.npy"), can_control=False)
    assert desk.upload is None
    assert not desk.train.visible
    press(desk, "t")
    assert "may look but not start" in desk.message.text
    assert not desk._dialog.open
    with pytest.raises(PermissionError):
        desk.control.launch({"system": "pix2pix"})


def test_training_starts_with_what_is_seen(desk, data, monkeypatch):
    class Run:
        name = "new-run"

    asked = []
    monkeypatch.setattr(desk.control, "launch", lambda values: asked.append(values) or Run())
    desk.explorer.recentred = True
    press(desk, "t")
    assert desk._dialog.open
    button = next(one for one in desk._dialog.objects if getattr(one, "label", "") == "Start training")
    button.clicks += 1
    assert asked[0]["path"] == str(data / "mine.npy")
    assert (asked[0]["size"], asked[0]["mapping"], asked[0]["recentred"]) == (32, "nyquist", True)
    assert 'href="desk?run=new-run"' in desk._dialog.objects[-1].object.text
