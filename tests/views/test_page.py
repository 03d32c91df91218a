"""The frame that all pages share."""

import gc
import weakref

import panel as pn
from panel.util import edit_readonly

from workbench.views.page import framed_page


def test_a_page_that_nobody_looks_at_is_freed():
    page = framed_page("Page", [pn.Column()])
    watched = weakref.ref(page)
    del page
    gc.collect()
    assert watched() is None


def test_a_page_does_not_follow_the_busy_state_of_the_server():
    page = framed_page("Page", [pn.Column()])
    try:
        with edit_readonly(pn.state):
            pn.state.busy = True
        assert not page.busy
    finally:
        with edit_readonly(pn.state):
            pn.state.busy = False
