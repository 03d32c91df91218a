import itertools

import pytest
import torch
from torch.nn import functional

from workbench.nets import ACTIVATIONS, DOWNSAMPLERS, NORMS, PADDINGS, UPSAMPLERS, UNet, parameter_count

PUBLISHED = [
    ({"size": 256}, 54_413_955),
    ({"size": 256, "width": 32}, 13_608_259),
    ({"size": 256, "in_channels": 1, "out_channels": 1}, 54_407_809),
    ({"size": 256, "in_channels": 2, "out_channels": 2}, 54_410_882),
    ({"size": 128}, 41_828_995),
    ({"depth": 5}, 16_659_075),
    ({"size": 64}, 29_244_035),
    ({"depth": 7, "up": "nearest", "bias": True, "bottleneck_norm": True}, 30_248_323),
    ({"depth": 7, "up": "nearest", "up_kernel": 4, "bias": True, "bottleneck_norm": True}, 41_834_499),
]


@pytest.mark.parametrize(("arguments", "count"), PUBLISHED)
def test_parameter_counts(arguments, count):
    with torch.device("meta"):  # shapes only: no time for drawing 54 million weights
        assert parameter_count(UNet(**arguments)) == count


def test_instance_norm_trades_gains_for_biases():
    with torch.device("meta"):
        counts = {norm: parameter_count(UNet(size=64, norm=norm)) for norm in NORMS}
    down, up = [64, 128, 256, 512, 512, 512], [512, 512, 256, 128, 64]  # the outermost has its bias anyway
    gains = 2 * (sum(down[1:-1]) + sum(up))
    assert counts["instance"] - counts["batch"] == sum(down) + sum(up) - gains
    assert counts["none"] == counts["instance"]


def test_a_depth_of_three_by_hand():
    torch.manual_seed(1)
    network = UNet(2, 1, depth=3, width=3, norm="none").double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)
    x = torch.randn(2, 2, 16, 16, dtype=torch.float64)
    w = dict(network.named_parameters())

    def conv(name, z):
        return functional.conv2d(z, w[f"{name}.conv.weight"], w[f"{name}.conv.bias"], stride=2, padding=1)

    def deconv(name, z):
        z = functional.relu(z)
        return functional.conv_transpose2d(
            z, w[f"{name}.conv.weight"], w[f"{name}.conv.bias"], stride=2, padding=1
        )

    one = conv("down1", x)
    two = conv("down2", functional.leaky_relu(one, 0.2))
    inner = conv("bottleneck", functional.leaky_relu(two, 0.2))
    z = deconv("up2", torch.cat([two, deconv("up3", inner)], 1))
    expected = torch.tanh(deconv("up1", torch.cat([one, z], 1)))
    torch.testing.assert_close(network(x), expected)


def test_layer_names_are_levels():
    names = [name for name, module in UNet(size=64, width=1).named_modules() if not list(module.children())]
    assert names[:7] == [
        "down1.conv",
        "down2.activation",
        "down2.conv",
        "down2.norm",
        "down3.activation",
        "down3.conv",
        "down3.norm",
    ]
    assert [n for n in names if n.startswith(("bottleneck", "up6", "up5"))] == [
        "bottleneck.activation",
        "bottleneck.conv",
        "up6.activation",
        "up6.conv",
        "up6.norm",
        "up5.activation",
        "up5.conv",
        "up5.norm",
        "up5.dropout",
    ]
    assert names[-3:] == ["up1.activation", "up1.conv", "output"]


@pytest.mark.parametrize(
    ("size", "dropped"), [(16, []), (32, []), (64, [5]), (256, [7, 6, 5]), (512, [8, 7, 6, 5])]
)
def test_dropout_in_levels_minus_five_blocks(size, dropped):
    with torch.device("meta"):
        names = [name for name, _ in UNet(size=size, width=1).named_modules() if name.endswith("dropout")]
    assert names == [f"up{level}.dropout" for level in dropped]


def equivariance_error(shift, **arguments):
    torch.manual_seed(0)
    network = UNet(2, 2, depth=3, width=3, dropout=False, **arguments).double()
    for parameter in network.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0, 0.2)
    x = torch.randn(2, 2, 32, 24, dtype=torch.float64)
    moved = network(x.roll(shift, (2, 3)))
    return float((moved - network(x).roll(shift, (2, 3))).detach().abs().max())


