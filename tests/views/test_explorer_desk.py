"""The page that all explorers share, tried with the smallest one."""

from typing import ClassVar

import numpy as np
import param
import pytest
import xarray as xr
from bokeh.models import ColumnDataSource

from workbench.plots.canvas import canvas, span
from workbench.session.explorers import (
    Answer,
    Explorer,
    Frames,
    Group,
    NyquistExplorer,
    Picture,
    Places,
    Readout,
)
from workbench.session.frame import Frame
from workbench.views.card import PanelCard
from workbench.views.downloads import figures_of
from workbench.views.explorers import ExplorerDesk, explore
from workbench.views.explorers.controls import Controls
from workbench.views.explorers.readouts import _number, readout_row
from workbench.views.slot import Room, Slot

ROOM = Room((300, 300, 300, 300))


class Sine(Explorer):
    """A sine of some frequency."""

    TITLE = "Sine"
    INTRO = "One tone."
    FRAMES = ("wave",)
    GROUPS = (Group("Tone", ("cycles", "shape"), "y = sin 2πfn"),)
    PRESETS: ClassVar = {"slow": {"cycles": 1.0}, "fast": {"cycles": 9.0}}
    TOLERANCE = 0.5

    markers = Places(((0.0, 32.0),), precedence=-1)
    cycles = param.Number(2.0, bounds=(0, 20), label="Cycles per frame")
    shape = param.Selector(default="sine", objects=["sine", "square"], label="Shape")

    def compute(self):
        if self.cycles == 13.0:
            raise ValueError("thirteen brings bad luck")
        wave = np.sin(2 * np.pi * self.cycles * np.arange(64) / 64)
        data = xr.Dataset({"y": ("n", wave)})
        return Picture(
            {"wave": Frame(data, f"{self.cycles:g} cycles")},
            (Readout("rms", float(wave.std()), "V"),),
            lambda: (Answer((self.cycles,), "the tone"),) if self.shape == "sine" else (),
        )

    def levels(self):
        if self.picture().trouble:
            return None
        level = 20 * np.log10(abs(np.fft.rfft(self.picture().frames["wave"].data.y.values)) + 1e-9)
        parts = {"level": ("f", level), "name": ("f", [""] * 33)}
        return xr.Dataset(parts, {"f": np.arange(33.0)}, {"floor": -100.0})

    def as_code(self):
        return "import workbench as wb\nprint(wb.fold(0.6, 1.0))"


class Stems:
    """An instrument with everything that an explorer's page may ask for."""

    def __init__(self):
        self.source = ColumnDataSource({"n": [], "y": []})
        self.figure = canvas("", "sample", "V", x_range=span(0, 64), y_range=span(-1, 1))
        self.figure.line("n", "y", source=self.source)
        self.held = self.shown = self.marked = None
        self.tap = None

    def update(self, data):
        self.source.data = {"n": np.arange(64), "y": data.y.values}

    def hold(self, data):
        self.held = data

    def on_tap(self, callback):
        self.tap = callback

    def mark(self, readings):
        self.marked = readings

    def predict(self, guesses, hidden, answers):
        self.shown = (guesses, hidden, answers)


@pytest.fixture
def desk():
    import panel as pn

    stems = Stems()
    slot = Slot("wave", lambda: PanelCard("Wave", pn.pane.Bokeh(stems.figure), {"wave": stems}), ROOM)
    return ExplorerDesk(Sine(), {"wave": slot}, predict="wave")


def stems_of(desk):
    return desk.cards["wave"].instruments["wave"]


def test_a_moved_widget_redraws_and_a_setting_moves_its_widget(desk):
    desk.controls.widgets["cycles"].value = 5.0
    assert desk.explorer.cycles == 5.0
    assert "5 cycles" in desk.cards["wave"].caption
    desk.explorer.shape = "square"
    assert desk.controls.widgets["shape"].value == "square"
    assert "0.707" in desk.readouts.text


def test_presets_show_which_one_is_on(desk):
    desk.presets.press("fast")
    assert desk.explorer.cycles == 9.0
    assert [state["chosen"] for state in desk.presets.states.values()] == [False, True]


