"""The resampling explorer's numbers, without a screen."""

import re

import numpy as np
import pytest

from workbench.session.explorers.resampling_chain import OFFERED, SIZE, ResamplingExplorer


def readout(explorer, label):
    return next(r.value for r in explorer.picture().readouts if r.label == label)


@pytest.mark.parametrize("name", ResamplingExplorer.PRESETS)
def test_every_preset_shows_something_and_its_code_gives_the_same_numbers(name):
    explorer = ResamplingExplorer()
    explorer.choose_preset(name)
    picture = explorer.picture()
    assert picture.trouble == ""
    assert picture.frames["stages"].data is not None
    space = {}
    exec(explorer.as_code(), space)
    shown = picture.frames["cut"].data.measured.values
    np.testing.assert_allclose(np.maximum(space["level"], -100), shown, atol=1e-6)


def test_a_step_is_judged_at_the_frequency_that_reaches_it():
    # behind a decimation by 2 it is 0.3125; nearest weighs that with cos, its image with sin
    explorer = ResamplingExplorer(tone_x=0.15625, first="↓2 Kaiser filter, 60 dB", second="↑2 nearest")
    expected = f"{20 * np.log10(np.tan(np.pi * 0.15625)):.1f}".replace("-", "−")
    assert (
        f"the image of f = 0.312 is at {expected} dB re it" in explorer.picture().frames["response"].caption
    )


def test_images_along_both_axes_count():
    explorer = ResamplingExplorer(tone_x=0.125, first="↑2 zero-stuffing, no filter")
    assert readout(explorer, "images") == pytest.approx(75)  # one of four lines is the tone's own
    assert readout(explorer, "checkerboard") == pytest.approx(50)


@pytest.mark.parametrize(
    "name", [name for name, stage in OFFERED.items() if stage and stage.kind != "max_pool"]
)
@pytest.mark.parametrize("tone", [(0.3203125, 0.0703125), (0.5, 0.5)])
def test_measured_lines_are_the_predicted_ones(name, tone):
    explorer = ResamplingExplorer(first=name, second="↑2 nearest", tone_y=tone[0], tone_x=tone[1])
    cut = explorer.picture().frames["cut"].data
    predicted, measured = cut.predicted.values, cut.measured.values
    known = np.isfinite(predicted)
    np.testing.assert_allclose(measured[known], predicted[known], atol=1e-6)
    assert (measured[~known] < -90).all()


def test_a_tone_above_the_new_nyquist_folds():
    explorer = ResamplingExplorer(tone_x=0.375, first="↓2 decimate, no filter")
    assert readout(explorer, "aliased") == pytest.approx(100)
    assert sorted(answer.place[0] for answer in explorer.picture().answers) == [-0.25, 0.25]
    assert {answer.name for answer in explorer.picture().answers} == {"alias"}


def test_a_filter_removes_what_would_fold():
    plain = ResamplingExplorer(tone_x=0.375, first="↓2 decimate, no filter")
    clean = ResamplingExplorer(tone_x=0.375, first="↓2 Kaiser filter, 60 dB")
    levels = [e.picture().frames["cut"].data.measured.max() for e in (plain, clean)]
    assert float(levels[1] - levels[0]) < -50


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("taps", [1, 2, 3, 4, 5, 6])
def test_the_verdict_on_overlap_is_that_of_a_large_image_whatever_the_pixels(taps, stride):
    def counts(pixels):
        reach = np.zeros(39 * stride + taps, int)
        for pixel in pixels:
            reach[pixel * stride : pixel * stride + taps] += 1
        return reach

    large = counts(range(40))
    inside = np.unique(large[8 * stride : 32 * stride] ** 2)
    for pixels in (1, 2, 3, 8):
        frame = ResamplingExplorer(pixels=pixels, taps=taps, stride=stride).picture().frames["overlap"]
        assert ("a checkerboard" in frame.caption) == (inside.size > 1)
        assert ("no checkerboard" in frame.caption) == (inside.size == 1)
        ends = f"from {inside[0]} to {inside[-1]} inside" if inside.size > 1 else f"{inside[0]} everywhere"
        assert ends in frame.caption
        own = counts(range(16, 16 + pixels))[16 * stride : 16 * stride + frame.data.counts.shape[0]]
        np.testing.assert_array_equal(frame.data.counts, np.outer(own, own))
        alike = own[own == large[16 * stride : 16 * stride + own.size]]
        assert ("too little inside" in frame.caption) == (set(alike**2) < set(inside))


