"""Spectra of every layer on a batch."""

import numpy as np
import pytest
import torch
from torch import nn

from workbench.probes import layer_spectra
from workbench.signals import spectrum


def test_power_sums_to_the_mean_square_and_is_labelled():
    net = nn.Sequential(nn.Conv2d(2, 3, 4, stride=2, padding=1), nn.ReLU()).double()
    batch = torch.randn(5, 2, 12, 18, dtype=torch.float64)
    tree = layer_spectra(net, batch)
    with torch.no_grad():
        output = net(batch)
    power = tree["1"].power
    assert float(power.sum()) == pytest.approx(float(output.square().mean()), rel=1e-12)
    assert power.dims == ("frequency_y", "frequency_x")
    np.testing.assert_allclose(power.frequency_x, np.arange(-4, 5) / 9)
    np.testing.assert_allclose(power.frequency_y, np.arange(-3, 3) / 6)
    np.testing.assert_allclose(power.input_frequency_x, np.arange(-4, 5) / 18)
    assert power.attrs["units"]
    assert tree["1"].attrs["module_type"] == "ReLU"
    assert tree["1"].attrs["rate"] == [0.5, 0.5]


@pytest.mark.parametrize("size", [(8, 8), (7, 10), (9, 5)])
def test_equals_the_reference_spectrum(size):
    batch = torch.randn(2, 3, *size, dtype=torch.float64)
    power = layer_spectra(nn.Identity(), batch)["Identity"].power
    expected = abs(spectrum(batch.numpy()[0, 0])) ** 2 * 0
    for image in batch.numpy().reshape(-1, *size):
        expected = expected + abs(spectrum(image)) ** 2 / 6
    np.testing.assert_allclose(power.values, expected.values, atol=1e-15)
    np.testing.assert_allclose(power.frequency_y, expected.frequency_y)


def test_complex_images_are_not_symmetric():
    x = torch.exp(2j * torch.pi * 3 * torch.arange(8) / 8).expand(1, 1, 4, 8)
    power = layer_spectra(nn.Identity(), x)["Identity"].power
    assert float(power.sel(frequency_y=0, frequency_x=3 / 8)) == pytest.approx(1)
    assert float(power.sum()) == pytest.approx(1)


def test_names_and_lists():
    net = nn.Sequential()
    net.add_module("down1", nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU()))
    net.add_module("flat", nn.Flatten())
    net.add_module("down2", nn.Linear(36, 2))
    tree = layer_spectra(net, np.ones((2, 1, 8, 8), dtype=np.float32))
    assert list(tree.children) == ["down1.0", "down1.1"]
    assert [entry.split(":")[0] for entry in tree.attrs["not_analysed"]] == ["flat", "down2"]


def test_several_inputs():
    class Sum(nn.Module):
        def forward(self, x, y):
            return x + y

    tree = layer_spectra(Sum(), torch.ones(2, 1, 4, 4), torch.ones(2, 1, 4, 4))
    assert float(tree["Sum"].power.sum()) == pytest.approx(4)