@pytest.mark.parametrize(("down", "up"), list(itertools.product(DOWNSAMPLERS, UPSAMPLERS)))
def test_circular_networks_move_with_their_input(down, up):
    assert equivariance_error((8, -16), padding="circular", down=down, up=up, norm="batch") < 1e-12


@pytest.mark.parametrize("activation", ["leaky_relu(0.1)", "snake", "filtered_relu", "filtered_tanh"])
@pytest.mark.parametrize("norm", NORMS)
def test_circular_networks_move_whatever_the_activation(activation, norm):
    error = equivariance_error((8, 8), padding="circular", up="nearest", norm=norm, activation=activation)
    assert error < 1e-12


@pytest.mark.parametrize("padding", ["zeros", "reflect", "replicate"])
def test_other_borders_do_not_move_with_their_input(padding):
    assert equivariance_error((8, 8), padding=padding, up="nearest") > 1e-3


def test_half_a_period_of_the_bottleneck_is_no_symmetry():
    assert equivariance_error((4, 4), padding="circular", up="nearest") > 1e-3


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("down", "up"), list(zip(DOWNSAMPLERS, UPSAMPLERS, strict=True)))
def test_every_kind_trains_down_to_one_pixel(padding, down, up):
    network = UNet(1, 1, size=16, width=2, padding=padding, down=down, up=up, activation="filtered_gelu")
    image = network(torch.randn(2, 1, 16, 16))
    assert image.shape == (2, 1, 16, 16)
    assert float(image.detach().abs().max()) < 1
    image.sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in network.parameters())


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_replaces_every_activation_but_the_last(name):
    network = UNet(size=8, width=1, activation=name)
    kinds = {type(m.activation) for _, m in network.named_children() if hasattr(m, "activation")}
    assert len(kinds) == 1
    assert isinstance(network.output, torch.nn.Tanh)


def test_subpixel_starts_without_checkerboard():
    torch.manual_seed(0)
    network = UNet(1, 1, size=16, width=4, up="subpixel", norm="none")
    image = network.up1(torch.randn(1, 8, 8, 8)).detach()
    blocks = image.unfold(2, 2, 2).unfold(3, 2, 2).flatten(-2)
    assert float((blocks - blocks[..., :1]).abs().max()) == 0
    assert float(image.std()) > 0


def test_initial_weights():
    torch.manual_seed(0)
    network = UNet(size=16, width=32, norm="batch")
    kernel, gain = network.bottleneck.conv.weight, network.down3.norm.weight
    assert float(kernel.detach().std()) == pytest.approx(0.02, rel=0.02)
    assert float(gain.detach().mean()) == pytest.approx(1, abs=0.01)
    assert float(gain.detach().std()) == pytest.approx(0.02, rel=0.3)
    assert not network.up1.conv.bias.any()


def test_the_seed_decides():
    weights = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        weights.append(UNet(size=8, width=2).down1.conv.weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "needs size .* or depth"),
        ({"size": 96}, "96 is not a power of two: give depth.*at most 5"),
        ({"size": 48, "depth": 5}, "48 cannot be halved 5 times: depth is at most 4.*divisible by 32"),
        ({"size": 2}, "at least 4 pixels, found 2"),
        ({"depth": 1}, "depth of at least 2, found 1"),
        ({"size": 16, "width": 0}, "at least 1, found .*width=0"),
        ({"size": 16, "norm": "layer"}, "unknown norm 'layer'; there are: batch, instance, none"),
        ({"size": 16, "up": "unpool"}, "unknown up-sampling 'unpool'; there are: deconv, nearest, bilinear"),
        ({"size": 16, "down": "stride"}, "unknown down-sampling 'stride'; there are: strided, max_pool"),
        ({"size": 16, "padding": "wrap"}, "unknown padding 'wrap'; there are: zeros"),
        ({"size": 16, "activation": "relu6"}, "unknown activation 'relu6'; there are: relu"),
        ({"size": 16, "up_kernel": 3}, "even kernel"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        UNet(**arguments)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 3, 20, 16), r"depth 3 needs sizes divisible by 8, found 20×16"),
        ((1, 2, 16, 16), r"needs \(batch, 3, y, x\), found \(1, 2, 16, 16\)"),
        ((3, 16, 16), r"needs \(batch, 3, y, x\)"),
    ],
)
def test_bad_images(shape, words):
    with pytest.raises(ValueError, match=words):
        UNet(depth=3, width=1)(torch.zeros(shape))