def test_undo_by_key(desk):
    desk.explorer.cycles = 3.0
    desk.keyboard.pressed = {"key": "z", "count": 1}
    assert desk.explorer.cycles == 2.0
    assert desk.buttons.state("Undo")["disabled"]
    desk.keyboard.pressed = {"key": "y", "count": 2}
    assert desk.explorer.cycles == 3.0


def test_a_is_drawn_behind(desk):
    desk.keyboard.pressed = {"key": "h", "count": 1}
    desk.explorer.cycles = 7.0
    wave = stems_of(desk).held.y.values
    np.testing.assert_allclose(wave, np.sin(2 * np.pi * 2 * np.arange(64) / 64))
    desk.keyboard.pressed = {"key": "h", "count": 2}
    assert stems_of(desk).held is None


def test_the_numbers_of_a_stand_below_and_swapping_goes_there_and_back(desk):
    desk.explorer.cycles = 0.0
    assert desk.buttons.state("Swap A")["disabled"]
    desk.buttons.press("Hold A")
    desk.explorer.cycles = 7.0
    assert "<small>A: 0</small>" in desk.readouts.text
    desk.buttons.press("Swap A")
    assert (desk.explorer.cycles, desk.explorer.held) == (0.0, {"cycles": 7.0})
    desk.keyboard.pressed = {"key": "b", "count": 1}
    assert (desk.explorer.cycles, desk.explorer.held) == (7.0, {"cycles": 0.0})
    desk.buttons.press("Hold A")
    assert "A:" not in desk.readouts.text


def test_nothing_gives_the_answer_away(desk):
    desk.buttons.press("Predict")
    assert "0.707" not in desk.readouts.text
    assert "2 cycles" not in desk.cards["wave"].caption
    desk.buttons.press("Predict")
    assert "0.707" in desk.readouts.text
    assert "2 cycles" in desk.cards["wave"].caption


def test_what_is_held_does_not_give_the_answer_away(desk):
    desk.buttons.press("Hold A")
    desk.buttons.press("Predict")
    assert stems_of(desk).held is None
    assert "A:" not in desk.readouts.text
    desk.buttons.press("Predict")
    assert stems_of(desk).held is not None
    assert "<small>A: 0.707</small>" in desk.readouts.text


def test_a_card_first_seen_while_guessing_is_covered_before_it_is_on_the_page(desk, monkeypatch):
    import panel as pn

    stems = Stems()
    late = Slot("late", lambda: PanelCard("Late", pn.pane.Bokeh(stems.figure), {"wave": stems}), ROOM)
    desk.slots["late"] = late
    desk._spoilers = frozenset({"late"})
    desk.buttons.press("Predict")
    seen = []
    put = late.put
    monkeypatch.setattr(late, "put", lambda: (seen.append(late.card.caption), put()))
    monkeypatch.setattr(desk.pump, "wants", lambda _name, _built: True)
    desk.draw()
    assert seen == ['<p class="caption">Hidden until you check.</p>']


def test_figures_of_one_name_have_each_their_own_a():
    sizes = tuple(Readout("size", value, "pixels") for value in (64.0, 130.0))
    row = readout_row(sizes, Picture({}, sizes))
    assert [row.split("A: ")[k].partition("<")[0] for k in (1, 2)] == ["64", "130"]


def test_a_score_goes_with_the_settings_that_it_was_for(desk):
    desk.buttons.press("Predict")
    desk.buttons.press("Predict")
    assert "0 of 1 found" in desk.message.text
    desk.explorer.cycles = 6.0
    assert desk.explorer.quiz is None
    assert "found" not in desk.message.text
    assert desk.buttons.state("Predict")["label"] == "Predict"


def test_what_has_no_answer_is_not_asked(desk):
    desk.explorer.shape = "square"
    desk.buttons.press("Predict")
    assert desk.explorer.quiz is None
    assert "nothing to predict" in desk.message.text


