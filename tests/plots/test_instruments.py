import numpy as np
import pytest
import xarray as xr
from bokeh import plotting
from bokeh.document import Document
from bokeh.models import Axis, ColumnDataSource, GlyphRenderer, Plot

from workbench import plots

MAKERS = {
    "lineup": plots.Lineup,
    "order_lines": plots.OrderLines,
    "order_map": plots.OrderMap,
    "layer_spectrum": plots.LayerSpectrum,
    "band": plots.BandPair,
    "coherence_map": plots.CoherenceMap,
    "histogram": plots.CoherenceHistogram,
    "losses": lambda: plots.History("loss", log=True),
    "coherence_history": lambda: plots.History("mean |γ̂|", y_range=(0, 1)),
}


HISTORIES = ("losses", "coherence_history")


def figures(instrument):
    found = getattr(instrument, "figures", None)
    return list(found.values()) if found is not None else [instrument.figure]


def sources(instrument):
    found = {}
    for figure in figures(instrument):
        for source in figure.select(ColumnDataSource):
            found[source.id] = source
    return list(found.values())


@pytest.mark.parametrize("name", MAKERS)
def test_update_fills_every_source_and_follows_the_step(name, frames):
    instrument = MAKERS[name]()
    instrument.update(frames(60)[name])
    fed = [s for s in sources(instrument) if s.tags != ["fixed"]]
    before = [dict(s.data) for s in fed]
    assert all(len(column) for data in before for column in data.values())
    instrument.update(frames(200)[name])
    changed = [any(s.data[n] is not old[n] for n in old) for s, old in zip(fed, before, strict=True)]
    same = [instrument.pictures["real"].source] if name == "band" else []
    expected = [name not in HISTORIES and source not in same for source in fed]
    assert changed == expected, "a history and the real image are the same at every step"


@pytest.mark.parametrize("name", MAKERS)
def test_no_model_is_added_after_the_first_frame_nor_by_it(name, frames):
    """A structural change makes Bokeh walk the whole document, some 0.3 s each."""
    instrument = MAKERS[name]()
    count = sum(len(figure.references()) for figure in figures(instrument))
    for step in (60, 200):
        instrument.update(frames(step)[name])
        assert sum(len(figure.references()) for figure in figures(instrument)) == count


@pytest.mark.parametrize("name", MAKERS)
def test_one_look(name):
    for figure in figures(MAKERS[name]()):
        assert isinstance(figure, Plot)
        assert figure.toolbar.logo is None
        assert figure.toolbar.active_drag is None, "a finger must move the page, not the plot"
        assert figure.toolbar.active_scroll is None
        for axis in figure.select(Axis):
            assert not axis.visible or axis.axis_label, "every visible axis has a label"


@pytest.mark.parametrize("name", MAKERS)
def test_every_column_of_a_glyph_exists_before_the_first_frame(name):
    for figure in figures(MAKERS[name]()):
        for renderer in figure.select(GlyphRenderer):
            values = [getattr(renderer.glyph, name) for name in renderer.glyph.dataspecs()]
            fields = {v["field"] if isinstance(v, dict) else getattr(v, "field", None) for v in values} - {
                None
            }
            assert fields <= set(renderer.data_source.data), renderer


def test_bars_end_at_one_hundred_percent(frames):
    lineup = plots.Lineup()
    data = frames()["lineup"]
    lineup.update(data)
    columns = lineup.source.data
    top = np.asarray(columns["to"]).reshape(data.sizes["layer"], data.sizes["cause"])[:, -1]
    np.testing.assert_allclose(top, 100)
    np.testing.assert_allclose(columns["to"] - columns["from"], columns["share"], atol=1e-12)
    direct = np.asarray(columns["share"])[:: data.sizes["cause"]]
    np.testing.assert_allclose(direct, 100 * data["share"].sel(cause="direct"))


def test_ambiguous_layers_are_hatched_where_they_are_unsure(frames):
    lineup = plots.Lineup()
    data = frames()["lineup"]
    lineup.update(data)
    unsure = data["ambiguous"].values
    assert lineup.ambiguous
    hatched = lineup.unsure.data
    shares = 100 * data["share"].values[unsure][:, 2:]
    assert set(hatched["index"]) == set(np.flatnonzero(unsure))
    np.testing.assert_allclose(hatched["to"] - hatched["from"], shares[shares > 0], atol=1e-9)


def test_a_dead_layer_draws_nothing(frames):
    lineup = plots.Lineup()
    data = frames()["lineup"].copy(deep=True)
    data["share"][4], data["level"][4] = np.nan, -np.inf
    lineup.update(data)
    share = np.asarray(lineup.source.data["share"]).reshape(data.sizes["layer"], -1)
    assert share[4].sum() == 0
    assert np.isnan(np.asarray(lineup.source.data["level"]).reshape(share.shape)[4]).all()


def test_tapping_a_bar_names_its_layer(frames):
    from types import SimpleNamespace

    chosen = []
    lineup = plots.Lineup(on_layer=chosen.append)
    lineup._tapped(SimpleNamespace(x=3.2))
    assert chosen == [], "nothing is shown yet"
    lineup.update(frames()["lineup"])
    for x in (3.2, -4.0, 1e6):
        lineup._tapped(SimpleNamespace(x=x))
    assert chosen == [str(frames()["lineup"]["layer"][3].values)]


