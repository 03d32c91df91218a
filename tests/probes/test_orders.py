"""Order analysis against cases whose every line is known."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from workbench.probes import analyse_orders
from workbench.signals import figures_of_merit, fold, harmonic_amplitudes

F64 = torch.float64


class Decimate(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x[..., :: self.factor, :: self.factor]


class IdealUp(nn.Module):
    """Zero-padded spectrum: interpolation without images."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        height, width = x.shape[2:]
        spectrum = torch.fft.fftshift(torch.fft.fft2(x), dim=(2, 3))
        rows, columns = height * (self.factor - 1) // 2, width * (self.factor - 1) // 2
        spectrum = functional.pad(spectrum, (columns, columns, rows, rows))
        return torch.fft.ifft2(torch.fft.ifftshift(spectrum, dim=(2, 3))).real * self.factor**2


class ZeroStuff(nn.Module):
    def forward(self, x):
        canvas = torch.zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3], dtype=x.dtype)
        canvas[..., ::2, ::2] = x
        return canvas


class Square(nn.Module):
    def forward(self, x):
        return x**2


def causes(analysis, layer, order=None):
    """Cause -> share of the layer's power (of one ± order)."""
    power = analysis.power.sel(layer=layer)
    if order is not None:
        power = power.sel(order=sorted({order, -order}))
    by_cause = power.sum("order")
    total = float(by_cause.sum())
    return {str(c): float(by_cause.sel(cause=c)) / total for c in by_cause.cause.values}


def test_ideal_resampling_only_folds():
    module = nn.Sequential(Decimate(4), IdealUp(4))
    analysis = analyse_orders(module, tone=(0, 13), phases=64, dtype=F64)
    shares = causes(analysis, "1")
    assert shares["folded"] == pytest.approx(1, abs=1e-12)
    assert float(analysis.folded_at.sel(layer="1", order=1)) == 16
    assert np.isnan(analysis.folded_at.sel(layer="1", order=0))
    assert analysis.rate_y.values.tolist() == [0.25, 1.0]


def test_new_harmonic_after_resampling_is_direct():
    module = nn.Sequential(Decimate(2), IdealUp(2), Square())
    analysis = analyse_orders(module, tone=(0, 10), phases=64, dtype=F64)
    assert causes(analysis, "1")["direct"] == pytest.approx(1, abs=1e-12)
    assert causes(analysis, "2", order=2)["direct"] == pytest.approx(1, abs=1e-12)
    power = analysis.power.sel(layer="2", cause="direct")
    assert float(power.sel(order=2)) == pytest.approx((1 / 4) ** 2)
    assert float(power.sel(order=0)) == pytest.approx(1 / 4)


def test_zero_stuffing_leaves_tone_alias_and_images():
    module = nn.Sequential(Decimate(4), ZeroStuff(), ZeroStuff())
    analysis = analyse_orders(module, tone=(0, 13), phases=64, dtype=F64)
    shares = causes(analysis, "2")
    # 16 lines of equal power in 4×4 images: the tone, its alias at 13 − 16 = −3, 14 images.
    assert shares["direct"] == pytest.approx(1 / 16)
    assert shares["folded"] == pytest.approx(1 / 16)
    # 32 divides the offset of 3 (from the tone) + 3 (from the alias, which lies 16 off the tone) of them.
    assert shares["image_1"] == pytest.approx(6 / 16)
    assert shares["image_2"] == pytest.approx(8 / 16)
    assert shares["leakage"] == pytest.approx(0, abs=1e-15)


def test_power_is_the_mean_square_summed_over_channels():
    net = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 5, 4, stride=2, padding=1), nn.Tanh()
    )
    net = net.double()
    analysis = analyse_orders(
        net, (2, 24, 32), (3, 5), phases=12, amplitude=1.5, offset=0.3, channels=(1.0, -0.5)
    )
    y, x = np.mgrid[:24, :32]
    phase = 2 * np.pi * np.arange(12)[:, None, None] / 12
    wave = 0.3 + 1.5 * np.cos(2 * np.pi * (3 * y / 24 + 5 * x / 32) + phase)
    frames = torch.from_numpy(np.stack([wave, -0.5 * wave], axis=1))
    with torch.no_grad():
        for i, layer in enumerate(analysis.layer.values):
            expected = float(net[: i + 1](frames).square().mean((0, 2, 3)).sum())
            assert float(analysis.power.sel(layer=layer).sum()) == pytest.approx(expected, rel=1e-12)
    assert analysis.attrs["input_power"] == pytest.approx(float(frames.square().mean((0, 2, 3)).sum()))


@pytest.mark.parametrize("bias", [0.0, 0.4])
def test_relu_harmonics_lie_at_their_bins(bias):
    analysis = analyse_orders(nn.ReLU(), tone=(5, 11), phases=64, offset=bias, dtype=F64)
    measured = analysis.power.sel(layer="ReLU")
    c = harmonic_amplitudes("relu", amplitude=1.0, bias=bias, orders=8)
    for k in range(9):
        nearly = pytest.approx((c[k] / 2) ** 2 if k else c[0] ** 2, abs=2e-4)
        folds = any(fold(k * m, 64)[1] for m in (5, 11))
        assert float(measured.sel(order=k, cause="folded" if folds else "direct")) == nearly
        assert float(measured.sel(order=-k).sum()) == pytest.approx(
            float(measured.sel(order=k).sum()), rel=1e-9
        )
    assert float(measured.sel(cause=["image_1", "leakage"]).sum()) < 1e-20


