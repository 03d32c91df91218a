"""Spectra of every layer on a batch."""

import numpy as np
import pytest
import torch
from torch import nn

from workbench.probes import analyse_orders, layer_spectra
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


def dcgan(up=None):
    up = up or (lambda inputs, outputs: nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1))
    return nn.Sequential(
        nn.ConvTranspose2d(8, 4, 4), nn.BatchNorm2d(4), nn.ReLU(), up(4, 2), nn.ReLU(), up(2, 1), nn.Tanh()
    ).double()


@pytest.mark.parametrize("shape", [(5, 8, 1, 1), (5, 8)])
def test_a_latent_has_spectra_that_count_from_the_first_image(shape):
    net = dcgan()
    if len(shape) == 2:
        net = nn.Sequential(nn.Linear(8, 8).double(), nn.Unflatten(1, (8, 1, 1)), *net)
    tree = layer_spectra(net, torch.randn(*shape, dtype=torch.float64))
    nodes = list(tree.children.values())
    assert [node.power.shape[0] for node in nodes] == [4, 4, 4, 8, 8, 16, 16]
    assert [node.attrs["rate"][0] for node in nodes] == [1, 1, 1, 2, 2, 4, 4]
    assert ["image" in node for node in nodes] == [False] * 3 + [True] * 4
    assert nodes[-1].image.level_rate_y.values.tolist() == [8, 4]
    assert nodes[-1].power.input_frequency_x.values.max() == pytest.approx(4 * 7 / 16)
    assert nodes[-1].power.input_frequency_x.attrs["units"] == "cycles per pixel of the first image"


def test_image_levels_of_known_interpolators():
    """Zeros between samples repeat the spectrum: 3/4 of it lie beyond the old band, evenly spread."""

    def zeros_between(inputs, outputs):
        up = nn.ConvTranspose2d(inputs, outputs, 2, stride=2, bias=False)
        nn.init.zeros_(up.weight)
        with torch.no_grad():
            up.weight[..., 0, 0] = torch.randn(inputs, outputs)
        return up

    z = torch.randn(3, 8, 1, 1, dtype=torch.float64)
    net = nn.Sequential(*(part for part in dcgan(zeros_between) if isinstance(part, nn.ConvTranspose2d)))
    tree = layer_spectra(net, z)
    np.testing.assert_allclose(tree["1"].image, [3 / 4])
    np.testing.assert_allclose(tree["2"].image, [3 / 4, 3 / 16])

    class Ideal(nn.Module):
        def forward(self, x):
            spectrum = torch.fft.fftshift(torch.fft.fft2(x), dim=(2, 3))
            spectrum[..., 0, :] = spectrum[..., :, 0] = 0  # the Nyquist bins have no mirror image
            spectrum = nn.functional.pad(spectrum, [x.shape[-1] // 2] * 4)
            return torch.fft.ifft2(torch.fft.ifftshift(spectrum, dim=(2, 3))).real

    ideal = layer_spectra(nn.Sequential(net[0], Ideal()), z)
    np.testing.assert_allclose(ideal["1"].image, [0], atol=1e-15)


def test_a_latent_made_image_by_a_linear_layer():
    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.start, self.up = nn.Linear(8, 64), nn.Upsample(scale_factor=2)
            self.style, self.last = nn.Linear(8, 4), nn.Conv2d(4, 1, 3, padding=1)

        def forward(self, z):
            x = self.up(self.start(z).view(-1, 4, 4, 4)) * self.style(z)[:, :, None, None]
            return self.last(x)

    tree = layer_spectra(Generator(), torch.randn(2, 8))
    assert list(tree.children) == ["up", "mul", "last"]
    assert tree["last"].attrs["rate"] == [2, 2]
    assert tree["last"].image.level_rate_x.values.tolist() == [4]
    assert [entry.split(":")[0] for entry in tree.attrs["not_analysed"]] == ["start", "style"]


def test_an_order_analysis_of_a_latent_points_to_the_spectra():
    with pytest.raises(ValueError, match=r"has no input tone: layer_spectra\(module, latents\)"):
        analyse_orders(dcgan(), (8, 1, 1))


def test_other_inputs_have_spectra_too():
    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.ReLU(), nn.Tanh()

        def forward(self, condition, *, image):
            return self.first(condition) + self.second(image)

    a, b = torch.ones(2, 1, 8, 8), torch.ones(2, 1, 8, 8)
    for tree in (
        layer_spectra(Pair(), a, image=b),
        layer_spectra(Pair(), b, a, image_input="image"),
        layer_spectra(Pair(), b, image_input="image", condition=a),
    ):
        assert sorted(tree.children) == ["add", "first", "second"]
        assert float(tree["add"].power.sum()) == pytest.approx((1 + np.tanh(1)) ** 2)
    with pytest.raises(ValueError, match="cannot hold 'image' too"):
        layer_spectra(Pair(), a, image_input="image", image=b)
