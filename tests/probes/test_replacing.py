"""One layer replaced, everything else as it was."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from workbench.nets import ACTIVATIONS, Convolution, UNet, extend
from workbench.nets.lowpass import kaiser, triangle
from workbench.probes import (
    analyse_orders,
    possible_replacements,
    replace_layer,
    replace_layers,
    replacement_notes,
)


def image(channels=2, height=12, width=16):
    return torch.randn(2, channels, height, width, dtype=torch.float64)


def leakage(analysis):
    power = analysis.power
    return float((power.sel(cause="leakage").sum("order") / power.sum(["order", "cause"])).max())


# ---------------------------------------------------------------- nothing changes where nothing should
@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (nn.ReLU(), "relu"),
        (nn.ReLU(inplace=True), "relu"),
        (nn.LeakyReLU(0.07), "leaky_relu"),
        (nn.GELU(approximate="tanh"), "gelu"),
        (nn.Identity(), "identity"),
        (nn.Conv2d(2, 2, 3, padding=1), "zeros"),
        (nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect"), "reflect"),
        (nn.ConvTranspose2d(2, 2, 4, 2, 1), "zeros"),
        (nn.ReflectionPad2d(2), "reflect"),
        (nn.MaxPool2d(2), "max"),
        (nn.AvgPool2d(2), "average"),
        (nn.Upsample(scale_factor=2), "nearest"),
        (nn.Upsample(scale_factor=2, mode="bilinear"), "bilinear"),
        (nn.Upsample(scale_factor=2, mode="bilinear"), "replicate"),
    ],
)
def test_the_same_kind_changes_no_bit(layer, kind):
    network = nn.Sequential(nn.Conv2d(2, 2, 1), layer).double()
    x = image()
    assert torch.equal(replace_layer(network, "1", kind)(x), network(x))


def test_the_original_keeps_everything():
    network = UNet(2, 1, size=16, depth=3, width=4).double()
    calls = []
    network.down2.register_forward_hook(lambda *args: calls.append(1))
    network.up1.eval()
    before, hooks = copy.deepcopy(network.state_dict()), dict(network.down2._forward_hooks)
    modes = [part.training for part in network.modules()]
    shape = str(network)
    new = replace_layers(network, {"*": "circular", "down2.conv": "blurpool", "up2.activation": "tanh"})
    assert str(network) == shape
    assert [part.training for part in network.modules()] == modes
    assert not new.up1.training
    assert new.up2.activation.training
    assert network.down2._forward_hooks == hooks
    new(torch.randn(1, 2, 16, 16).double())  # moves the copy's running statistics
    with torch.no_grad():
        new.down2.conv.conv.weight.zero_()
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert replacement_notes(network) == ()
    assert len(replacement_notes(new)) > 3


# ---------------------------------------------------------------- decimation
@pytest.mark.parametrize("mode", ["zeros", "circular", "replicate"])
@pytest.mark.parametrize(("kind", "taps"), [("blurpool", triangle(2)), ("filtered", kaiser(2))])
@pytest.mark.parametrize("kernel", [3, 4])
def test_blurpool_is_the_blurred_convolution_subsampled(mode, kind, taps, kernel):
    conv = nn.Conv2d(2, 3, kernel, stride=2, padding=1, padding_mode=mode).double()
    x, reach = image(), len(taps) // 2
    full = functional.conv2d(extend(x, 1 + reach, 1 + reach, mode), conv.weight, conv.bias)
    blur = torch.as_tensor(np.outer(taps, taps)).expand(3, 1, -1, -1)
    expected = functional.conv2d(full, blur, groups=3)[:, :, ::2, ::2]
    found = replace_layer(conv, "Conv2d", kind)(x)
    assert found.shape == conv(x).shape
    assert torch.allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(2, 4, 5, stride=(2, 3), padding=2, groups=2, dilation=(1, 2)),
        nn.Conv2d(2, 4, 2, stride=2),
        Convolution(2, 4, 4, 2, before=2, after=1, padding="reflect"),
        nn.MaxPool2d(2),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.AvgPool2d(3, stride=2, padding=1),
        nn.AvgPool2d(2),
        nn.ConvTranspose2d(2, 4, 4, stride=2, padding=1),
        nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1),
        nn.ConvTranspose2d(2, 4, (4, 6), stride=(2, 3), padding=(1, 2)),
        nn.Upsample(scale_factor=2),
        nn.Upsample(scale_factor=3, mode="bilinear"),
        nn.ReflectionPad2d((1, 2, 3, 0)),
        nn.Sequential(nn.Conv2d(2, 4, 3), nn.PixelShuffle(2)),
        nn.ReLU(),
    ],
    ids=lambda layer: str(layer)[:60],
)
@pytest.mark.parametrize("size", [(12, 16), (13, 18)])
def test_every_possible_replacement_keeps_the_size(layer, size):
    network = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), layer).double()
    x = image(2, *size)
    expected = network(x)
    possible = possible_replacements(network)
    assert any(name.startswith("1") for name in possible)
    for name, kinds in possible.items():
        for kind in kinds:
            found = replace_layer(network, name, kind)(x)
            assert found.shape == expected.shape, (name, kind)
            assert torch.isfinite(found).all()
            assert found.dtype == torch.float64


@pytest.mark.parametrize("shift", [1, 2])
def test_substitutes_stay_in_place(shift):
    """A slow wave keeps its phase: the filters are centred on the samples kept before."""
    x = torch.cos(2 * torch.pi * (torch.arange(64.0, dtype=torch.float64) + shift) / 64)
    x = x.expand(1, 1, 64, 64)
    conv = nn.Conv2d(1, 1, 4, stride=2, padding=1, padding_mode="circular", bias=False).double()
    nn.init.ones_(conv.weight)
    up = nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1, bias=False).double()
    nn.init.ones_(up.weight)
    pool = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), nn.AvgPool2d(2)).double()
    nn.init.ones_(pool[0].weight)
    for network, name in ((conv, "Conv2d"), (up, "ConvTranspose2d"), (pool, "1")):
        size = network(x).shape[-1]
        bin_one = np.exp(-2j * np.pi * np.arange(size) / size) / size
        expected = network(x)[0, 0, size // 2].detach().numpy() @ bin_one
        for kind in possible_replacements(network)[name]:
            if kind in ("circular", "reflect", "replicate", "max"):
                continue
            found = replace_layer(network, name, kind)(x)[0, 0, size // 2].detach().numpy() @ bin_one
            assert abs(np.angle(found / expected)) < 0.02, (name, kind)  # half a pixel would be 0.05 … 0.1


def test_less_is_folded():
    torch.manual_seed(0)
    conv = [nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular")]
    conv += [nn.ReLU(), nn.Conv2d(4, 4, 4, stride=2, padding=1, padding_mode="circular")]
    network = nn.Sequential(*conv).double()

    def folded(module):
        analysis = analyse_orders(module, (1, 32, 32), (3, 5), phases=32)
        last = analysis.isel(layer=-1)
        return float(last.power.sel(cause="folded").sum() / last.power.sum()), leakage(analysis)

    before, blurred, filtered = (
        folded(n)
        for n in (network, replace_layer(network, "2", "blurpool"), replace_layer(network, "2", "filtered"))
    )
    assert before[0] > 3 * blurred[0] > 0
    assert before[0] > 10 * filtered[0]
    assert max(blurred[1], filtered[1]) < 1e-10


# ---------------------------------------------------------------- expansion
@pytest.mark.parametrize("padding", ["zeros", "circular"])
def test_a_filtered_expansion_has_the_same_kernel_without_images(padding):
    network = UNet(1, 1, size=32, depth=2, width=4, padding=padding).double().eval()
    new = replace_layer(network, "up1.conv", "filtered")
    assert torch.equal(new.up1.conv.conv.weight, network.up1.conv.weight)
    analyses = [analyse_orders(n, (1, 32, 32), (3, 5), phases=32) for n in (network, new)]
    levels = []
    for analysis, name in zip(analyses, ["up1.conv", "up1.conv.blur"], strict=True):
        power = analysis.power.sel(layer=name)
        first = power.sel(order=[-1, 1], cause="direct").sum()
        levels.append((float(power.sel(cause="image_1").sum()), float(first)))
    assert levels[1][0] < 0.1 * levels[0][0]
    if padding == "circular":
        assert levels[1][1] == pytest.approx(levels[0][1], rel=0.05)  # tone 5 of 32 is in band
        assert leakage(analyses[1]) < 1e-10


def test_subpixel_changes_nothing_but_the_form():
    network = UNet(1, 1, size=32, depth=3, width=4, padding="circular").double().eval()
    new = replace_layers(network, {"up1.conv": "subpixel", "up2.conv": "subpixel"})
    x = image(1, 32, 32)
    assert torch.allclose(new(x), network(x), atol=1e-12)
    assert "the same operator" in replacement_notes(new)[0]


# ---------------------------------------------------------------- borders
@pytest.mark.parametrize(
    "breaker",
    [
        lambda: nn.Conv2d(2, 2, 3, padding=1),
        lambda: nn.Conv2d(2, 2, 5, padding="same", padding_mode="replicate"),
        lambda: nn.ConvTranspose2d(2, 2, 4, 2, 1),
        lambda: nn.Sequential(nn.ReflectionPad2d(2), nn.Conv2d(2, 2, 5)),
        lambda: nn.Upsample(scale_factor=2, mode="bilinear"),
    ],
)
def test_circular_padding_heals_what_only_padding_broke(breaker):
    torch.manual_seed(1)
    circular = nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular")
    network = nn.Sequential(circular, nn.Tanh(), breaker(), nn.ReLU()).double()
    assert leakage(analyse_orders(network, (1, 16, 16), (3, 5), phases=16)) > 1e-4
    healed = replace_layer(network, "*", "circular")
    assert leakage(analyse_orders(healed, (1, 16, 16), (3, 5), phases=16)) <= 1e-10


UNETS = [
    {"down": "strided", "up": "deconv"},
    {"down": "max_pool", "up": "subpixel", "norm": "instance"},
    {"down": "filtered", "up": "nearest", "activation": "filtered_relu"},
    {"down": "avg_pool", "up": "filtered"},
]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.data())
def test_no_replacement_makes_a_circular_network_leak(data):
    torch.manual_seed(data.draw(st.integers(0, 99)))
    options = data.draw(st.sampled_from(UNETS))
    network = UNet(1, 1, size=16, depth=2, width=3, padding="circular", **options).double()
    possible = possible_replacements(network)
    for _ in range(2):
        name = data.draw(st.sampled_from(sorted(possible)))
        kinds = [kind for kind in possible[name] if kind not in ("zeros", "reflect", "replicate")]
        if kinds:
            network = replace_layer(network, name, data.draw(st.sampled_from(kinds)))
            possible = possible_replacements(network)
    analysis = analyse_orders(network, (1, 16, 16), (3, 5), phases=16, offset=0.1)
    power = analysis.power.sum("order")
    assert float((power.sel(cause="leakage") / power.sum("cause").clip(1e-300)).max()) <= 1e-10
    assert analysis.sizes["layer"] > 8


def test_weights_are_kept_when_the_border_changes():
    network = UNet(1, 1, size=16, depth=2, width=4).double()
    new = replace_layer(network, "*", "circular")
    kept = dict(new.named_parameters())
    assert kept.keys() == dict(network.named_parameters()).keys()
    assert all(torch.equal(kept[name], value) for name, value in network.named_parameters())
    assert leakage(analyse_orders(new, (1, 16, 16), (3, 5), phases=16)) <= 1e-10


def test_a_substitute_takes_another_border_too():
    torch.manual_seed(1)
    parts = [nn.Conv2d(1, 4, 3, padding=1), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 4, 2, 1), nn.ReLU()]
    network = nn.Sequential(*parts, nn.ConvTranspose2d(4, 1, 4, 2, 1)).double()
    changes = {"2": "blurpool", "3": "filtered", "5": "bilinear"}
    frame = ((1, 32, 32), (3, 5), 32)
    assert leakage(analyse_orders(replace_layers(network, changes), *frame)) > 1e-4
    periodic = replace_layers(network, changes | {"*": "circular"})
    assert leakage(analyse_orders(periodic, *frame)) <= 1e-10
    back = replace_layer(periodic, "2", "zeros")
    assert back[2].border.padding == "replicate"  # a border of zeros would win the maximum
    assert len(replacement_notes(periodic)) == 7  # three changes, four borders


def test_everywhere_means_what_is_not_so_already():
    network = UNet(
        1, 1, size=16, depth=2, width=4, activation="filtered_relu", padding="circular", norm="none"
    )
    assert replacement_notes(replace_layer(network, "*", "filtered_relu")) == (
        "output (Tanh) became filtered_relu: border rule circular",
    )
    noted = replacement_notes(replace_layer(network, "*", "tanh"))
    assert [note.split()[0] for note in noted] == [
        *("bottleneck.activation", "up2.activation", "up1.activation"),
    ]
    placeholder = nn.Sequential(nn.Identity(), nn.ReLU())
    new = replace_layer(placeholder, "*", "tanh")
    assert isinstance(new[0], nn.Identity)
    assert isinstance(replace_layer(placeholder, "0", "tanh")[0], nn.Tanh)


# ---------------------------------------------------------------- activations
@pytest.mark.parametrize("kind", [*ACTIVATIONS, "identity", "leaky_relu(0.3)", "filtered_elu(0.5)"])
def test_every_activation_can_be_put_in(kind):
    network = UNet(1, 1, size=16, depth=2, width=4, padding="circular").double()
    new = replace_layer(network, "up1.activation", kind)
    assert new(image(1, 16, 16)).shape == (2, 1, 16, 16)
    if kind.startswith("filtered"):
        assert new.up1.activation.up.padding == "circular"


def test_identity_removes_the_harmonics_that_relu_made():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 2, 3, padding=1)).double()

    def higher(module):
        power = analyse_orders(module, (1, 16, 16), (3, 5), phases=16).power
        return float(power.where(abs(power.order) > 1, 0).sum() / power.sum())

    assert higher(network) > 0.01
    assert higher(replace_layer(network, "1", "identity")) < 1e-25


class InPlaceSkip(nn.Module):
    """The skip shares memory with what the activation overwrites."""

    def __init__(self, activation):
        super().__init__()
        self.act = activation

    def forward(self, x):
        x = x * 1.0
        return torch.cat([x, self.act(x)], 1)


@pytest.mark.parametrize("kind", ["tanh", "relu", "filtered_leaky_relu", "gelu", "identity"])
def test_what_worked_in_place_still_does(kind):
    network = InPlaceSkip(nn.LeakyReLU(0.2, inplace=True)).double()
    x = image().requires_grad_()
    new = replace_layer(network, "act", kind)
    out = new(x)
    first, second = out.chunk(2, 1)
    assert torch.equal(first, second)
    out.square().sum().backward()
    assert torch.isfinite(x.grad).all()
    assert not torch.equal(first, x) or kind == "identity"


def test_an_activation_in_place_stays_one_layer():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(2, 1, 1)).double()
    new = replace_layer(network, "1", "gelu")
    analysis = analyse_orders(new, (1, 16, 16), (3, 5), phases=16)
    assert analysis.layer.values.tolist() == ["0", "1", "2"]
    assert analysis.inputs.values.tolist() == ["input", "0", "1"]
    apart = nn.Sequential(network[0], nn.GELU(), network[2])
    expected = analyse_orders(apart, (1, 16, 16), (3, 5), phases=16)
    np.testing.assert_allclose(analysis.power, expected.power, atol=1e-18)


# ---------------------------------------------------------------- special modules
class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 2, 3, padding=1)
        self.act = nn.ReLU()
        self.second = nn.Sequential(self.act, nn.Conv2d(2, 2, 3, padding=1))

    def forward(self, x):
        return self.act(functional.relu(self.second(self.act(self.first(x)))))


@pytest.mark.parametrize("name", ["act", "act#2", "act#3"])
def test_a_shared_layer_is_replaced_everywhere(name):
    new = replace_layer(Shared().double(), name, "tanh")
    assert new.act is new.second[0]
    assert isinstance(new.act, nn.Tanh)
    assert replacement_notes(new) == ("act (ReLU) became tanh: no weights, used at 2 places: act, second.0",)


@pytest.mark.parametrize("normed", [parametrizations.weight_norm, parametrizations.spectral_norm])
@pytest.mark.parametrize("kind", ["blurpool", "circular"])
def test_parametrised_weights_stay_parametrised(normed, kind):
    conv = normed(nn.Conv2d(2, 2, 4, stride=2, padding=1).double()).eval()
    network = nn.Sequential(nn.Conv2d(2, 2, 1).double(), conv)
    plain = nn.Sequential(network[0], nn.Conv2d(2, 2, 4, stride=2, padding=1).double())
    plain[1].load_state_dict({"weight": conv.weight.detach(), "bias": conv.bias.detach()})
    x = image()
    found, expected = (replace_layer(n, "1", kind)(x) for n in (network, plain))
    assert torch.allclose(found, expected, atol=1e-12)
    inner = replace_layer(network, "1", kind)[1]
    assert nn.utils.parametrize.is_parametrized(inner.conv if kind == "blurpool" else inner)


@pytest.mark.filterwarnings("ignore:.*weight_norm.*deprecated")
def test_weights_computed_by_hooks_are_copied_too():
    network = nn.Sequential(nn.utils.weight_norm(nn.Conv2d(2, 2, 4, stride=2, padding=1)).double())
    x = image()
    network(x)
    new = replace_layer(network, "0", "blurpool")
    assert new(x).shape == network(x).shape
    assert new[0].conv.weight_g is not network[0].weight_g


def test_what_was_trained_stays_trainable():
    network = nn.Sequential(nn.ConvTranspose2d(2, 2, 4, 2, 1), nn.ReLU())
    network[0].bias.requires_grad_(False)
    for kind in ("nearest", "subpixel"):
        conv = replace_layer(network, "0", kind)[0].conv
        assert (conv.weight.requires_grad, conv.bias.requires_grad) == (True, False)


def test_precision_follows_the_layer():
    network = nn.Sequential(nn.Conv2d(1, 2, 4, 2, 1), nn.MaxPool2d(2)).bfloat16()
    for name in ("0", "1"):
        assert (
            replace_layer(network, name, "blurpool")(torch.zeros(1, 1, 16, 16).bfloat16()).dtype
            == torch.bfloat16
        )
    small = replace_layer(nn.MaxPool2d(2), "MaxPool2d", "blurpool")
    assert {buffer.dtype for buffer in small.buffers()} == {torch.float32}


# ---------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("down9.conv", "tanh", r"UNet has no layer 'down9.conv'; layers that can be replaced: .*down1.conv"),
        ("cat", "tanh", "'cat' is no module of UNet.*the function 'cat' called in UNet"),
        ("up1.cat", "tanh", "'up1.cat' is no module.*function 'cat' called inside 'up1'.*down1.conv"),
        ("down1.conv", "tanh", r"'down1.conv' \(Convolution\) cannot become 'tanh': nothing of this kind"),
        ("down1.conv", "subpixel", "there are for it: blurpool, filtered, zeros, reflect"),
        ("down1.conv", "swirl", "unknown replacement 'swirl'; there are: relu"),
        ("up1.activation", "relu(2)", "ReLU takes no number"),
        ("up1.activation", "leaky_relu(x)", "unknown activation"),
        ("down2.norm", "tanh", "nothing stands for it"),
        ("up1", "tanh", "nothing of this kind stands for a Sequential"),
        ("*", "max", "no layer that 'max' makes sense for"),
        ("down1.conv", 3, "unknown replacement 3"),
    ],
)
def test_what_cannot_be_replaced_is_said(name, kind, message):
    network = UNet(1, 1, size=16, depth=3, width=4)
    with pytest.raises(ValueError, match=message):
        replace_layer(network, name, kind)


@pytest.mark.parametrize(
    ("layer", "kind", "message"),
    [
        (nn.Conv2d(1, 1, 3), "blurpool", "its stride is 1"),
        (nn.Conv2d(1, 1, 3), "circular", "it has no border"),
        (nn.MaxPool2d(2, ceil_mode=True), "blurpool", "ceil_mode"),
        (nn.MaxPool2d(2, return_indices=True), "average", "returns indices"),
        (nn.MaxPool2d(2, dilation=2), "filtered", "dilated"),
        (nn.AvgPool2d(3, 2, 1, count_include_pad=False), "blurpool", "shrink at the border"),
        (nn.ConvTranspose2d(1, 1, 2, stride=3), "nearest", "shorter than its stride"),
        (nn.ConvTranspose2d(1, 1, 3, stride=2), "subpixel", "one whole factor"),
        (nn.Upsample(scale_factor=3), "filtered", "not 2 along both axes"),
        (nn.Upsample(scale_factor=2), "circular", "mode nearest looks at no border"),
        (nn.LazyConv2d(1, 3, padding=1), "circular", "is not initialised yet"),
        (nn.Linear(2, 2), "relu", "nothing of this kind stands for a Linear"),
    ],
)
def test_why_a_layer_has_no_such_form(layer, kind, message):
    with pytest.raises(ValueError, match=message):
        replace_layer(nn.Sequential(layer), "0", kind)
    if not isinstance(layer, nn.LazyConv2d):
        assert kind not in possible_replacements(nn.Sequential(layer)).get("0", [])


@pytest.mark.filterwarnings("ignore:.*torch.jit.* is deprecated")
def test_a_scripted_network_is_refused():
    with pytest.raises(ValueError, match="scripted or traced"):
        replace_layer(torch.jit.script(nn.Sequential(nn.ReLU())), "0", "tanh")


def test_options_are_checked():
    network = nn.Sequential(nn.Conv2d(1, 1, 4, 2, 1))
    with pytest.raises(ValueError, match="unknown padding 'mirror'"):
        replace_layer(network, "0", "blurpool", padding="mirror")
    with pytest.raises(ValueError, match=r"layer '0' .*odd taps ≥ 3, found 12"):
        replace_layer(network, "0", "filtered", taps=12)
    once = replace_layer(network, "0", "blurpool")
    with pytest.raises(ValueError, match="it was replaced before; start from the original"):
        replace_layer(once, "0", "filtered")
    with pytest.raises(ValueError, match="replacements are pairs"):
        replace_layers(network, ["0", "blurpool"])


def test_the_root_itself_can_be_replaced():
    new = replace_layer(nn.ReLU(), "ReLU", "tanh")
    assert isinstance(new, nn.Tanh)
    assert replacement_notes(new) == ("ReLU (ReLU) became tanh: no weights",)
