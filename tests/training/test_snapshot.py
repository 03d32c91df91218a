import pytest
import torch
from torch import nn

from workbench.training import Plan, Trainer, make_patches


def trained(toy, patches, steps=2):
    plan = Plan(steps=8, device="cpu", evaluated=4, shown=2)
    trainer = Trainer(toy, patches, plan, [].append, instruments={})
    for _ in range(steps):
        trainer.advance()
    return trainer


def test_saved_tensors_are_copies_that_share_nothing(make_toy, patches):
    toy = make_toy()
    toy.networks["twin"] = toy.networks["generator"]  # one module under two names
    trainer = trained(toy, patches)
    tensors, _ = trainer.state()
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    storages = [t.untyped_storage().data_ptr() for t in tensors.values() if t.numel()]
    assert len(storages) == len(set(storages))
    assert all(t.is_contiguous() and t.device.type == "cpu" for t in tensors.values())
    trainer.advance()
    assert all(torch.equal(tensors[name], before[name]) for name in tensors)


def test_a_loaded_state_is_not_tied_to_what_it_was_loaded_from(make_toy, patches):
    tensors, meta = trained(make_toy(), patches).state()
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    other = trained(make_toy(seed=4), patches, steps=0)
    other.load_state(tensors, meta)
    other.advance()
    assert all(torch.equal(tensors[name], before[name]) for name in tensors)


def test_another_network_is_refused_before_anything_changes(make_toy, patches):
    tensors, meta = trained(make_toy(), patches).state()
    toy = make_toy(seed=4)
    toy.networks["generator"][3] = nn.Conv2d(4, 1, 3, padding=1)
    other = trained(toy, patches, steps=1)
    before = other.state()[0]
    with pytest.raises(ValueError, match=r"does not fit this system: .*networks/generator/3.weight"):
        other.load_state(tensors, meta)
    assert all(torch.equal(before[name], tensor) for name, tensor in other.state()[0].items())
    assert other.step == 1


def test_a_branch_takes_what_fits_and_names_the_rest(make_toy, patches):
    source = trained(make_toy(), patches)
    tensors, meta = source.state()
    toy = make_toy(seed=4)
    toy.networks["generator"][3] = nn.Conv2d(4, 1, 3, padding=1)
    own = toy.networks["generator"][3].weight.detach().clone()
    branch = trained(toy, patches, steps=0)
    left = branch.load_state(tensors, meta, strict=False)
    assert set(left) == {
        "networks/generator/3.weight",
        "optimisers/generator/generator.3.weight/step",
        "optimisers/generator/generator.3.weight/exp_avg",
        "optimisers/generator/generator.3.weight/exp_avg_sq",
    }
    assert torch.equal(toy.networks["generator"][3].weight, own)
    assert torch.equal(toy.networks["generator"][0].weight, tensors["networks/generator/0.weight"])
    assert branch.step == 2
    branch.advance()


def test_a_branch_keeps_its_own_learning_rate(make_toy, patches):
    tensors, meta = trained(make_toy(), patches).state()
    records = []
    plan = Plan(steps=8, device="cpu", decay="none", evaluated=4, shown=2)
    branch = Trainer(make_toy(learning_rate=5e-3), patches, plan, records.append, instruments={})
    branch.load_state(tensors, meta)
    branch.advance()
    assert records[-1].values["learning_rate"] == 5e-3


def test_a_missing_tensor_is_named(make_toy, patches):
    tensors, meta = trained(make_toy(), patches).state()
    del tensors["networks/discriminator/3.bias"]
    with pytest.raises(ValueError, match=r"first networks/discriminator/3\.bias"):
        trained(make_toy(), patches).load_state(tensors, meta)


@pytest.mark.parametrize("strict", [True, False])
def test_tensors_of_something_else_are_refused(make_toy, patches, strict):
    with pytest.raises(ValueError, match="not a saved training: it has no draws/order, random/torch"):
        trained(make_toy(), patches).load_state({"weight": torch.zeros(3)}, {"step": 1}, strict=strict)


def test_a_run_goes_on_only_with_its_own_data_a_branch_with_any(make_toy, make_scene, patches):
    tensors, meta = trained(make_toy(), patches).state()
    more = make_patches(make_scene(9, 1), make_scene(6, 2), "nyquist")
    other = trained(make_toy(seed=4), more, steps=0)
    before = other.state()[0]["networks/generator/0.weight"]
    with pytest.raises(ValueError, match="saved data order has 7 patches, the training data 9"):
        other.load_state(tensors, meta)
    assert torch.equal(other.state()[0]["networks/generator/0.weight"], before)
    left = other.load_state(tensors, meta, strict=False)
    assert left == ["draws/generator", "draws/order", "draws/position"]
    assert other.step == 2
    other.advance()
