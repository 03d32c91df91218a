"""Every stored bin belongs to the order and cause that the plain rule gives it."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.probes.attribution import attribute
from workbench.probes.dense import divide
from workbench.probes.lattice import direct_bin, grid
from workbench.probes.partition import partition
from workbench.probes.reduction import energies

HALVES = [Fraction(1, 2**d) for d in range(5)]
CPU = torch.device("cpu")


def lattice(rates, frame, *tones):
    spectrum, reason = grid(
        (rates[-1],) * 2,
        frozenset((r, r) for r in rates),
        (int(rates[-1] * frame),) * 2,
        (frame,) * 2,
        *tones,
    )
    assert spectrum is not None, reason
    return spectrum


def tones(largest=7):
    return st.tuples(st.integers(-largest, largest), st.integers(-largest, largest)).filter(any)


def measured(spectrum, phases, axes, real):
    """Energies of a random cycle on the layer's grid, and what they are divided into."""
    dtype = torch.float64 if real else torch.complex128
    frames = torch.randn(phases**axes, 2, *spectrum.window, dtype=dtype)
    energy = energies(frames, phases, axes)
    found = partition(spectrum, phases, real, CPU)
    return frames, energy.numpy(), attribute(found, found.sums(energy).numpy())


def largest_pair(frames, spectrum, *orders):
    """The plain statement: the strongest ± pair of bins of the mean spectrum but for DC and these orders."""
    power = np.fft.fft2(frames.numpy(), norm="forward")
    power = (abs(power) ** 2).mean(0).sum(0)
    height, width = power.shape
    best = 0.0
    left_out = {(0, 0)}
    for order in orders:
        for sign in (1, -1):
            left_out.add(
                direct_bin(spectrum, sign * order if np.isscalar(order) else tuple(sign * np.array(order)))
            )
    for v in range(height):
        for u in range(width):
            other = (-v % height, -u % width)
            if (v, u) not in left_out:
                best = max(best, power[v, u] + (power[other] if other != (v, u) else 0.0))
    return best


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(HALVES), min_size=0, max_size=3),
    st.sampled_from(HALVES[:3]),
    tones(),
    st.integers(3, 20),
    st.booleans(),
)
def test_one_tone_as_bin_by_bin(between, own, tone, phases, real):
    spectrum = lattice([Fraction(1), *between, own], 16, tone)
    frames, energy, share = measured(spectrum, phases, 1, real)
    plain = divide(energy, spectrum, phases, real)
    expected = np.zeros_like(share.table)
    for order, power in plain.power.items():
        for code in range(len(plain.causes)):
            expected[order + share.highest, code] += power[plain.cause[order] == code].sum()
    np.testing.assert_allclose(share.table, expected, atol=1e-15)
    assert share.total == pytest.approx(float(frames.abs().square().mean((0, 2, 3)).sum()))
    assert share.table.sum() == pytest.approx(share.total)
    assert share.spur == pytest.approx(largest_pair(frames, spectrum, 1))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(HALVES[:4]), min_size=0, max_size=2),
    st.sampled_from(HALVES[:2]),
    tones(),
    tones(),
    st.integers(3, 6),
    st.booleans(),
)
def test_two_tones_sum_up_and_swap(between, own, first, second, phases, real):
    rates = [Fraction(1), *between, own]
    spectrum = lattice(rates, 16, first, second)
    frames, _, share = measured(spectrum, phases, 2, real)
    assert share.total == pytest.approx(float(frames.abs().square().mean((0, 2, 3)).sum()))
    assert share.table.sum() == pytest.approx(share.total)
    assert share.spur == pytest.approx(largest_pair(frames, spectrum, (1, 0), (0, 1)))
    assert (share.table >= 0).all()
    if real:
        np.testing.assert_allclose(share.table, share.table[::-1, ::-1], atol=1e-15)
    turned = lattice(rates, 16, second, first)
    swapped = energies(
        frames.view(phases, phases, *frames.shape[1:]).transpose(0, 1).reshape(frames.shape), phases, 2
    )
    found = partition(turned, phases, real, CPU)
    other = attribute(found, found.sums(swapped).numpy())
    # What lies at half a rate folds or not by its sign: which sign is stored depends on the tones' order.
    np.testing.assert_allclose(other.table[..., -1].sum(), share.table[..., -1].sum(), atol=1e-15)
