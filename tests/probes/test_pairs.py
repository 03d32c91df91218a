"""Two tones: intermodulation products against their closed forms."""

import numpy as np
import pytest
import torch
from torch import nn

from workbench.probes import analyse_orders
from workbench.signals import figures_of_merit

F64 = torch.float64
PAIR = ((5, 11), (7, -3))


class Power(nn.Module):
    def __init__(self, exponent):
        super().__init__()
        self.exponent = exponent

    def forward(self, x):
        return x**self.exponent


def encoder(padding="circular", activation=nn.Identity):
    return nn.Sequential(
        nn.Conv2d(1, 3, 4, stride=2, padding=1, padding_mode=padding),
        activation(),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(3, 2, 3, padding=1, padding_mode=padding),
    )


def products(analysis, layer=0):
    """Power by (k, l)."""
    power = analysis.power.isel(layer=layer).sum("cause")
    return {
        (k, n): float(power.sel(order_1=k, order_2=n))
        for k in power.order_1.values.tolist()
        for n in power.order_2.values.tolist()
        if float(power.sel(order_1=k, order_2=n)) > 1e-14
    }


def test_square():
    """(a cos α + b cos β)²: DC, both second harmonics, sum and difference."""
    a, b = 0.8, 0.5
    found = products(analyse_orders(Power(2), tone=PAIR, amplitude=(a, b), phases=6, dtype=F64))
    lines = {
        (0, 0): (a * a + b * b) / 2,
        (2, 0): a * a / 4,
        (0, 2): b * b / 4,
        (1, 1): a * b / 2,
        (1, -1): a * b / 2,
    }
    expected = {(s * k, s * n): v**2 for (k, n), v in lines.items() for s in (1, -1)}
    assert found == pytest.approx(expected)


def test_cube():
    """(cos α + cos β)³ = 9/4 fundamentals + 3/4 (2α ± β …) + 1/4 third harmonics."""
    found = products(analyse_orders(Power(3), tone=PAIR, phases=8, dtype=F64))
    lines = {(1, 0): 9 / 8, (0, 1): 9 / 8, (3, 0): 1 / 8, (0, 3): 1 / 8}
    lines |= dict.fromkeys([(2, 1), (2, -1), (1, 2), (1, -2)], 3 / 8)
    expected = {(s * k, s * n): v**2 for (k, n), v in lines.items() for s in (1, -1)}
    assert found == pytest.approx(expected)


def test_products_lie_where_they_should():
    analysis = analyse_orders(Power(3), tone=((5, 11), (7, 20)), phases=8, dtype=F64)
    power = analysis.power.isel(layer=0)
    # 2·11 + 20 = 42 folds at 64, 2·11 − 20 = 2 does not
    assert float(power.sel(order_1=2, order_2=1, cause="folded")) == pytest.approx(9 / 64)
    assert float(power.sel(order_1=2, order_2=-1, cause="direct")) == pytest.approx(9 / 64)
    folded_at = analysis.folded_at.isel(layer=0)
    assert float(folded_at.sel(order_1=2, order_2=1)) == 64
    assert np.isnan(folded_at.sel(order_1=2, order_2=-1))
    assert float(power.sel(cause=["image_1", "leakage"]).sum()) < 1e-20


@pytest.mark.parametrize("padding", ["circular", "zeros"])
def test_linear_networks_hold_the_fundamentals_only(padding):
    net = encoder(padding).double()
    analysis = analyse_orders(net, (1, 16, 16), ((1, 3), (2, -5)), phases=5)
    for layer in range(analysis.layer.size):
        # What zero padding leaks to a bin of another order that agrees in phase counts there.
        found = {tuple((n + 2) % 5 - 2 for n in order) for order in products(analysis, layer)}
        assert found == {(1, 0), (-1, 0), (0, 1), (0, -1), (0, 0)}
        if padding == "circular":
            assert set(products(analysis, layer)) == found


