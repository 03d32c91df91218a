import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.signals import ACTIVATIONS, harmonic_amplitudes, predict_spectrum

CASES = [  # tone, size: coprime, common divisors, zero, Nyquist, beyond the frame, negative, odd, tiny
    (11, 64),
    (8, 64),
    (12, 63),
    (0, 64),
    (32, 64),
    (64, 64),
    (70, 64),
    (-5, 64),
    (-133, 30),
    (1, 1),
    (3, 2),
    (7, 96),
]
WAVES = [(1.0, 0.0), (1.7, 0.35), (-1.3, 0.2), (0.0, 0.5), (0.0, -0.5), (2.0, -3.0), (1.0, -0.5), (1.0, 1.0)]


def numeric(function, tone, size, amplitude, bias):
    phase = (tone * np.arange(size)) % size
    return np.fft.fft(function(bias + amplitude * np.cos(2 * np.pi * phase / size)), norm="forward")


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize(("tone", "size"), CASES)
def test_equals_the_numeric_dft(name, tone, size):
    for amplitude, bias in WAVES:
        predicted = predict_spectrum(name, tone, size, amplitude, bias)
        expected = numeric(ACTIVATIONS[name], tone, size, amplitude, bias)
        np.testing.assert_allclose(predicted.values, expected, atol=2e-14, err_msg=f"A={amplitude}, b={bias}")


@settings(deadline=None, max_examples=80)
@given(
    st.sampled_from(["relu", "leaky_relu", "tanh", "elu"]),
    st.integers(-300, 300),
    st.integers(1, 200),
    st.floats(-3, 3),
    st.floats(-3, 3),
)
def test_equals_the_numeric_dft_anywhere(name, tone, size, amplitude, bias):
    predicted = predict_spectrum(name, tone, size, amplitude, bias).values
    np.testing.assert_allclose(predicted, numeric(ACTIVATIONS[name], tone, size, amplitude, bias), atol=1e-13)


def test_relu_edges_that_fall_on_a_sample():
    # cos = -b at n = size/6: rounding may put that sample on either side of the kink
    predicted = predict_spectrum("relu", 1, 96, 1.0, -0.5).values
    np.testing.assert_allclose(predicted, numeric(ACTIVATIONS["relu"], 1, 96, 1.0, -0.5), atol=1e-15)


def test_relu_closed_form_is_the_sum_of_its_aliases():
    # 200000 orders by brute force: the tail falls like 1/K, alternating signs make it better
    c = harmonic_amplitudes("relu", 1.0, 0.3, orders=200_000)
    size, tone = 20, 3
    lines = np.zeros(size)
    k = np.arange(c.size) * tone
    np.add.at(lines, k % size, c / 2)
    np.add.at(lines, -k % size, c / 2)
    predicted = predict_spectrum("relu", tone, size, 1.0, 0.3)
    np.testing.assert_allclose(predicted.values, lines, atol=1e-6)
    assert "closed form" in predicted.attrs["aliases"]


def test_parameters_and_callables():
    predicted = predict_spectrum("leaky_relu", 5, 64, slope=0.2).values
    expected = numeric(lambda z: np.where(z > 0, z, 0.2 * z), 5, 64, 1.0, 0.0)
    np.testing.assert_allclose(predicted, expected, atol=1e-15)
    predicted = predict_spectrum(np.abs, 5, 64, 1.2, 0.1)
    np.testing.assert_allclose(predicted.values, numeric(np.abs, 5, 64, 1.2, 0.1), atol=1e-14)
    assert "Poisson" in predicted.attrs["aliases"]


def test_smooth_functions_are_summed_order_by_order():
    predicted = predict_spectrum("tanh", 5, 64)
    assert "orders 0 to" in predicted.attrs["aliases"]
    assert "orders 0 to" in predict_spectrum("softplus", 5, 64, beta=8.0).attrs["aliases"]
    assert "Poisson" in predict_spectrum("softplus", 5, 64, beta=1e4).attrs["aliases"]


def test_labels():
    lines = predict_spectrum("tanh", 3, 16)
    assert lines.dims == ("frequency",)
    assert lines.dtype == np.complex128
    np.testing.assert_array_equal(lines.frequency, np.fft.fftfreq(16))
    assert lines.frequency.attrs["units"] == "cycles per sample"
    assert lines.attrs["norm"] == "forward"
    assert "0.5" in lines.attrs["reference"]


@pytest.mark.parametrize(
    ("tone", "size", "options", "message"),
    [
        (1.5, 64, {}, "tone must be an integer"),
        (1, 64.5, {}, "size must be an integer"),
        (1, 0, {}, "size must be an integer >= 1"),
        ("a", 64, {}, "tone must be an integer"),
        (1, 64, {"amplitude": np.nan}, "amplitude must be one finite real number"),
        (1, 64, {"bias": [0.0, 1.0]}, "bias must be one finite real number"),
        (1, 64, {"slope": 0.2}, "has no parameter 'slope'"),
    ],
)
def test_bad_input_is_named(tone, size, options, message):
    with pytest.raises(ValueError, match=message):
        predict_spectrum("relu", tone, size, **options)
    assert predict_spectrum("relu", 4.0, np.int64(8)).size == 8
