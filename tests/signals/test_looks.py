import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gamma

from workbench.signals import coherence_bias, coherence_null_quantile, coherence_unbiased


def test_reference_numbers(numbers):
    for looks, cases in numbers.COHERENCE.items():
        for true, expected in cases:
            assert coherence_bias(true, looks) == pytest.approx(expected, abs=2e-14)


def test_limits():
    for looks in (1.0, 1.5, 4.0, 25.0, 100.0):
        floor = np.sqrt(np.pi) / 2 * gamma(looks) / gamma(looks + 0.5)
        assert coherence_bias(0.0, looks) == pytest.approx(floor, rel=1e-13)
        assert coherence_bias(1e-160, looks) == pytest.approx(floor, rel=1e-13)
        assert coherence_bias(1.0, looks) == 1.0
    assert coherence_bias(0.0, 1e4) == pytest.approx(np.sqrt(np.pi / 4e4), rel=2e-5)


@settings(deadline=None)
@given(st.floats(0, 1))
def test_one_look_always_gives_one(true):
    assert coherence_bias(true, 1) == pytest.approx(1.0, abs=1e-13)


def test_two_looks_equal_the_integral_of_the_density():
    # f(r) = 2 (L-1) (1-g^2)^L r (1-r^2)^(L-2) 2F1(L, L; 1; g^2 r^2) and 2F1(2, 2; 1; z) = (1+z)/(1-z)^3
    x, w = np.polynomial.legendre.leggauss(200)
    r, w = (x + 1) / 2, w / 2
    for true in (0.1, 0.5, 0.9):
        z = true**2 * r**2
        density = 2 * (1 - true**2) ** 2 * r * (1 + z) / (1 - z) ** 3
        assert w @ density == pytest.approx(1.0, abs=1e-12)
        assert coherence_bias(true, 2) == pytest.approx(float(w @ (r * density)), abs=1e-12)


def test_long_sums_agree_with_short_ones():
    # around the point where panels replace the exact sum the curve must stay smooth
    for looks in (1.5, 40.0, 400.0, 1e4):
        gap = np.geomspace(1e-7, 1e-1, 61)
        share = np.array([(1 - coherence_bias(1 - g, looks)) / g for g in gap])
        assert np.abs(np.diff(np.log(share), 3)).max() < 0.01
        assert np.all(share > 0)


def test_simulated_looks(rng):
    looks, true, count = 6, 0.6, 40_000
    x, n = (rng.normal(size=(2, count, looks, 2)) @ [1, 1j]) / np.sqrt(2)
    y = true * x + np.sqrt(1 - true**2) * n
    power = np.sqrt((abs(x) ** 2).sum(1) * (abs(y) ** 2).sum(1))
    estimate = abs((x * y.conj()).sum(1)) / power
    assert estimate.mean() == pytest.approx(
        coherence_bias(true, looks), abs=5 * estimate.std() / np.sqrt(count)
    )
    null = abs((x * n.conj()).sum(1)) / np.sqrt((abs(x) ** 2).sum(1) * (abs(n) ** 2).sum(1))
    for probability in (0.5, 0.95):
        share = (null < coherence_null_quantile(looks, probability)).mean()
        assert share == pytest.approx(probability, abs=0.012)


@settings(deadline=None, max_examples=60)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(1.01, 1e4))
def test_bias_is_monotone_and_upwards(a, b, looks):
    low, high = sorted((a, b))
    assert coherence_bias(low, looks) <= coherence_bias(high, looks) + 1e-12
    assert low - 1e-12 <= coherence_bias(low, looks) <= 1.0


@settings(deadline=None, max_examples=60)
@given(st.floats(0, 1), st.floats(1, 1000))
def test_more_looks_less_bias(true, looks):
    assert coherence_bias(true, 2 * looks) <= coherence_bias(true, looks) + 1e-12


@pytest.mark.parametrize("looks", [1.05, 2.0, 9.0, 23.7, 400.0, 1e4])
def test_unbiased_inverts_the_bias(looks):
    true = np.linspace(0.0, 1.0, 51)
    estimate = np.array([coherence_bias(g, looks) for g in true])
    found = coherence_unbiased(estimate, looks)
    again = np.array([coherence_bias(g, looks) for g in found])
    np.testing.assert_allclose(again, estimate, atol=2e-6)
    np.testing.assert_allclose(found[true > 0.1], true[true > 0.1], atol=1e-4)
    assert np.all(np.diff(found) >= 0)


def test_unbiased_is_zero_below_the_floor_and_one_at_one():
    assert coherence_unbiased(coherence_bias(0.0, 9) - 1e-6, 9) == 0.0
    assert coherence_unbiased([0.0, 0.2, 1.0], 9).tolist() == [0.0, 0.0, 1.0]


def test_maps_are_interpolated_close_to_the_exact_values(rng):
    true = rng.uniform(size=(64, 64))
    for looks in (1.5, 25.0, 5000.0):
        table = coherence_bias(true, looks)
        probe = [coherence_bias(g, looks) for g in true[0, :16]]
        np.testing.assert_allclose(table[0, :16], probe, atol=1e-9)
        assert table.max() <= 1.0


def test_shapes_kinds_and_masks():
    assert type(coherence_bias(0.3, 4)) is float
    assert coherence_bias(np.zeros((2, 1)), [4, 9, 25]).shape == (2, 3)
    assert coherence_unbiased(np.full((2, 2), 0.8), 5.0).shape == (2, 2)
    assert np.isnan(coherence_bias([np.nan, 0.5], 4)).tolist() == [True, False]
    assert np.isnan(coherence_unbiased([np.nan, 0.5], 4)).tolist() == [True, False]
    labelled = xr.DataArray([[0.2, 0.9]], dims=("y", "x"))
    for function in (coherence_bias, coherence_unbiased):
        result = function(labelled, 9)
        assert result.dims == ("y", "x")
        np.testing.assert_array_equal(result.values, function(labelled.values, 9))


def test_null_quantile_closed_form():
    assert coherence_null_quantile(2, 0.95) == pytest.approx(np.sqrt(0.95))
    assert coherence_null_quantile(1) == 1.0
    quantiles = coherence_null_quantile(np.array([2.0, 10.0, 100.0]))
    assert np.all(np.diff(quantiles) < 0)


@pytest.mark.parametrize(
    ("coherence", "looks", "message"),
    [
        (1.1, 4, r"lies in \[0, 1\], found 1.1"),
        (-0.1, 4, "lies in"),
        (0.5, 0.5, "at least 1, found 0.5"),
        (0.5, np.nan, "at least 1, found nan"),
        (0.5, np.inf, "must be finite"),
        (0.5j, 4, "real magnitude, found complex"),
    ],
)
def test_bad_input_is_named(coherence, looks, message):
    with pytest.raises(ValueError, match=message):
        coherence_bias(coherence, looks)


def test_one_look_cannot_be_inverted():
    with pytest.raises(ValueError, match=r"above 1, found 1\.0"):
        coherence_unbiased(0.5, 1)
    with pytest.raises(ValueError, match="probability must be inside"):
        coherence_null_quantile(9, 1.0)


@pytest.mark.parametrize("looks", [1.0, 1.5, 8.3, 400.0])
def test_many_values_equal_single_ones(looks):
    # arrays are read from a table whose sums share their log-gammas; single values are summed one by one
    true = np.concatenate(([0.0, 1e-160, 1.0], np.linspace(0.01, 0.9999, 1200)))
    single = [coherence_bias(float(g), looks) for g in true[::40]]
    np.testing.assert_allclose(coherence_bias(true, looks)[::40], single, atol=1e-10)
