"""The Nyquist-band explorer's numbers, without a screen."""

import os

import numpy as np
import pytest

from workbench.mappings import ERRORS
from workbench.session.explorers.nyquist_chain import FILE, SIZE, NyquistExplorer
from workbench.session.user_scenes import user_scene, user_scenes


def readout(explorer, label):
    return next(r.value for r in explorer.picture().readouts if r.label == label)


def assert_code_gives_the_same_numbers(explorer):
    space = {}
    exec(explorer.as_code(), space)
    rounding = -120  # what is left below it depends on the order of the sums
    shown, found = readout(explorer, "round trip"), 10 * np.log10(max(space["share"], 1e-32))
    assert max(found, rounding) == pytest.approx(max(shown, rounding), abs=1e-3)
    assert float(space["coherence"].magnitude.mean()) == pytest.approx(
        readout(explorer, "coherence"), abs=1e-6
    )


@pytest.mark.parametrize("name", NyquistExplorer.PRESETS)
def test_every_preset_shows_something_and_its_code_gives_the_same_numbers(name):
    explorer = NyquistExplorer()
    explorer.choose_preset(name)
    picture = explorer.picture()
    assert picture.trouble == ""
    assert all(frame.data is not None for frame in picture.frames.values())
    assert_code_gives_the_same_numbers(explorer)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("mapping", ["nyquist", "real_imag"])
def test_every_error_is_in_the_code(error, mapping):
    explorer = NyquistExplorer(
        error=error, amount=0.3, clip=error == "DC offset", mapping=mapping, edge="drop"
    )
    assert_code_gives_the_same_numbers(explorer)


@pytest.mark.parametrize("mapping", ["nyquist", "real_imag", "mag_phase", "real_imag_2x", "real_imag_repeat"])
def test_every_mapping_is_undone_to_rounding(mapping):
    explorer = NyquistExplorer(mapping=mapping, scene="speckle off centre")
    assert readout(explorer, "round trip") < (-200 if mapping != "mag_phase" else -100)


def test_a_tone_lands_in_the_band_its_mirror_opposite():
    explorer = NyquistExplorer(scene="one tone", tone_y=0.125, tone_x=-0.25)
    found = {answer.name: answer.place for answer in explorer.picture().answers}
    # moved by a quarter of the doubled rate: f/2 + 1/4
    assert found["the tone"] == pytest.approx((-0.125 + 0.25, 0.0625 + 0.25))
    assert found["its mirror"] == pytest.approx((-0.125, -0.3125))


def test_the_table_of_peaks_tells_the_band_from_its_mirror():
    explorer = NyquistExplorer(scene="one tone", tone_y=0.125, tone_x=-0.25)
    peaks = explorer.picture().frames["peaks"].data
    assert dict(zip(peaks.name.values, peaks.frequency_x.values, strict=True)) == {
        "band": 0.125,
        "mirror": -0.125,
    }
    explorer.mark((0.12, 0.31))
    assert explorer.readings()[0].place == (0.125, 0.3125)


def test_wrong_interpolation_fills_what_should_be_empty():
    assert readout(NyquistExplorer(), "out of band") < 1e-6
    assert readout(NyquistExplorer(interpolation="zero-stuffing"), "out of band") > 10
    assert readout(NyquistExplorer(interpolation="bilinear"), "round trip") > -20


def test_an_alternating_gain_is_a_mirror():
    explorer = NyquistExplorer(
        scene="one tone", tone_y=0.125, tone_x=0.25, error="gain alternation", amount=0.2
    )
    error = explorer.picture().frames["errors"].data["error"]
    y, x = np.unravel_index(error.values.argmax(), error.shape)
    assert (float(error.fy_error[y]), float(error.fx_error[x])) == pytest.approx((-0.125, -0.25))
    assert readout(explorer, "round trip") == pytest.approx(20 * np.log10(0.2), abs=1e-6)


def test_dropping_the_edge_loses_an_imaginary_part():
    kept = NyquistExplorer(scene="one tone", tone_y=-0.5, tone_x=-0.5)
    lost = NyquistExplorer(scene="one tone", tone_y=-0.5, tone_x=-0.5, edge="drop")
    assert readout(kept, "round trip") < -200
    assert readout(lost, "round trip") == pytest.approx(20 * np.log10(np.sin(0.8)), abs=1e-6)
    assert readout(lost, "lost bin") == pytest.approx(np.sin(0.8))


