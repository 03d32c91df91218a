"""Order power against drive, on modules whose polynomials are known."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from workbench.nets import UNet
from workbench.probes import amplitude_sweep, analyse_orders

FRAME = {"shape": (1, 16, 16), "tone": (1, 3), "phases": 16, "dtype": torch.float64}


class Polynomial(nn.Module):
    """``z + a2·z² + a3·z³``, in one function."""

    def __init__(self, a2, a3, a1=1.0):
        super().__init__()
        self.factors = (a1, a2, a3)

    def forward(self, z):
        a1, a2, a3 = self.factors
        return a1 * z + a2 * z**2 + a3 * z**3


@pytest.mark.parametrize(("a2", "a3"), [(0.4, 0.3), (0.0, -0.05)])
def test_a_cubic_has_the_books_slopes_and_intercepts(a2, a3):
    seen = []
    drives = [1e-3, 1e-2, 1e-1, *np.geomspace(1, 2, 13)]
    found = amplitude_sweep(Polynomial(a2, a3), drives, progress=lambda *n: seen.append(n), **FRAME)
    last = found.isel(layer=-1)
    assert last.power.dims == ("amplitude", "order")
    assert last.slope_db_per_db.sel(order=3) == pytest.approx(3, abs=1e-6)
    assert last.input_intercept.sel(order=3) == pytest.approx(20 * np.log10(2 / np.sqrt(abs(a3))), abs=1e-3)
    if a2:
        assert last.slope_db_per_db.sel(order=2) == pytest.approx(2, abs=1e-6)
        assert last.input_intercept.sel(order=2) == pytest.approx(20 * np.log10(2 / a2), abs=1e-3)
    else:
        exact = 10 * np.log10(4 / (3 * -a3) * (1 - 10 ** (-1 / 20)))
        assert float(last.compression) == pytest.approx(exact, abs=0.01)
        assert "above rounding" in last.intercept_note.sel(order=2).item()
    assert last.power.sel(order=4).max() < 1e-24
    assert seen == [(n, 16) for n in range(1, 17)]


def test_a_relu_without_bias_has_no_intercept():
    conv = nn.Conv2d(1, 3, 3, padding=1, bias=False)
    found = amplitude_sweep(nn.Sequential(conv, nn.ReLU()).double(), [0.01, 0.1, 1.0], **FRAME)
    relu = found.sel(layer="1")
    assert relu.slope_db_per_db.sel(order=[0, 1, 2, 4]).values == pytest.approx(1, abs=1e-6)
    assert relu.input_intercept.isnull().all()
    assert "homogeneous, as a ReLU without bias" in relu.intercept_note.sel(order=2).item()
    assert "above rounding" in found.intercept_note.sel(layer="0", order=2).item()


def test_smooth_networks_do_what_rf_engineers_expect():
    torch.manual_seed(0)
    net = UNet(1, 1, size=16, depth=2, width=4, activation="softplus", padding="circular").double()
    found = amplitude_sweep(net, np.geomspace(1e-3, 1e-1, 5), layers=["down1.conv", "up1.conv"], **FRAME)
    assert found.layer.values.tolist() == ["down1.conv", "up1.conv"]
    slopes = found.slope_db_per_db.sel(layer="up1.conv", order=[1, 2, 3]).values
    assert slopes == pytest.approx([1, 2, 3], abs=0.05)
    assert found.attrs["tone"] == [1, 3]
    assert found.level.values == pytest.approx(20 * np.log10(found.amplitude.values))


def two_tone_analysis(module, shape, tone, phases, amplitude, **options):
    """Orders (k, l) of one pixel under two tones, by a DFT over both phases."""
    angle = 2 * torch.pi * torch.arange(16, dtype=torch.float64) / 16
    wave = amplitude * (torch.cos(angle)[:, None] + torch.cos(angle)[None])
    lines = np.fft.fftshift(np.fft.fft2(module(wave[None, None])[0, 0].numpy(), norm="forward"))
    k = np.arange(-8, 8)
    power = xr.DataArray(
        abs(lines)[None, :, :, None] ** 2,
        dims=("layer", "order_1", "order_2", "cause"),
        coords={"layer": ["mul"], "order_1": k, "order_2": k, "cause": ["direct"]},
    )
    return xr.Dataset({"power": power}, attrs={"tone": tone})


def test_two_tones_give_products(monkeypatch):
    a2, a3 = 0.4, 0.3
    monkeypatch.setitem(amplitude_sweep.__globals__, "analyse_orders", two_tone_analysis)
    frame = FRAME | {"tone": ((1, 3), (2, 5))}
    found = amplitude_sweep(Polynomial(a2, a3), [1e-3, 1e-2, 1e-1], highest=3, **frame).isel(layer=0)
    assert {"1,0", "0,1", "2,-1", "1,-2", "1,1", "3,0", "0,0"} <= set(found["product"].values.tolist())
    amplitude = 10 ** (found.input_intercept / 20)
    assert float(amplitude.sel(product="2,-1")) == pytest.approx(np.sqrt(4 / (3 * a3)), rel=1e-4)
    assert float(amplitude.sel(product="1,1")) == pytest.approx(1 / a2, rel=1e-4)
    assert float(amplitude.sel(product="3,0")) == pytest.approx(2 / np.sqrt(a3), rel=1e-4)
    assert found.slope_db_per_db.sel(product=["1,2", "2,0"]).values == pytest.approx([3, 2], abs=1e-3)


@pytest.mark.parametrize(
    ("amplitudes", "options", "message"),
    [
        ([1.0], {}, "at least 3 amplitudes"),
        ([-1.0, 1.0, 2.0], {}, "positive, finite and ascending"),
        ([1.0, 2.0, 3.0], {"highest": 0}, "highest must be an order of at least 1, found 0"),
        ([1.0, 2.0, 3.0], {"amplitude": 1.0}, "takes amplitudes, not one amplitude"),
        ([1.0, 2.0, 3.0], {"tone": (9, 0)}, "not below Nyquist"),
    ],
)
def test_bad_sweeps_are_refused(amplitudes, options, message):
    with pytest.raises(ValueError, match=message):
        amplitude_sweep(nn.Tanh(), amplitudes, **(FRAME | options))


def test_compression_of_a_cubic_is_exact_on_a_coarse_grid():
    cubic = amplitude_sweep(Polynomial(0.0, -0.1), [0.001, 0.5, 1.0, 2.0], **FRAME)
    exact = 10 * np.log10((1 - 10**-0.05) / 0.075)
    assert float(cubic.compression.isel(layer=-1)) == pytest.approx(exact, abs=1e-4)


def test_leakage_that_may_pass_for_high_orders_is_said():
    torch.manual_seed(0)
    expanding = nn.ConvTranspose2d(16, 32, 4, 1, 0, bias=False).double()
    few, many = (analyse_orders(expanding, (16, 64, 64), phases=j, dtype="float64") for j in (32, 64))
    assert "orders above 16 are weaker than the border leakage" in str(few.ambiguity.values[0])
    assert "weaker than the border leakage" not in str(many.ambiguity.values[0])


@pytest.mark.parametrize("dtype", ["float8", "int64", 3, torch.int32])
def test_types_that_hold_no_tone_are_refused(dtype):
    with pytest.raises(ValueError, match="dtype must be a floating"):
        analyse_orders(nn.ReLU(), dtype=dtype)
