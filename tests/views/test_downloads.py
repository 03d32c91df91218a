"""What a card shows, as files."""

import io
from base64 import b64decode

import panel as pn
import xarray as xr
from bokeh.plotting import figure

from workbench.views.card import PanelCard
from workbench.views.downloads import Camera, SaveTable, figures_of


class Still:
    """An instrument that draws nothing."""

    def update(self, data):
        self.data = data


def card_with(*figures):
    return PanelCard("Some figures", pn.Row(*(pn.pane.Bokeh(plot) for plot in figures)), {"one": Still()})


def test_the_figures_of_a_card_are_found_in_order():
    plots = [figure(), figure()]
    assert figures_of(card_with(*plots)) == plots


def test_the_camera_is_told_which_figures():
    camera, plot = Camera(), figure()
    camera.take([plot], "my-page-one", "png")
    assert camera.wanted == {"files": {plot.id: "my-page-one"}, "kind": "png", "count": 1}
    camera.take([plot], "my-page-one", "png")
    assert camera.wanted["count"] == 2


def test_a_row_names_the_pictures_of_its_card():
    plots = [figure(title="input"), figure()]
    table = SaveTable("My page", {"one": card_with(*plots)}, lambda _name: None)
    names = {plots[0].id: "my-page-one-input", plots[1].id: "my-page-one-input-2"}
    assert table.rows == [{"title": "Some figures", "stem": "my-page-one", "pictures": names}]


def test_numbers_are_those_shown():
    shown = xr.Dataset({"level": ("x", [1.0, 2.5])}, coords={"x": [0, 1]})
    table = SaveTable("My page", {"one": card_with(figure())}, lambda _name: shown)
    table.asked = {"row": 0, "kind": "csv", "count": 1}
    assert table.file["name"] == "my-page-one.csv"
    assert b64decode(table.file["content"]).decode().splitlines() == ["x,level", "0,1.0", "1,2.5"]
    table.asked = {"row": 0, "kind": "nc", "count": 2}
    data = xr.load_dataset(io.BytesIO(b64decode(table.file["content"])), engine="h5netcdf")
    assert (table.file["name"], data.level.values.tolist()) == ("my-page-one.nc", [1.0, 2.5])
    before = table.file
    table.asked = {"row": 0, "kind": "nc", "count": 3}
    assert table.file != before, "asked again, it is saved again"
