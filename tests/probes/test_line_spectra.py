"""Dense order spectra agree with the table of causes, bin by bin with closed forms."""

import numpy as np
import pytest
import torch
from torch import nn

from workbench.nets import UNet
from workbench.probes import analyse_orders, order_spectra
from workbench.signals import find_lines, harmonic_amplitudes

F64 = torch.float64


class Decimate(nn.Module):
    def forward(self, x):
        return x[..., ::4, ::4]


class Complex(nn.Module):
    """A complex layer: orders +k and −k differ."""

    def forward(self, x):
        return torch.complex(x.relu(), x * x)


def unet(**options):
    return UNet(1, 1, size=32, depth=3, width=4, **options)


CASES = {
    "U-Net, zero padding": (lambda: unet(), (1, 32, 32), (3, 5), 16),
    "U-Net, circular": (lambda: unet(padding="circular", up="nearest"), (1, 32, 32), (3, 5), 32),
    "odd number of phases": (lambda: unet(), (1, 32, 32), (-3, 5), 15),
    "complex": (lambda: nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), Complex()), (2, 24, 16), (5, 3), 8),
    "cropped": (lambda: nn.Sequential(nn.Conv2d(1, 3, 5), nn.ReLU()), (1, 32, 32), (4, 8), 32),
    "rates that differ": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 3, 3, stride=(1, 2), padding=1, padding_mode="circular"),
            nn.Tanh(),
            nn.Upsample(scale_factor=(1, 2)),
        ),
        (1, 16, 32),
        (3, 5),
        16,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bins_add_up_to_the_table_of_causes(case):
    make, shape, tone, phases = CASES[case]
    net = make().double()
    analysis = analyse_orders(net, shape, tone, phases, offset=0.2)
    names = [str(name) for name in analysis.layer.values]
    tree = order_spectra(net, shape, tone, phases, offset=0.2, layers=names)
    for name in names:
        layer, table = tree[name], analysis.power.sel(layer=name)
        total = float(table.sum())
        assert layer.power.dtype == np.float64
        power, cause = layer.power.values, layer.cause.values
        listed = layer.order.values
        expected = table.sel(order=listed)
        for code, label in enumerate(layer.cause.attrs["flag_meanings"].split()):
            found = np.where(cause == code, power, 0.0).sum(axis=(1, 2))
            np.testing.assert_allclose(found, expected.sel(cause=label), rtol=0, atol=1e-12 * total)
        left_out = table.drop_sel(order=listed)
        assert float(left_out.sum("cause").max() if left_out.size else 0) <= 1e-14 * total
        np.testing.assert_array_equal(layer.folded_at, analysis.folded_at.sel(layer=name, order=listed))


@pytest.mark.parametrize("memory", [2**31, 200_000])
def test_a_small_memory_changes_nothing(memory):
    net = unet().double()
    tree = order_spectra(net, (1, 32, 32), (3, 5), 16, layers=["output", "down2.conv"], memory=memory)
    whole = order_spectra(net, (1, 32, 32), (3, 5), 16, layers=["output", "down2.conv"])
    assert list(tree.children) == ["output", "down2.conv"]
    for name in tree.children:
        np.testing.assert_allclose(
            tree[name].power, whole[name].power, rtol=0, atol=1e-14 * float(whole[name].power.sum())
        )


def test_each_harmonic_of_a_relu_lies_at_its_bin():
    layer = order_spectra(nn.ReLU(), tone=(5, 11), phases=64, dtype=F64, layers=["ReLU"])["ReLU"]
    c = harmonic_amplitudes("relu", orders=4)
    for k, (v, u) in {0: (0, 0), 1: (5, 11), 2: (10, 22), 4: (20, -20)}.items():
        plane = layer.power.sel(order=k)
        peak = plane.sel(frequency_y=v / 64, frequency_x=u / 64)
        assert float(peak) == pytest.approx((c[k] / (2 if k else 1)) ** 2, abs=2e-4)
        assert float(plane.sum()) == pytest.approx(float(peak), rel=1e-9), "one line only"
    cause = layer.cause.attrs["flag_meanings"].split()
    where = {"frequency_y": 20 / 64, "frequency_x": -20 / 64}
    assert cause[int(layer.cause.sel(order=4, **where))] == "folded"
    assert cause[int(layer.cause.sel(order=2, frequency_y=10 / 64, frequency_x=22 / 64))] == "direct"


def test_the_layer_that_folds_is_the_first_that_holds_the_order():
    """Order 2 arises at the first ReLU, decimation folds it; order 1 is never folded."""
    net = nn.Sequential(nn.Identity(), nn.ReLU(), Decimate(), nn.Upsample(scale_factor=4), nn.Tanh())
    tree = order_spectra(net, tone=(0, 5), phases=64, dtype=F64, layers=["1", "2", "4"])
    assert str(tree["1"].folded_by.sel(order=2).values) == ""
    for name in ("2", "4"):
        assert str(tree[name].folded_by.sel(order=2).values) == "2"
        assert float(tree[name].folding_rate_x.sel(order=2)) == 16
        assert str(tree[name].folded_by.sel(order=1).values) == ""
        assert np.isnan(tree[name].folding_rate_x.sel(order=1))


