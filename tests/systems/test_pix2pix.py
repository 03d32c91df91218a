import copy
import math

import pytest
import torch

from workbench.losses import discriminator_loss, generator_loss, l1_loss
from workbench.mappings import MAPPINGS, from_network, to_network
from workbench.nets import parameter_count
from workbench.systems import Optimiser, Pix2Pix, build

SMALL = {"size": 32, "width": 4, "out_channels": 1, "discriminator_layers": 2, "seed": 0}


def stripes(count=3, size=16, seed=0):
    """Complex stripes with their frequency as the condition, as a batch."""
    generator = torch.Generator().manual_seed(seed)
    frequency = torch.rand(count, 1, 1, generator=generator) - 0.5
    reference = torch.polar(torch.ones(count, size, size), 2 * torch.pi * frequency * torch.arange(size))
    target, _ = to_network(MAPPINGS["nyquist"].encode(reference, edge="drop"))
    condition = (2 * frequency)[:, None].expand(count, 3, 2 * size, 2 * size)
    return {"condition": condition.contiguous(), "target": target, "reference": reference}


def turn(system, name, context, optimisers):
    """One player's turn, the plain way."""
    player = system.players[name]
    for network, module in system.networks.items():
        module.requires_grad_(network in player.networks)
    optimisers[name].zero_grad()
    values = {term.name: term.function(system, context) for term in player.terms}
    sum(term.weight * values[term.name] for term in player.terms).backward()
    optimisers[name].step()
    for module in system.networks.values():
        module.requires_grad_(True)
    return {term: float(value.detach()) for term, value in values.items()}


def optimisers(system, learning_rate=None):
    return {
        name: torch.optim.Adam(
            [p for network in player.networks for p in system.networks[network].parameters()],
            lr=learning_rate or player.optimiser.learning_rate,
            betas=player.optimiser.betas,
        )
        for name, player in system.players.items()
    }


def weights(system, network):
    return {name: value.clone() for name, value in system.networks[network].named_parameters()}


def moved(before, system, network):
    return [n for n, p in system.networks[network].named_parameters() if not torch.equal(before[n], p)]


def test_networks_of_the_paper():
    with torch.device("meta"):
        system = build("pix2pix", size=256)
        assert parameter_count(system.networks["generator"]) == 54_413_955
        assert parameter_count(system.networks["discriminator"]) == 2_768_705  # condition and image
        assert system.networks["discriminator"].receptive_field == 70
    assert system.schedule == ("discriminator", "generator")
    assert system.hooks == ()
    terms = {name: {t.name: t.weight for t in player.terms} for name, player in system.players.items()}
    assert terms == {"discriminator": {"real": 0.5, "fake": 0.5}, "generator": {"gan": 1.0, "l1": 100.0}}
    assert {p.optimiser for p in system.players.values()} == {Optimiser("adam", 2e-4, (0.5, 0.999))}
    assert {n: p.networks for n, p in system.players.items()} == {
        "discriminator": ("discriminator",),
        "generator": ("generator",),
    }


def test_terms_are_the_losses_they_are_named_after():
    system = build("pix2pix", **SMALL, coherence_weight=2.0, coherence_window="global", gan="lsgan")
    context = system.forward(batch := stripes())
    fake = system.generate(batch["condition"])
    value = {
        f"{name}_{term.name}": term.function(system, context)
        for name, player in system.players.items()
        for term in player.terms
    }
    judge = system.networks["discriminator"]
    on_fake = judge(torch.cat([batch["condition"], context["fake"]], 1))
    on_real = judge(torch.cat([batch["condition"], batch["target"]], 1))
    torch.testing.assert_close(value["discriminator_real"], discriminator_loss(on_real, True, "lsgan"))
    torch.testing.assert_close(value["discriminator_fake"], discriminator_loss(on_fake, False, "lsgan"))
    torch.testing.assert_close(value["generator_gan"], generator_loss(on_fake, "lsgan"))
    torch.testing.assert_close(value["generator_l1"], l1_loss(fake, batch["target"]))
    decoded = MAPPINGS["nyquist"].decode(from_network(context["fake"]), edge="drop")
    x, y = decoded.detach(), batch["reference"]
    inner = (x * y.conj()).sum((1, 2)).abs()
    coherence = inner / (x.abs().square().sum((1, 2)) * y.abs().square().sum((1, 2))).sqrt()
    torch.testing.assert_close(value["generator_coherence"], 1 - coherence.mean(), rtol=1e-4, atol=1e-5)


def test_a_discriminator_without_opinion_loses_ln_2():
    system = build("pix2pix", **SMALL)
    torch.nn.init.zeros_(system.networks["discriminator"].output.conv.weight)
    context = system.forward(stripes())
    loss = sum(t.weight * t.function(system, context) for t in system.players["discriminator"].terms)
    assert loss.item() == pytest.approx(math.log(2), rel=1e-6)


def test_each_turn_moves_its_own_network_only():
    system = build("pix2pix", **SMALL, coherence_weight=10.0)
    adam, batch = optimisers(system), stripes()
    context = system.forward(batch)
    for player, other in (("discriminator", "generator"), ("generator", "discriminator")):
        before = {name: weights(system, name) for name in system.networks}
        turn(system, player, context, adam)
        assert len(moved(before[player], system, player)) == len(before[player])
        assert not moved(before[other], system, other)
        for parameter in system.networks[other].parameters():
            assert parameter.grad is None or player == "generator"


