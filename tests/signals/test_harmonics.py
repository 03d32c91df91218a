import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import iv

from workbench.signals import ACTIVATIONS, harmonic_amplitude_field, harmonic_amplitudes

amplitudes = st.floats(0.01, 5.0)
biases = st.floats(-3.0, 3.0)


def test_reference_numbers(numbers):
    assert len(numbers.HARMONICS) == 16
    for (name, parameters, amplitude, bias), expected in numbers.HARMONICS.items():
        found = harmonic_amplitudes(name, amplitude, bias, **dict(parameters))
        np.testing.assert_allclose(found, expected, atol=2e-14, err_msg=name)


def test_callables_reach_the_same_numbers_without_knowing_the_kinks(numbers):
    for (name, parameters, amplitude, bias), expected in numbers.HARMONICS.items():
        options = dict(parameters)

        def function(z, name=name, options=options):
            return ACTIVATIONS[name](z, **options)

        found = harmonic_amplitudes(function, amplitude, bias)
        np.testing.assert_allclose(found, expected, atol=1e-12, err_msg=name)


def test_exponential_gives_modified_bessel_functions():
    expected = 2 * np.exp(0.3) * iv(np.arange(21), 2.5)
    expected[0] /= 2
    np.testing.assert_allclose(harmonic_amplitudes(np.exp, 2.5, 0.3, orders=20), expected, atol=1e-13)


def test_powers_give_binomial_mixing_products():
    np.testing.assert_allclose(
        harmonic_amplitudes(lambda z: z**3, orders=4), [0, 0.75, 0, 0.25, 0], atol=1e-15
    )


def test_a_jump_is_resolved():
    k = np.arange(1, 10)
    square_wave = np.concatenate(([0.0], 4 / (np.pi * k) * np.sin(np.pi * k / 2)))
    np.testing.assert_allclose(harmonic_amplitudes(np.sign, orders=9), square_wave, atol=1e-12)
    # off the dyadic grid: |t| < arccos(-b) is on
    t0 = np.arccos(-0.3)
    pulse = np.concatenate(([t0 / np.pi], 2 / (np.pi * k) * np.sin(k * t0)))
    np.testing.assert_allclose(
        harmonic_amplitudes(lambda z: np.heaviside(z, 0.5), bias=0.3, orders=9), pulse, atol=1e-12
    )


def test_a_very_sharp_softplus_is_the_relu():
    sharp = harmonic_amplitudes("softplus", 1.0, 0.2, beta=1e6)
    np.testing.assert_allclose(sharp, harmonic_amplitudes("relu", 1.0, 0.2), atol=1e-11)


def test_a_rough_callable_says_how_well_it_is_known():
    with pytest.warns(RuntimeWarning, match="rough at every scale"):
        found = harmonic_amplitudes(lambda z: z.astype(np.float16).astype(float) * 1.0, orders=2)
    np.testing.assert_allclose(found, [0, 1, 0], atol=1e-3)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(ACTIVATIONS)), amplitudes, biases)
def test_negative_amplitude_flips_odd_orders(name, amplitude, bias):
    signs = (-1.0) ** np.arange(13)
    plus, minus = (harmonic_amplitudes(name, sign * amplitude, bias) for sign in (1, -1))
    np.testing.assert_allclose(minus, signs * plus, atol=1e-14 * (1 + abs(bias) + amplitude))


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(ACTIVATIONS)), amplitudes, biases)
def test_series_sums_to_the_waveform(name, amplitude, bias):
    t = np.linspace(0.0, np.pi, 17)
    c = harmonic_amplitudes(name, amplitude, bias, orders=400)
    wave = ACTIVATIONS[name](bias + amplitude * np.cos(t))
    # tails of the kinked ones fall like 1/k^2
    np.testing.assert_allclose(np.cos(np.outer(t, np.arange(401))) @ c, wave, atol=2e-3 * amplitude + 1e-12)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["relu", "leaky_relu"]), amplitudes, biases)
def test_closed_form_equals_quadrature(name, amplitude, bias):
    numeric = harmonic_amplitudes(lambda z: ACTIVATIONS[name](z), amplitude, bias, orders=8)
    found = harmonic_amplitudes(name, amplitude, bias, orders=8)
    np.testing.assert_allclose(found, numeric, atol=1e-11 * (amplitude + abs(bias)))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_zero_amplitude_leaves_the_mean_only(name):
    for bias in (-0.7, 0.0, 0.9):
        c = harmonic_amplitudes(name, 0.0, bias, orders=5)
        assert c[0] == pytest.approx(float(ACTIVATIONS[name](bias)), abs=1e-15)
        np.testing.assert_allclose(c[1:], 0.0, atol=1e-14)


def test_amplitudes_close_to_zero_divide_without_warnings():
    c = harmonic_amplitudes("relu", 5e-324, 1.0)
    assert c[0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("amplitude", "bias", "expected"),
    [(1.0, 1.0, [1.0, 1.0]), (1.0, 3.0, [3.0, 1.0]), (1.0, -1.0, [0.0, 0.0]), (1.0, -3.0, [0.0, 0.0])],
)
def test_relu_that_is_always_on_or_off(amplitude, bias, expected):
    c = harmonic_amplitudes("relu", amplitude, bias, orders=6)
    np.testing.assert_allclose(c, [*expected, 0, 0, 0, 0, 0], atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_field_equals_one_cosine_at_a_time(name, rng):
    amplitude = rng.uniform(-3, 3, (5, 1))
    bias = rng.normal(size=7)
    field = harmonic_amplitude_field(name, amplitude, bias, orders=9)
    assert field.shape == (5, 7, 10)
    for i in range(5):
        for j in range(7):
            one = harmonic_amplitudes(name, amplitude[i, 0], bias[j], orders=9)
            np.testing.assert_allclose(field[i, j], one, atol=1e-14)


def test_a_large_field_is_cut_into_chunks(rng):
    amplitude = rng.uniform(0, 4, 40_000)
    field = harmonic_amplitude_field("tanh", amplitude, 0.2, orders=16)
    probe = rng.integers(0, amplitude.size, 20)
    for i in probe:
        np.testing.assert_allclose(field[i], harmonic_amplitudes("tanh", amplitude[i], 0.2, 16), atol=1e-14)


def test_sizes_of_the_result():
    assert harmonic_amplitudes("tanh", orders=0).shape == (1,)
    assert harmonic_amplitudes("relu", orders=0).tolist() == pytest.approx([1 / np.pi])
    assert harmonic_amplitudes("elu").shape == (13,)
    assert harmonic_amplitude_field("relu", np.empty((0, 3)), 0.0, 4).shape == (0, 3, 5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"amplitude": np.nan}, "amplitude must be finite"),
        ({"bias": np.inf}, "bias must be finite"),
        ({"amplitude": 1j}, "amplitude must be real"),
        ({"amplitude": [1.0, 2.0]}, "amplitude must be one number"),
        ({"orders": -1}, "orders must be an integer >= 0"),
        ({"orders": 2.5}, "orders must be an integer >= 0"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        harmonic_amplitudes("tanh", **options)
