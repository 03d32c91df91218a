"""Every bad input gives one clear message."""

import numpy as np
import pytest
import torch
from torch import nn

from workbench.probes import analyse_orders, layer_spectra


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tone": (5.5, 11)}, r"whole numbers of cycles.*5\.5"),
        ({"tone": 5}, "whole numbers of cycles"),
        ({"tone": ((5, 11), (3, 7), (2, 2))}, "or two such tones, found 3"),
        ({"tone": ((5, 11), (3,))}, r"two whole numbers of cycles.*found \(3,\)"),
        ({"tone": ((5, 11), 3)}, "two whole numbers of cycles.*found 3"),
        ({"tone": ((5, 11), (0, 0))}, "constant"),
        ({"tone": ((5, 11), (3, 40))}, "not below Nyquist along x"),
        ({"tone": ((5, 11), (3, 7)), "amplitude": (1.0, 0.0)}, "amplitude must be positive"),
        ({"tone": ((5, 11), (3, 7)), "amplitude": (1.0, 1.0, 1.0)}, "one amplitude or two, found"),
        ({"amplitude": 1j}, "both real .* found amplitude=1j"),
        ({"amplitude": "1"}, "amplitude='1'"),
        ({"amplitude": (1.0, 1.0)}, "amplitude must be positive"),
        ({"tone": (0, 0)}, "constant"),
        ({"tone": (5, 32)}, "not below Nyquist along x.*below 32 cycles"),
        ({"tone": (-40, 3)}, "not below Nyquist along y"),
        ({"shape": (64, 64)}, "channels, height, width"),
        ({"shape": (100, 1, 1)}, "of an image"),
        ({"phases": 2}, "at least 3, found 2"),
        ({"phases": 16.0}, "whole number"),
        ({"channels": (1, 1)}, "1 finite factors"),
        ({"channels": (float("nan"),)}, "finite factors"),
        ({"amplitude": 0.0}, "amplitude must be positive"),
        ({"offset": float("inf")}, "offset finite"),
    ],
)
def test_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        analyse_orders(nn.ReLU(), **{"shape": (1, 64, 64), "phases": 8, **arguments})


def test_wrong_channels_name_module_and_shape():
    net = nn.Sequential(nn.Conv2d(3, 4, 3))
    with pytest.raises(
        ValueError, match=r"Sequential failed on an input .* \(8, 1, 16, 16\) of float32 on cpu: .*channels"
    ):
        analyse_orders(net, (1, 16, 16), (1, 2), phases=8)


def test_nan_names_the_layer():
    class Bad(nn.Module):
        def forward(self, x):
            return x / 0.0 - x / 0.0

    with pytest.raises(ValueError, match=r"layer '1' \(Bad\) returned NaN"):
        analyse_orders(nn.Sequential(nn.ReLU(), Bad()), (1, 16, 16), (1, 2), phases=8)
    with pytest.raises(ValueError, match=r"layer '1' \(Bad\) returned NaN"):
        layer_spectra(nn.Sequential(nn.ReLU(), Bad()), torch.ones(1, 1, 8, 8))


def test_nothing_spatial():
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    with pytest.raises(ValueError, match=r"no layer with a spatial output .*no spatial axes: shape \(8, 2\)"):
        analyse_orders(net, (1, 8, 8), (1, 2), phases=8)
    with pytest.raises(ValueError, match="no layer with a spatial output"):
        layer_spectra(net, torch.ones(2, 1, 8, 8))


def test_layers_without_images_are_listed():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2))
    analysis = analyse_orders(net, (1, 16, 16), (4, 4), phases=8)
    assert analysis.layer.values.tolist() == ["0"]
    listed = analysis.attrs["not_analysed"]
    assert [entry.split(":")[0] for entry in listed] == ["1", "2", "3"]
    assert "1×1" in listed[0]


def test_irregular_layers_are_listed_with_all_that_follow():
    net = nn.Sequential(nn.ReLU(), nn.AdaptiveAvgPool2d(7), nn.Tanh())
    analysis = analyse_orders(net, (1, 16, 16), (4, 4), phases=8)
    assert analysis.layer.values.tolist() == ["0"]
    assert all("several sizes" in entry for entry in analysis.attrs["not_analysed"])


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (torch.ones(3, 8, 8), r"shape \(3, 8, 8\)"),
        (torch.ones(1, 1, 8, 8, dtype=torch.int64), "int64"),
        (torch.ones(0, 1, 8, 8), "no pixels"),
        (torch.full((1, 1, 8, 8), float("nan")), "64 NaN or infinite"),
        (np.full((1, 1, 2, 2), np.inf), "4 NaN or infinite"),
    ],
)
def test_batches(batch, message):
    with pytest.raises(ValueError, match=message):
        layer_spectra(nn.ReLU(), batch)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_scripted_modules_are_refused():
    scripted = torch.jit.script(nn.Conv2d(1, 2, 3))
    with pytest.raises(ValueError, match="scripted or traced"):
        analyse_orders(scripted, (1, 8, 8), (1, 2))
    with pytest.raises(ValueError, match="its part '0' is scripted"):
        layer_spectra(nn.Sequential(scripted), torch.ones(1, 1, 8, 8))


def test_only_modules():
    with pytest.raises(ValueError, match=r"torch\.nn\.Module is needed, found builtin_function"):
        analyse_orders(torch.relu)
