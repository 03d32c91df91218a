"""Records as one file: everything comes back, nothing half-written stays."""

import resource
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from workbench.runs import export_records

PROVENANCE = {"system": "pix2pix", "scene": "onetone", "mapping": "nyquist", "size": 16} | {
    "seed": 2**63 - 1,
    "device": "cpu",
    "code_version": "0.1.0",
}


@pytest.fixture
def run():
    rng = np.random.default_rng(0)
    step = {"step": [0, 20]}
    fake = rng.normal(size=(2, 4, 4)) + 1j * rng.normal(size=(2, 4, 4))
    leaf = xr.Dataset({"power": (("step", "frequency_x"), rng.random((2, 8)))}, attrs={"rate": [0.5, 0.5]})
    groups = {
        "scalars": xr.Dataset({"loss": ("step", [2.0, 1.0])}, step, attrs=PROVENANCE | {"own": 1}),
        "orders": xr.Dataset({"power": ("step", [1.0, 3.0])}, step, attrs={"real": True, "tone": [5, 11]}),
        "coherence": xr.Dataset({"mean": ("step", [0.1, 0.6])}, step),
        "images": xr.Dataset({"fake": (("step", "y", "x"), fake.astype(np.complex64))}, step),
        "events": xr.Dataset({"kind": ("step", ["started", "finished"])}, step),
    }
    tree = xr.DataTree.from_dict({"/": xr.Dataset(coords=step), "/down1.conv": leaf})
    passes = xr.DataTree.from_dict({"/": xr.Dataset(coords=step), "/discriminator_real": groups["orders"]})
    judged = xr.DataTree.from_dict({"/": xr.Dataset(coords=step), "/discriminator_real/layer1.conv": leaf})
    groups |= {"layers": tree, "pass_orders": passes, "pass_layers": judged}
    readers = {name: (lambda dataset=dataset: dataset) for name, dataset in groups.items()}
    return SimpleNamespace(name="kept", state="finished", **readers)


def test_everything_recorded_comes_back(run, tmp_path):
    path = export_records(run, tmp_path / "kept.nc")
    with xr.open_datatree(path, engine="h5netcdf") as tree:
        found = tree["images"]["fake_real"].values + 1j * tree["images"]["fake_imag"].values
        np.testing.assert_array_equal(found, run.images()["fake"].values)
        np.testing.assert_array_equal(tree["layers/down1.conv"]["power"], run.layers()["down1.conv"]["power"])
        judged = tree["pass_layers/discriminator_real/layer1.conv"]
        np.testing.assert_array_equal(judged["power"], run.layers()["down1.conv"]["power"])
        np.testing.assert_array_equal(tree["pass_orders/discriminator_real"]["power"], [1.0, 3.0])
        assert tree["orders"].attrs["tone"] == "[5, 11]"
        assert list(tree["events"]["kind"].values) == ["started", "finished"]
        assert tree.attrs == PROVENANCE | {"source": "spectral workbench run kept"}


def test_scalars_as_a_table(run, tmp_path):
    path = export_records(run, tmp_path / "kept.csv")
    assert path.read_text().splitlines() == ["step,loss", "0,2.0", "20,1.0"]


def test_a_file_that_is_there_stays(run, tmp_path):
    (tmp_path / "kept.csv").write_text("mine")
    with pytest.raises(FileExistsError, match="force"):
        export_records(run, tmp_path / "kept.csv")
    assert (tmp_path / "kept.csv").read_text() == "mine"
    export_records(run, tmp_path / "kept.csv", force=True)
    assert (tmp_path / "kept.csv").read_text() != "mine"


def test_other_formats_are_named(run, tmp_path):
    with pytest.raises(ValueError, match=r"needed \.csv or \.nc, found '\.xlsx'"):
        export_records(run, tmp_path / "kept.xlsx")


def test_nothing_recorded_is_said(run, tmp_path):
    run.scalars = lambda: xr.Dataset(coords={"step": ("step", np.zeros(0, int))})
    with pytest.raises(ValueError, match="recorded nothing yet"):
        export_records(run, tmp_path / "kept.nc")


@pytest.mark.parametrize("name", ["kept.nc", "kept.csv"])
def test_a_full_disk_leaves_nothing_half_written(run, tmp_path, name):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, hard))
    try:
        with pytest.raises(OSError, match=r"kept\.\w+ could not be written: File too large"):
            export_records(run, tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
