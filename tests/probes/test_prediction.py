"""Theory beside measurement: the lines of activations fed by one tone per pixel."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from workbench.nets import Snake
from workbench.probes import analyse_orders
from workbench.signals import harmonic_amplitudes

SMOOTH = [
    nn.Tanh(),
    nn.Sigmoid(),
    nn.SiLU(),
    nn.GELU(),
    nn.Softplus(beta=2.0),
    nn.GELU(approximate="tanh"),
    Snake(1.5),
]
KINKED = [nn.ReLU(), nn.LeakyReLU(0.2), nn.ELU(0.7), nn.Hardtanh(), nn.ReLU6()]


def residual(analysis, layer):
    measured = analysis.power.sel(layer=layer).sum("cause")
    theory = analysis.theory.sel(layer=layer)
    return float(abs(measured - theory).max() / measured.max())


@pytest.mark.parametrize("activation", SMOOTH + KINKED, ids=str)
@pytest.mark.parametrize("padding", ["circular", "zeros"])
def test_predicted_equals_measured(activation, padding):
    conv = nn.Conv2d(1, 3, 3, padding=1, padding_mode=padding)
    net = nn.Sequential(conv, nn.BatchNorm2d(3), activation).double()
    analysis = analyse_orders(net, (1, 16, 16), (3, 5), phases=16, amplitude=1.7, offset=0.35)
    assert str(analysis.theory_note.sel(layer="2").values) == ""
    assert residual(analysis, "2") < 1e-12
    assert np.isnan(analysis.theory.sel(layer="0")).all()


@pytest.mark.parametrize("phases", [16, 15])
def test_folded_orders_are_predicted_with_their_phases(phases):
    """Orders beyond half the phases add up with the orders they look like."""
    net = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2, padding=1, padding_mode="circular"), nn.ReLU()).double()
    analysis = analyse_orders(net, (1, 32, 32), (3, 5), phases=phases)
    assert residual(analysis, "1") < 1e-12


@pytest.mark.parametrize(("activation", "name"), [(nn.Tanh(), "tanh"), (nn.ReLU(), "relu")])
def test_theory_is_the_harmonic_series(activation, name):
    analysis = analyse_orders(activation, (1, 4, 256), (0, 1), phases=256, amplitude=1.3, offset=0.4)
    c = harmonic_amplitudes(name, amplitude=1.3, bias=0.4, orders=6)
    theory = analysis.theory.isel(layer=0).sel(order=slice(0, 6)).values
    np.testing.assert_allclose(
        theory, np.concatenate([c[:1] ** 2, (c[1:] / 2) ** 2]), atol=1e-5 if name == "relu" else 1e-9
    )


def test_functions_are_predicted_too():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 3, 3, padding=1)

        def forward(self, x):
            return torch.tanh(functional.leaky_relu(self.conv(x), 0.3))

    analysis = analyse_orders(Net().double(), (1, 16, 16), (3, 5), phases=16)
    assert residual(analysis, "leaky_relu") < 1e-12
    assert "other orders" in str(analysis.theory_note.sel(layer="tanh").values)
    assert np.isnan(analysis.theory.sel(layer="tanh")).all()


def test_single_precision():
    net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU())
    analysis = analyse_orders(net, (1, 64, 64), (5, 11), phases=16)
    assert residual(analysis, "1") < 1e-5


def test_weights_of_channels_enter():
    analysis = analyse_orders(
        nn.Tanh(), (2, 16, 16), (3, 5), phases=16, channels=(2.0, -0.5), offset=0.3, dtype=torch.float64
    )
    assert residual(analysis, "Tanh") < 1e-12


def test_input_of_no_layer_has_no_theory():
    class Crop(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = nn.ReLU()

        def forward(self, x):
            return self.act(x[:, :1])

    analysis = analyse_orders(Crop(), (2, 8, 8), (1, 2), phases=8)
    assert "not the output of an analysed layer" in str(analysis.theory_note.sel(layer="act").values)
