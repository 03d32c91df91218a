import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.signals import fold

finite = st.floats(-1e6, 1e6, allow_nan=False)
rates = st.floats(1e-3, 1e4, allow_nan=False)


@pytest.mark.parametrize(
    ("frequency", "rate", "folded", "alias"),
    [
        (0.0, 1.0, 0.0, 0),
        (0.5, 1.0, -0.5, 1),  # ties go down
        (-0.5, 1.0, -0.5, 0),
        (1.5, 1.0, -0.5, 2),  # half-to-even would give 2 here too, but 0 for 0.5
        (2.5, 1.0, -0.5, 3),
        (13, 16, -3, 1),
        (33, 64, -31, 1),
        (-33, 64, 31, -1),
        (44, 16, -4, 3),
    ],
)
def test_known_cases(frequency, rate, folded, alias):
    assert fold(frequency, rate) == (folded, alias)


@settings(deadline=None)
@given(finite, rates)
def test_folded_lies_in_the_half_open_interval_and_undoes_the_alias(frequency, rate):
    folded, alias = fold(frequency, rate)
    assert -rate / 2 <= folded < rate / 2
    assert folded + alias * rate == pytest.approx(frequency, abs=1e-9 * max(abs(frequency), rate))


@settings(deadline=None)
@given(st.integers(-4000, 4000), st.integers(1, 300))
def test_a_sampled_tone_and_its_fold_are_the_same_samples(frequency, rate):
    folded, _ = fold(frequency, rate)
    n = np.arange(rate)
    original = np.exp(2j * np.pi * ((frequency * n) % rate) / rate)
    alias = np.exp(2j * np.pi * ((int(folded) * n) % rate) / rate)
    np.testing.assert_allclose(original, alias, atol=1e-12)


@settings(deadline=None)
@given(finite, rates)
def test_folding_twice_changes_nothing(frequency, rate):
    folded, _ = fold(frequency, rate)
    assert fold(folded, rate) == (folded, 0)


def test_just_below_a_tie_stays_inside_although_the_division_rounds():
    below = np.nextafter(0.5, 0.0)
    assert fold(below, 1.0) == (below, 0)


def test_scalars_in_scalars_out_and_arrays_broadcast():
    folded, alias = fold(3, 4)
    assert type(folded) is float
    assert type(alias) is int
    folded, alias = fold(np.arange(6)[:, None], [4.0, 8.0, 16.0])
    assert folded.shape == alias.shape == (6, 3)
    assert folded.dtype == np.float64
    assert alias.dtype == np.int64
    assert folded[5].tolist() == [1.0, -3.0, 5.0]


@pytest.mark.parametrize(
    ("frequency", "rate", "message"),
    [
        (1.0, 0.0, "sampling_rate must be positive, found 0"),
        (1.0, [2.0, -3.0], "sampling_rate must be positive, found -3"),
        (1.0, np.nan, "sampling_rate must be finite"),
        (np.nan, 1.0, "frequency must be finite"),
        (np.inf, 1.0, "frequency must be finite"),
        (1j, 1.0, "frequency must be real"),
        ("x", 1.0, "frequency must be real"),
    ],
)
def test_bad_input_is_named(frequency, rate, message):
    with pytest.raises(ValueError, match=message):
        fold(frequency, rate)
