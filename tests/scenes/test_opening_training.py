"""A short pix2pix training on patches of real single-look complex data, from the path to its coherence."""

from pathlib import Path

import numpy as np
import pytest

from workbench.scenes import training_patches
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
