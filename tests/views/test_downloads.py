"""What a card shows, as files."""

import panel as pn
import xarray as xr
from bokeh.plotting import figure

from workbench.views.card import PanelCard
from workbench.views.downloads import Camera, download_rows, figures_of


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
    (row,) = download_rows("My page", {"one": card_with(plot)}, lambda _name: None, camera)
    png = next(part for part in row if getattr(part, "label", "") == "PNG")
    png.clicks += 1
    assert camera.wanted == {"files": {plot.id: "my-page-one"}, "kind": "png", "count": 1}
    png.clicks += 1
    assert camera.wanted["count"] == 2


def test_numbers_are_those_shown():
    data = xr.Dataset({"level": ("x", [1.0, 2.5])}, coords={"x": [0, 1]})
    (row,) = download_rows("My page", {"one": card_with(figure())}, lambda _name: data, Camera())
    files = {part.label: part for part in row if hasattr(part, "filename")}
    assert files["CSV"].callback().read().splitlines() == ["x,level", "0,1.0", "1,2.5"]
    assert xr.load_dataset(files["NetCDF"].callback(), engine="h5netcdf").level.values.tolist() == [1.0, 2.5]
    assert files["NetCDF"].filename == "my-page-one.nc"
