"""A circular network of any architecture shows no leakage: its lattice explains every line."""

import copy

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


class Residual(nn.Sequential):
    """Add what a branch of the same size makes, in place."""

    def forward(self, x):
        y = super().forward(x)
        y += x
        return y


def circular_conv(inputs, outputs, kernel=3, stride=1, **options):
    pad = options.get("dilation", 1) * (kernel - 1) // 2
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=pad, padding_mode="circular", **options)


ONE_TO_ONE = {
    "conv": lambda c: circular_conv(c, c),
    "dilated": lambda c: circular_conv(c, c, dilation=2),
    "depthwise": lambda c: circular_conv(c, c, groups=c),
    "batch": nn.BatchNorm2d,
    "instance": lambda c: nn.InstanceNorm2d(c, affine=True),
    "layer": lambda c: nn.GroupNorm(1, c),
    "pool": lambda c: nn.Sequential(nn.CircularPad2d(1), nn.MaxPool2d(3, stride=1)),
    "residual": lambda c: Residual(circular_conv(c, c), nn.GELU(), circular_conv(c, c)),
}


@st.composite
def networks(draw, size, depth=0, channels=2):
    """A random circular network that keeps its size, and its number of channels out."""
    layers = []
    for _ in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from([*ONE_TO_ONE, "activation", "level", "level", "level"]))
        factors = [s for s in (2, 3) if all(n % s == 0 and n >= 4 * s for n in size)]
        if kind == "level" and factors and depth < 3:
            layer, channels = draw(levels(size, depth, channels, draw(st.sampled_from(factors))))
            layers.append(layer)
        elif kind in ONE_TO_ONE:
            layers.append(ONE_TO_ONE[kind](channels))
        else:
            layers.append(draw(st.sampled_from(ACTIVATIONS))())
    return nn.Sequential(*layers), channels


@st.composite
def levels(draw, size, depth, channels, factor):
    """Down by a factor, something there, up again; beside the input, or alone."""
    inner, inner_channels = draw(networks([n // factor for n in size], depth + 1, channels))
    down = draw(st.sampled_from(["conv", "max", "avg", "shuffle"]))
    up = draw(st.sampled_from(["nearest", "subpixel", *(["deconv"] if factor == 2 else [])]))
    parts = {
        "conv": [circular_conv(channels, channels, 4 if factor == 2 else 3, factor)],
        "max": [nn.MaxPool2d(factor)],
        "avg": [nn.AvgPool2d(factor)],
        "shuffle": [nn.PixelUnshuffle(factor), nn.Conv2d(factor**2 * channels, channels, 1)],
    }[down] + [inner]
    if up == "deconv":
        parts.append(TransposedConvolution(inner_channels, channels, padding="circular"))
    elif up == "subpixel":
        parts += [nn.Conv2d(inner_channels, factor**2 * channels, 1), nn.PixelShuffle(factor)]
    else:
        parts += [nn.Upsample(scale_factor=factor), circular_conv(inner_channels, channels)]
    branch = nn.Sequential(*parts)
    return draw(st.sampled_from([(Skip(branch), 2 * channels), (branch, channels)]))


FRAMES = [((16, 16), (3, 5)), ((16, 16), (-1, 6)), ((32, 16), (5, 0)), ((24, 24), (5, 7)), ((12, 24), (5, 8))]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.data(), st.sampled_from(FRAMES), st.integers(0, 2**16))
def test_no_leakage(data, frame, seed):
    (height, width), tone = frame
    torch.manual_seed(seed)
    net = nn.Sequential(circular_conv(1, 2), data.draw(networks((height, width)))[0]).double()
    for parameter in net.parameters():
        nn.init.uniform_(parameter, -0.6, 0.6)
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-0.3, 0.3)
            part.running_var.uniform_(0.5, 2)
    before = copy.deepcopy(net).state_dict()
    analysis = analyse_orders(net, (1, height, width), tone, phases=max(height, width), offset=0.2)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert all(part.training and not part._forward_hooks for part in net.modules())
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
