"""Pictures side by side, marks on them."""

import numpy as np
import xarray as xr
from bokeh.plotting import figure

from workbench.plots.marks import Marks
from workbench.plots.strips import Strip
from workbench.session.explorers.pictures import level_picture, plane, signed_picture


def test_a_strip_shows_each_variable_in_its_picture():
    strip = Strip({"a": ("image", "signed"), "b": ("spectrum", "spectrum"), "c": ("phase", "phase")})
    image = np.array([[0.0, -2.0], [2.0, 1.0]])
    strip.update(
        xr.Dataset({"a": signed_picture(image, "a"), "b": level_picture(image, "b"), "c": plane(image, "c")})
    )
    np.testing.assert_array_equal(strip.pictures["a"].source.data["image"][0], [[128, 1], [255, 191]])
    source = strip.pictures["b"].source.data
    assert (source["x"], source["dw"]) == ([-0.75], [1.0])


def test_what_is_missing_stays():
    strip = Strip({"a": ("image", "signed"), "b": ("image", "signed")})
    strip.update(xr.Dataset({"a": plane(np.ones((2, 2)), "a")}))
    assert len(strip.pictures["b"].source.data["image"]) == 0


def test_marks_show_guesses_and_answers():
    marks = Marks(figure())
    marks.show([(0.1, 0.2)], [(0.3, 0.4), (0.5, 0.6)])
    assert marks.guesses.data == {"x": [0.1], "y": [0.2]}
    assert marks.answers.data == {"x": [0.3, 0.5], "y": [0.4, 0.6]}
    marks.show([], [])
    assert marks.guesses.data == {"x": [], "y": []}