def test_figures_of_one_relu():
    analysis = analyse_orders(nn.ReLU(), (1, 256, 4), (3, 0), phases=256, dtype=F64)
    figures = figures_of_merit(analysis).sel(layer="ReLU")
    assert float(figures.sfdr) == pytest.approx(7.44, abs=0.01)
    assert float(figures.thd_ratio) == pytest.approx(0.4352, abs=1e-3)
    assert float(figures.gain) == pytest.approx(10 * np.log10(1 / 4), abs=1e-9)


def test_order_is_unwrapped_by_position():
    """Order 10 of 16 phases rotates like −6, but it lies at 10 tones."""

    class TenthOrder(nn.Module):
        def forward(self, x):
            return torch.cos(10 * torch.acos(x.clamp(-1, 1)))

    analysis = analyse_orders(TenthOrder(), (1, 64, 64), (0, 3), phases=16, dtype=F64)
    power = analysis.power.sel(layer="TenthOrder")
    assert float(power.sel(order=[-10, 10], cause="direct").sum()) == pytest.approx(0.5, rel=1e-9)
    assert float(power.sel(order=[-6, 6]).sum()) < 1e-15


def test_merged_orders_count_under_the_smaller_and_are_flagged():
    class NinthOrder(nn.Module):
        def forward(self, x):
            return torch.cos(9 * torch.acos(x.clamp(-1, 1)))

    analysis = analyse_orders(NinthOrder(), (1, 16, 16), (0, 3), phases=16, dtype=F64)
    power = analysis.power.sel(layer="NinthOrder").sum("cause")
    assert float(power.sel(order=[-7, 7]).sum()) == pytest.approx(0.5, rel=1e-9)
    assert float(analysis.order_tail.sel(layer="NinthOrder")) == pytest.approx(1)
    assert bool(analysis.ambiguous.sel(layer="NinthOrder"))
    assert "raise phases" in str(analysis.ambiguity.sel(layer="NinthOrder").values)


def test_zero_padding_leaks_more_with_depth():
    class Encoder(nn.Sequential):
        def __init__(self, mode):
            layers = []
            for level in range(4):
                layers += [
                    nn.Conv2d(1 if level == 0 else 8, 8, 4, stride=2, padding=1, padding_mode=mode),
                    nn.LeakyReLU(0.2),
                ]
            super().__init__(*layers)

    layers = ["1", "3", "5", "7"]
    zeros = figures_of_merit(analyse_orders(Encoder("zeros").double(), phases=64)).leakage.sel(layer=layers)
    assert zeros.values.tolist() == sorted(zeros.values)
    assert float(zeros[0]) > -20  # dB
    assert float(zeros[-1]) > -7
    circular = figures_of_merit(analyse_orders(Encoder("circular").double(), phases=64)).leakage
    assert float(circular.max()) < -140


def test_dense_lattice_is_ambiguous():
    class Nested(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = nn.Conv2d(1, 4, 8, stride=8)
            self.up = nn.Upsample(scale_factor=8)

        def forward(self, x):
            return self.up(self.down(x))

    analysis = analyse_orders(Nested(), (1, 8, 16), (1, 3), phases=16)
    assert "compare with circular padding" in str(analysis.ambiguity.sel(layer="up").values)
    assert float(analysis.leakage_visible.sel(layer="up")) == pytest.approx(0.5)
    assert float(analyse_orders(nn.ReLU(), phases=64).leakage_visible[0]) > 0.99


def test_cropped_layers_hold_whole_periods_or_are_listed():
    net = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(1, 4, 7), nn.ReLU(), nn.Conv2d(4, 2, 5)).double()
    analysis = analyse_orders(net, (1, 32, 32), (4, 8), phases=32)
    assert analysis.layer.values.tolist() == ["0", "1", "2", "3"]
    assert analysis.rate_y.values.tolist() == [1.0] * 4
    assert analysis.size.sel(layer="0").values.tolist() == [38, 38]
    assert analysis.size.sel(layer="3").values.tolist() == [28, 28]
    odd = analyse_orders(net, (1, 32, 32), (5, 7), phases=32)
    assert odd.layer.values.tolist() == ["0", "1", "2"]
    assert "whole period" in odd.attrs["not_analysed"][0]
    assert odd.attrs["not_analysed"][0].startswith("3: ")


def test_interior_crop_of_a_valid_convolution_does_not_leak():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU()).double()
    analysis = analyse_orders(net, (1, 32, 32), (4, 8), phases=32)
    assert max(causes(analysis, layer)["leakage"] for layer in analysis.layer.values) < 1e-14


