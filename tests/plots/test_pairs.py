"""The coherence explorer's curves."""

import numpy as np
import pytest

from workbench.plots.pairs import BiasCurve, LossCurve, Sensitivity
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
