import numpy as np
import pytest
import torch

from workbench.signals import ACTIVATIONS, Registry, harmonic_amplitudes
from workbench.signals.activations import bind

TORCH = {
    "relu": torch.nn.ReLU(),
    "leaky_relu": torch.nn.LeakyReLU(),
    "softplus": torch.nn.Softplus(),
    "elu": torch.nn.ELU(),
    "silu": torch.nn.SiLU(),
    "gelu": torch.nn.GELU(),
    "tanh": torch.nn.Tanh(),
    "sigmoid": torch.nn.Sigmoid(),
    "identity": torch.nn.Identity(),
}


@pytest.mark.parametrize("name", TORCH)
def test_defaults_are_those_of_torch(name):
    z = np.linspace(-8.0, 8.0, 161)
    np.testing.assert_allclose(ACTIVATIONS[name](z), TORCH[name](torch.from_numpy(z)).numpy(), atol=1e-9)


def test_snake():
    z = np.linspace(-3.0, 3.0, 31)
    np.testing.assert_allclose(ACTIVATIONS["snake"](z, alpha=2.0), z + np.sin(2 * z) ** 2 / 2)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_far_values_neither_overflow_nor_warn(name):
    far = ACTIVATIONS[name](np.array([-1e3, 1e3]))
    assert np.all(np.isfinite(far))


def test_unknown_names_list_those_which_exist():
    with pytest.raises(
        ValueError, match=r"unknown activation 'swish'; there are: relu, leaky_relu, softplus"
    ):
        harmonic_amplitudes("swish")
    with pytest.raises(KeyError, match="there are: relu"):
        ACTIVATIONS["swish"]


def test_registry_keeps_its_order_and_says_its_noun():
    numbers = Registry("number", {"one": 1, "two": 2})
    assert list(numbers) == ["one", "two"]
    with pytest.raises(KeyError, match="unknown number 'three'; there are: one, two"):
        numbers["three"]


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("relu", {"slope": 0.2}, "'relu' has no parameter 'slope'; its parameters: none"),
        ("leaky_relu", {"negative_slope": 0.2}, "its parameters: slope=0.01"),
        ("softplus", {"beta": 0.0}, "beta of 'softplus' must be positive"),
        ("softplus", {"beta": np.inf}, "must be finite"),
        ("elu", {"alpha": np.nan}, "must be finite"),
        (3, {}, "a name or a callable, found int"),
    ],
)
def test_bad_parameters_are_named(name, parameters, message):
    with pytest.raises(ValueError, match=message):
        bind(name, parameters)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda z: z[..., :1], "must return an array of its input's shape"),
        (lambda z: z + 1j, "must return real numbers"),
        (lambda z: np.where(z > 0.9, np.nan, z), "must be finite on the signal's range"),
    ],
)
def test_unusable_callables_are_named(function, message):
    with pytest.raises(ValueError, match=message):
        harmonic_amplitudes(function)
