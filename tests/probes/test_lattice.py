"""The rule of causes, against its plain statement in fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.probes.lattice import (
    DIRECT,
    FOLDED,
    IMAGE,
    distinct_orders,
    explain,
    folded,
    folding_rates,
    grid,
    order_period,
    principal,
    rational_gcd,
)
from workbench.signals import fold

HALVES = [Fraction(1, 2**d) for d in range(5)]


def square(rates, size=None, *, frame=32, tone=(3, 5)):
    spectrum, reason = grid(
        (rates[-1],) * 2,
        frozenset((r, r) for r in rates),
        (size or int(rates[-1] * frame),) * 2,
        (frame,) * 2,
        tone,
    )
    assert spectrum is not None, reason
    return spectrum


@given(st.integers(-1000, 1000), st.integers(1, 200))
def test_folding_is_the_same_as_in_theory(frequency, rate):
    assert folded(frequency, rate) == fold(frequency, rate)


@given(st.lists(st.fractions(0, 100, max_denominator=12), min_size=1, max_size=4).filter(any))
def test_rational_gcd(values):
    unit = rational_gcd(values)
    assert all((value / unit).denominator == 1 for value in values)
    assert math.gcd(*(int(value / unit) for value in values)) == 1


def plain_cause(order, bin_, passed, own, frame, tone):
    """The table of causes, word by word, by search over whole frequencies."""
    own, passed = int(own), [int(q) for q in passed]
    true = [order * m for m in tone]
    aliases = [[fold(f, q)[0] for f in true] for q in passed if any(fold(f, q)[1] for f in true)]

    def at(f):
        return all((b - v) % own == 0 for b, v in zip(bin_, f, strict=True))

    if at(true) and not any(fold(f, own)[1] for f in true):
        return DIRECT
    if any(at(f) for f in aliases):
        return FOLDED
    for d in range(1, 10):
        level = Fraction(frame, 2**d)
        for base in [true, *aliases]:
            offsets = [
                [(b - v + own * t) % level == 0 for t in range(int(frame // own) + 1)]
                for b, v in zip(bin_, base, strict=True)
            ]
            if all(any(o) for o in offsets):
                return IMAGE + d - 1
    return None


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(HALVES), min_size=0, max_size=3),
    st.sampled_from(HALVES[:3]),
    st.tuples(st.integers(-7, 7), st.integers(-7, 7)).filter(any),
    st.integers(-9, 9),
)
def test_causes_word_by_word(between, own, tone, order):
    frame = 16
    rates = [Fraction(1), *between, own]
    spectrum = square(rates, frame=frame, tone=tone)
    lowest = min(rates) * frame
    where, cause = explain(spectrum, order)
    size = int(own * frame)
    for flat, code in zip(where, cause, strict=True):
        bin_ = divmod(int(flat), size)
        assert all((b - order * m) % lowest == 0 for b, m in zip(bin_, tone, strict=True))
        assert code == plain_cause(order, bin_, sorted({r * frame for r in rates}), own * frame, frame, tone)
    assert len(set(where.tolist())) == (size / lowest) ** 2


@given(st.integers(3, 40), st.integers(-200, 200))
def test_principal_orders(phases, order):
    inside = principal(order, phases)
    assert (inside - order) % phases == 0
    assert 2 * abs(inside) <= phases


@given(st.integers(1, 30), st.booleans())
def test_distinct_orders_cover_each_class_once(period, real):
    weights = np.zeros(period)
    for order, weight in distinct_orders(period, real):
        weights[order % period] += weight
    np.testing.assert_allclose(weights, 1)


def test_orders_that_nothing_tells_apart():
    assert order_period(square([Fraction(1)], frame=64, tone=(5, 11)), 16) == 64
    assert order_period(square([Fraction(1)], frame=64, tone=(5, 11)), 64) == 64
    assert order_period(square([Fraction(1), Fraction(1, 16)], frame=64, tone=(5, 11)), 16) == 16
    assert order_period(square([Fraction(1), Fraction(1, 16)], frame=64, tone=(5, 11)), 15) == 60


def test_folding_rates():
    spectrum = square([Fraction(1), Fraction(1, 2), Fraction(1, 4), Fraction(1)], frame=64, tone=(0, 13))
    rates = dict(zip(range(-3, 4), folding_rates(spectrum, 3), strict=True))
    assert rates[1] == rates[-1] == 16
    assert rates[2] == 32
    assert rates[3] == 64
    assert math.isnan(rates[0])


@pytest.mark.parametrize(
    ("rates", "size", "frame", "tone", "window"),
    [
        ([1], 70, 64, (5, 11), 64),
        ([1], 62, 64, (4, 4), 48),
        ([1, Fraction(1, 8)], 7, 64, (16, 8), 7),
        ([1, Fraction(1, 8)], 7, 64, (4, 12), 6),
        ([1, Fraction(1, 3)], 22, 64, (16, 16), 20),
        ([1, Fraction(1, 3)], 22, 64, (5, 11), None),
        ([1, Fraction(1, 8)], 7, 64, (5, 11), None),
    ],
)
def test_windows(rates, size, frame, tone, window):
    rates = [Fraction(r) for r in rates]
    spectrum, reason = grid(
        (rates[-1],) * 2, frozenset((r, r) for r in rates), (size,) * 2, (frame,) * 2, tone
    )
    if window is None:
        assert spectrum is None
        assert "whole period" in reason
    else:
        assert spectrum.window == (window, window)
        assert all(q % spectrum.lowest[0] == 0 for pair in spectrum.rates for q in pair)
