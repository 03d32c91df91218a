"""A circular network of any architecture shows no leakage: its lattice explains every line."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from workbench.nets import TransposedConvolution, UNet
from workbench.probes import analyse_orders

ACTIVATIONS = [nn.ReLU, nn.Tanh, nn.GELU, nn.Softplus, nn.ELU, lambda: nn.LeakyReLU(0.2, inplace=True)]


class Skip(nn.Module):
    """Concatenate a branch that goes down and up again with its input."""

    def __init__(self, branch):
        super().__init__()
        self.branch = branch

    def forward(self, x):
        return torch.cat([x, self.branch(x)], dim=1)


def circular_conv(inputs, outputs, kernel=3, stride=1):
    pad = (kernel - 1) // 2
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=pad, padding_mode="circular")


@st.composite
def networks(draw, depth=0, channels=2):
    """A random circular network that keeps its size, and its number of channels out."""
    layers = []
    for _ in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from(["conv", "activation", "batch", "instance", "level", "pool_only"]))
        if kind == "conv":
            layers.append(circular_conv(channels, channels))
        elif kind == "activation":
            layers.append(draw(st.sampled_from(ACTIVATIONS))())
        elif kind == "batch":
            layers.append(nn.BatchNorm2d(channels))
        elif kind == "instance":
            layers.append(nn.InstanceNorm2d(channels, affine=True))
        elif kind == "level" and depth < 3:
            down = draw(st.sampled_from(["conv", "max", "avg"]))
            up = draw(st.sampled_from(["nearest", "deconv", "subpixel"]))
            inner, inner_channels = draw(networks(depth + 1, channels))
            parts = [
                {
                    "conv": circular_conv(channels, channels, 4, 2),
                    "max": nn.MaxPool2d(2),
                    "avg": nn.AvgPool2d(2),
                }[down],
                inner,
            ]
            if up == "deconv":
                parts.append(TransposedConvolution(inner_channels, channels, padding="circular"))
            elif up == "subpixel":
                parts += [nn.Conv2d(inner_channels, 4 * channels, 1), nn.PixelShuffle(2)]
            else:
                parts += [nn.Upsample(scale_factor=2), circular_conv(inner_channels, channels)]
            layers.append(Skip(nn.Sequential(*parts)))
            channels *= 2
        else:
            layers.append(nn.MaxPool2d(3, stride=1, padding=0))
            layers.insert(-1, nn.CircularPad2d(1))
    return nn.Sequential(*layers), channels


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    networks(),
    st.sampled_from([((16, 16), (3, 5)), ((16, 16), (-1, 6)), ((32, 16), (5, 0)), ((24, 24), (5, 7))]),
    st.integers(0, 2**16),
)
def test_no_leakage(network, frame, seed):
    (height, width), tone = frame
    torch.manual_seed(seed)
    net = nn.Sequential(circular_conv(1, 2), network[0]).double()
    for parameter in net.parameters():
        nn.init.uniform_(parameter, -0.6, 0.6)
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-0.3, 0.3)
            part.running_var.uniform_(0.5, 2)
    analysis = analyse_orders(net, (1, height, width), tone, phases=max(height, width), offset=0.2)
    total = analysis.power.sum(["order", "cause"])
    leakage = analysis.power.sel(cause="leakage").sum("order")
    assert float((leakage / total.clip(1e-300)).max()) <= 1e-10
    assert analysis.attrs["not_analysed"] == []
    with torch.no_grad():
        expected = float(net.eval()(_frames(analysis)).square().mean((0, 2, 3)).sum())
    assert float(total[-1]) == pytest.approx(expected, rel=1e-9)


def _frames(analysis):
    _, height, width = analysis.attrs["shape"]
    my, mx = analysis.attrs["tone"]
    y, x = np.mgrid[:height, :width]
    phase = 2 * np.pi * np.arange(analysis.attrs["phases"])[:, None, None] / analysis.attrs["phases"]
    wave = np.cos(2 * np.pi * (my * y / height + mx * x / width) + phase)
    return torch.from_numpy(analysis.attrs["offset"] + wave)[:, None]


@pytest.mark.parametrize(
    "options",
    [
        {"up": "deconv"},
        {"up": "nearest", "norm": "instance"},
        {"down": "max_pool", "up": "subpixel"},
        {"down": "filtered", "up": "filtered", "activation": "filtered_relu"},
        {"down": "blur_pool", "up": "bilinear"},
    ],
)
def test_circular_unets_do_not_leak(options):
    net = UNet(1, 1, size=32, depth=3, width=4, padding="circular", **options).double()
    analysis = analyse_orders(net, (1, 32, 32), (3, 5), phases=32)
    share = analysis.power.sel(cause="leakage").sum("order") / analysis.power.sum(["order", "cause"])
    assert float(share.max()) <= 1e-10


def test_zero_padding_would_be_seen():
    """The property above can fail: the same network with zero padding leaks."""
    net = UNet(1, 1, size=32, depth=3, width=4, padding="zeros").double()
    analysis = analyse_orders(net, (1, 32, 32), (3, 5), phases=32)
    share = analysis.power.sel(cause="leakage").sum("order") / analysis.power.sum(["order", "cause"])
    assert float(share.max()) > 1e-3
