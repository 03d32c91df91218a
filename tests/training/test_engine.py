import dataclasses
import json
import math

import numpy as np
import pytest
import torch
import xarray as xr
from lightning_fabric import Fabric

from workbench.training import Plan, Trainer, TrainingError


def look_and_draw(networks):
    """An instrument that does all that a careless probe could do to a training."""

    def measure():
        torch.manual_seed(0)
        torch.rand(5)
        return xr.Dataset({"a": 1.0}, attrs={"recorded": ["a"]})

    return measure


def train(toy, patches, plan, steps=None, instruments=None, observe=False):
    records = []
    trainer = Trainer(toy, patches, plan, records.append, instruments=instruments)
    for _ in range(plan.steps if steps is None else steps):
        trainer.advance()
        if observe:
            trainer.observe()
    return trainer, records


def weights(trainer):
    return {name: t for name, t in trainer.state()[0].items() if name.startswith("networks/")}


def assert_same(first, second):
    assert first.keys() == second.keys()
    different = [name for name in first if not torch.equal(first[name], second[name])]
    assert not different


def plain_loop(toy, patches, plan):
    """What the engine must compute, written out for the toy system."""
    generator, discriminator = toy.networks["generator"], toy.networks["discriminator"]
    optimisers = [
        torch.optim.Adam(net.parameters(), lr=2e-3, betas=(0.5, 0.999), fused=True)
        for net in (discriminator, generator)
    ]
    order = torch.Generator().manual_seed(plan.seed)
    stream = torch.cat([torch.randperm(7, generator=order) for _ in range(9)])
    outside = torch.get_rng_state()
    torch.manual_seed(plan.seed)
    losses = []
    for step in range(plan.steps):
        which = stream[3 * step : 3 * step + 3]
        condition, target = patches.training.condition[which], patches.training.target[which]
        for optimiser in optimisers:
            optimiser.param_groups[0]["lr"] = 2e-3 * plan.decay_factor(step)
        fake = generator(condition)
        optimisers[0].zero_grad()
        real_term = ((discriminator(target) - 1) ** 2).mean()
        fake_term = (discriminator(fake.detach()) ** 2).mean()
        (0.5 * real_term + 0.5 * fake_term).backward()
        optimisers[0].step()
        optimisers[1].zero_grad()
        gan = ((discriminator(fake) - 1) ** 2).mean()
        l1 = (fake - target).abs().mean()
        (gan + 10 * l1).backward()
        optimisers[1].step()
        losses.append([real_term.item(), fake_term.item(), gan.item(), l1.item()])
    torch.set_rng_state(outside)
    return np.array(losses)


def test_the_engine_computes_what_a_plain_loop_computes(make_toy, patches, plan):
    toy, twin = make_toy(), make_toy()
    expected = plain_loop(twin, patches, plan)
    trainer, records = train(toy, patches, plan)
    names = ["discriminator_real", "discriminator_fake", "generator_gan", "generator_l1"]
    found = np.array(
        [[record.values[name] for name in names] for record in records if record.group == "scalars"]
    )
    np.testing.assert_array_equal(found, expected)
    for name, network in twin.networks.items():
        for entry, tensor in network.state_dict().items():
            assert torch.equal(weights(trainer)[f"networks/{name}/{entry}"], tensor), entry


def test_scalars_are_recorded_at_every_step(make_toy, patches, plan):
    trainer, records = train(make_toy(), patches, plan, instruments={})
    template = trainer.templates()["scalars"]
    assert [record.step for record in records] == list(range(1, 9))
    for record in records:
        assert list(record.values) == template.attrs["recorded"] == list(template.data_vars)
        for name, value in record.values.items():
            assert (value.shape, value.dtype) == (template[name].shape, template[name].dtype)
        weighted = 0.5 * record.values["discriminator_real"] + 0.5 * record.values["discriminator_fake"]
        assert record.values["loss_discriminator"] == pytest.approx(weighted, rel=1e-5)
        weighted = record.values["generator_gan"] + 10 * record.values["generator_l1"]
        assert record.values["loss_generator"] == pytest.approx(weighted, rel=1e-5)
    rates = [float(record.values["learning_rate"]) for record in records]
    assert rates == pytest.approx([2e-3 * factor for factor in (1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2)])
    assert all({"long_name", "units"} <= template[name].attrs.keys() for name in template.data_vars)


