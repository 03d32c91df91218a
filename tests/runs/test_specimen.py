"""Specimens and requests: what is accepted, what an address may say, how results travel."""

import json
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from workbench.runs.specimen import Specimen, register
from workbench.runs.specimen_files import read_result, write_result
from workbench.runs.specimen_request import Request


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("net.py:model", Specimen(file="net.py:model")),
        ("/a/b.c/net.py:pack.model", Specimen(file="/a/b.c/net.py:pack.model")),
        ("demo", Specimen(run="demo")),
        ("demo@300", Specimen(run="demo", step=300)),
        ("demo@300:discriminator", Specimen(run="demo", step=300, network="discriminator")),
        ("demo:discriminator", Specimen(run="demo", network="discriminator")),
        ("/runs/demo@0", Specimen(run="/runs/demo", step=0)),
    ],
)
def test_parsing(text, expected):
    assert Specimen.parse(text) == expected
    assert Specimen.from_dict(json.loads(json.dumps(expected.to_dict()))) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("net.py:make(16)", "arguments are not evaluated"),
        ("net.py:a b", "'a b' is not a name"),
        ("demo@last", "RUN@STEP"),
        ("demo:", "RUN@STEP"),
        ("@3", "RUN@STEP"),
    ],
)
def test_what_is_no_specimen(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        Specimen.parse(text)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "both or none"),
        ({"file": "a.py:b", "run": "c"}, "both or none"),
        ({"file": "a.txt:b"}, "FILE.py:MODEL"),
        ({"file": "a.py:b", "step": 3}, "no steps"),
        ({"run": "c", "weights": "w.safetensors"}, "weights w.safetensors belong to a FILE"),
    ],
)
def test_contradictions(fields, sentence):
    with pytest.raises(ValueError, match=sentence):
        Specimen(**fields)


def test_an_address_names_runs_but_never_a_file():
    specimen = Specimen(file="/home/ada/net.py:model", weights="/home/ada/w.safetensors")
    query = specimen.to_query()
    assert "net" not in json.dumps(query)
    assert Specimen.from_query(query) == specimen
    assert register(specimen) == query["specimen"]
    assert Specimen.from_query({"file": "net.py:model"}) is None
    run = Specimen(run="demo", step=3, network="discriminator")
    assert Specimen.from_query(run.to_query()) == run


@pytest.mark.parametrize(
    "query",
    [{"specimen": "guess"}, {"run": "../../etc"}, {"run": "/tmp/run"}, {"run": "a", "step": "-1"}],
)
def test_addresses_that_are_refused(query):
    with pytest.raises(ValueError, match=r"server|name|whole number"):
        Specimen.from_query(query)


def test_requests_survive_json():
    request = Request(
        "sweep", size=(64, 32), tone=(5, 11), tone2=(6, 13), replacements=(("a", "b"),), amplitudes=(0.1, 2)
    )
    assert Request.from_dict(json.loads(json.dumps(request.to_dict()))) == request
    with pytest.raises(ValueError, match=r"'order'.*orders"):
        Request("order")


def test_results_survive_their_file(tmp_path):
    data = xr.Dataset(
        {"power": (("layer", "k"), np.array([[1.0, np.nan], [np.inf, 0]]), {"units": "dB"})},
        coords={"layer": ["a.conv", "β"], "ok": ("layer", [True, False])},
        attrs={"tone": [[1, 2], [3, 4]], "note": "≤", "real": True, "step": None, "x": 1.5},
    )
    write_result(tmp_path / "a.npz", data)
    assert read_result(tmp_path / "a.npz").identical(data)
    tree = xr.DataTree.from_dict(
        {"/": xr.Dataset(attrs={"a": 1}), "down1.conv": data, "cat#2": data[["power"]]}
    )
    write_result(tmp_path / "b.npz", tree)
    assert read_result(tmp_path / "b.npz").identical(tree)
    write_result(tmp_path / "c.npz", {"a": [1, "b"]})
    assert read_result(tmp_path / "c.npz") == {"a": [1, "b"]}


def test_asking_needs_no_torch():
    code = (
        "import sys; from workbench.runs import Specimen, Request, Workshop; "
        "Specimen.parse('a.py:b'); assert Workshop; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