def test_an_error_is_placed_only_where_it_has_a_place():
    mirror = NyquistExplorer()
    mirror.choose_preset("a gain error is a mirror")
    assert "100 % of it at (−0.20, −0.09) cycles/pixel (x, y)" in mirror.picture().frames["errors"].caption
    noise = NyquistExplorer(error="white noise", amount=0.3)
    assert "spread over many frequencies" in noise.picture().frames["errors"].caption


def test_clipping_is_counted():
    explorer = NyquistExplorer(clip=True, error="white noise", amount=0.5)
    assert 0 < readout(explorer, "clipped") < 50


def test_a_mapped_patch_takes_four_times_the_room():
    room = NyquistExplorer().picture().frames["room"].data
    assert {name: room[name].shape for name in room} == {
        "direct": (64, 64), "mapped": (64, 64), "extended": (128, 128)
    }  # fmt: skip


def test_the_spectrum_of_real_data_is_said_to_be_off_centre():
    assert readout(NyquistExplorer(scene="speckle off centre"), "centre of the spectrum").endswith("+0.31")


def test_the_guard_is_told_where_a_band_has_one_and_drawn_where_nyquist_mapped():
    frames = NyquistExplorer(scene="speckle off centre").picture().frames
    low, high = frames["stages"].data.attrs["occupied_x"]
    assert (low, 0.5 - high) == pytest.approx((0.05, 0.05), abs=1 / 128)  # |f| < 0.4 of x
    assert f"along x {low:.3f} below" in frames["stages"].caption
    assert "along y none, 0.098 on each side if centred" in frames["stages"].caption
    assert frames["errors"].data.attrs["occupied_x"] == (low, high)
    for scene in ("one tone", "stripes"):
        frames = NyquistExplorer(scene=scene).picture().frames
        assert "occupied_x" not in frames["stages"].data.attrs, "lines have no band"
        assert "Guard" not in frames["stages"].caption


def test_from_the_side_no_line_is_hidden_by_another_frequency():
    explorer = NyquistExplorer()
    explorer.choose_preset("a gain error is a mirror")
    picture = explorer.picture()
    sides, level = picture.frames["sides"].data, picture.frames["errors"].data["disturbed"]
    at = {"frequency_x": 0.35, "frequency_y": 0.295}  # tone (0.2, 0.1) moved to f/2 + 1/4
    for axis, frequency in at.items():
        trace = sides[f"along_{axis[-1]}"]
        assert float(trace.sel({axis: frequency}, method="nearest")) == pytest.approx(0.0, abs=1e-6)
        moved = (frequency % 1.0) - 0.5  # the error alternates: half the sampling rate away
        assert float(trace.sel({axis: moved}, method="nearest")) == pytest.approx(
            20 * np.log10(0.2), abs=1e-6
        )
    assert float(sides.along_x.max()) == float(level.max())


@pytest.mark.parametrize("edge", ["pack", "drop"])
@pytest.mark.parametrize("tone", [(-0.5, -0.5), (-0.5, 0.0), (0.0, -0.5), (0.1, 0.3), (-0.2, 0.4)])
def test_the_sides_and_the_table_name_the_same_strongest_line(tone, edge):
    explorer = NyquistExplorer(scene="one tone", tone_y=tone[0], tone_x=tone[1], edge=edge)
    frames = explorer.picture().frames
    peaks = frames["peaks"].data
    strongest = peaks.isel(peak=np.flatnonzero(peaks.level.values > peaks.level.values.max() - 1e-6))
    said = frames["sides"].caption.replace("−", "-").split("(")[1].split(")")[0]
    places = zip(strongest.frequency_x.values, strongest.frequency_y.values, strict=True)
    assert said in [f"{x:+.3f}, {y:+.3f}" for x, y in places]