def test_a_loss_that_can_be_learnt_falls(make_toy, patches, plan):
    long = dataclasses.replace(plan, steps=150)
    _, records = train(make_toy(dropout=0.0), patches, long, instruments={})
    first, last = records[0].values["generator_l1"], records[-1].values["generator_l1"]
    assert last < 0.95 * first


@pytest.mark.parametrize(
    "change",
    [{"probe_every": 1}, {"probe_every": 3}, {"observing_budget": 0.9}, {"evaluated": 6, "shown": 1}],
)
def test_watching_does_not_change_the_weights(make_toy, patches, plan, change):
    unseen, _ = train(make_toy(), patches, plan, instruments={})
    watched, records = train(make_toy(), patches, dataclasses.replace(plan, **change), observe=True)
    assert any(record.group != "scalars" for record in records)
    assert_same(weights(unseen), weights(watched))


def test_a_careless_instrument_does_not_change_the_weights(make_toy, patches, plan):
    unseen, _ = train(make_toy(), patches, plan, instruments={})
    toy = make_toy()
    outside = torch.get_rng_state()
    plan = dataclasses.replace(plan, probe_every=1)
    watched, _ = train(toy, patches, plan, instruments={"noise": look_and_draw(toy.networks)})
    torch.set_rng_state(outside)
    assert_same(weights(unseen), weights(watched))


def test_same_seed_same_weights_other_seed_others(make_toy, patches, plan):
    first, _ = train(make_toy(), patches, plan, instruments={})
    torch.rand(17)  # what others drew before must not matter
    again, _ = train(make_toy(), patches, plan, instruments={})
    assert_same(weights(first), weights(again))
    other, _ = train(make_toy(), patches, dataclasses.replace(plan, seed=1), instruments={})
    assert not torch.equal(
        weights(first)["networks/generator/0.weight"], weights(other)["networks/generator/0.weight"]
    )


def test_two_trainings_in_one_process_do_not_meet(make_toy, patches, plan):
    alone, _ = train(make_toy(), patches, plan, instruments={})
    pair = [Trainer(make_toy(), patches, plan, [].append, instruments={}) for _ in range(2)]
    while not pair[0].done:
        for trainer in pair:
            trainer.advance()
    for trainer in pair:
        assert_same(weights(alone), weights(trainer))


@pytest.mark.parametrize("stop", [0, 1, 3, 7])
def test_going_on_from_a_state_is_exact(make_toy, patches, plan, stop):
    whole, records = train(make_toy(), patches, plan, instruments={})
    part, _ = train(make_toy(), patches, plan, steps=stop, instruments={})
    tensors, meta = part.state()
    resumed_records = []
    resumed = Trainer(make_toy(seed=9), patches, plan, resumed_records.append, instruments={})
    assert resumed.load_state(tensors, json.loads(json.dumps(meta))) == []
    assert resumed.step == stop
    while not resumed.done:
        resumed.advance()
    first, second = whole.state(), resumed.state()
    assert_same(first[0], second[0])
    assert first[1] == second[1]
    for expected, found in zip(records[stop:], resumed_records, strict=True):
        assert expected.step == found.step
        assert expected.values["loss_generator"] == found.values["loss_generator"]


def test_each_player_trains_only_its_own_networks(make_toy, patches, plan):
    seen = []

    def watch(system, name):
        seen.append((name, {k: v.clone() for k, v in toy.networks["generator"].state_dict().items()}))
        for network, module in toy.networks.items():
            grads = [p.grad is not None for p in module.parameters()]
            assert all(grads) if (network == name or len(seen) > 1) else not any(grads)
        assert all(p.requires_grad for module in toy.networks.values() for p in module.parameters())

    toy = make_toy(hooks=(watch,))
    before = {k: v.clone() for k, v in toy.networks["generator"].state_dict().items()}
    train(toy, patches, plan, steps=1, instruments={})
    assert [name for name, _ in seen] == ["discriminator", "generator"]
    for name, _ in toy.networks["generator"].named_parameters():
        assert torch.equal(seen[0][1][name], before[name])
        assert not torch.equal(seen[1][1][name], before[name])


def test_a_players_loss_leaves_no_gradient_in_the_others(make_toy, patches, plan):
    gradients = {}

    def watch(system, name):
        if name == "discriminator":
            gradients["kept"] = [p.grad.clone() for p in toy.networks["discriminator"].parameters()]

    toy = make_toy(hooks=(watch,))
    train(toy, patches, plan, steps=1, instruments={})
    after = [p.grad for p in toy.networks["discriminator"].parameters()]
    assert all(torch.equal(a, b) for a, b in zip(gradients["kept"], after, strict=True))


