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


@pytest.mark.parametrize(
    "settings",
    [
        {"formula": "1/z"},
        {"formula": "1/z", "bias": 0.3},  # no sample at the pole
        {"formula": "1/(z-0.2)", "excitation": "two tones"},
        {"formula": "tan(4*z)"},
        {"formula": "1/sqrt(abs(z))", "excitation": "photograph row"},
    ],
)
def test_what_grows_without_bound_is_refused(settings):
    trouble = ActivationExplorer(activation=FORMULA, **settings).picture().trouble
    assert "grows without bound near z = " in trouble
    wider = ActivationExplorer(
        activation=FORMULA, formula="1/(z+0.9)", excitation="photograph row", drive=1.0
    ).picture()  # a dark pixel that this row has not
    assert wider.trouble == ""
    assert "grows without bound near z = -0.9" in wider.frames["plane"].caption
    gap = ActivationExplorer(activation=FORMULA, formula="sin(1/z)").picture().trouble
    assert "is not defined near z = 0" in gap
    assert ActivationExplorer(activation=FORMULA, formula="1/z", bias=1.5).picture().trouble == ""
    assert ActivationExplorer(activation=FORMULA, formula="1/(z*z+1e-4)").picture().trouble == ""


@pytest.mark.parametrize(
    "formula", ["sign(z)", "z>0.3", "abs(z)**0.1", "sqrt(abs(z))", "max(z, 0.1*z)", "0*z"]
)
@pytest.mark.parametrize("settings", [{}, {"bias": 0.3}, {"oversampling": 4}, {"excitation": "two tones"}])
def test_lines_are_called_predicted_only_where_they_are(formula, settings):
    explorer = ActivationExplorer(activation=FORMULA, formula=formula, **settings)
    caption = explorer.picture().frames["lines"].caption
    assert ("predicted" in caption and "not all" not in caption) == (readout(explorer, "residual") < -80)


def test_it_is_said_that_rounding_decides_on_a_jump():
    z = np.cos(2 * np.pi * 12 * np.arange(SIZE) / SIZE)
    caption = ActivationExplorer(activation=FORMULA, formula="sign(z)").picture().frames["lines"].caption
    assert f"as {(abs(z) < 1e-9).sum()} samples lie on a jump or a cusp of sign(z)" in caption


def test_distortion_is_that_of_the_harmonics_that_are_left():
    filtered = ActivationExplorer()
    filtered.choose_preset("ReLU, filtered ×4")
    harmonics = [2 * (-1) ** (m + 1) / (np.pi * (4 * m * m - 1)) for m in range(1, 13)]  # orders 2, 4 … 24
    order = 2 * np.arange(1, 13) * 26 / 512  # cycles per sample of the fourfold rate
    left = np.abs(order - np.round(order)) < 1 / 8
    assert readout(filtered, "THD") == pytest.approx(200 * np.sqrt(np.sum(np.square(harmonics)[left])))
    plain = ActivationExplorer(tone=26)
    assert readout(plain, "THD") == pytest.approx(200 * np.sqrt(np.sum(np.square(harmonics))))


@pytest.mark.parametrize("settings", [{"tone": 32}, {"tone": 12}, {"tone": 12, "oversampling": 2}])
def test_without_a_fundamental_there_is_no_distortion(settings):
    explorer = ActivationExplorer(activation=FORMULA, formula="abs(z)", **settings)
    found = {one.label: one for one in explorer.picture().readouts}
    for label in ("THD", "SFDR"):
        assert np.isnan(found[label].value)
        assert "no fundamental" in found[label].note


def test_a_line_at_nyquist_is_where_it_belongs():
    frames = ActivationExplorer(tone=32).picture().frames
    assert "order 2" in frames["peaks"].data.name.values
    assert frames["folding"].caption.startswith("11 of 14 lines belong above Nyquist")
    lines = frames["folding"].data
    assert not lines.folded.values[lines.true_frequency.values == 0.5].any()
    assert lines.folded.values[lines.true_frequency.values > 0.5].all()
    clean = ActivationExplorer(tone=32, oversampling=2).picture().frames["folding"].caption
    assert "the filter removes 8 of them and the one at Nyquist" in clean  # orders 8, 16, 24 fold onto DC
    alone = ActivationExplorer(activation="identity").picture().frames["folding"].caption
    assert alone == "No line belongs above Nyquist."


@pytest.mark.parametrize(
    "settings",
    [
        {"tone": 32},
        {"tone": 26},
        {"tone": 48, "bias": 0.3, "activation": "tanh"},
        {"tone": 63, "oversampling": 2, "activation": "tanh", "drive": 3.0},
        {"excitation": "two tones", "tone": 32, "second": 20},
    ],
)
def test_aliases_have_the_power_of_the_waves_that_they_are(settings):
    explorer = ActivationExplorer(**settings)
    lines = explorer._lines(explorer._layer())
    n = np.arange(SIZE)
    aliases = np.zeros(SIZE)
    for true, seen, amplitude, kept in zip(
        lines.true_frequency.values, lines.frequency.values, lines.amplitude.values, lines.kept, strict=True
    ):
        if kept and true > 0.5:
            aliases += amplitude * np.cos(2 * np.pi * seen * n)
    whole = np.var(explorer.picture().frames["chain"].data.y.values)
    assert readout(explorer, "aliased") == pytest.approx(100 * np.var(aliases) / whole, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("settings", "stays"),
    [
        ({"activation": "softplus", "sharpness": 12.0, "drive": 0.05}, True),
        ({"activation": "elu", "bias": 0.3, "drive": 0.05}, True),
        ({"activation": "softplus", "sharpness": 12.0, "drive": 0.3}, False),
    ],
)
def test_the_radius_is_compared_with_where_the_signal_goes(settings, stays):
    frame = ActivationExplorer(**settings).picture().frames["taylor"]
    reach = max(
        abs(frame.data.attrs["low"] - frame.data.attrs["at"]),
        abs(frame.data.attrs["high"] - frame.data.attrs["at"]),
    )
    assert (reach < frame.data.attrs["radius"]) == stays
    assert ("stays within" in frame.caption) == stays


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"activation": "identity"}, "2 bins above −60 dB; none of them new"),
        ({"activation": FORMULA, "formula": "z"}, "none of them new"),
        ({"activation": "relu", "bias": 2.0}, "3 bins above −60 dB; none of them new"),
        ({"activation": "relu", "bias": -1.2}, "nothing comes out"),
        ({"activation": "sigmoid", "bias": 2.0, "drive": 0.05, "oversampling": 2}, "what would fold"),
        ({"activation": "relu"}, "fold on each axis by itself"),
    ],
)
def test_the_plane_says_what_its_lines_are(settings, words):
    assert words in ActivationExplorer(tone=12, **settings).picture().frames["plane"].caption


def test_one_line_is_one():
    peaks = ActivationExplorer(activation="identity").picture().frames["peaks"]
    assert (peaks.caption, peaks.data.sizes["peak"]) == ("The strongest line.", 1)
    dead = ActivationExplorer(activation="relu", bias=-1.2).picture().frames["peaks"]
    assert (dead.caption, dead.data.sizes["peak"]) == ("No line stands out.", 0)


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
