"""Where the options of a run go, what is on record of its scene."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from workbench.runs.assembly import check, prepare, sort_options
from workbench.runs.spec import RunSpec
from workbench.runs.workspace import data_path
from workbench.scenes import FORMATS

REAL = Path(__file__).parents[3] / "shared" / "data" / "real_slc"


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A mesh in the folder from which a run is started."""
    monkeypatch.chdir(tmp_path)
    trimesh.creation.box((8.0, 6.0, 5.0)).export(tmp_path / "house.stl")
    return tmp_path / "house.stl"


def test_an_unknown_scene_is_told_all_formats():
    with pytest.raises(ValueError, match="unknown scene 'nothing'") as caught:
        sort_options("pix2pix", "nothing", {})
    for suffix in (".npy", ".tif", ".vrt", ".cos", ".h5", ".nitf", ".znap", ".SAFE", "raw complex"):
        assert suffix in FORMATS
        assert suffix in str(caught.value)


def test_a_mesh_is_found_from_anywhere(house, tmp_path, monkeypatch):
    parts = sort_options("pix2pix", "buildings", {"building": "house.stl", "rays": 1})
    assert parts["scene_options"] == {"building": str(house), "rays": 1}
    data = tmp_path / "workspace" / "data"
    data.mkdir(parents=True)
    house.rename(data / "other.stl")
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))
    parts = sort_options("pix2pix", "buildings", {"building": "other.stl"})
    assert parts["scene_options"]["building"] == str(data / "other.stl")
    for building in ("university", "mixed"):
        parts = sort_options("pix2pix", "buildings", {"building": building})
        assert parts["scene_options"]["building"] == building


def test_an_image_is_found_here_or_in_the_data_folder(tmp_path, monkeypatch):
    data = tmp_path / "workspace" / "data"
    data.mkdir(parents=True)
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.chdir(tmp_path)
    (data / "a.npy").touch()
    assert data_path("a.npy") == data / "a.npy"
    (tmp_path / "a.npy").touch()
    assert data_path("a.npy") == tmp_path / "a.npy"
    assert data_path("b.npy") == tmp_path / "b.npy"


def test_a_run_over_a_mesh_can_be_prepared_elsewhere(house, tmp_path, monkeypatch):
    options = {"building": "house.stl", "rays": 1, "count": 2, "heldout": 1, "cache": False}
    parts = sort_options("pix2pix", "buildings", options)
    monkeypatch.chdir("/")
    spec = RunSpec(
        system="pix2pix", scene="buildings", scene_kind="named", mapping="nyquist", size=16, width=4,
        coherence_weight=0.0, system_options={}, scene_options=parts["scene_options"],
        plan={"steps": 1, "seed": 0, "device": "cpu"}, code_version="",
    )  # fmt: skip
    check(spec)
    assert prepare(spec, tmp_path, lambda *_record: None).attrs["recentred"] == ""


@pytest.mark.parametrize(("recentred", "words"), [(True, "cycles/sample (y, x)"), ("each", "each image")])
def test_recentring_is_on_record(recentred, words, tmp_path):
    parts = sort_options("pix2pix", "onetone", {"recentred": recentred, "count": 4, "heldout": 2})
    spec = RunSpec(
        system="pix2pix", scene="onetone", scene_kind="named", mapping="nyquist", size=16, width=4,
        coherence_weight=0.0, system_options={}, scene_options=parts["scene_options"],
        plan={"steps": 1, "seed": 0, "device": "cpu"}, code_version="",
    )  # fmt: skip
    check(spec)
    assert words in prepare(spec, tmp_path, lambda *_record: None).attrs["recentred"]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real samples are not beside this checkout")
def test_a_run_on_a_real_image_trains_and_knows_what_was_moved(tmp_path):
    options = {"recentred": True, "count": 8, "heldout": 4, "batch_size": 2, "observing_budget": 0.0}
    parts = sort_options("pix2pix", None, options)
    spec = RunSpec(
        system="pix2pix", scene=str(REAL / "s1_amsterdam_20230319_VV.npy"), scene_kind="path",
        mapping="nyquist", size=16, width=4, coherence_weight=10.0, system_options={},
        scene_options=parts["scene_options"], plan={"steps": 3, "seed": 0, "device": "cpu", **parts["plan"]},
        code_version="",
    )  # fmt: skip
    records = []
    prepared = prepare(spec, tmp_path, records.append)
    assert prepared.attrs["recentred"].startswith("0.34")
    generator = prepared.training.networks["generator"]
    before = [value.detach().clone() for value in generator.parameters()]
    for _ in range(3):
        prepared.training.advance()
    assert any((a != b).any() for a, b in zip(before, generator.parameters(), strict=True))
    losses = [record.values for record in records if record.group == "scalars"]
    assert len(losses) == 3
    assert all(np.isfinite(list(map(float, one.values()))).all() for one in losses)