def test_frozen_parameters_stay_frozen(make_toy, patches, plan):
    toy = make_toy()
    layer = toy.networks["generator"][0]
    layer.requires_grad_(False)
    before = layer.weight.clone()
    train(toy, patches, plan, steps=2, instruments={})
    assert torch.equal(layer.weight, before)
    assert not layer.weight.requires_grad


def test_a_schedule_may_repeat_a_player(make_toy, patches, plan):
    toy, turns = make_toy(), []
    toy.schedule = ("discriminator", "discriminator", "generator")
    toy.hooks = (lambda system, name: turns.append(name),)
    _, records = train(toy, patches, plan, steps=2, instruments={})
    assert turns == ["discriminator", "discriminator", "generator"] * 2
    assert len(records) == 2


def test_a_loss_that_is_not_finite_ends_the_training(make_toy, make_term, patches, plan):
    calls = iter([0.0, 0.0, math.nan])
    bad = make_term("coherence", 1.0, lambda system, context: context["fake"].mean() * next(calls))
    trainer = Trainer(make_toy(extra_terms=(bad,)), patches, plan, [].append, instruments={})
    trainer.advance()
    trainer.advance()
    with pytest.raises(TrainingError, match=r"generator_coherence is not finite at step 3.*last checkpoint"):
        trainer.advance()


def test_a_finished_training_does_not_go_on(make_toy, patches, plan):
    trainer, _ = train(make_toy(), patches, plan, instruments={})
    assert trainer.done
    assert trainer.step == trainer.steps == 8
    with pytest.raises(RuntimeError, match="taken all its 8 steps"):
        trainer.advance()


def test_the_rate_is_known_after_a_step(make_toy, patches, plan):
    trainer = Trainer(make_toy(), patches, plan, [].append, instruments={})
    assert trainer.rate == 0
    trainer.advance()
    assert trainer.rate > 0
    assert 0 <= trainer.observing_share < 1


def test_a_failing_instrument_gives_the_networks_their_modes_back(make_toy, patches, plan):
    toy = make_toy()
    trainer = Trainer(toy, patches, plan, [].append)
    trainer.templates()
    toy.networks["generator"][2].eval()  # somebody froze this dropout on purpose
    modes = [m.training for n in toy.networks.values() for m in n.modules()]

    def broken(condition):
        raise ZeroDivisionError

    toy.generate = broken
    trainer.advance()
    with pytest.raises(ZeroDivisionError):
        trainer.observe()
    assert [m.training for n in toy.networks.values() for m in n.modules()] == modes
    assert torch.is_grad_enabled()


def test_cuda_is_not_silently_replaced(make_toy, patches, plan, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="no GPU"):
        Trainer(make_toy(), patches, dataclasses.replace(plan, device="cuda"), print)


def test_a_batch_that_processes_cannot_share_is_refused(make_toy, patches, plan, monkeypatch):
    monkeypatch.setattr(Fabric, "world_size", 2)
    with pytest.raises(ValueError, match="batch_size 3 cannot be shared by 2 processes"):
        Trainer(make_toy(), patches, plan, print)


def test_players_of_unknown_networks_and_optimisers_are_named(make_toy, patches, plan):
    toy = make_toy()
    toy.players["generator"].networks = ("painter",)
    with pytest.raises(
        ValueError, match="generator owns painter, but the networks are generator, discriminator"
    ):
        Trainer(toy, patches, plan, print, instruments={})
    toy = make_toy()
    toy.players["generator"].optimiser.kind = "sgdd"
    with pytest.raises(ValueError, match="asks for optimiser 'sgdd'; there are adam"):
        Trainer(toy, patches, plan, print, instruments={})
    toy = make_toy()
    toy.players["generator"].terms = ()
    with pytest.raises(ValueError, match="generator has no term to minimise"):
        Trainer(toy, patches, plan, print, instruments={})
    toy = make_toy()
    toy.networks["generator"].requires_grad_(False)
    with pytest.raises(ValueError, match="generator has no parameter to train"):
        Trainer(toy, patches, plan, print, instruments={})


def test_nothing_is_printed(make_toy, patches, plan, capfd):
    train(make_toy(), patches, plan, observe=True)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_mixed_precision_trains(make_toy, patches):
    plan = Plan(steps=3, device="cpu", precision="bf16-mixed", evaluated=2, shown=2)
    trainer, records = train(make_toy(), patches, plan)
    assert np.isfinite(records[-1].values["loss_generator"])
    assert trainer.networks["generator"][0].weight.dtype == torch.float32
