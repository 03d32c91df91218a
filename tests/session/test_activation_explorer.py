"""The activation explorer's numbers, without a screen."""

import numpy as np
import pytest

from workbench.session.explorers.activation_chain import FORMULA, SIZE, ActivationExplorer


def readout(explorer, label):
    return next(r.value for r in explorer.picture().readouts if r.label == label)


@pytest.mark.parametrize("name", ActivationExplorer.PRESETS)
def test_every_preset_shows_something_and_its_code_gives_the_same_numbers(name):
    explorer = ActivationExplorer()
    explorer.choose_preset(name)
    picture = explorer.picture()
    assert picture.trouble == ""
    assert set(picture.frames) == set(ActivationExplorer.FRAMES)
    assert picture.frames["chain"].data is not None
    space = {}
    exec(explorer.as_code(), space)
    shown = picture.frames["lines"].data.measured.values
    np.testing.assert_allclose(np.maximum(space["level"], -120), shown, atol=1e-6)


def test_the_figures_of_a_relu_are_the_textbooks():
    explorer = ActivationExplorer(tone=1)  # 128 samples a cycle: next to nothing folds
    assert readout(explorer, "THD") == pytest.approx(43.52, abs=0.02)
    assert readout(explorer, "SFDR") == pytest.approx(7.44, abs=0.01)
    assert readout(explorer, "dead") == pytest.approx(50, abs=1)
    assert readout(explorer, "DC") == pytest.approx(1 / np.pi, rel=1e-3)


@pytest.mark.parametrize("activation", ["relu", "tanh", "softplus", "elu", "snake", "identity"])
@pytest.mark.parametrize("kernel", ["none", "blur 1 4 6 4 1", "edges −1 2 −1"])
@pytest.mark.parametrize("oversampling", [1, 2])
def test_prediction_and_measurement_agree(activation, kernel, oversampling):
    explorer = ActivationExplorer(
        activation=activation, kernel=kernel, oversampling=oversampling, tone=21, bias=0.3
    )
    assert readout(explorer, "residual") < -200


def test_two_tones_mix_where_predicted():
    explorer = ActivationExplorer(excitation="two tones", activation="tanh", drive=0.5, bias=0.4)
    assert readout(explorer, "residual") < -200
    names = [answer.name for answer in explorer.picture().answers]
    assert any("(1, −1)" in name for name in names)


def test_filtering_removes_what_would_fold():
    plain = ActivationExplorer(tone=26)
    clean = ActivationExplorer(tone=26, oversampling=4)
    assert readout(plain, "aliased") > 0.5
    assert readout(clean, "aliased") < 0.01


def test_answers_are_the_lines_above_minus_40():
    explorer = ActivationExplorer(tone=12)
    places = [round(answer.place[0] * SIZE) for answer in explorer.picture().answers]
    assert {12, 24, 48} <= set(places)
    assert 0 not in places


def test_taylor_says_when_it_stops_being_valid():
    inside = ActivationExplorer(activation="tanh", drive=1.0).picture().frames["taylor"].caption
    outside = ActivationExplorer(activation="tanh", drive=3.0).picture().frames["taylor"].caption
    assert "more terms help" in inside
    assert "more terms make it worse" in outside


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": FORMULA, "formula": "log(z)"}, "must be finite"),
        ({"activation": FORMULA, "formula": "import os"}, "is not a formula"),
    ],
)
def test_what_does_not_work_is_said(settings, message):
    assert message in ActivationExplorer(**settings).picture().trouble


def test_a_formula_is_as_good_as_a_name():
    typed = ActivationExplorer(activation=FORMULA, formula="max(z, 0)").picture()
    named = ActivationExplorer(activation="relu").picture()
    np.testing.assert_allclose(
        typed.frames["lines"].data.measured, named.frames["lines"].data.measured, atol=1e-6
    )
    assert typed.frames["taylor"].data is None
    assert "no series" in typed.frames["taylor"].caption


def test_only_what_has_an_effect_is_shown():
    assert "slope" not in ActivationExplorer().relevant()
    assert "slope" in ActivationExplorer(activation="leaky_relu").relevant()
    assert "tone" not in ActivationExplorer(excitation="photograph row").relevant()


def test_two_equal_tones_are_one_of_twice_the_amplitude():
    twice = ActivationExplorer(excitation="two tones", tone=9, second=9, activation="tanh").picture()
    one = ActivationExplorer(tone=9, drive=2.0, activation="tanh").picture()
    np.testing.assert_allclose(twice.frames["chain"].data.y, one.frames["chain"].data.y, atol=1e-12)
    assert next(r.value for r in twice.readouts if r.label == "residual") < -200


@pytest.mark.parametrize("settings", [{"kernel": "edges −1 2 −1"}, {"oversampling": 2}])
def test_the_plane_goes_through_the_whole_layer(settings):
    plain, other = (
        ActivationExplorer(tone=26, second=11, activation="relu", **more).picture().frames["plane"].data.level
        for more in ({}, settings)
    )
    assert float(abs(plain - other).max()) > 2


def test_figure_2_shows_that_relu_spreads_most():
    explorer = ActivationExplorer()
    explorer.choose_preset("figure 2")
    assert "ReLU spreads it widest" in explorer.picture().frames["others"].caption
    assert "does not spread" in ActivationExplorer(bias=1.2).picture().frames["others"].caption


def test_the_code_prints_the_levels_that_are_shown(capsys):
    explorer = ActivationExplorer(kernel="edges −1 2 −1", bias=0.3, activation="softplus", oversampling=2)
    exec(explorer.as_code() + "\nprint(*level[:20:4])", {})
    shown = explorer.picture().frames["lines"].data.measured.values[:20:4]
    printed = [float(word) for word in capsys.readouterr().out.splitlines()[-1].split()]
    np.testing.assert_allclose(np.maximum(printed, -120), shown, atol=1e-6)


def test_the_table_of_peaks_names_the_strongest_lines():
    peaks = ActivationExplorer(activation="tanh", tone=20, drive=2.0).picture().frames["peaks"].data
    assert list(peaks.name.values[:2]) == ["order 1", "order 3"]
    np.testing.assert_allclose(peaks.frequency_x.values[:2], [20 / 128, 60 / 128])
    np.testing.assert_allclose(peaks.level.values, peaks.predicted.values, atol=1e-6)


def test_two_markers_read_the_distance_of_their_lines():
    explorer = ActivationExplorer(activation="tanh", tone=20, drive=2.0)
    for place in (0.155, 0.47):
        explorer.mark((place,))
    levels = [one.level for one in explorer.readings()]
    assert [one.name for one in explorer.readings()] == ["order 1", "order 3"]
    assert f"Δ: +0.312 cycles/sample, −{levels[0] - levels[1]:.1f} dB" in explorer.marker_words()
    explorer.activation = "identity"
    assert "2: 0.469 cycles/sample, no line" in explorer.marker_words()
    explorer.mark((0.3,))
    assert [one.place for one in explorer.readings()] == [(60 / 128,), (38 / 128,)], "the oldest goes"


def test_of_a_dead_layer_nothing_is_claimed():
    explorer = ActivationExplorer()
    explorer.choose_preset("dying ReLU")
    frames = explorer.picture().frames
    assert "relu 0," in frames["others"].caption
    assert "nothing through" in frames["others"].caption
    assert frames["lines"].caption == "No line is left: nothing comes out, as predicted."
    assert np.isnan(readout(explorer, "SFDR"))


def test_what_is_too_large_to_be_squared_is_said():
    assert "too large" in ActivationExplorer(activation="formula", formula="1e308*z*z").picture().trouble
