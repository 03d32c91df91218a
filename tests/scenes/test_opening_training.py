"""From a scene to a training: recentred patches of any scene, a short pix2pix run on real data."""

from pathlib import Path

import numpy as np
import pytest

from workbench.scenes import SCENES, doppler_centroid, recentre, recentring_words, training_patches
from workbench.systems import build
from workbench.training import Plan, Trainer, make_patches

REAL = Path(__file__).parents[3] / "shared" / "data" / "real_slc"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real samples are not beside this checkout")
def test_pix2pix_trains_on_a_real_image():
    scene = REAL / "s1_amsterdam_20230319_VV.npy"
    parts = training_patches(scene, 16, count=24, seed=0, heldout=8, recentred=True)
    assert parts[0].attrs["recentred_y"] == pytest.approx(0.349, abs=1e-3)
    patches = make_patches(*parts, "nyquist")
    system = build("pix2pix", size=32, width=4, in_channels=3, out_channels=1, seed=0, coherence_weight=10.0)
    plan = Plan(
        steps=6, batch_size=4, device="cpu", evaluated=4, shown=2, probe_phases=8, observing_budget=0.0
    )
    records = []
    trainer = Trainer(system, patches, plan, records.append)
    trainer.observe()
    for _ in range(plan.steps):
        trainer.advance()
    trainer.observe()
    assert sum(record.group == "scalars" for record in records) == plan.steps
    before, after = (record.values for record in records if record.group == "coherence")
    assert 0 < float(after["mean"]) < 1
    assert float(after["mean"]) != float(before["mean"])
    assert np.isfinite(after["corrected_mean"])


def test_scenes_by_name_are_recentred_on_record():
    plain = training_patches("onetone", 32, 8, seed=3, heldout=4)
    moved = training_patches("onetone", 32, 8, seed=3, heldout=4, recentred=True)
    taken = doppler_centroid(plain[0]).values
    y, x = np.mgrid[:32, :32]
    for before, after in zip(plain, moved, strict=True):  # held-out images move by what training learnt
        np.testing.assert_allclose([after.attrs["recentred_y"], after.attrs["recentred_x"]], taken)
        ramp = np.exp(-2j * np.pi * (taken[0] * y + taken[1] * x))
        np.testing.assert_allclose(after.slc, before.slc * ramp, atol=1e-5)
        np.testing.assert_array_equal(after.condition, before.condition)
    assert recentring_words(moved[0]).endswith("cycles/sample (y, x)")
    assert recentring_words(plain[0]) == ""


def test_every_image_by_its_own_centroid():
    training, heldout = training_patches("ships", 32, 6, heldout=3, recentred="each")
    for part in (training, heldout):
        assert part.recentred.dims == ("sample", "axis")
        assert float(abs(doppler_centroid(part, each=True)).max()) < 1e-4
    assert len(np.unique(training.recentred.sel(axis="y"))) == 6
    assert "each image" in recentring_words(training)


def test_recentred_datasets_keep_their_record():
    scene = SCENES["flat_earth"](96, 5, 0, baseline=200.0, coherence=0.8)
    by_hand = training_patches(recentre(scene), 16, 6, heldout=3)[0]
    asked = training_patches(scene, 16, 6, heldout=3, recentred=True)[0]
    np.testing.assert_array_equal(by_hand.slc, asked.slc)
    assert by_hand.attrs["recentred_x"] == asked.attrs["recentred_x"]
    with pytest.raises(ValueError, match="False, True or 'each'"):
        training_patches(scene, 16, recentred="all")


@pytest.mark.parametrize("each", [False, True])
def test_interferograms_survive_recentring(each):
    scene = SCENES["flat_earth"](32, 3, 0, baseline=200.0, coherence=0.8)
    moved = recentre(scene, each=each)
    before = scene.slc * np.conj(scene.slc_2)
    np.testing.assert_allclose(moved.slc * np.conj(moved.slc_2), before, atol=1e-5)
    back = recentre(moved, undo=True)
    np.testing.assert_allclose(back.slc_2, scene.slc_2, atol=1e-5)
