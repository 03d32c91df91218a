import threading

import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.document import Document
from bokeh.models import ImportedStyleSheet, UIElement
from panel.io.resources import CDN_DIST
from panel.models.comm_manager import CommManager

from workbench.views.kernel import SERVED, adapt_to_kernel


class Comm:
    id = "comm"
    _comm = True

    def send(self, *_arguments, **_options):
        pass


class Cell:
    """A view as a kernel shows it: its browser is the test."""

    def __init__(self, view, later=lambda call, *arguments: call(*arguments)):
        self.view = view
        adapt_to_kernel(view, later)
        comm = Comm()
        self.root = view._render_model(Document(), comm)
        self.manager = CommManager(comm_id=comm.id, plot_id=self.root.ref["id"])

    def receive(self, *events):
        header = {"msgid": "1", "msgtype": "PATCH-DOC"}
        message = {"header": header, "metadata": {}, "content": {"events": list(events)}, "_buffers": {}}
        self.view._on_msg(self.root.ref["id"], self.manager, message)

    def model(self, part):
        return part._models[self.root.ref["id"]][0]

    def change(self, part, name, value):
        return {"kind": "ModelChanged", "model": self.model(part).data.ref, "attr": name, "new": value}

    def click(self, part):
        values = {"model": self.model(part).ref, "node": "click", "data": {}}
        event = {
            "type": "event",
            "name": "dom_event",
            "values": {"type": "map", "entries": list(values.items())},
        }
        return {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event}


@pytest.fixture
def parts():
    slider, button = pmui.IntSlider(start=0, end=9), pmui.Button(label="press")
    button.on_click(lambda _event: setattr(button, "label", f"pressed {button.clicks}"))
    return slider, button


def test_a_change_beside_a_click_is_heard(parts):
    slider, button = parts
    cell = Cell(pn.Column(slider, button))
    cell.receive(cell.change(slider, "value", 4), cell.click(button))
    assert slider.value == 4
    assert button.label == "pressed 1"


def test_what_comes_in_another_thread_is_taken_in_this_one(parts):
    slider, button = parts
    waiting = []
    cell = Cell(pn.Column(slider, button), lambda *call: waiting.append(call))
    other = threading.Thread(target=cell.receive, args=(cell.change(slider, "value", 4),))
    other.start()
    other.join()
    assert slider.value == 0
    ((take, *message),) = waiting
    take(*message)
    assert slider.value == 4


def test_widgets_name_code_that_is_served(parts, monkeypatch):
    monkeypatch.setenv("PANEL_INLINE", "true")
    monkeypatch.setenv(SERVED, "/static/code/v")
    cell = Cell(pn.Column(*parts))
    assert {cell.model(part).bundle for part in parts} == {"url"}
    assert all(len(cell.model(part).esm) < 200 for part in parts)


def test_sheets_are_written_out_once(parts, monkeypatch):
    monkeypatch.setenv("PANEL_INLINE", "true")
    cell = Cell(pn.Column(*parts, pn.Row(pn.Row())))
    sheets = [sheet for one in cell.root.select({"type": UIElement}) for sheet in one.stylesheets]
    assert not any(
        isinstance(sheet, ImportedStyleSheet) and sheet.url.startswith(CDN_DIST) for sheet in sheets
    )
    texts = [sheet.css for sheet in {id(sheet): sheet for sheet in sheets}.values() if hasattr(sheet, "css")]
    assert texts
    assert len(texts) == len(set(texts))
