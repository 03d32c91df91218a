"""Branches whose layers are replaced, trained on for real."""

import dataclasses

import pytest
import torch

import workbench as wb
from workbench.runs import RunSpec, launching, list_runs, loop
from workbench.runs.assembly import build_system
from workbench.runs.checkpoints import list_checkpoints, load_checkpoint
from workbench.runs.runner import main
from workbench.training import Trainer

SMALL = {"size": 16, "width": 4, "count": 8, "heldout": 4, "evaluated": 4, "probe_phases": 4, "batch_size": 2}
CHANGED = {"down2.conv": "blurpool", "up1.conv": ["circular", "subpixel"], "up2.activation": "filtered_relu"}


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    """A run of three steps with a checkpoint at its end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launching, "enqueue", lambda run: None)
        run = wb.launch("pix2pix", steps=3, probe_every=50, workspace=tmp_path_factory.mktemp("w"), **SMALL)
        assert main([str(run.path)]) == 0
        yield run


@pytest.fixture(scope="module")
def child(parent):
    """The branch that most tests look at, trained on for two steps."""
    run = parent.branch(steps=5, replacements=CHANGED)
    first = tensors_of(run)
    return trained(run), first


def tensors_of(run, step=None):
    known = {checkpoint.step: checkpoint for checkpoint in list_checkpoints(run.path)}
    return load_checkpoint(known[max(known) if step is None else step])[0]


def trained(run):
    assert main([str(run.path)]) == 0, run.status().message
    assert run.state == "finished"
    return run


def test_a_branch_begins_from_the_replaced_network_with_trained_weights(parent, child):
    child, new = child
    pairs = [list(pair) for pair in [("down2.conv", "blurpool"), ("up1.conv", "circular")]]
    pairs += [["up1.conv", "subpixel"], ["up2.activation", "filtered_relu"]]
    assert child.spec.replacements == pairs
    assert RunSpec.read(child.path) == child.spec
    old = tensors_of(parent, 3)
    kept = "networks/generator/down2.conv.{}weight"
    assert torch.equal(new[kept.format("conv.")], old[kept.format("")])
    # what the checkpoint holds is the network with trained weights, replaced: nothing of an initial draw
    channels = old["networks/generator/down1.conv.weight"].shape[1]
    network = build_system(parent.spec, channels).networks["generator"]
    prefix = "networks/generator/"
    network.load_state_dict({n.removeprefix(prefix): t for n, t in old.items() if n.startswith(prefix)})
    expected = wb.replace_layers(network, CHANGED).eval()
    found = build_system(child.spec, channels).networks["generator"].eval()
    found.load_state_dict({n.removeprefix(prefix): t for n, t in new.items() if n.startswith(prefix)})
    image = torch.randn(1, channels, 32, 32)
    assert torch.equal(found(image), expected(image))
    # the optimiser begins anew for what was replaced, and for nothing else
    optimisers = {name for name in old if name.startswith("optimisers/")}
    gone = {name for name in optimisers if "/generator.down2.conv." in name or "/generator.up1.conv." in name}
    assert gone
    assert {name for name in new if name.startswith("optimisers/")} == optimisers - gone
    assert torch.equal(new["draws/order"], old["draws/order"])

    events = child.events()
    assert events.kind.values.tolist()[0] == "branch"
    message = str(events.message.values[0])
    assert message.startswith(
        "generator: down2.conv (Convolution) became blurpool: weights kept exactly; up1.conv"
    )
    assert f"{len(old) - len(gone)} of {len(old)} tensors carried over; begun anew: " in message
    assert "optimisers/generator/generator.down2.conv.weight" in message
    assert child.scalars().step.values.tolist() == [4, 5]
    last = tensors_of(child)
    assert any("/generator.down2.conv.conv.weight/" in name for name in last)  # it is trained
    assert not torch.equal(last[kept.format("conv.")], old[kept.format("")])


def test_a_branch_that_failed_on_the_way_resumes_bit_for_bit(parent, child, monkeypatch):
    expected = tensors_of(child[0])
    broken = parent.branch(steps=5, replacements=CHANGED)
    monkeypatch.setattr(loop, "_CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(loop, "_CHECKPOINT_SHARE", 1e9)  # after every step
    advance = Trainer.advance

    def fails(trainer):
        if trainer.step == 4:
            raise RuntimeError("power cut")
        advance(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "advance", fails)
        assert main([str(broken.path)]) == 1
    assert max(checkpoint.step for checkpoint in list_checkpoints(broken.path)) == 4
    found = tensors_of(trained(broken))
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert broken.events().kind.values.tolist().count("resumed") == 1


def test_a_branch_of_a_branch_replaces_further(parent):
    child = parent.branch(steps=4, replacements={"down2.conv": "filtered"})
    same = child.branch(steps=5)
    assert same.spec.replacements == [["down2.conv", "filtered"]]
    first = [list_checkpoints(run.path)[0].path.read_bytes() for run in (child, same)]
    assert first[0] == first[1]
    grandchild = child.branch(steps=5, replacements={"discriminator.layer1.conv": "blurpool", "*": "reflect"})
    assert grandchild.spec.replacements[0] == ["down2.conv", "filtered"]
    assert len(grandchild.spec.replacements) == 3
    new, old = tensors_of(grandchild), tensors_of(parent, 3)
    for network, layer in (("discriminator", "layer1.conv"), ("generator", "down2.conv")):
        moved = new[f"networks/{network}/{layer}.conv.weight"]
        assert torch.equal(moved, old[f"networks/{network}/{layer}.weight"])
    with pytest.raises(ValueError, match="it was replaced before"):
        child.branch(steps=6, replacements={"down2.conv": "blurpool"})


@pytest.mark.parametrize(
    ("replacements", "message"),
    [
        (
            {"down9.conv": "blurpool"},
            "UNet has no layer 'down9.conv'; layers that can be replaced: ",
        ),
        ({"down1.conv": "swirl"}, "unknown replacement 'swirl'"),
        ({"down1.conv": "tanh"}, "cannot become 'tanh'"),
        ({"discriminator.output.conv": "blurpool"}, "its stride is 1"),
        ("blurpool", "replacements are pairs"),
    ],
)
def test_what_cannot_be_replaced_is_said_before_anything_is_written(parent, replacements, message):
    before = list_runs(parent.path.parent.parent)
    with pytest.raises(ValueError, match=message):
        parent.branch(steps=9, replacements=replacements)
    assert list_runs(parent.path.parent.parent) == before


def test_replaced_networks_have_shapes_without_weights(parent):
    from workbench.systems import without_weights

    every = {"down1.conv": "filtered", "up2.conv": "nearest", "up1.conv": "subpixel", "up3.conv": "bilinear"}
    spec = dataclasses.replace(parent.spec, replacements=[list(pair) for pair in every.items()])
    real = build_system(spec, 3).networks["generator"].state_dict()
    with without_weights():
        shapes = build_system(spec, 3).networks["generator"].state_dict()
    assert {n: t.shape for n, t in real.items()} == {n: t.shape for n, t in shapes.items()}
    assert all(tensor.is_meta for tensor in shapes.values())