def test_the_packed_bin_is_no_mirror():
    packed = NyquistExplorer(scene="one tone", tone_y=-0.5, tone_x=-0.5)
    assert {one.name: one.place for one in packed.picture().answers} == {
        "the tone": (0.0, 0.0), "the packed bin": (-0.5, -0.5)
    }  # fmt: skip
    assert "(−0.500, −0.500)" in packed.picture().frames["sides"].caption, "sin 0.8 is above cos 0.8"
    packed.edge = "drop"
    assert [one.name for one in packed.picture().answers] == ["the tone"]


def test_the_sides_say_what_lies_outside_the_band():
    assert "nothing is above −80 dB" in NyquistExplorer().picture().frames["sides"].caption
    random = NyquistExplorer(scene="speckle off centre")  # fills the band's first row and column
    assert "nothing is above −80 dB" in random.picture().frames["sides"].caption
    assert "outside" not in random.levels().name.values[random.levels().level.values > -60]
    wrong = NyquistExplorer(interpolation="bilinear").picture().frames["sides"].caption
    assert "outside band and mirror the strongest is −" in wrong
    assert "band" not in NyquistExplorer(mapping="real_imag").picture().frames["sides"].caption


class TestFiles:
    @pytest.fixture(autouse=True)
    def workspace(self, tmp_path, monkeypatch):
        monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
        (tmp_path / "data").mkdir()
        return tmp_path

    def test_a_file_of_the_workspace_is_shown(self, workspace):
        rng = np.random.default_rng(0)
        np.save(workspace / "data" / "mine.npy", rng.normal(size=(80, 100, 2)) @ [3, 3j])
        assert user_scenes() == ["mine.npy"]
        explorer = NyquistExplorer(scene=FILE, file="mine.npy", error="clipping")
        assert explorer.picture().trouble == ""
        assert_code_gives_the_same_numbers(explorer)
        assert np.mean(np.abs(user_scene("mine.npy", SIZE)) ** 2) == pytest.approx(1)

    @pytest.mark.parametrize("name", ["", "../secret.npy", "/etc/passwd", "absent.npy"])
    def test_nothing_outside_is(self, workspace, name):
        np.save(workspace / "secret.npy", np.ones((80, 80), complex))
        assert "put a complex image there" in NyquistExplorer(scene=FILE, file=name).picture().trouble

    def test_no_link_leads_out(self, workspace):
        np.save(workspace / "secret.npy", np.ones((80, 80), complex))
        (workspace / "data" / "link.npy").symlink_to(workspace / "secret.npy")
        assert "put a complex image there" in NyquistExplorer(scene=FILE, file="link.npy").picture().trouble

    def test_what_is_no_complex_image_is_said(self, workspace):
        np.save(workspace / "data" / "real.npy", np.ones((80, 80)))
        np.save(workspace / "data" / "small.npy", np.ones((8, 8), complex))
        assert "real.npy" in NyquistExplorer(scene=FILE, file="real.npy").picture().trouble
        assert "64 x 64 needed" in NyquistExplorer(scene=FILE, file="small.npy").picture().trouble

    def test_a_file_that_changes_or_vanishes_while_the_page_is_open_is_not_shown_from_memory(self, workspace):
        path = workspace / "data" / "mine.npy"
        rng = np.random.default_rng(0)
        np.save(path, rng.normal(size=(64, 64, 2)) @ [1, 1j])
        explorer = NyquistExplorer(scene=FILE, file="mine.npy")
        before = explorer.picture().frames["stages"].data["image"].values
        np.save(path, rng.normal(size=(64, 64, 2)) @ [1, 1j])
        os.utime(path, ns=(0, 0))  # whatever the clock's resolution
        assert not np.array_equal(explorer.picture().frames["stages"].data["image"].values, before)
        path.unlink()
        assert "no file 'mine.npy'" in explorer.picture().trouble
        np.save(workspace / "data" / "other.npy", np.ones((64, 64), complex))
        os.utime(workspace / "data", ns=(1, 1))
        assert "there is: other.npy" in explorer.picture().trouble

    def test_what_cannot_be_read_is_said_by_its_name(self, workspace, monkeypatch):
        np.save(workspace / "data" / "mine.npy", np.ones((64, 64), complex))

        def denied(path):
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr("workbench.scenes.open_scene", denied)
        trouble = NyquistExplorer(scene=FILE, file="mine.npy").picture().trouble
        assert trouble == "mine.npy cannot be read: permission denied"