def test_a_click_reads_a_line_and_another_takes_it_away(desk):
    stems_of(desk).tap((2.2,))
    assert "1: 2.000 cycles/sample" in desk.message.text
    assert [one.place for one in stems_of(desk).marked] == [(2.0,)]
    desk.presets.press("fast")
    assert [one.place for one in stems_of(desk).marked] == [(2.0,)], "a marker keeps its place"
    stems_of(desk).tap((2.2,))
    assert stems_of(desk).marked == []
    stems_of(desk).tap((9.0,))
    desk.keyboard.pressed = {"key": "m", "count": 1}
    assert stems_of(desk).marked == []


def test_markers_set_from_a_cell_are_drawn(desk):
    desk.explorer.markers = "2.0;3.0"
    assert [one.place for one in stems_of(desk).marked] == [(2.0,), (3.0,)]
    assert "2: 3.000 cycles/sample, no line" in desk.message.text


def test_predict_then_check(desk):
    desk.buttons.press("Predict")
    assert stems_of(desk).shown == ([], True, [])
    stems_of(desk).tap((2.2,))
    assert stems_of(desk).shown == ([(2.2,)], True, [])
    desk.buttons.press("Predict")
    assert "1 of 1 found" in desk.message.text
    assert stems_of(desk).shown[1:] == (False, [Answer((2.0,), "the tone")])
    desk.buttons.press("Predict")
    assert stems_of(desk).shown == ([], False, [])


def test_settings_that_do_not_go_together_have_no_code(desk):
    desk.explorer.cycles = 13.0
    desk.buttons.press("Python")
    assert not desk._dialog.open
    assert "Nothing to copy: thirteen" in desk.message.text


def test_code_and_keys_open_a_dialog(desk):
    desk.buttons.press("Python")
    assert desk._dialog.open
    desk._dialog.open = False
    desk.keyboard.pressed = {"key": "?", "count": 9}
    assert (desk._dialog.open, desk._dialog.title) == (True, "Keys"), (
        "a dialog without a name is read as nothing"
    )


@pytest.mark.parametrize(
    ("value", "text"), [(-7.4432, "−7.44"), (12345.0, "12,345"), (0.0, "0"), (float("nan"), "–")]
)
def test_figures_are_written_shortly(value, text):
    assert _number(value) == text


class Pair(Explorer):
    """Two panels, one of which does not change."""

    FRAMES = ("wave", "still")
    GROUPS = (Group("Tone", ("cycles",), ""),)
    cycles = param.Number(2.0, bounds=(0, 20))
    composed: ClassVar = []

    def compute(self):
        def wave():
            self.composed.append(self.cycles)
            return Frame(xr.Dataset({"y": ("n", np.full(64, self.cycles))}), f"{self.cycles:g}")

        def still():
            return Frame(xr.Dataset({"y": ("n", np.zeros(64))}), "always the same")

        return Picture(Frames({"wave": wave, "still": lambda: self.kept("still", (), still)}))


@pytest.fixture
def lazy():
    import panel as pn

    def slot(name):
        stems = Stems()
        return Slot(name, lambda: PanelCard(name, pn.pane.Bokeh(stems.figure), {name: stems}), ROOM)

    Pair.composed.clear()
    return ExplorerDesk(Pair(), {name: slot(name) for name in ("still", "wave")}, lazy=True)


def paint(desk):
    desk.pump.beat.painted = desk.pump.beat.sent


def test_only_what_is_in_view_is_composed(lazy):
    lazy.pump.connect_notebook(lambda: None, lambda call: call())
    paint(lazy)
    lazy.draw()
    assert (list(lazy.cards), Pair.composed) == (["still"], [])
    lazy.pump.beat.seen = {"still": True, "wave": True}
    paint(lazy)
    lazy.explorer.cycles = 3.0
    paint(lazy)
    assert Pair.composed == [2.0, 3.0]
    lazy.pump.beat.seen = {"still": True}
    paint(lazy)
    lazy.explorer.cycles = 4.0
    paint(lazy)
    assert Pair.composed == [2.0, 3.0]
    lazy._save()  # files hold what the settings say, seen or not
    assert lazy.cards["wave"].caption == '<p class="caption">4</p>'


