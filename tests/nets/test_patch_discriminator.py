import pytest
import torch

from workbench.nets import PatchDiscriminator, parameter_count


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({"in_channels": 3}, 2_765_633),
        ({"in_channels": 6}, 2_768_705),
        ({"in_channels": 3, "norm": "instance"}, 2_764_737),
        ({"in_channels": 6, "norm": "instance"}, 2_767_809),
        ({"n_layers": 0, "in_channels": 3}, 8_832),
        ({"n_layers": 0, "in_channels": 3, "norm": "instance"}, 8_705),
    ],
)
def test_parameter_counts(arguments, count):
    assert parameter_count(PatchDiscriminator(**arguments)) == count


@pytest.mark.parametrize("packed", [2, 3])
def test_packing_grows_the_first_layer_only(packed):
    single, several = (PatchDiscriminator(2, 3 * m, width=8) for m in (1, packed))
    assert parameter_count(several) - parameter_count(single) == 16 * 8 * 3 * (packed - 1)


@pytest.mark.parametrize(("n_layers", "field"), list(enumerate([1, 16, 34, 70, 142, 286])))
def test_receptive_fields(n_layers, field):
    assert PatchDiscriminator(n_layers, 1, width=1).receptive_field == field


@pytest.mark.parametrize(("n_layers", "size"), [(0, 8), (1, 40), (2, 72), (3, 144)])
def test_a_logit_depends_on_exactly_its_receptive_field(n_layers, size):
    network = PatchDiscriminator(n_layers, 1, width=1, norm="none", activation="softplus").double()
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, 0.01)
    image = torch.zeros(1, 1, size, size, dtype=torch.float64, requires_grad=True)
    logits = network(image)
    logits[0, 0, logits.shape[2] // 2, logits.shape[3] // 2].backward()
    assert int((image.grad[0, 0].abs().sum(0) > 0).sum()) == network.receptive_field


def test_layer_names():
    names = [n for n, m in PatchDiscriminator(width=1).named_modules() if not list(m.children())]
    assert names == [
        "layer1.conv",
        "layer1.activation",
        *(f"layer{i}.{part}" for i in (2, 3, 4) for part in ("conv", "norm", "activation")),
        "output.conv",
    ]


@pytest.mark.parametrize(
    ("n_layers", "size", "logits"), [(0, 8, 8), (1, 16, 6), (2, 16, 2), (3, 32, 2), (3, 256, 30)]
)
def test_output_sizes(n_layers, size, logits):
    assert PatchDiscriminator(n_layers, 2, width=1)(torch.zeros(2, 2, size, size)).shape == (
        2,
        1,
        logits,
        logits,
    )


def test_circular_discriminator_moves_with_its_input():
    torch.manual_seed(0)
    network = PatchDiscriminator(1, 1, width=4, padding="circular", norm="none").double()
    image = torch.randn(1, 1, 16, 16, dtype=torch.float64)
    logits, moved = network.layer1(image), network.layer1(image.roll((2, 4), (2, 3)))
    torch.testing.assert_close(moved, logits.roll((1, 2), (2, 3)))


def test_too_small_images():
    with pytest.raises(ValueError, match=r"16 pixels are too few .* 3 strided layers \(receptive field 70\)"):
        PatchDiscriminator(3, 1, width=1)(torch.zeros(1, 1, 16, 16))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n_layers": -1}, "n_layers=-1"),
        ({"width": 0}, "width=0"),
        ({"norm": "group"}, "unknown norm 'group'"),
        ({"activation": "lrelu"}, "unknown activation"),
        ({"padding": "valid"}, "unknown padding"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        PatchDiscriminator(**arguments)


def test_bad_channels():
    with pytest.raises(ValueError, match=r"needs \(batch, 6, y, x\), found \(1, 4, 64, 64\)"):
        PatchDiscriminator(width=1)(torch.zeros(1, 4, 64, 64))