@pytest.mark.parametrize("name", [name for name, stage in OFFERED.items() if stage and not stage.up])
def test_a_line_at_the_new_nyquist_does_not_fold(name):
    explorer = ResamplingExplorer(tone_x=0.5 / OFFERED[name].factor, first=name)
    frames = explorer.picture().frames
    assert "no filter none" in frames["rivals"].caption
    if OFFERED[name].linear:
        assert readout(explorer, "aliased") in (0.0, pytest.approx(np.nan, nan_ok=True))
        assert "the new Nyquist frequency, does not fold" in frames["response"].caption
        assert {answer.name for answer in explorer.picture().answers} <= {"direct"}


@pytest.mark.parametrize(
    "settings",
    [
        *ResamplingExplorer.PRESETS.values(),
        {"first": "↓2 blurpool, 3 taps"},
        {"first": "↓2 blurpool, 3 taps", "tone_x": 0.25},
        {"first": "↓2 average pooling", "tone_x": 0.5, "second": "↑2 bilinear"},
    ],
)
def test_the_code_prints_what_the_captions_say(settings, capsys):
    explorer = ResamplingExplorer(**settings)
    exec(explorer.as_code(), {})
    *steps, _, board = capsys.readouterr().out.splitlines()
    caption = explorer.picture().frames["response"].caption.replace("−", "-")
    said = [float(word or "-inf") for word in re.findall(r" (?:at|is) (?:(-?\d+\.\d) dB|nothing)", caption)]
    printed = [float(line.split()[0]) for line in steps]
    assert [max(level, -250) for level in said] == pytest.approx([max(x, -250) for x in printed], abs=0.051)
    assert float(board.split()[1]) == pytest.approx(readout(explorer, "checkerboard"), abs=1e-9, nan_ok=True)


def test_the_primers_example():
    counts = ResamplingExplorer(pixels=2, taps=2, stride=1).picture().frames["overlap"].data.counts.values
    np.testing.assert_array_equal(counts, [[1, 2, 1], [2, 4, 2], [1, 2, 1]])


def test_max_pooling_says_why_it_is_not_predicted():
    picture = ResamplingExplorer(first="↓2 max pooling").picture()
    assert "not linear" in picture.frames["cut"].caption
    assert picture.frames["response"].data is None


def test_sizes_follow_the_thesis():
    explorer = ResamplingExplorer(first="↓2 strided convolution, 4 taps")
    assert readout(explorer, "size") == f"{SIZE} → {SIZE // 2}"
    assert readout(explorer, "⌊(N+2p−k)/s⌋ + 1") == str(SIZE // 2)


def test_too_many_steps_one_way_are_refused():
    up = ResamplingExplorer(first="↑4 nearest", second="↑4 nearest")
    down = ResamplingExplorer(
        first="↓4 decimate, no filter", second="↓4 decimate, no filter", third="↓4 decimate, no filter"
    )
    for explorer in (up, down):
        assert "choose fewer steps" in explorer.picture().trouble


def test_other_filters_stand_side_by_side_with_what_they_let_through():
    tone = ResamplingExplorer(tone_x=0.375).picture().frames["rivals"].caption
    assert "no filter 0.0 dB" in tone
    assert f"average {20 * np.log10(np.cos(np.pi * 0.375)):.1f} dB".replace("-", "−") in tone
    brick = ResamplingExplorer(image="brick").picture().frames["rivals"].caption.replace("−", "-")
    plain, average, blur, kaiser = (
        float(part.split()[-2]) for part in brick.rstrip(".").split(",") if "dB" in part[-4:]
    )
    assert plain > average > kaiser
    assert plain > blur > kaiser
    stuffed = ResamplingExplorer(tone_x=0.125, first="↑2 zero-stuffing, no filter").picture().frames["rivals"]
    assert "no filter 75.0 %" in stuffed.caption
    assert stuffed.data.attrs["names"][1] == "nearest"
    assert len({stuffed.data[f"picture_{i}"].attrs["scale"] for i in range(4)}) == 1, "weak looks weak"
    assert ResamplingExplorer(first="–").picture().frames["rivals"].data is None
