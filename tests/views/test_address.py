"""The address of a page: what fits is taken, the rest is named; it says what differs from the defaults."""

from types import SimpleNamespace
from urllib.parse import parse_qs

import panel as pn
import pytest

from workbench.session.explorers import (
    ActivationExplorer,
    CoherenceExplorer,
    NyquistExplorer,
    ResamplingExplorer,
)
from workbench.views.address import Address, take_address
from workbench.views.explorers.controls import Controls
from workbench.views.pump import Pump

NAMES = {name: name for name in ActivationExplorer.choices()}


@pytest.fixture
def explorer():
    return ActivationExplorer()


def test_what_fits_is_taken_and_the_rest_is_named(explorer):
    controls = Controls(explorer)
    search = "?tone=20&drive=99&activation=tanh&bias=x&theme=dark"
    refused = take_address(explorer, NAMES, search)
    needs = [f"(needed: a number from {low:g} to {high:g})" for low, high in (
        explorer.param[name].bounds for name in ("drive", "bias")
    )]  # fmt: skip
    assert refused == [f"drive=99 {needs[0]}", f"bias=x {needs[1]}".replace("-", "−")]
    assert explorer.settings() == {"tone": 20, "activation": "tanh"}
    assert controls.widgets["tone"].value == 20
    explorer.undo()
    assert explorer.settings() == {}, "one step"


def test_the_address_follows_and_keeps_what_is_not_its_own(explorer):
    address = Address(explorer, NAMES, "?theme=dark&bias=x")
    assert address.query == "theme=dark"
    explorer.param.update(bias=0.5, oversampling=4, formula="tanh(z) + 1&2")
    address.follow()
    assert parse_qs(address.query)["theme"] == ["dark"]
    again = ActivationExplorer()
    assert take_address(again, NAMES, "?" + address.query) == []
    assert again.settings() == {"bias": 0.5, "oversampling": 4, "formula": "tanh(z) + 1&2"}


def test_a_text_of_digits_stays_a_text(explorer):
    take_address(explorer, NAMES, "?activation=formula&formula=2")
    assert explorer.formula == "2"


def test_a_page_takes_its_address_names_the_rest_and_then_follows(explorer, monkeypatch):
    monkeypatch.setattr(type(pn.state), "location", SimpleNamespace(search="?tone=20&bias=x"))
    address = Address.of_page(explorer, NAMES)
    assert explorer.tone == 20
    assert address.trouble.startswith("Ignored from the address: bias=x (needed: a number from ")
    assert "Unknown" not in address.trouble
    explorer.tone = 21
    pump = Pump(lambda: None)
    address.accompany(pump)
    assert parse_qs(address.query) == {"tone": ["21"]}, "what was chosen since is in it from the start"
    explorer.tone = 22
    pump.request()
    assert parse_qs(address.query) == {"tone": ["22"]}


def test_a_name_that_nobody_knows_is_said_with_those_that_there_are(explorer, monkeypatch):
    monkeypatch.setattr(type(pn.state), "location", SimpleNamespace(search="?tnoe=20"))
    trouble = Address.of_page(explorer, NAMES).trouble
    assert trouble.startswith("Unknown in the address: tnoe; there are: ")
    assert "tone" in trouble


@pytest.mark.parametrize(
    ("kind", "markers"),
    [
        (ActivationExplorer, "0.09375;0.1875"),
        (ResamplingExplorer, "-0.3125"),
        (NyquistExplorer, "0.25,0.4;-0.25,-0.3"),
        (CoherenceExplorer, "0.021484375;-0.125"),
    ],
)
def test_markers_are_in_the_address_and_read_the_same_again(kind, markers):
    names = {name: name for name in kind.addressed()}
    explorer = kind()
    assert take_address(explorer, names, f"?markers={markers.replace(';', '%3B')}") == []
    again = kind()
    assert take_address(again, names, "?" + Address(explorer, names).query) == []
    assert again.readings() == explorer.readings() != []
    assert (explorer.settings(), explorer.history.can_go_back) == ({}, False), "no setting, no step to undo"
    explorer.choose_preset(next(iter(kind.PRESETS)))
    explorer.undo()
    assert explorer.markers == markers


@pytest.mark.parametrize("markers", ["x", "0.1,0.2", "0.7", "nan", "0.1;0.2;0.3", "0.1;"])
def test_markers_that_cannot_be_are_refused_with_what_is_needed(explorer, markers):
    names = {name: name for name in explorer.addressed()}
    refused = take_address(explorer, names, f"?tone=20&markers={markers.replace(';', '%3B')}")
    needed = "at most 2 frequencies from 0 to 0.5 cycles/sample, as 0.1;0.25"
    assert refused == [f"markers={markers} (needed: {needed})"]
    assert (explorer.tone, explorer.readings()) == (20, [])
