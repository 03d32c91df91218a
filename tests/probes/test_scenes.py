"""A scene's phase, turned: what every layer keeps of it, and what the decoded image does."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from workbench.mappings import MAPPINGS
from workbench.probes import analyse_orders
from workbench.signals import figures_of_merit


def speckle(size=(16, 16), seed=0):
    random = np.random.default_rng(seed)
    spectrum = random.standard_normal(size) + 1j * random.standard_normal(size)
    spectrum[size[0] // 2] = spectrum[:, size[1] // 2] = 0  # where mappings differ in what they pack
    return 0.2 * np.fft.ifft2(spectrum, norm="ortho")


class Keep(nn.Module):
    """Hand some channels on, others as zeros."""

    def __init__(self, *factors):
        super().__init__()
        self.register_buffer("factors", torch.tensor(factors).view(-1, 1, 1))

    def forward(self, x):
        return x * self.factors


def fidelity(analysis):
    return float(figures_of_merit(analysis).phase_fidelity.sel(layer="decoded"))


@pytest.mark.parametrize("mapping", list(MAPPINGS))
def test_identity_keeps_all_of_the_phase(mapping):
    values = speckle()
    # A magnitude below 1 is within the range of every mapping.
    values *= np.minimum(1, 0.9 / np.abs(values))
    analysis = analyse_orders(nn.Identity(), scene=values, mapping=mapping, dtype=torch.float64)
    assert analysis.attrs["clipped_share"] == 0
    assert fidelity(analysis) == pytest.approx(1, abs=1e-12)
    assert analysis.layer.values.tolist() == ["Identity", "decoded"]
    decoded = analysis.sel(layer="decoded")
    assert float(decoded.power.sum()) == pytest.approx(float(np.mean(abs(values) ** 2)))
    assert str(decoded.module_type.values) == f"decode {mapping}"
    assert str(decoded.inputs.values) == "Identity"
    assert decoded["size"].values.tolist() == [16, 16]
    assert float(decoded.rate_x) == 1 / MAPPINGS[mapping].factor
    gain = figures_of_merit(analysis).gain
    assert gain.sel(layer="decoded").values == pytest.approx(0, abs=1e-9)
    if mapping != "mag_phase":  # where the phase is a number, it is no tone
        assert gain.sel(layer="Identity").values == pytest.approx(0, abs=1e-9)
        assert np.isnan(figures_of_merit(analysis).phase_fidelity.sel(layer="Identity"))


@pytest.mark.parametrize("mapping", ["real_imag", "real_imag_2x", "real_imag_repeat"])
@pytest.mark.parametrize("factors", [(1.0, 0.0), (0.0, 1.0)])
def test_half_of_one_part_is_its_mirror_image(mapping, factors):
    analysis = analyse_orders(Keep(*factors).double(), scene=speckle(), mapping=mapping)
    power = analysis.power.sel(layer="decoded", cause="all")
    assert float(power.sel(order=1) / power.sum()) == pytest.approx(0.5)
    assert float(power.sel(order=-1) / power.sum()) == pytest.approx(0.5)
    assert fidelity(analysis) == pytest.approx(0.5)


def test_conjugation_is_all_mirror_image():
    analysis = analyse_orders(Keep(1.0, -1.0).double(), scene=speckle(), mapping="real_imag")
    assert fidelity(analysis) == pytest.approx(0, abs=1e-12)
    power = analysis.power.sel(layer="decoded", cause="all")
    assert float(power.sel(order=-1) / power.sum()) == pytest.approx(1)


@pytest.mark.parametrize("mapping", ["real_imag", "real_imag_repeat"])
def test_relu_keeps_half_of_a_constant_magnitude(mapping):
    """c_1²/2 over the mean square of max(0, cos): (1/8) / (1/4)."""
    values = 0.7 * np.exp(2j * np.pi * np.random.default_rng(1).random((8, 8)))
    analysis = analyse_orders(nn.ReLU().double(), scene=values, mapping=mapping, dtype=torch.float64)
    figures = figures_of_merit(analysis).sel(layer="ReLU")
    assert float(figures.linear_order_share) == pytest.approx(0.5, abs=1e-12)
    assert float(figures.gain) == pytest.approx(-20 * np.log10(2))
    assert np.isnan(figures.sinad)
    assert np.isnan(figures.sfdr)
    assert np.isnan(figures.leakage)


def test_squares_turn_twice():
    class Square(nn.Module):
        def forward(self, x):
            re, im = x[:, :1], x[:, 1:]
            return torch.cat([re * re - im * im, 2 * re * im], 1)

    analysis = analyse_orders(Square(), scene=speckle(), mapping="real_imag", dtype=torch.float64)
    power = analysis.power.sel(layer="decoded", cause="all")
    assert float(power.sel(order=2) / power.sum()) == pytest.approx(1)


def test_layers_of_a_network_sum_up_to_their_mean_square():
    net = nn.Sequential(
        nn.Conv2d(1, 3, 4, stride=2, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)
    ).double()
    analysis = analyse_orders(net, scene=torch.from_numpy(speckle((8, 12))), phases=9)
    assert analysis.layer.values.tolist() == ["0", "1", "2"]
    assert analysis.attrs["not_analysed"][0].startswith("decoded: nyquist needs an output (batch, 1, y, x)")
    turned = [speckle((8, 12)) * np.exp(2j * np.pi * j / 9) for j in range(9)]
    frames = torch.from_numpy(np.stack([MAPPINGS["nyquist"].encode(one) for one in turned]) / 1.25).clip(
        -1, 1
    )
    with torch.no_grad():
        for i, layer in enumerate(analysis.layer.values):
            expected = float(net[: i + 1](frames).square().mean((0, 2, 3)).sum())
            assert float(analysis.power.sel(layer=layer).sum()) == pytest.approx(expected)
    assert analysis.attrs["input_power"] == pytest.approx(float(frames.square().mean()))
    parts = analyse_orders(net, scene=speckle((8, 12)), phases=9, memory=2e4)
    np.testing.assert_allclose(parts.power, analysis.power, atol=1e-14)


def test_labelled_scenes_and_further_inputs():
    class Conditional(nn.Module):
        def forward(self, gain, x):
            return gain * x

    scene = xr.DataArray(speckle((8, 12)).T, dims=("x", "y"))
    analysis = analyse_orders(
        Conditional(),
        scene=scene,
        inputs=(torch.full((1, 1, 1, 1), 0.5),),
        tone_input=1,
        layers=["Conditional"],
    )
    assert analysis.attrs["shape"] == [1, 16, 24]
    assert fidelity(analysis) == pytest.approx(1, abs=1e-6)
    assert "no cause" in analysis.attrs["causes"]
    assert analysis.cause.values.tolist() == ["all"]


def test_a_hook_is_left_behind_nowhere():
    net = nn.Sequential(nn.Tanh())
    analyse_orders(net, scene=speckle())
    assert not net._forward_hooks
    assert not net[0]._forward_hooks


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scene": np.ones((4, 4))}, "must be complex, found float64"),
        ({"scene": np.ones((2, 4, 4), complex)}, r"one image \(y, x\), found shape \(2, 4, 4\)"),
        ({"scene": np.full((4, 4), np.nan + 0j)}, "16 NaN or infinite values of 16"),
        ({"scene": np.zeros((4, 4), complex)}, "0 everywhere"),
        ({"scene": xr.DataArray(np.ones((4, 4), complex), dims=("row", "x"))}, r"dimensions \(y, x\)"),
        ({"mapping": "polar"}, "unknown mapping 'polar'; there are: nyquist"),
        ({"phases": 2}, "at least 3, found 2"),
        ({"tone": (3, 4)}, "tone cannot be given with scene="),
        ({"amplitude": 2.0, "offset": 1.0}, "amplitude, offset cannot be given with scene="),
        ({"channels": (1.0,)}, "channels cannot be given"),
    ],
)
def test_bad_scenes(arguments, message):
    with pytest.raises(ValueError, match=message):
        analyse_orders(nn.ReLU(), **{"scene": speckle((4, 4)), **arguments})