def test_a_level_below_the_floor_is_not_drawn(frames):
    lines = plots.OrderLines()
    data = frames(layer="up3.activation", floor=-40.0)["order_lines"]
    lines.update(data)
    below = data["measured"].values <= -40
    assert below.any()
    np.testing.assert_array_equal(np.isnan(lines.source.data["measured"]), below)
    assert lines.y_range.start == -40


def test_the_picture_is_bytes_on_its_scale(frames):
    pair = plots.BandPair()
    data = frames()["band"]
    pair.update(data)
    image = pair.pictures["real"].source.data["image"][0]
    assert image.dtype == np.uint8
    value = -60 + (image.astype(float) - 1) / 254 * 60
    np.testing.assert_allclose(value, data["real"], atol=60 / 254)


def test_the_band_is_drawn_only_where_there_is_one(frames):
    pair = plots.BandPair()
    data = frames()["band"]
    pair.update(data)
    assert all(drawing.visible for drawing in pair._drawings)
    data = data.assign_attrs(has_band=False)
    pair.update(data)
    assert not any(drawing.visible for drawing in pair._drawings)


def test_what_is_not_significant_is_grey(frames):
    picture = plots.CoherenceMap()
    picture.update(frames()["coherence_map"])
    null = frames()["coherence_map"].attrs["null_level"]
    for i, colour in enumerate(picture.palette):
        r, g, b = colour[1:3], colour[3:5], colour[5:7]
        assert (r == g == b) == (i < null * 256)


def test_missing_values_are_transparent():
    picture = plots.Picture("", plots.MAGNITUDE, 0.0, 1.0, ("x", "y"))
    picture.update(xr.DataArray([[np.nan, 0.0], [1.0, 7.0]], dims=("y", "x")))
    np.testing.assert_array_equal(picture.source.data["image"][0], [[0, 1], [255, 255]])
    assert picture.mapper.palette[0] == "#00000000"


def test_a_picture_lies_at_its_coordinates():
    picture = plots.Picture("", plots.MAGNITUDE, 0.0, 1.0, ("x", "y"))
    f = np.fft.fftshift(np.fft.fftfreq(4))
    picture.update(xr.DataArray(np.zeros((4, 4)), coords={"fy": f, "fx": f}, dims=("fy", "fx")))
    placed = {key: picture.source.data[key][0] for key in ("x", "y", "dw", "dh")}
    assert placed == {"x": -0.625, "y": -0.625, "dw": 1.0, "dh": 1.0}


def test_histogram_lines_stand_where_the_numbers_are(frames):
    histogram = plots.CoherenceHistogram()
    data = frames()["histogram"]
    histogram.update(data)
    assert histogram.lines["null_level"].location == pytest.approx(data.attrs["null_level"])
    assert histogram.lines["mean"].location == pytest.approx(data.attrs["mean"])
    assert next(label for label, _ in histogram.legend()) == "null level 0.30"
    histogram.update(data.assign_attrs(null_level=np.nan))
    assert not histogram.lines["null_level"].visible
    assert sum(histogram.source.data["share"]) == pytest.approx(100)


def test_the_cursor_of_a_history_moves_alone(frames):
    history = plots.History("loss", log=True)
    history.update(frames()["losses"])
    data = history.source.data
    history.move_cursor(60)
    assert history.cursor.location == 60
    assert history.source.data is data


def test_a_log_axis_skips_what_has_no_logarithm():
    history = plots.History("loss", log=True)
    history.update(
        xr.Dataset(
            {"value": (("series", "step"), [[1.0, 0.0, -2.0, 4.0]])}, {"series": ["a"], "step": [0, 1, 2, 3]}
        )
    )
    np.testing.assert_array_equal(history.source.data["values"][0], [1, np.nan, np.nan, 4])


def test_the_sheet_has_every_picture_as_bytes(frames):
    sheet = plots.Sheet()
    data = frames()["sheet"]
    sheet.update(data)
    assert list(sheet.tiles) == list(plots.TITLES)
    for name, tile in sheet.tiles.items():
        assert tile.pixels.dtype == np.uint8
        assert bool(tile.palette) == (tile.pixels.ndim == 2), name
    level = sheet.tiles["spectrum_real"]
    value = level.low + (level.pixels[::-1].astype(float) - 1) / 254 * (level.high - level.low)
    np.testing.assert_allclose(value, data["spectrum_real"], atol=60 / 254)
    assert level.y[0] > 0 > level.y[1], "frequencies ascend upwards"
    assert sheet.tiles["real_re"].y == (0.0, data.sizes["y"]), "rows count downwards"
    np.testing.assert_array_equal(sheet.tiles["condition"].pixels[..., 0] == 255, data["condition"][0] >= 1)


def test_a_map_of_another_step_says_so(frames):
    sheet = plots.Sheet()
    data = frames()["sheet"]
    sheet.update(data.assign_attrs(coherence_step=40))
    assert sheet.tiles["coherence"].title == "coherence |γ̂|, step 40"
    sheet.update(data.drop_vars("coherence"))
    assert "coherence" not in sheet.tiles


def test_figures_of_holoviews_take_the_colours_of_their_page():
    document, plot = Document(theme=plots.FIGURE_THEME), plotting.figure(title="A figure")
    document.add_root(plot)
    assert plot.background_fill_alpha == plot.border_fill_alpha == 0
    assert "--jp-ui-font-color1" in plot.stylesheets[0]
    assert "--jp-ui-font-color1" in plot.title.stylesheets[0]
