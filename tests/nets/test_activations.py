import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from workbench.nets import ACTIVATIONS, FilteredActivation, Snake, make_activation
from workbench.signals import ACTIVATIONS as THEORY

FORMULAE = {
    "relu": lambda z: max(z, 0),
    "leaky_relu": lambda z: z if z > 0 else 0.2 * z,
    "leaky_relu(0.01)": lambda z: z if z > 0 else 0.01 * z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "elu(2)": lambda z: z if z > 0 else 2 * math.expm1(z),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "gelu": lambda z: 0.5 * z * (1 + math.erf(z / math.sqrt(2))),
    "softplus": lambda z: math.log1p(math.exp(z)),
    "softplus(3.0)": lambda z: math.log1p(math.exp(3 * z)) / 3,
    "snake": lambda z: z + math.sin(z) ** 2,
    "snake(2.5)": lambda z: z + math.sin(2.5 * z) ** 2 / 2.5,
}


@pytest.mark.parametrize("name", FORMULAE)
def test_values(name):
    z = torch.linspace(-3, 3, 25, dtype=torch.float64)
    expected = torch.tensor([FORMULAE[name](value) for value in z.tolist()], dtype=torch.float64)
    torch.testing.assert_close(make_activation(name)(z), expected)


def test_every_pointwise_name_has_its_formula_here():
    assert {name for name in ACTIVATIONS if not name.startswith("filtered_")} == {
        n.partition("(")[0] for n in FORMULAE
    }


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_input_stays_what_it_was(name):
    image = torch.randn(1, 2, 8, 8)
    before = image.clone()
    assert make_activation(name)(image).shape == image.shape
    torch.testing.assert_close(image, before, rtol=0, atol=0)


def test_filtered_relu_folds_less():
    size, cycles = 64, 15  # the second harmonic, 30, fits; the fourth, 60, folds to 4
    image = torch.cos(2 * torch.pi * cycles * torch.arange(size, dtype=torch.float64) / size).expand(
        1, 1, size, size
    )
    alias = {
        name: torch.fft.rfft(
            make_activation(name, "circular").double()(image)[0, 0, 0], norm="forward"
        ).abs()[4]
        for name in ("relu", "filtered_relu")
    }
    assert alias["relu"] == pytest.approx(1 / (15 * math.pi), rel=0.5)  # c_4/2, more aliases on top
    assert alias["filtered_relu"] < 0.05 * alias["relu"]


def test_filtered_activation_keeps_its_parts_apart():
    layer = make_activation("filtered_leaky_relu(0.3)")
    assert isinstance(layer, FilteredActivation)
    assert [name for name, _ in layer.named_children()] == ["up", "activation", "down"]
    torch.testing.assert_close(
        layer.activation(torch.tensor(-1.0)), functional.leaky_relu(torch.tensor(-1.0), 0.3)
    )


@pytest.mark.parametrize("name", ["rellu", "relu()", "relu(", "", "filtered_", "Relu", None, 3])
def test_unknown_names_list_those_which_exist(name):
    with pytest.raises(ValueError, match=r"unknown activation .* there are: relu, leaky_relu"):
        make_activation(name)


@pytest.mark.parametrize(("name", "words"), [("relu(2)", "takes no number"), ("elu(1e)", "not a number")])
def test_bad_numbers(name, words):
    with pytest.raises(ValueError, match=words):
        make_activation(name)
    with pytest.raises(ValueError, match="above 0"):
        Snake(0.0)


@pytest.mark.parametrize(
    ("name", "theory", "parameters"),
    [
        *((name, name, {}) for name in ("relu", "sigmoid", "tanh", "silu", "gelu")),
        ("leaky_relu", "leaky_relu", {"slope": 0.2}),
        ("elu(0.7)", "elu", {"alpha": 0.7}),
        ("softplus(3)", "softplus", {"beta": 3.0}),
        ("snake(2)", "snake", {"alpha": 2.0}),
    ],
)
def test_the_theory_means_the_same_function(name, theory, parameters):
    z = np.linspace(-4, 4, 33)
    layer = make_activation(name)(torch.from_numpy(z)).numpy()
    np.testing.assert_allclose(layer, THEORY[theory](z, **parameters), rtol=1e-6, atol=1e-9)