@pytest.mark.parametrize("phases", [5, 8])
def test_powers_sum_up_to_the_mean_square_and_circular_networks_do_not_leak(phases):
    net = encoder(activation=nn.Tanh).double()
    analysis = analyse_orders(
        net, (1, 16, 16), ((1, 3), (2, -5)), phases=phases, amplitude=(1.0, 0.4), offset=0.3
    )
    y, x = np.mgrid[:16, :16] / 16
    j = np.arange(phases)[:, None, None] / phases
    first = np.cos(2 * np.pi * (y + 3 * x + j))[:, None]
    second = np.cos(2 * np.pi * (2 * y - 5 * x + j))[None]
    frames = torch.from_numpy((0.3 + first + 0.4 * second).reshape(-1, 1, 16, 16))
    with torch.no_grad():
        for i, layer in enumerate(analysis.layer.values):
            expected = float(net[: i + 1](frames).square().mean((0, 2, 3)).sum())
            power = analysis.power.sel(layer=layer)
            assert float(power.sum()) == pytest.approx(expected, rel=1e-12)
            assert float(power.sel(cause="leakage").sum()) < 1e-12 * expected
    assert analysis.attrs["input_power"] == pytest.approx(float(frames.square().mean()))
    assert analysis.attrs["tone"] == [[1, 3], [2, -5]]
    assert analysis.attrs["amplitude"] == [1.0, 0.4]


def test_swapped_tones_swap_the_orders():
    net = encoder(activation=nn.Tanh).double()
    tones = ((1, 3), (2, -5))
    one = analyse_orders(net, (1, 16, 16), tones, phases=8, amplitude=(1.0, 0.4)).power
    other = analyse_orders(net, (1, 16, 16), tones[::-1], phases=8, amplitude=(0.4, 1.0)).power
    turned = other.rename(order_1="order_2", order_2="order_1").transpose(*one.dims)
    near = {"order_1": slice(-2, 2), "order_2": slice(-2, 2)}
    np.testing.assert_allclose(turned.sel(near).sum("cause"), one.sel(near).sum("cause"), atol=1e-14)
    leakage = [power.sel(cause="leakage").sum(["order_1", "order_2"]) for power in (one, other)]
    np.testing.assert_allclose(*leakage, atol=1e-14)


def test_frames_in_parts_give_the_same():
    net = encoder(activation=nn.ReLU).double()
    whole = analyse_orders(net, (1, 16, 16), ((1, 3), (2, -5)), phases=6)
    parts = analyse_orders(net, (1, 16, 16), ((1, 3), (2, -5)), phases=6, memory=3e5)
    np.testing.assert_allclose(parts.power, whole.power, atol=1e-15)


def test_figures_of_two_equal_tones():
    figures = figures_of_merit(analyse_orders(Power(3), tone=PAIR, phases=8, dtype=F64)).isel(layer=0)
    lines = {"first": 2 * (9 / 8) ** 2, "harmonics": 2 * (1 / 8) ** 2, "products": 4 * (3 / 8) ** 2}
    decibel = {name: 10 * np.log10(value / lines["first"]) for name, value in lines.items()}
    assert float(figures.hd.sel(order=3)) == pytest.approx(decibel["harmonics"])
    assert float(figures.thd) == pytest.approx(decibel["harmonics"])
    assert float(figures.imd.sel(order=3)) == pytest.approx(decibel["products"])
    assert float(figures.imd.sel(order=2)) < -250
    assert float(figures.imd.sel(order=3) - figures.hd.sel(order=3)) == pytest.approx(
        20 * np.log10(3) + 10 * np.log10(2)  # twice as many lines, 9.54 dB each
    )
    assert float(figures.gain) == pytest.approx(20 * np.log10(9 / 4))
    assert float(figures.sfdr) == pytest.approx(20 * np.log10(3))
    share = lines["first"] / sum(lines.values())
    assert float(figures.linear_order_share) == pytest.approx(share)
    assert np.isnan(figures.phase_fidelity)
    assert figures.imd.attrs["units"] == "dBc"


@pytest.mark.parametrize("second", [(5, 11), (10, 22), (-5, -11)])
def test_tones_on_one_line_are_flagged(second):
    analysis = analyse_orders(nn.ReLU(), tone=((5, 11), second), phases=5)
    assert bool(analysis.ambiguous[0])
    assert "lie on one line" in str(analysis.ambiguity.values[0])
    linear = analyse_orders(nn.Identity(), tone=((5, 11), second), phases=5, dtype=F64)
    assert set(products(linear)) == {(1, 0), (-1, 0), (0, 1), (0, -1)}  # their phases tell them apart


def test_other_tones_are_not():
    assert "line" not in str(analyse_orders(nn.Tanh(), tone=PAIR, phases=8).ambiguity.values[0])
