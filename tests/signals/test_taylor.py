import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import factorial, wofz

from workbench.signals import ACTIVATIONS, taylor_coefficients, taylor_radius


def _log1p_exp(z):
    # without the jumps of the logarithm
    return np.where(z.real > 0, z, 0) + np.log(1 + np.exp(np.where(z.real > 0, -z, z)))


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


ANALYTIC = {  # continued into the complex plane, for points of moderate size
    ("relu", (("alpha", 3.0),)): lambda z: _log1p_exp(3 * z) / 3,
    ("leaky_relu", (("alpha", 4.0), ("slope", 0.2))): lambda z: 0.2 * z + 0.8 * _log1p_exp(4 * z) / 4,
    ("softplus", (("beta", 2.0),)): lambda z: _log1p_exp(2 * z) / 2,
    ("sigmoid", ()): _sigmoid,
    ("silu", ()): lambda z: z * _sigmoid(z),
    ("tanh", ()): np.tanh,
    # Phi(z) = erfc(-z / sqrt 2) / 2 and erfc(x) = exp(-x^2) w(i x)
    ("gelu", ()): lambda z: z * np.exp(-z * z / 2) * wofz(-1j * z / np.sqrt(2)) / 2,
    ("snake", (("alpha", 1.5),)): lambda z: z + np.sin(1.5 * z) ** 2 / 1.5,
    ("identity", ()): lambda z: z,
}


@pytest.mark.parametrize(
    ("name", "parameters"), ANALYTIC, ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize("at", [-2.1, -0.3, 0.0, 0.4, 1.7])
def test_equals_cauchys_integral(name, parameters, at):
    function, options = ANALYTIC[name, parameters], dict(parameters)
    radius = 0.6 * min(2.0, taylor_radius(name, at, **options))
    circle = at + radius * np.exp(2j * np.pi * np.arange(256) / 256)
    expected = np.fft.fft(function(circle), norm="forward")[:25].real
    found = taylor_coefficients(name, at, 24, **options) * radius ** np.arange(25)
    np.testing.assert_allclose(found, expected, atol=1e-14 * (1 + np.abs(expected).max()))


def test_warped_relu_has_the_first_derivative_that_the_paper_leaves_out():
    found = taylor_coefficients("relu", at=0.4, orders=3, alpha=3.0)
    np.testing.assert_allclose(found, [0.4878, 0.7685, 0.2668, -0.1433], atol=5e-5)
    e = np.exp(1.2)
    corrected = [
        np.log(1 + e) / 3,
        e / (1 + e),
        3 * e / (2 * (1 + e) ** 2),
        -(9 * e * (e - 1)) / (6 * (1 + e) ** 3),
    ]
    np.testing.assert_allclose(found, corrected, rtol=1e-13)


def test_tanh_at_zero_has_the_textbook_coefficients():
    expected = [0, 1, 0, -1 / 3, 0, 2 / 15, 0, -17 / 315, 0, 62 / 2835]
    np.testing.assert_allclose(taylor_coefficients("tanh", 0.0, 9), expected, atol=1e-16)


def test_saturated_functions_keep_their_relative_accuracy():
    # far left softplus is e^z, far right tanh is 1 - 2 e^(-2z): both to within their own square
    k = np.arange(9)
    np.testing.assert_allclose(
        taylor_coefficients("softplus", -40.0, 8), np.exp(-40.0) / factorial(k), rtol=1e-13
    )
    tail = -2 * np.exp(-40.0) * (-2.0) ** k[1:] / factorial(k[1:])
    np.testing.assert_allclose(taylor_coefficients("tanh", 20.0, 8)[1:], tail, rtol=1e-12)
    assert np.all(np.isfinite(taylor_coefficients("tanh", 1e4, 8)))


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(sorted(ACTIVATIONS)), st.floats(-4, 4), st.floats(-0.3, 0.3))
def test_series_gives_the_function_inside_its_radius(name, at, share):
    if taylor_radius(name, at) < 1e-3:
        return
    step = share * min(taylor_radius(name, at), 4.0)
    series = taylor_coefficients(name, at, 40)
    assert np.polynomial.polynomial.polyval(step, series) == pytest.approx(
        float(ACTIVATIONS[name](at + step)), abs=1e-12
    )


