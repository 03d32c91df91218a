"""What every explorer can do, tried on the smallest one."""

from typing import ClassVar

import numpy as np
import param
import pytest
import xarray as xr

from workbench.session.explorers import Answer, Explorer, Group, Picture, Readout, score_guesses
from workbench.session.frame import Frame


class Doubler(Explorer):
    """Twice a number."""

    TITLE = "Doubler"
    FRAMES = ("line",)
    GROUPS = (Group("Number", ("number", "sign"), "y = 2x"),)
    PRESETS: ClassVar = {"three": {"number": 3.0}, "minus one": {"number": 1.0, "sign": "-"}}
    TOLERANCE = 0.5

    number = param.Number(1.0, bounds=(0, 10))
    sign = param.Selector(default="+", objects=["+", "-"])
    computed = 0

    def compute(self):
        if self.number == 0 and self.sign == "-":
            raise ValueError("minus zero: a positive number is needed")
        type(self).computed += 1
        value = 2 * self.number * (1 if self.sign == "+" else -1)
        data = xr.Dataset({"value": ("x", np.array([value]))})
        line = {"line": Frame(data, f"{value}")}
        return Picture(line, (Readout("y", value),), lambda: (Answer((value,), "it"),))

    def as_code(self):
        return f"print({2 * self.number})"


def test_settings_are_what_differs_from_the_defaults():
    assert Doubler().settings() == {}
    assert Doubler(number=2.0).settings() == {"number": 2.0}


def test_presets_set_everything_and_are_recognised():
    explorer = Doubler(number=7.0, sign="-")
    explorer.choose_preset("three")
    assert (explorer.number, explorer.sign, explorer.preset()) == (3.0, "+", "three")
    explorer.sign = "-"
    assert explorer.preset() == ""
    with pytest.raises(ValueError, match="no preset 'four'; there are: three, minus one"):
        explorer.choose_preset("four")


def test_undo_and_redo_walk_through_the_settings():
    explorer = Doubler()
    explorer.number = 2.0
    explorer.sign = "-"
    assert explorer.undo()
    assert (explorer.number, explorer.sign) == (2.0, "+")
    assert explorer.undo()
    assert explorer.settings() == {}
    assert not explorer.undo()
    assert explorer.redo()
    assert explorer.redo()
    assert explorer.settings() == {"number": 2.0, "sign": "-"}
    assert not explorer.redo()


def test_a_change_after_undo_drops_what_was_undone():
    explorer = Doubler()
    explorer.number = 2.0
    explorer.undo()
    explorer.sign = "-"
    assert not explorer.redo()


def test_a_picture_is_computed_once_per_settings():
    explorer = Doubler(number=4.0)
    Doubler.computed = 0
    first = explorer.picture()
    explorer.number = 5.0
    explorer.picture()
    explorer.number = 4.0
    assert explorer.picture() is first
    assert Doubler.computed == 2


def test_what_does_not_go_together_is_said_in_every_panel():
    picture = Doubler(number=0.0, sign="-").picture()
    assert picture.frames["line"].data is None
    assert "a positive number is needed" in picture.frames["line"].caption == picture.trouble


def test_a_is_held_while_b_moves():
    explorer = Doubler(number=1.5)
    explorer.hold()
    explorer.number = 4.0
    assert float(explorer.held_picture().frames["line"].data.value[0]) == 3.0
    explorer.release()
    assert explorer.held_picture() is None


def test_an_unknown_setting_is_named():
    with pytest.raises(ValueError, match="no setting 'nummer'; there are: number, sign"):
        Doubler().apply({"nummer": 1})


def test_predict_then_check():
    explorer = Doubler(number=3.0)
    explorer.begin_quiz()
    explorer.guess((6.3,))
    explorer.guess((1.0,))
    explorer.guess((1.2,))  # taken back
    score = explorer.reveal()
    assert (len(score.found), len(score.missed), score.wrong) == (1, 0, 0)
    explorer.guess((9.0,))  # too late
    assert explorer.quiz.guesses == [(6.3,)]
    explorer.end_quiz()
    assert explorer.quiz is None


def test_each_guess_counts_once():
    lines = [Answer((0.0, 0.0), "a"), Answer((0.1, 0.0), "b")]
    score = score_guesses([(0.05, 0.0)], lines, 0.06)
    assert (len(score.found), len(score.missed), score.wrong) == (1, 1, 0)