@pytest.mark.parametrize(("stride", "size", "tone"), [(3, (48, 36), (5, 7)), (2, (50, 30), (10, 6))])
def test_other_sizes_and_strides(stride, size, tone):
    down = nn.Conv2d(1, 3, 3, stride=stride, padding=1, padding_mode="circular")
    net = nn.Sequential(down, nn.Tanh(), nn.Upsample(scale_factor=stride), Square()).double()
    analysis = analyse_orders(net, (1, *size), tone, phases=12)
    for layer in analysis.layer.values:
        assert causes(analysis, layer)["leakage"] < 1e-14
    assert float(analysis.rate_x.sel(layer="1")) == pytest.approx(1 / stride)


def test_anisotropic_stride():
    net = nn.Sequential(
        nn.Conv2d(1, 3, 3, stride=(1, 2), padding=1, padding_mode="circular"), nn.ReLU()
    ).double()
    analysis = analyse_orders(net, (1, 16, 32), (3, 5), phases=32)
    assert (float(analysis.rate_y[0]), float(analysis.rate_x[0])) == (1.0, 0.5)
    assert causes(analysis, "1")["leakage"] < 1e-14


def test_odd_number_of_phases_sums_up_too():
    net = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU()).double()
    even, odd = (analyse_orders(net, (1, 32, 32), (3, 5), phases=j) for j in (32, 33))
    np.testing.assert_allclose(
        even.power.sum(["order", "cause"]), odd.power.sum(["order", "cause"]), rtol=1e-3
    )
    order = [-2, -1, 0, 1, 2]
    np.testing.assert_allclose(
        even.power.sel(order=order).sum("cause"), odd.power.sel(order=order).sum("cause"), atol=2e-4
    )


def test_complex_layers_have_signed_orders():
    class Analytic(nn.Module):
        """Keep the positive frequencies of x: order +1 of a tone, not −1."""

        def forward(self, x):
            spectrum = torch.fft.fft2(x)
            spectrum[..., x.shape[-1] // 2 :] = 0
            return torch.fft.ifft2(spectrum)

    analysis = analyse_orders(Analytic(), (1, 8, 16), (0, 3), phases=8, dtype=F64)
    power = analysis.power.sel(layer="Analytic").sum("cause")
    assert float(power.sel(order=1)) == pytest.approx(0.25)
    assert float(power.sum()) == pytest.approx(0.25)
    assert analysis.attrs["real"] is False


@pytest.mark.parametrize(
    ("memory", "passes"),
    [
        (2**31, 1),
        (3e6, 1 + 1 + 4),  # given up at the last layer; one frame to plan by; five frames at a time
        (1e6, 1 + 3 * 16),  # one frame to plan by; one at a time, thrice
    ],
)
def test_chunks_give_the_same_answer(memory, passes):
    net = nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 192, 3, padding=1), nn.Tanh()
    ).double()
    whole = analyse_orders(net, (1, 16, 16), (5, 3), phases=16)
    runs = []
    net[0].register_forward_hook(lambda *_: runs.append(1))
    parts = analyse_orders(net, (1, 16, 16), (5, 3), phases=16, memory=memory)
    assert len(runs) == passes
    np.testing.assert_allclose(parts.power, whole.power, atol=1e-14)
    np.testing.assert_allclose(parts.theory, whole.theory, atol=1e-14)
    np.testing.assert_allclose(parts.largest_spur, whole.largest_spur, atol=1e-14)
    assert parts.layer.equals(whole.layer)
    assert parts.inputs.equals(whole.inputs)


def test_chosen_layers():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2))
    analysis = analyse_orders(net, (1, 16, 16), (4, 4), phases=8, layers=["2"])
    assert analysis.layer.values.tolist() == ["2"]
    with pytest.raises(ValueError, match=r"no layer 'conv'; layers: 0, 1, 2"):
        analyse_orders(net, (1, 16, 16), (4, 4), phases=8, layers=["conv"])


def test_further_inputs_are_held_fixed():
    class Conditional(nn.Module):
        def forward(self, x, gain, label):
            return x * gain if label else x

    analysis = analyse_orders(
        Conditional(), (1, 8, 8), (1, 2), phases=8, inputs=(torch.full((1, 1, 1, 1), 3.0), True)
    )
    assert float(analysis.power.sel(layer="Conditional").sum()) == pytest.approx(4.5)


def test_layers_name_those_that_feed_them():
    class Skip(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3, padding=1)
            self.gate = nn.AdaptiveAvgPool2d(1)

        def forward(self, x):
            y = torch.relu(self.conv(x))
            return torch.cat([x, y * self.gate(y)], 1)

    inputs = analyse_orders(Skip(), (1, 16, 16), (4, 4), phases=8).inputs
    assert dict(zip(inputs.layer.values, inputs.values, strict=True)) == {
        "conv": "input",
        "relu": "conv",
        "mul": "relu",  # the gate is no image: its own inputs stand for it
        "cat": "input + mul",
    }
    chosen = analyse_orders(Skip(), (1, 16, 16), (4, 4), phases=8, layers=["conv", "cat"]).inputs
    assert chosen.values.tolist() == ["input", "input + conv"]
