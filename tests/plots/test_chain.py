"""The activation explorer's instruments."""

import numpy as np
import pytest

from workbench.plots.chain import FoldingArrows, PredictedLines, SignalChain, TaylorPlot
from workbench.plots.rivals import Rivals
from workbench.session.explorers.activation_chain import SIZE, ActivationExplorer
from workbench.session.explorers.quiz import Answer


@pytest.fixture
def frames():
    return ActivationExplorer(tone=26).picture().frames


def test_the_chain_shows_each_step_of_a_layer(frames):
    chain = SignalChain()
    chain.update(frames["chain"].data)
    assert set(chain.figures) == {name + end for name in "xvzy" for end in ("", "_level")}
    above = np.isfinite(chain.lines.data["x"])
    assert chain.lines.data["frequency"][above].tolist() == [26 / SIZE]
    chain.hold(frames["chain"].data)
    assert len(chain.held_waves.data["n"]) == SIZE
    chain.hold(None)
    assert len(chain.held_waves.data["n"]) == 0


@pytest.mark.parametrize("order", ["hold last", "update last"])
def test_there_is_room_for_what_is_held(order):
    figure_2, hard = ActivationExplorer(), ActivationExplorer()
    figure_2.choose_preset("figure 2")
    hard.choose_preset("tanh, hard driven")
    chain = SignalChain()
    chain.update(figure_2.picture().frames["chain"].data)
    chain.hold(figure_2.picture().frames["chain"].data)
    parts = [
        lambda: chain.update(hard.picture().frames["chain"].data),
        lambda: chain.hold(figure_2.picture().frames["chain"].data),
    ]
    for part in parts if order == "hold last" else parts[::-1]:
        part()
    for name in "xvzy":
        axis = chain.figures[name].y_range
        for waves in (chain.waves, chain.held_waves):
            assert axis.start < waves.data[name].min() < waves.data[name].max() < axis.end


def test_a_filter_weighs_the_tone_and_a_bias_adds_a_line_at_zero():
    chain = SignalChain()
    chain.update(ActivationExplorer(tone=26, kernel="blur 1 2 1", bias=0.5).picture().frames["chain"].data)
    lines = chain.lines.data
    assert lines["v"][26] < lines["x"][26] - 1
    assert lines["z"][26] == pytest.approx(lines["v"][26])
    assert np.isnan(lines["v"][0])
    assert lines["z"][0] == pytest.approx(10 * np.log10(0.5)), "power 1/4 re the 1/2 of a tone of amplitude 1"


def test_lines_carry_rings_and_names(frames):
    lines = PredictedLines()
    lines.update(frames["lines"].data)
    at = list(lines.source.data["frequency"]).index(26 / SIZE)
    assert lines.source.data["label"][at] == "order 1"
    assert lines.source.data["measured"][at] == pytest.approx(lines.source.data["predicted"][at])
    shown = [f for f, s in zip(lines.source.data["frequency"], lines.source.data["shown"], strict=True) if s]
    assert np.diff(shown).min() >= 0.055 - 1e-12


def test_a_prediction_hides_the_lines_until_it_is_checked(frames):
    lines = PredictedLines()
    lines.update(frames["lines"].data)
    lines.predict([(0.2,)], True, [])
    assert not any(part.visible for part in lines._hidden)
    lines.predict([(0.2,)], False, [Answer((0.203,), "order 1")])
    assert all(part.visible for part in lines._hidden)
    assert list(lines.answers.data["frequency"]) == [0.203]


def test_arrows_start_where_lines_belong(frames):
    arrows = FoldingArrows()
    data = frames["folding"].data
    arrows.update(data)
    beyond = data.true_frequency.values > 0.5
    assert len(arrows.arcs.data["xs"]) == beyond.sum()
    for arc, true, folded in zip(
        arrows.arcs.data["xs"],
        data.true_frequency.values[beyond],
        data.frequency.values[beyond],
        strict=True,
    ):
        assert {round(arc[0], 9), round(arc[-1], 9)} == {round(true, 9), round(folded, 9)}


def test_taylor_marks_its_radius(frames):
    taylor = TaylorPlot()
    taylor.update(frames["taylor"].data)
    low, high = (line.location for line in taylor._limits[0])
    assert (high - low) / 2 == pytest.approx(np.pi / 3)


def test_labels_lean_into_the_picture(frames):
    lines = PredictedLines()
    lines.update(frames["lines"].data)
    frequency, align = lines.source.data["frequency"], np.array(lines.source.data["text_align"])
    assert align[frequency == 0.5] == "right"
    assert set(align[frequency < 0.4]) == {"left"}
    assert lines.y_range.start == frames["lines"].data.attrs["floor"]


@pytest.mark.parametrize(
    "settings",
    [
        {"tone": 32, "formula": "abs(z)"},
        {"tone": 48, "formula": "abs(z)"},  # order 2 folds, hardly weaker than the tone
        {"tone": 48, "formula": "20*abs(z)"},
        {"tone": 12, "formula": "0.01*z"},
    ],
)
def test_labels_end_below_the_upper_edge(settings):
    lines = PredictedLines(height=300)
    lines.update(ActivationExplorer(activation="formula", **settings).picture().frames["lines"].data)
    low, high = lines.y_range.start, lines.y_range.end
    pixel = (high - low) / 240  # dB
    columns = lines.source.data
    for level, text in zip(columns["measured"], columns["shown"], strict=True):
        if text:
            assert level + pixel * (7 + 5.5 * np.sin(0.9) * len(text)) < high
    if settings["formula"] == "0.01*z":
        assert high == 34, "where there is room already nothing jumps"


def test_the_activations_of_figure_2_share_their_axes(frames):
    rivals = Rivals({"relu": "ReLU", "tanh": "tanh"})
    rivals.update(frames["others"].data)
    relu, tanh = rivals.figures.values()
    assert (relu.x_range, relu.y_range) == (tanh.x_range, tanh.y_range)
    assert np.isfinite(rivals.source.data["relu"]).sum() > np.isfinite(rivals.source.data["tanh"]).sum()