def test_the_generators_turn_leaves_the_discriminators_gradients_alone():
    system = build("pix2pix", **SMALL)
    adam, context = optimisers(system), system.forward(stripes())
    turn(system, "discriminator", context, adam)
    gradients = {n: p.grad.clone() for n, p in system.networks["discriminator"].named_parameters()}
    turn(system, "generator", context, adam)
    for name, parameter in system.networks["discriminator"].named_parameters():
        assert torch.equal(parameter.grad, gradients[name])


def test_a_bare_loop_learns():
    torch.manual_seed(0)
    system = build("pix2pix", **{**SMALL, "width": 8}, coherence_weight=10.0)
    adam, batch = optimisers(system, 2e-3), stripes(6)
    first = last = {}
    for step in range(30):
        context = system.forward(batch)
        losses = [turn(system, name, context, adam) for name in system.schedule]
        last = losses[-1]
        first = first or last
        assert all(math.isfinite(value) for values in losses for value in values.values()), step
    assert last["l1"] < 0.8 * first["l1"]
    assert last["coherence"] < 0.7 * first["coherence"]


def test_networks_may_be_wrapped():
    system = build("pix2pix", **SMALL)
    served = copy.copy(system)
    calls = []

    class Counted(torch.nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            calls.append(type(self.inner).__name__)
            return self.inner(x)

    object.__setattr__(served, "networks", {n: Counted(m) for n, m in system.networks.items()})
    context = served.forward(stripes())
    for player in served.players.values():
        for term in player.terms:
            term.function(served, context)
    assert calls == ["UNet", "PatchDiscriminator", "PatchDiscriminator", "PatchDiscriminator"]


def test_the_generator_runs_once_per_step_and_decodes_only_if_asked():
    batch = stripes()
    assert "decoded" not in build("pix2pix", **SMALL).forward(batch)
    context = build("pix2pix", **SMALL, coherence_weight=1).forward(batch)
    assert context["decoded"].shape == batch["reference"].shape
    assert context["decoded"].is_complex()
    assert set(batch) == {"condition", "target", "reference"}  # not written into


def test_the_seed_decides_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, same, other = (build("pix2pix", **{**SMALL, "seed": seed}) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    for name in one.networks:
        assert not moved(weights(one, name), same, name)
        assert moved(weights(one, name), other, name)
    torch.manual_seed(9)
    free = [build("pix2pix", **{**SMALL, "seed": None}) for _ in range(2)]
    assert moved(weights(free[0], "generator"), free[1], "generator")


def test_options_rebuild_the_system():
    options = {
        "size": 48,
        "depth": 4,
        "width": 2,
        "in_channels": 2,
        "out_channels": 2,
        "mapping": "real_imag",
    }
    options |= {
        "activation": "filtered_leaky_relu(0.3)",
        "norm": "none",
        "padding": "circular",
        "up": "subpixel",
    }
    options |= {"down": "blur_pool", "coherence_weight": 1, "coherence_window": 5, "discriminator_layers": 1}
    system = build("pix2pix", **options)
    again = build("pix2pix", **system.options)
    assert isinstance(again, Pix2Pix)
    assert again.options == system.options
    assert options.items() <= system.options.items()
    assert str(again.networks) == str(system.networks)


def test_without_adversary_there_is_no_turn_for_it():
    system = build("pix2pix", **SMALL, gan_weight=0, coherence_weight=1)
    assert system.schedule == ("generator",)
    assert [term.name for term in system.players["generator"].terms] == ["l1", "coherence"]


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_every_mapping_can_be_judged_by_coherence(mapping):
    chosen = MAPPINGS[mapping]
    system = build(
        "pix2pix", **{**SMALL, "out_channels": chosen.channels}, mapping=mapping, coherence_weight=1
    )
    pixels = 32 // chosen.factor
    batch = {
        "condition": torch.zeros(2, 3, 32, 32),
        "reference": torch.randn(2, pixels, pixels, dtype=torch.complex64),
    }
    context = system.forward(batch)
    term = system.players["generator"].terms[-1]
    value = term.function(system, context)
    value.backward()
    assert term.name == "coherence"
    assert 0 <= float(value.detach()) <= 1
    assert all(torch.isfinite(p.grad).all() for p in system.networks["generator"].parameters())


def test_half_precision_images_are_decoded():
    system = build("pix2pix", **SMALL, coherence_weight=1).networks["generator"].bfloat16()
    wrapped = build("pix2pix", **SMALL, coherence_weight=1)
    wrapped.networks["generator"] = system
    context = wrapped.forward({"condition": torch.zeros(1, 3, 32, 32, dtype=torch.bfloat16)})
    assert context["fake"].dtype == torch.bfloat16
    assert context["decoded"].dtype == torch.complex64


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"out_channels": 3, "coherence_weight": 1}, "mapping 'nyquist' needs out_channels=1, found 3"),
        (
            {"coherence_weight": 1, "mapping": "real_imag"},
            "mapping 'real_imag' needs out_channels=2, found 1",
        ),
        ({"gan": "lsgan", "saturating": True}, "saturating=True goes with gan='vanilla' only"),
        ({"gan_weight": 0, "l1_weight": 0}, "one of gan_weight, l1_weight, coherence_weight above 0"),
        ({"coherence_weight": 1, "coherence_window": 4}, "odd number up to .* 16 pixels, found 4"),
        ({"coherence_weight": 1, "coherence_window": 17}, "odd number up to .* 16 pixels, found 17"),
        ({"size": 33}, "33 is not a power of two"),
        ({"size": 96, "depth": 6}, "96 cannot be halved 6 times"),
        ({"size": 16, "discriminator_layers": 3}, "16 pixels are too few for a patch discriminator with 3"),
    ],
)
def test_contradictions(options, words):
    with pytest.raises(ValueError, match=words):
        build("pix2pix", **{**SMALL, **options})
