"""Markers and guesses by keys alone."""

import pytest

from workbench.session.explorers import (
    ActivationExplorer,
    CoherenceExplorer,
    NyquistExplorer,
    ResamplingExplorer,
    nudge,
    point,
)

KINDS = [ActivationExplorer, ResamplingExplorer, NyquistExplorer, CoherenceExplorer]


@pytest.mark.parametrize("kind", KINDS)
def test_markers_go_to_the_strongest_lines_in_turn(kind):
    explorer = kind()
    said = point(explorer)
    if kind is NyquistExplorer:  # the defaults are speckle there: take what has lines
        explorer = NyquistExplorer(scene="one tone")
        said = point(explorer)
    (first,) = explorer.readings()
    levels = explorer.levels()
    assert first.level == pytest.approx(float(levels["level"].max()))
    assert said == ""
    more = point(explorer)
    assert len(explorer.readings()) == 2 or more == "No other line stands out."
    assert first.place in explorer.places(), "a further one takes none away"


def test_a_marker_moves_by_bins_and_stays_on_the_axis():
    explorer = ActivationExplorer(tone=12)
    point(explorer)
    assert explorer.places() == [(12 / 128,)]
    nudge(explorer, 1, 0)
    assert explorer.places() == [(13 / 128,)]
    nudge(explorer, 0, -1)
    assert explorer.places() == [(3 / 128,)], "ten at once"
    nudge(explorer, 0, -1)
    assert explorer.places() == [(0.0,)]


def test_in_a_plane_there_are_two_directions():
    explorer = NyquistExplorer(scene="one tone")
    point(explorer)
    (before,) = explorer.places()
    nudge(explorer, 1, 0)
    nudge(explorer, 0, -2)
    (after,) = explorer.places()
    assert after == pytest.approx((before[0] + 1 / 128, before[1] - 2 / 128))


@pytest.mark.parametrize("kind", KINDS)
def test_a_guess_is_put_and_moved_to_the_answer(kind):
    explorer = NyquistExplorer(scene="one tone") if kind is NyquistExplorer else kind()
    answer = explorer.picture().answers[0].place
    explorer.begin_quiz()
    assert "Your guess is at" in point(explorer)
    (guess,) = explorer.quiz.guesses
    step = explorer.TOLERANCE / 2
    for _ in range(2000):
        ways = [round((to - at) / step) for at, to in zip(explorer.quiz.guesses[0], answer, strict=True)]
        if not any(ways):
            break
        nudge(explorer, max(-1, min(1, ways[0])), max(-1, min(1, ways[1])) if len(ways) == 2 else 0)
    assert explorer.reveal().found[0].place == answer
    assert guess != explorer.quiz.guesses[0] or guess == pytest.approx(answer, abs=step)


def test_another_guess_stands_beside_the_first_and_nothing_moves_without_one():
    explorer = ActivationExplorer()
    explorer.begin_quiz()
    assert nudge(explorer, 1, 0) == "No guess to move: g puts one."
    point(explorer)
    point(explorer)
    assert len(explorer.quiz.guesses) == 2
    first, second = explorer.quiz.guesses
    assert abs(first[0] - second[0]) > explorer.TOLERANCE
