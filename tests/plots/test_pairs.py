"""The coherence explorer's curves."""

import numpy as np
import pytest
import xarray as xr

from workbench.plots.guessed_histogram import GuessedHistogram
from workbench.plots.pairs import BiasCurve, LossCurve, Sensitivity
from workbench.session.explorers import Answer
from workbench.session.explorers.pair_chain import CoherenceExplorer


@pytest.fixture(scope="module")
def frames():
    return CoherenceExplorer(disturbance="noise", amount=0.5).picture().frames


def test_the_bias_curve_marks_this_pair(frames):
    curve = BiasCurve()
    curve.update(frames["bias"].data)
    estimate = np.asarray(curve.source.data["estimate"])
    assert estimate[0] == pytest.approx(0.178, abs=0.001)  # 25 looks (Touzi et al.)
    assert estimate[-1] == pytest.approx(1.0)
    assert 0.3 < curve.point.data["true"][0] < 0.7
    assert curve.null.visible


def test_the_sweep_names_its_axis(frames):
    sweep = Sensitivity()
    sweep.update(frames["sensitivity"].data)
    assert sweep.figure.xaxis.axis_label == "noise, of the image's rms"
    assert (sweep.figure.x_range.end, sweep.now.location) == (2.0, 0.5)


def test_the_way_down_starts_where_it_was_put(frames):
    curve = LossCurve()
    curve.update(frames["loss"].data)
    assert curve.path.data["offset"][0] == pytest.approx(0.05)
    assert abs(curve.ends.data["offset"][1]) < 1e-3


@pytest.mark.parametrize("window", [5, 9, 16, 64])
@pytest.mark.parametrize("start", [-0.25, 0.25])
def test_the_whole_way_down_is_in_the_figure(window, start):
    data = CoherenceExplorer(loss_window=window, start=start).picture().frames["loss"].data
    curve = LossCurve()
    curve.update(data)
    axis = curve.figure.x_range
    assert axis.start == data.offset[0] < min(curve.path.data["offset"]) - 0.005
    assert axis.end == data.offset[-1] > max(curve.path.data["offset"]) + 0.005


def test_a_distribution_to_be_guessed_shows_no_value_before():
    shares = xr.Dataset({"share": ("bin", [0.25, 0.75])}, {"bin": [0.25, 0.75]})
    histogram = GuessedHistogram()
    histogram.update(shares.assign_attrs(null_level=0.34, mean=0.72, corrected_mean=0.71))
    assert [label for label, _ in histogram.legend()] == [
        "null level 0.34",
        "mean 0.72",
        "bias-corrected mean 0.71",
        "above 0.8",
    ]
    histogram.predict([(0.6,)], True, [])
    assert [label for label, _ in histogram.legend()] == ["null level 0.34", "above 0.8"]
    assert list(histogram.guesses.data["x"]) == [0.6]
    seen = [part.visible for part in histogram.figure.renderers[:1]]
    histogram.hold(shares)
    histogram.predict([(0.6,)], False, [Answer((0.72,), "the mean")])
    assert seen == [False]
    assert histogram.figure.renderers[0].visible
    assert list(histogram.answers.data["x"]) == [0.72]
    assert list(histogram.held.data["share"]) == [25.0, 75.0]


def test_a_of_a_comparison_lies_behind_the_curves():
    curve = xr.Dataset({"estimate": ("true", [0.2, 1.0])}, {"true": [0.0, 1.0]})
    bias = BiasCurve()
    bias.hold(curve.assign_attrs(looks=25, null_level=0.3, at=0.5, mean=0.52))
    assert (list(bias.held.data["estimate"]), bias.held_point.data["estimate"]) == ([0.2, 1.0], [0.52])
    bias.hold(None)
    assert [len(bias.held.data["estimate"]), len(bias.held_point.data["estimate"])] == [0, 0]
    sensitivity = Sensitivity()
    sensitivity.hold(xr.Dataset({"measured": ("amount", [0.9, 0.1])}, {"amount": [0.0, 2.0]}))
    assert list(sensitivity.held.data["measured"]) == [0.9, 0.1]
