"""An explorer's address: what fits is taken, the rest is named."""

import pytest
from panel.io.location import Location

from workbench.session.explorers.activation_chain import ActivationExplorer
from workbench.views.explorers.address import follow_address
from workbench.views.explorers.controls import Controls


@pytest.fixture
def explorer():
    return ActivationExplorer()


def test_what_fits_is_taken_and_the_rest_is_named(explorer):
    controls = Controls(explorer)
    location = Location(search="?tone=20&drive=99&activation=tanh&bias=x&theme=dark")
    assert follow_address(explorer, location) == ["drive", "bias"]
    assert explorer.settings() == {"tone": 20, "activation": "tanh"}
    assert controls.widgets["tone"].value == 20
    assert location.query_params["theme"] == "dark", "not ours"
    assert location.query_params["drive"] == 1


def test_the_address_follows(explorer):
    location = Location(search="")
    assert follow_address(explorer, location) == []
    explorer.bias = 0.5
    assert location.query_params["bias"] == 0.5
    again = ActivationExplorer()
    assert follow_address(again, Location(search=location.search)) == []
    assert again.settings() == {"bias": 0.5}


def test_a_text_of_digits_stays_a_text(explorer):
    assert follow_address(explorer, Location(search="?activation=formula&formula=2")) in ([], ["activation"])
    assert explorer.formula == "2"