def test_series_diverges_outside_its_radius():
    radius = taylor_radius("relu", 0.4, alpha=3.0)
    assert radius == pytest.approx(np.hypot(0.4, np.pi / 3))
    k = np.arange(20, 41)
    terms = np.abs(taylor_coefficients("relu", 0.4, 40, alpha=3.0)[20:])
    assert (terms * (1.3 * radius) ** k).max() > 10 * (terms * (0.7 * radius) ** k).max()
    # root test: the growth of the coefficients is the radius
    growth = np.log((terms * k).max()) / k[np.argmax(terms * k)]
    tail = taylor_coefficients("relu", 0.4, 200, alpha=3.0)[150:]
    envelope = np.max(np.abs(tail) ** (1 / np.arange(150, 201)))
    assert 1 / envelope == pytest.approx(radius, rel=0.06)
    assert np.isfinite(growth)


@pytest.mark.parametrize(
    ("name", "at", "parameters", "radius"),
    [
        ("softplus", 0.3, {"beta": 2.0}, np.hypot(0.3, np.pi / 2)),
        ("sigmoid", -1.0, {}, np.hypot(1.0, np.pi)),
        ("silu", 0.0, {}, np.pi),
        ("tanh", 0.0, {}, np.pi / 2),
        ("gelu", 1.0, {}, np.inf),
        ("snake", 1.0, {}, np.inf),
        ("identity", 1.0, {}, np.inf),
        ("elu", -0.7, {}, 0.7),
        ("relu", 0.7, {}, 0.7),
        ("relu", 0.0, {}, 0.0),
        ("leaky_relu", -2.0, {"slope": 0.2}, 2.0),
    ],
)
def test_radius(name, at, parameters, radius):
    assert taylor_radius(name, at, **parameters) == pytest.approx(radius)


def test_straight_pieces():
    assert taylor_coefficients("relu", 0.5, 3).tolist() == [0.5, 1, 0, 0]
    assert taylor_coefficients("relu", -0.5, 3).tolist() == [0, 0, 0, 0]
    assert taylor_coefficients("leaky_relu", -0.5, 2, slope=0.2) == pytest.approx([-0.1, 0.2, 0])
    assert taylor_coefficients("elu", 0.5, 2, alpha=2.0).tolist() == [0.5, 1, 0]
    e = np.exp(-0.5)
    assert taylor_coefficients("elu", -0.5, 2, alpha=2.0) == pytest.approx([2 * e - 2, 2 * e, e])


def test_number_of_coefficients():
    for name in ACTIVATIONS:
        assert taylor_coefficients(name, 0.7, 0) == pytest.approx([float(ACTIVATIONS[name](0.7))])
        assert taylor_coefficients(name, 0.7, 9).shape == (10,)


@pytest.mark.parametrize(
    ("name", "at", "orders", "parameters", "message"),
    [
        ("relu", 0.0, 3, {}, "no Taylor series at its kink z = 0: choose another point .give alpha"),
        ("elu", 0.0, 3, {}, "no Taylor series at its kink"),
        ("relu", 0.1, 3, {"alpha": 0.0}, "alpha of the warped softplus must be positive"),
        ("relu", 0.1, 3, {"beta": 1.0}, "no parameter 'beta'"),
        ("tanh", np.nan, 3, {}, "at must be one finite real number"),
        ("tanh", 1j, 3, {}, "at must be one finite real number"),
        ("tanh", 0.1, -1, {}, "orders must be an integer >= 0"),
        ("tanh", 0.1, 1.5, {}, "orders must be an integer >= 0"),
        ("swish", 0.1, 3, {}, "unknown activation 'swish'; there are"),
        (np.tanh, 0.1, 3, {}, "needs the name of an activation"),
    ],
)
def test_bad_input_is_named(name, at, orders, parameters, message):
    with pytest.raises(ValueError, match=message):
        taylor_coefficients(name, at, orders, **parameters)