def test_a_key_pressed_while_the_page_loads_builds_no_panel(lazy):
    lazy.pump.beat.seen = {"still": True, "wave": True}
    lazy.explorer.cycles = 3.0
    assert list(lazy.cards) == ["still"], "the browser would never hear of the other's models"


def test_a_frame_composed_later_shows_the_settings_of_its_picture():
    explorer = Pair()
    before = explorer.picture()
    explorer.cycles = 7.0
    after = explorer.picture()
    assert before.frames["wave"].caption == "2"
    assert after.frames["wave"].caption == "7"
    assert before.frames["still"] is after.frames["still"]


def test_stages_that_a_chain_does_not_have_are_not_saved():
    desk = explore("resampling", first="↓2 average pooling")
    assert len(figures_of(desk.cards["stages"])) == 2 * 2, "input and first step, image over spectrum"
    desk.explorer.second = "↑2 nearest"
    assert len(figures_of(desk.cards["stages"])) == 3 * 2


def test_markers_stand_on_the_spectra_of_a_pair_and_guesses_in_its_distribution():
    desk = explore("coherence", baseline=682.8, markers="0")
    spectra, histogram = (desk.cards[name].instruments[name] for name in ("spectra", "histogram"))
    assert "no fringes, no baseline" in desk.message.text
    desk._tapped("histogram", (0.1,))
    assert desk.explorer.markers == "0", "no frequency"
    desk._tapped("spectra", (0.1,))
    assert spectra.markers.source.data["x"] == pytest.approx([0.0, 0.1], abs=1 / 512)
    assert "Δ: +0.1" in desk.message.text
    assert "10.0 % of the critical one" in desk.message.text
    desk.buttons.press("Predict")
    desk._tapped("spectra", (0.3,))
    desk._tapped("histogram", (0.3,))
    assert (histogram.guesses.data["x"], spectra.markers.source.data["x"]) == ([0.3], [])


def test_files_are_offered_as_they_come_and_any_name_may_be_typed(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    explorer = NyquistExplorer()
    controls = Controls(explorer)
    widget = controls.widgets["file"]
    assert (widget.visible, widget.options) == (False, [])
    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "mine.npy", np.ones((64, 64), complex))
    controls.widgets["scene"].value = "my file"
    assert (widget.visible, widget.options) == (True, ["mine.npy"])
    widget.value = "mine.npy"
    assert explorer.picture().trouble == ""
    np.save(tmp_path / "data" / "new.npy", np.ones((64, 64), complex))
    widget._process_events({"value_input": "n"})  # somebody types
    assert (widget.options, explorer.file) == (["mine.npy", "new.npy"], "mine.npy")
    widget._process_events({"value_input": "new.npy"})
    assert explorer.file == "new.npy", "nothing is left to be said"
    widget.get_root()  # from here on what changes is told to a browser
    widget._process_events({"value_input": "typed.npy"})
    widget._process_events({"value": "typed.npy"})
    assert "no file 'typed.npy'" in explorer.picture().trouble
    assert (widget.value, widget.value_input) == ("typed.npy", "typed.npy")
    widget._process_events({"value": None})  # the field's cross
    assert explorer.file == ""


def test_a_stored_trace_lies_behind_the_nyquist_page_and_the_guard_in_its_pictures():
    desk = explore("nyquist", scene="speckle off centre")
    stages, sides, errors = (desk.cards[name].instruments[name] for name in ("stages", "sides", "errors"))
    strips = stages._guard.source.data
    assert len(strips["left"]) == 4, "two along x, in band and mirror"
    assert len(stages._before.source.data["left"]) == 2, "as in the spectrum of x"
    before = sides.source.data["along_x"]
    desk.buttons.press("Hold A")
    desk.explorer.param.update(scene="one tone", mapping="real_imag")
    np.testing.assert_array_equal(sides.held.data["along_x"], before)
    assert len(sides.source.data["along_x"]) == 64
    assert len(stages._guard.source.data["left"]) == 0
    assert not any(drawing.visible for drawing in errors._quadrants), "no Nyquist-mapped image there"
    desk.buttons.press("Hold A")
    assert len(sides.held.data["along_x"]) == 0
