"""What is written for the browser is what Bokeh writes, in less time."""

from __future__ import annotations

import json

import pytest
from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.document import Document
from bokeh.models import GlyphRenderer
from bokeh.themes import Theme
from panel.io.state import set_curdoc

from workbench.views import serialising
from workbench.views.explorers import EXPLORERS

REPLACED = ("query_properties_with_values", "themed_values", "_overridden_defaults")


@pytest.fixture
def replace(monkeypatch):
    """Return a function that puts our methods in; Bokeh's come back afterwards."""

    def put_in():
        for name in REPLACED:
            monkeypatch.setattr(HasProps, name, HasProps.__dict__[name])  # so that it is put back
        serialising.write_what_is_set()

    return put_in


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_page_is_written_as_bokeh_writes_it(name, replace):
    settings, make = EXPLORERS[name]
    document = Document()
    with set_curdoc(document):
        make(settings(), lazy=True).page().server_doc(document)
    document.theme = Theme(json={"attrs": {"Axis": {"minor_tick_out": 3}}})
    theirs = json.dumps(document.to_json(deferred=False))
    replace()
    assert HasProps.query_properties_with_values is serialising._query_set
    ours = json.dumps(document.to_json(deferred=False))
    assert len(ours) > 100_000
    assert "minor_tick_out" in ours
    assert ours == theirs


def test_what_is_required_and_unset_is_still_an_error(replace):
    replace()
    with pytest.raises(UnsetValueError):
        GlyphRenderer().properties_with_values(include_defaults=False)


def test_all_values_are_still_there_on_demand(replace):
    renderer = HasProps.properties_with_values
    document = Document()
    theirs = renderer(document.config)
    replace()
    assert document.config.properties_with_values() == theirs
    assert len(theirs) > 1
