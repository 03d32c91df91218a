import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.signals import harmonic_amplitudes
from workbench.signals.formula import parse_formula

Z = np.linspace(-3, 3, 41)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("z", Z),
        ("max(z, 0)", np.maximum(Z, 0)),
        ("z^3 - 2*z + 1", Z**3 - 2 * Z + 1),
        ("-z/2", -Z / 2),
        ("tanh(pi*z)", np.tanh(np.pi * Z)),
        ("(z > 0) * z", np.maximum(Z, 0)),
        ("3", np.full(41, 3.0)),
        ("relu(z) - relu(z - 1)", np.clip(Z, 0, 1)),
    ],
)
def test_formulas_mean_what_they_say(text, expected):
    np.testing.assert_allclose(parse_formula(text)(Z), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a formula in z is needed"),
        ("z +", "is not a formula"),
        ("y + 1", "names 'y'; it may name z, pi, e"),
        ("__import__('os').system('ls')", "calls"),
        ("z.__class__", "not understood"),
        ("z[0]", "not understood"),
        ("lambda: 1", "not understood"),
        ("'a'", "not understood"),
        ("True", "not understood"),
        ("1j*z", "not understood"),
        ("[z for z in (1,2)]", "not understood"),
        ("max(z)", "max takes 2 values, found 1"),
        ("sin(z, 1)", "sin takes 1 value, found 2"),
        ("sin(x=z)", "sin takes 1 value"),
        ("z" * 300, "300 characters"),
        ("(" * 90 + "z" + ")" * 90, None),
        ("-" * 150 + "z", "nested more than"),
    ],
)
def test_anything_else_is_refused_in_words(text, message):
    if message is None:
        np.testing.assert_array_equal(parse_formula(text)(Z), Z)
    else:
        with pytest.raises(ValueError, match=message):
            parse_formula(text)


def test_huge_powers_stay_numbers():
    assert not np.isfinite(parse_formula("9**9**9**9*z")(np.array([1.0])))[0]


@given(st.text(max_size=40))
def test_no_text_does_anything_but_parse_or_refuse(text):
    try:
        function = parse_formula(text)
    except ValueError:
        return
    assert function(Z).shape == Z.shape


def test_harmonics_of_a_formula_are_those_of_the_named_function():
    typed = harmonic_amplitudes(parse_formula("max(z, 0.2*z)"), amplitude=1.3, bias=0.4, orders=9)
    named = harmonic_amplitudes("leaky_relu", amplitude=1.3, bias=0.4, orders=9, slope=0.2)
    np.testing.assert_allclose(typed, named, atol=1e-8)
