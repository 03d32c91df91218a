"""Where the options of a run go, what is on record of its scene."""

import pytest
import trimesh

from workbench.runs.assembly import check, prepare, sort_options
from workbench.runs.spec import RunSpec
from workbench.scenes import FORMATS


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
