import numpy as np
import pytest
import torch

from workbench.mappings import MAPPINGS
from workbench.training import make_patches


@pytest.mark.parametrize("name", list(MAPPINGS))
def test_targets_decode_to_the_reference_where_nothing_is_clipped(name, make_scene):
    scene, method = make_scene(3, seed=0), MAPPINGS[name]
    patches = make_patches(scene, scene, name, scale=20.0)
    assert patches.clipped_share == 0
    decoded = method.decode(patches.training.target * 20.0, edge="drop")
    expected = method.decode(method.encode(patches.training.reference, edge="drop"), edge="drop")
    assert torch.allclose(decoded, expected, atol=1e-5)
    assert patches.training.target.dtype == torch.float32
    assert patches.training.reference.dtype == torch.complex64
    np.testing.assert_array_equal(patches.training.reference.numpy(), scene.slc.values)


def test_conditions_are_repeated_on_the_doubled_grid(make_scene):
    scene = make_scene(2, seed=0)
    doubled = make_patches(scene, scene, "nyquist").training.condition
    assert doubled.shape == (2, 3, 16, 16)
    for dy in (0, 1):
        for dx in (0, 1):
            np.testing.assert_array_equal(doubled[..., dy::2, dx::2].numpy(), scene.condition.values)
    plain = make_patches(scene, scene, "real_imag").training.condition
    np.testing.assert_array_equal(plain.numpy(), scene.condition.values)


def test_the_clipped_share_is_that_of_the_training_targets(make_scene):
    scene = make_scene(4, seed=0)
    patches = make_patches(scene, make_scene(1, 1), "real_imag", scale=1.0)
    parts = np.stack([scene.slc.values.real, scene.slc.values.imag])
    assert patches.clipped_share == pytest.approx(np.mean(np.abs(parts) > 1))
    assert float(patches.training.target.abs().max()) == 1.0


def test_dimensions_may_come_in_any_order(make_scene):
    scene = make_scene(2, seed=0)
    turned = scene.transpose("x", "channel", "sample", "y")
    expected, found = make_patches(scene, scene, "nyquist"), make_patches(turned, turned, "nyquist")
    assert torch.equal(found.training.target, expected.training.target)
    assert torch.equal(found.training.condition, expected.training.condition)


def test_a_batch_is_what_a_system_takes(make_scene):
    samples = make_patches(make_scene(4, 0), make_scene(1, 1), "real_imag").training
    batch = samples.batch(torch.tensor([2, 0]))
    assert list(batch) == ["condition", "target", "reference"]
    assert torch.equal(batch["reference"], samples.reference[[2, 0]])


def _nan(scene):
    scene.slc.values[0, 1, 2] = np.nan
    return scene


def _infinite(scene):
    scene.condition.values[:, :, 0] = np.inf
    return scene


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda scene: scene.drop_vars("condition"), "needs a variable 'condition'"),
        (
            lambda scene: scene.assign(slc=scene.slc.real),
            "the training scene: slc is float32; complex numbers are needed",
        ),
        (
            lambda scene: scene.assign(condition=scene.condition + 0j),
            "condition is complex64 of .* real numbers of",
        ),
        (
            lambda scene: scene.assign(slc=scene.slc[0]),
            r"condition is float32 of .*; real numbers of \('channel', 'y', 'x'\) are needed",
        ),
        (_nan, "the training scene: 1 of 128 values of slc are NaN or infinite"),
        (_infinite, "the training scene: 48 of 384 values of condition are NaN or infinite"),
        (lambda scene: scene.isel(sample=0), r"\('sample', 'y', 'x'\) are needed"),
        (lambda scene: scene.isel(sample=slice(0)), "the training scene: slc is empty"),
        (
            lambda scene: scene.isel(channel=slice(2)),
            r"agree in channels, size; found \(2, 8, 8\), \(3, 8, 8\)",
        ),
    ],
)
def test_scenes_that_cannot_be_trained_on_are_refused(spoil, said, make_scene):
    with pytest.raises(ValueError, match=said):
        make_patches(spoil(make_scene(2, 0)), make_scene(2, 0), "real_imag")


def test_unknown_mappings_list_the_known_ones(make_scene):
    with pytest.raises(ValueError, match="unknown mapping 'polar'; there are: nyquist, real_imag"):
        make_patches(make_scene(1, 0), make_scene(1, 0), "polar")