def test_an_activation_behind_a_decimation_is_blamed_for_its_own_harmonics():
    net = nn.Sequential(Decimate(), nn.ReLU())
    tree = order_spectra(net, tone=(0, 5), phases=64, dtype=F64, layers=["1"])
    assert str(tree["1"].folded_by.sel(order=2).values) == "1"
    assert tree["1"].folding_layer.sel(order=2).values.tolist() == ["", "1"]
    assert list(zip(tree["1"].passed_rate_y.values, tree["1"].passed_rate_x.values, strict=True)) == [
        (64.0, 64.0),
        (16.0, 16.0),
    ]


def test_a_branch_that_does_not_feed_the_layer_is_not_blamed():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.other, self.side, self.down = nn.ReLU(), Decimate(), Decimate()
            self.act = nn.ReLU()

        def forward(self, x):
            self.side(self.other(x))
            return self.down(self.act(x))

    tree = order_spectra(Branches(), tone=(0, 5), phases=64, dtype=F64, layers=["down"])
    assert str(tree["down"].folded_by.sel(order=2).values) == "down"


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "layers must name at least one of: 0, 1"),
        (["2"], "no layer '2'; layers: 0, 1"),
        (["3"], "no layer '3'"),
        (["1"], "layer '1' cannot be analysed: no spatial axes"),
    ],
)
def test_layers_that_cannot_be_shown_are_refused(layers, message):
    net = nn.Sequential(nn.ReLU(), nn.Flatten())
    with pytest.raises(ValueError, match=message):
        order_spectra(net, (1, 8, 8), (1, 2), 8, layers=layers)


def test_a_network_that_returns_nan_is_refused():
    class Broken(nn.Module):
        def forward(self, x):
            return x / 0

    with pytest.raises(ValueError, match="NaN or infinite"):
        order_spectra(Broken(), (1, 8, 8), (1, 2), 8, layers=["Broken"])


def test_two_tones_of_a_square_make_sums_and_differences():
    class Square(nn.Module):
        def forward(self, x):
            return x * x

    two = ((3, 4), (5, -7))
    tree = order_spectra(Square(), (1, 32, 32), two, 8, (1.0, 0.5), dtype=F64, layers=["Square"])
    layer = tree["Square"].to_dataset()
    pairs = list(zip(layer.order_1.values.tolist(), layer.order_2.values.tolist(), strict=True))
    by_pair = dict(zip(pairs, layer.power.sum(["frequency_y", "frequency_x"]).values, strict=True))
    # (cos a + cos b / 2)² = 5/8 + cos 2a / 2 + cos 2b / 8 + (cos(a + b) + cos(a − b)) / 2
    expected = {(0, 0): 25 / 64, (2, 0): 1 / 16, (0, 2): 1 / 256, (1, 1): 1 / 16, (1, -1): 1 / 16}
    expected |= {(-k, -m): p for (k, m), p in expected.items()}
    assert set(by_pair) == set(expected)
    for pair, value in expected.items():
        assert by_pair[pair] == pytest.approx(value, rel=1e-12)
    at = layer.isel(order=pairs.index((1, -1))).sel(frequency_y=-2 / 32, frequency_x=11 / 32)
    assert float(at.power) == pytest.approx(1 / 16)
    assert layer.cause.attrs["flag_meanings"].split()[int(at.cause)] == "direct"
    lines = find_lines(layer)
    assert "orders (1, −1), direct" in lines.label.values.tolist()
    assert lines.attrs["reference"] == "dB re the layer's power", "a square leaves no fundamental"


@pytest.mark.parametrize("padding", ["circular", "zeros"])
def test_two_tones_keep_all_power_and_name_what_folds(padding):
    net = unet(padding=padding).double()
    tree = order_spectra(net, (1, 32, 32), ((3, 5), (3, -2)), 16, offset=0.2, layers=["output", "down2.conv"])
    for child in tree.children.values():
        power = child.power.sum(["frequency_y", "frequency_x"]).values
        lost = 1e-2 if len(power) > 240 else 1e-12  # only the strongest pairs are kept
        assert power.sum() == pytest.approx(child.attrs["layer_power"], rel=lost)
        pairs = list(zip(child.order_1.values.tolist(), child.order_2.values.tolist(), strict=True))
        table = dict(zip(pairs, power, strict=True))
        for (k, m), value in table.items():
            assert table[-k, -m] == pytest.approx(value, rel=1e-9), "a real layer"
        mirrored = child.power.values[[pairs.index((-k, -m)) for k, m in pairs]]
        mirrored = np.roll(mirrored[:, ::-1, ::-1], 1, axis=(1, 2))
        np.testing.assert_allclose(mirrored, child.power, atol=1e-12 * power.sum())
        by = dict(zip(pairs, child.folded_by.values.tolist(), strict=True))
        assert by[1, 0] == "down2.conv", "5 of 32 is above what 8 samples represent"
        assert by[0, 0] == ""
        assert by[0, 1] == ("bottleneck.conv" if child.name == "output" else "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tone": ((1, 2), (0, 0))}, r"tone \(0, 0\) is a constant"),
        ({"tone": ((1, 2), (0, 4))}, "not below Nyquist along x"),
        ({"tone": ((1, 2), (3,))}, "two whole numbers of cycles"),
        ({"tone": ((1, 2), (2, 1), (1, 1))}, "two whole numbers of cycles"),
        ({"tone": ((1, 2), (2, 1)), "amplitude": (1.0, 2.0, 3.0)}, "one amplitude or two"),
        ({"tone": ((1, 2), (2, 1)), "amplitude": (1.0, -2.0)}, "amplitude must be positive"),
    ],
)
def test_tones_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        order_spectra(nn.ReLU(), **{"shape": (1, 8, 8), "phases": 8, "layers": ["ReLU"], **options})
