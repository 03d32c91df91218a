"""Which layers are seen, and that looking leaves no trace."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from workbench.nets import UNet
from workbench.probes import analyse_orders, layer_spectra
from workbench.probes.guard import undisturbed
from workbench.probes.taps import tapped


def seen(module, image, *inputs):
    """Names, kinds, sources and copies of what each layer returned."""
    layers = []
    with undisturbed(module), tapped(module, lambda layer, out: layers.append((layer, out.clone()))) as taps:
        taps.begin(image)
        module(image, *inputs)
    return layers


def names(module, image):
    return [layer.name for layer, _ in seen(module, image)]


def rates(module, image):
    return {layer.name: tuple(float(r) for r in layer.lineage.rate) for layer, _ in seen(module, image)}


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.block = nn.Module()
        self.block.inner = nn.Identity()

    def forward(self, x):
        y = functional.relu(self.conv(x))
        y = functional.interpolate(y, scale_factor=2)
        y = y[..., ::2, ::2]
        y = y + x
        y = torch.cat([self.conv(y[:, :1]), y], dim=1)
        return y.contiguous()


def test_functions_and_repeated_modules():
    image = torch.randn(1, 1, 8, 8)
    assert names(Functional(), image) == ["conv", "relu", "interpolate", "add", "conv#2", "cat"]
    assert names(nn.ReLU(), image) == ["ReLU"]


def test_an_output_that_is_only_a_view_is_a_layer_of_its_own():
    class Cropped(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3, padding=1)

        def forward(self, x):
            return self.conv(x)[..., 2:-2, ::2]

    assert rates(Cropped(), torch.randn(1, 1, 8, 8)) == {"conv": (1, 1), "output": (1, 0.5)}


def test_functions_are_named_after_their_module():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3, padding=1)

        def forward(self, x):
            return functional.leaky_relu(self.conv(x), 0.1) + x

    net = nn.Sequential(Block(), Block())
    found = names(net, torch.randn(1, 1, 8, 8))
    assert found == ["0.conv", "0.leaky_relu", "0.add", "1.conv", "1.leaky_relu", "1.add"]


def test_operations_inside_leaf_modules_are_not_listed():
    class Leaf(nn.Module):
        def forward(self, x):
            return torch.relu(x) * 2 + x

    assert names(nn.Sequential(Leaf(), nn.BatchNorm2d(1)), torch.randn(1, 1, 8, 8)) == ["0", "1"]


def test_sources_follow_the_data():
    net = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU(inplace=True), nn.Dropout(), nn.Tanh())
    found = seen(net, torch.randn(1, 1, 8, 8))
    assert [layer.source for layer, _ in found] == ["input", "0", "1", "2"]


def fed_by(module, image):
    return {layer.name: layer.inputs for layer, _ in seen(module, image)}


def test_every_feeding_layer_is_named():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 3, padding=1)
            self.norm = nn.BatchNorm2d(2)

        def forward(self, x):
            first, second = self.conv(x).chunk(2, dim=1)  # views are no layers
            gate = torch.sigmoid(second.mean((2, 3), keepdim=True))
            y = self.norm(first) * gate
            y = torch.cat([x, y.reshape(x.shape[0], 2, 8, 8).contiguous(), x], dim=1)
            canvas = torch.zeros(x.shape[0], 4, 16, 16)
            canvas[..., ::2, ::2] = y
            return torch.cat([canvas.roll(1, 2), canvas * 1], dim=1)

    assert fed_by(Branches(), torch.randn(1, 1, 8, 8)) == {
        "conv": ("input",),
        "mean": ("conv",),
        "sigmoid": ("mean",),
        "norm": ("conv",),
        "mul": ("norm", "sigmoid"),
        "cat": ("input", "mul"),
        "roll": ("cat",),
        "mul#2": ("cat",),
        "cat#2": ("roll", "mul#2"),
    }


def test_skips_of_a_unet_are_inputs():
    found = fed_by(UNet(1, 1, size=16, depth=2, width=4), torch.randn(1, 1, 16, 16))
    joined = [inputs for name, inputs in found.items() if name.endswith("cat")]
    assert joined
    assert all(len(inputs) == 2 for inputs in joined)
    known = {"input", *found}
    assert all(inputs and known.issuperset(inputs) for inputs in found.values())


def test_in_place_arithmetic_is_fed_by_both_sides():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3, padding=1)
            self.act = nn.ReLU(inplace=True)

        def forward(self, x):
            y = self.act(self.conv(x))
            y += x
            y.mul_(2)
            return y + y

    assert fed_by(Residual(), torch.randn(1, 1, 8, 8)) == {
        "conv": ("input",),
        "act": ("conv",),
        "add": ("act", "input"),
        "mul": ("add",),
        "add#2": ("mul",),
    }


def test_in_place_activation_does_not_spoil_what_came_before():
    plain = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.LeakyReLU(0.2)
    )
    in_place = nn.Sequential(plain[0], nn.ReLU(inplace=True), plain[2], nn.LeakyReLU(0.2, inplace=True))
    a, b = (analyse_orders(net, (1, 16, 16), (1, 3), phases=16) for net in (plain, in_place))
    np.testing.assert_array_equal(a.power, b.power)
    np.testing.assert_array_equal(a.theory, b.theory)
    a, b = (
        layer_spectra(net, torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1)))
        for net in (plain, in_place)
    )
    for name in a.children:
        np.testing.assert_array_equal(a[name].power, b[name].power)


def test_in_place_functions_are_layers():
    class InPlace(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3, padding=1)

        def forward(self, x):
            y = self.conv(x)
            y.relu_()
            y += x
            return y

    image = torch.randn(1, 1, 8, 8)
    net = InPlace()
    found = {layer.name: out for layer, out in seen(net, image)}
    assert list(found) == ["conv", "relu", "add"]
    with torch.no_grad():
        torch.testing.assert_close(found["conv"], net.conv(image))
        torch.testing.assert_close(found["relu"], net.conv(image).relu())


def test_rates_along_the_way():
    class Resampler(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = nn.Conv2d(1, 4, 4, stride=2, padding=1)
            self.pool = nn.MaxPool2d(3, stride=2, padding=1)
            self.shuffle = nn.PixelShuffle(2)
            self.up = nn.ConvTranspose2d(1, 4, 4, stride=2, padding=1)
            self.dilated = nn.Conv2d(4, 4, 3, dilation=2)
            self.thirds = nn.AvgPool2d(3)
            self.size = nn.Upsample(size=(24, 32), mode="bilinear")

        def forward(self, x):
            x = self.shuffle(self.pool(self.down(x)))
            return self.size(self.thirds(self.dilated(self.up(x))))

    found = rates(Resampler(), torch.randn(1, 1, 64, 64))
    assert found["down"] == found["shuffle"] == (0.5, 0.5)
    assert found["pool"] == (0.25, 0.25)
    assert found["up"] == found["dilated"] == (1, 1)
    assert found["thirds"] == (1 / 3, 1 / 3)
    assert found["size"] == pytest.approx((24 / 20 / 3, 32 / 20 / 3))


def test_unknown_operations_count_by_size():
    class Opaque(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return torch.from_numpy(x.numpy()[..., ::4, ::4].copy())

    class Unknown(nn.Module):
        def forward(self, x):
            return Opaque.apply(x)

    assert rates(nn.Sequential(Unknown(), nn.ReLU()), torch.randn(1, 1, 16, 16)) == {
        "0": (0.25,) * 2,
        "1": (0.25,) * 2,
    }


def test_crops_and_pads_keep_the_rate():
    class Crops(nn.Module):
        def forward(self, x):
            x = functional.pad(x, (4, 4, 4, 4), mode="reflect")
            x = torch.cat([x, x], dim=2)
            return x[..., 8:16, :8] * 1.0

    found = rates(nn.Sequential(Crops()), torch.randn(1, 1, 8, 8))
    assert found == {"0": (1.0, 1.0)}


def test_reshaped_patches_find_back_to_their_rate():
    class Patches(nn.Module):
        def forward(self, x):
            batch, channels, height, width = x.shape
            x = x.reshape(batch, channels, height // 4, 4, width // 4, 4).permute(0, 1, 3, 5, 2, 4)
            return x.reshape(batch, channels * 16, height // 4, width // 4) * 1.0

    assert rates(nn.Sequential(Patches()), torch.randn(1, 1, 16, 16)) == {"0": (0.25, 0.25)}


def test_channels_in_the_last_axis():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(3)

        def forward(self, x):
            return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    image = torch.randn(2, 3, 8, 16)
    tree = layer_spectra(Last(), image)
    assert tree["norm"].power.shape == (8, 16)


def test_squeeze_and_excitation_keeps_its_lattice():
    class Excite(nn.Module):
        def __init__(self):
            super().__init__()
            self.squeeze = nn.AdaptiveAvgPool2d(1)
            self.mix = nn.Conv2d(2, 2, 1)

        def forward(self, x):
            return x * torch.sigmoid(self.mix(self.squeeze(x)))

    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"), nn.ReLU(), Excite()).double()
    analysis = analyse_orders(net, (1, 16, 16), (1, 3), phases=16)
    assert float(analysis.leakage_visible.sel(layer="2.mul")) > 0.99
    assert float(analysis.power.sel(layer="2.mul", cause="leakage").sum()) < 1e-20


def count_hooks(module):
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules())


class Failing(nn.Module):
    def forward(self, x):
        raise RuntimeError("out of order")


@pytest.mark.parametrize(
    "use",
    [
        lambda net: analyse_orders(net, (1, 16, 16), (4, 4), phases=8),
        lambda net: layer_spectra(net, torch.ones(2, 1, 16, 16)),
    ],
)
def test_no_trace_is_left(use):
    for broken in (False, True):
        net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.Sequential(nn.ReLU()))
        net.train()
        net[3].eval()
        if broken:
            net.append(Failing())
        before = {name: value.clone() for name, value in net.state_dict().items()}
        modes = [part.training for part in net.modules()]
        random = torch.get_rng_state()
        if broken:
            with pytest.raises(ValueError, match="out of order"):
                use(net)
        else:
            use(net)
        assert count_hooks(net) == 0
        assert [part.training for part in net.modules()] == modes
        assert torch.equal(torch.get_rng_state(), random)
        assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
        assert all(parameter.grad is None for parameter in net.parameters())
        assert torch.overrides._get_current_function_mode() is None
        assert torch.is_grad_enabled()


def test_buffers_that_a_module_writes_are_put_back():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("calls", torch.zeros(()))
            self.register_buffer("last", torch.zeros(1))

        def forward(self, x):
            self.calls += 1
            self.last = torch.ones(1)
            return x + torch.rand(())

    net = Counting()
    buffer = net.last
    analyse_orders(net, (1, 8, 8), (1, 2), phases=8)
    assert float(net.calls) == 0
    assert net.last is buffer


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_precisions(dtype):
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular"), nn.Tanh()).double()
    exact = analyse_orders(net, (1, 16, 16), (1, 3), phases=16)
    rough = analyse_orders(net.to(dtype), (1, 16, 16), (1, 3), phases=16)
    tolerance = {torch.float64: 1e-12, torch.float32: 1e-6, torch.bfloat16: 2e-2}[dtype]
    np.testing.assert_allclose(rough.power, exact.power, atol=tolerance)
    assert rough.power.dtype == np.float64


def test_channels_last_memory():
    net = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU()).double()
    a = analyse_orders(net, (2, 16, 16), (1, 3), phases=16)
    b = analyse_orders(net.to(memory_format=torch.channels_last), (2, 16, 16), (1, 3), phases=16)
    np.testing.assert_allclose(a.power, b.power, atol=1e-14)


def test_tuple_and_dict_outputs():
    class Many(nn.Module):
        def forward(self, x):
            return {"image": x * 2, "flat": x.mean((2, 3)), "pair": (x * 3, "text")}

    analysis = analyse_orders(Many(), (1, 8, 8), (1, 2), phases=8)
    assert analysis.power.sum(["order", "cause"]).values == pytest.approx([2.0, 4.5])
    assert analysis.layer.values.tolist() == ["Many", "Many#3"]


def test_compiled_modules_are_looked_through():
    class Wrapped(nn.Module):
        _orig_mod: nn.Module

    net = nn.Sequential(nn.ReLU())
    wrapped = Wrapped()
    wrapped._orig_mod = net
    assert analyse_orders(wrapped, (1, 8, 8), (1, 2), phases=8).layer.values.tolist() == ["0"]


def test_compiled_module_gives_the_same_as_the_original():
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU())
    compiled = torch.compile(net, backend="eager")
    inner = nn.Sequential(torch.compile(net, backend="eager"), nn.Tanh())
    a = analyse_orders(net, (1, 8, 8), (1, 2), phases=8)
    np.testing.assert_array_equal(a.power, analyse_orders(compiled, (1, 8, 8), (1, 2), phases=8).power)
    assert analyse_orders(inner, (1, 8, 8), (1, 2), phases=8).layer.values.tolist() == ["0.0", "0.1", "1"]


def test_parametrized_layers_are_leaves():
    net = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Conv2d(1, 2, 3)), nn.ReLU())
    assert names(net, torch.randn(1, 1, 8, 8)) == ["0", "1"]


def test_every_kind_of_unet_is_followed_to_its_output():
    for options in (
        {},
        {"padding": "circular"},
        {"down": "blur_pool", "up": "filtered", "activation": "filtered_relu"},
        {"up": "subpixel", "norm": "instance"},
    ):
        net = UNet(1, 1, size=32, depth=3, width=4, **options)
        found = rates(net, torch.randn(1, 1, 32, 32))
        assert found["output"] == (1, 1)
        assert found["bottleneck.conv"] == pytest.approx(
            (0.125, 0.125) if "down" not in options else (0.25, 0.25)
        )


def test_a_module_compiled_in_place_is_observed_as_itself():
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU())
    expected = analyse_orders(net, (1, 16, 16), (2, 3), phases=8)
    net.compile(backend="eager")
    np.testing.assert_array_equal(analyse_orders(net, (1, 16, 16), (2, 3), phases=8).power, expected.power)
