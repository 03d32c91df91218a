"""The microscope's figures, fed with analyses of a small U-Net."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import xarray as xr
from bokeh.models import Axis, ColumnDataSource, GlyphRenderer
from torch import nn

from workbench import plots
from workbench.nets import UNet
from workbench.plots.waterfall import even_steps
from workbench.probes import amplitude_sweep, analyse_orders, order_spectra
from workbench.session.drive_frames import drive_lines
from workbench.session.line_frames import labelled_spectrum
from workbench.signals import compare_orders, find_lines, order_increments

TONE = {"shape": (1, 32, 32), "tone": (3, 5), "phases": 16, "offset": 0.2}


def unet(seed):
    torch.manual_seed(seed)
    return UNet(1, 1, size=32, depth=3, width=4)


@pytest.fixture(scope="module")
def analyses():
    return [analyse_orders(unet(seed), **TONE) for seed in (0, 1)]


@pytest.fixture(scope="module")
def spectrum():
    layer = order_spectra(unet(0), **TONE, layers=["up2.conv"])["up2.conv"].to_dataset()
    return layer, find_lines(layer)


@pytest.fixture(scope="module")
def data(analyses, spectrum):
    """Two frames for every figure."""
    first, second = analyses
    sweep = amplitude_sweep(
        nn.Tanh(), np.geomspace(0.05, 3, 12), (1, 16, 16), (1, 3), 16, dtype=torch.float64
    )
    level = np.linspace(-90, 0, 12).reshape(4, 3)
    waterfall = xr.Dataset(
        {"level": (("step", "order"), level)},
        {"step": [0, 10, 20, 50], "order": [0, 1, 2]},
        {"floor": -80.0, "layer": "up2.conv"},
    )
    return {
        "spectrum": [
            labelled_spectrum(*spectrum),
            labelled_spectrum(*spectrum, along="radial", units="pixel", linear=True, threshold=-20.0),
        ],
        "waterfall": [waterfall.isel(step=slice(2)), waterfall],
        "compare": [compare_orders(first, second), compare_orders(second, first)],
        "causes": [order_increments(first), order_increments(second)],
        "orders": [order_increments(first), order_increments(second)],
        "sweep": [drive_lines(sweep, "Tanh"), drive_lines(sweep, "Tanh", orders=(1, 3))],
    }


MAKERS = {
    "spectrum": plots.LabelledSpectrum,
    "waterfall": plots.OrderWaterfall,
    "compare": plots.CascadeCompare,
    "causes": plots.IncrementBars,
    "orders": lambda: plots.IncrementBars("order"),
    "sweep": plots.SweepPlot,
}


def figures(instrument):
    found = getattr(instrument, "figures", None)
    return list(found.values()) if found is not None else [instrument.figure]


def sources(instrument):
    found = {
        source.id: source for figure in figures(instrument) for source in figure.select(ColumnDataSource)
    }
    return [source for source in found.values() if source.tags != ["fixed"]]


@pytest.mark.parametrize("name", MAKERS)
def test_update_fills_every_source_and_adds_no_model(name, data):
    instrument = MAKERS[name]()
    count = sum(len(figure.references()) for figure in figures(instrument))
    instrument.update(data[name][0])
    before = [dict(source.data) for source in sources(instrument)]
    assert all(len(column) for columns in before for column in columns.values())
    instrument.update(data[name][1])
    fed = zip(sources(instrument), before, strict=True)
    assert all(any(source.data[name] is not old[name] for name in old) for source, old in fed)
    assert sum(len(figure.references()) for figure in figures(instrument)) == count


@pytest.mark.parametrize("name", MAKERS)
def test_one_look(name, data):
    instrument = MAKERS[name]()
    instrument.update(data[name][0])
    for figure in figures(instrument):
        assert figure.toolbar.logo is None
        assert figure.toolbar.active_drag is None
        assert figure.toolbar.active_scroll is None
        for axis in figure.select(Axis):
            assert not axis.visible or axis.axis_label, "every visible axis has a label"


@pytest.mark.parametrize("name", MAKERS)
def test_every_column_of_a_glyph_exists_before_the_first_frame(name):
    for figure in figures(MAKERS[name]()):
        for renderer in figure.select(GlyphRenderer):
            values = [getattr(renderer.glyph, name) for name in renderer.glyph.dataspecs()]
            fields = {v["field"] if isinstance(v, dict) else getattr(v, "field", None) for v in values}
            assert fields - {None} <= set(renderer.data_source.data), renderer


# ---------------------------------------------------------------- labelled spectrum
def test_stems_stand_at_their_lines_in_the_colour_of_their_cause(data):
    frame = data["spectrum"][0]
    instrument = plots.LabelledSpectrum()
    instrument.update(frame)
    columns = instrument.source.data
    rows = {
        (x, y, name): i
        for i, (x, y, name) in enumerate(zip(columns["x"], columns["y"], columns["name"], strict=True))
    }
    for i in range(frame.sizes["line"]):
        row = rows[float(frame.x[i]), float(frame.y[i]), str(frame.name.values[i])]
        assert columns["value"][row] == float(frame.line_value[i])
        images = frame.attrs["images"]
        assert columns["colour"][row] == plots.cause_colour(str(frame.cause.values[i]), images)
    np.testing.assert_array_equal(columns["mirror_x"], -columns["x"])
    causes = columns["cause"]
    assert causes == sorted(causes, key=lambda cause: cause == "leakage"), "leakage is named last"
    assert {label for label, _ in instrument.legend()} >= {plots.cause_label(cause) for cause in causes}


def test_lines_below_the_threshold_are_pale_and_have_no_text(spectrum):
    instrument = plots.LabelledSpectrum()
    instrument.update(labelled_spectrum(*spectrum, threshold=-10.0))
    columns = instrument.source.data
    below = np.asarray(columns["level"]) < -10
    assert below.any()
    assert not below.all()
    np.testing.assert_array_equal(np.asarray(columns["alpha"]) < 1, below)
    np.testing.assert_array_equal(np.asarray(columns["text"]) == "", below)
    assert instrument.threshold.visible
    assert instrument.threshold.location == pytest.approx(-10)


def test_axes_say_quantity_and_unit(spectrum):
    instrument = plots.LabelledSpectrum()
    instrument.update(labelled_spectrum(*spectrum, units="metre", spacing=(2.0, 1.0), along="y"))
    assert instrument.cut.xaxis.axis_label == "frequency along y, cycles/m"
    assert instrument.cut.yaxis.axis_label == "level, dB re order 1, direct"
    assert instrument.figures["picture"].xaxis.axis_label == "frequency x, cycles/m"
    half = 0.5 * spectrum[0].attrs["rate"][0]
    assert instrument.figures["picture"].x_range.start < -half
    assert instrument.figures["picture"].y_range.start == pytest.approx(-half / 2, rel=0.07)
    instrument.update(labelled_spectrum(*spectrum, linear=True))
    assert instrument.cut.yaxis.axis_label == "amplitude re order 1, direct"
    assert instrument.cut.y_range.start == 0


def test_the_marked_lines_have_rings(spectrum):
    instrument = plots.LabelledSpectrum()
    instrument.update(labelled_spectrum(*spectrum, selected=2, delta=5))
    columns = instrument.source.data
    ring = np.flatnonzero(columns["ring"])
    assert len(ring) == 1
    assert columns["x"][ring[0]] == float(spectrum[1].frequency_x[2])
    assert columns["level"][ring[0]] == float(spectrum[1].level[2])
    assert np.count_nonzero(columns["delta"]) == 1


def test_tapping_a_line_gives_its_number(spectrum):
    lines = []
    instrument = plots.LabelledSpectrum(on_line=lines.append)
    picture = instrument.figures["picture"]
    instrument._tapped(SimpleNamespace(x=0.1, y=0.1), picture, "x", "y")
    assert lines == [], "nothing is shown yet"
    instrument.update(labelled_spectrum(*spectrum))
    at = spectrum[1].isel(line=3)
    event = SimpleNamespace(x=float(at.frequency_x), y=float(at.frequency_y))
    instrument._tapped(event, picture, "x", "y")
    assert spectrum[1].peak.values[lines[0]] == int(at.peak)
    instrument._tapped(SimpleNamespace(x=40.0, y=0.0), picture, "x", "y")
    assert len(lines) == 1, "far from everything"


# ---------------------------------------------------------------- waterfall
def test_columns_show_the_nearest_step(data):
    chosen = []
    instrument = plots.OrderWaterfall(on_step=chosen.append)
    instrument._tapped(SimpleNamespace(x=3.0))
    instrument.update(data["waterfall"][1])
    columns = instrument.source.data
    image = columns["image"][0]
    assert image.shape == (3, 6)
    np.testing.assert_array_equal(image[:, 2], image[:, 3])  # steps 20 and 30: both show step 20
    assert columns["x"][0] == -5.0
    assert columns["dw"][0] == 60.0
    assert image[0, 0] == 1, "below the floor is the darkest colour, not nothing"
    for x in (3.0, 44.0, -20.0):
        instrument._tapped(SimpleNamespace(x=x))
    assert chosen == [0, 50, 0]
    instrument.move_cursor(20)
    assert instrument.cursor.location == 20
    assert instrument.cursor.visible


@pytest.mark.parametrize(("steps", "expected"), [([7], [0]), ([0, 5], [0, 1]), ([0, 1000000], [0, 1])])
def test_few_steps(steps, expected):
    assert list(dict.fromkeys(even_steps(np.array(steps)))) == expected


def test_many_steps_stay_few_columns():
    assert len(even_steps(np.arange(0, 100_000, 10))) == 512


# ---------------------------------------------------------------- comparison
def test_a_beside_b_and_b_beside_a_are_opposite(data):
    here, there = plots.CascadeCompare(), plots.CascadeCompare()
    here.update(data["compare"][0])
    there.update(data["compare"][1])
    one, other = here.source.data, there.source.data
    np.testing.assert_allclose(one["change"], -np.asarray(other["change"]), atol=1e-9)
    np.testing.assert_allclose(one["alpha"], other["alpha"], atol=1e-9)
    assert here.limit == there.limit
    changed = np.nan_to_num(one["change"]) != 0
    assert changed.any()
    assert all(a != b for a, b, c in zip(one["colour"], other["colour"], changed, strict=True) if c)


def test_the_table_of_a_comparison_holds_its_numbers(data):
    frame = data["compare"][0]
    instrument = plots.CascadeCompare()
    instrument.update(frame)
    columns = instrument.source.data
    layer, family = str(frame.layer.values[2]), "folded"
    row = [
        i
        for i, pair in enumerate(zip(columns["layer"], columns["family"], strict=True))
        if pair == (layer, family)
    ]
    assert len(row) == 1
    expected = frame.sel(layer=layer, group="folded")
    assert columns["before"][row[0]] == pytest.approx(float(expected.level.sel(state="before")))
    assert columns["change"][row[0]] == pytest.approx(float(expected.change))
    assert len(instrument.palette()) == 41
    assert instrument.palette()[20].endswith("00"), "no change is the colour of the paper"


def test_what_is_nowhere_does_not_change(data):
    frame = data["compare"][0].copy(deep=True)
    frame["level"][:] = -np.inf
    instrument = plots.CascadeCompare()
    instrument.update(frame)
    assert not np.any(instrument.source.data["alpha"])
    assert np.isnan(instrument.source.data["change"]).all()


def test_tapping_a_column_names_its_layer(data):
    chosen = []
    for make in (plots.CascadeCompare, plots.IncrementBars):
        instrument = make(on_layer=chosen.append)
        instrument._tapped(SimpleNamespace(x=2.0))
        instrument.update(data["compare" if make is plots.CascadeCompare else "causes"][0])
        for x in (2.2, -5.0, 1e6):
            instrument._tapped(SimpleNamespace(x=x))
    assert chosen == [str(data["causes"][0].layer.values[2])] * 2


# ---------------------------------------------------------------- increments
def test_bars_stack_away_from_zero(data):
    frame = data["causes"][0]
    instrument = plots.IncrementBars()
    instrument.update(frame)
    columns = instrument.source.data
    np.testing.assert_allclose(np.subtract(columns["top"], columns["bottom"]), columns["added"], atol=1e-9)
    assert (np.sign(columns["top"]) * np.sign(columns["added"]) >= 0).all()
    many = len(instrument.families)
    highest = np.asarray(columns["top"]).reshape(-1, many).max(axis=1)
    added = frame["added"].sel(group=instrument.families).transpose("layer", "group").values
    np.testing.assert_allclose(highest, np.maximum(added, 0).sum(axis=1).clip(0), atol=1e-9)
    assert next(label for label, _ in instrument.legend()) == "folded"


def test_increments_by_order_or_not_at_all():
    with pytest.raises(ValueError, match="by must be 'cause' or 'order', found 'layer'"):
        plots.IncrementBars("layer")


# ---------------------------------------------------------------- drive
def test_straight_lines_pass_through_the_intercepts(data):
    frame = data["sweep"][0]
    instrument = plots.SweepPlot()
    instrument.update(frame)
    columns = instrument.source.data
    for i, order in enumerate(columns["order"]):
        (x0, x1), (y0, y1) = columns["line_drive"][i], columns["line_level"][i]
        if np.isfinite(y0):
            assert (y1 - y0) / (x1 - x0) == pytest.approx(order)
            if np.isfinite(columns["intercept_drive"][i]):
                there = y0 + order * (columns["intercept_drive"][i] - x0)
                assert there == pytest.approx(columns["intercept_level"][i])
    assert 3 in columns["order"]
    assert instrument.compression.location == pytest.approx(frame.attrs["compression_drive"])
    assert instrument.legend()[0][0] == "order 1"
    assert instrument.figure.xaxis.axis_label == "drive level, dB re amplitude 1"


def test_a_network_that_does_not_compress_has_no_mark(data):
    instrument = plots.SweepPlot()
    instrument.update(data["sweep"][0].assign_attrs(compression_drive=np.nan, compression_level=np.nan))
    assert not instrument.compression.visible
    assert len(instrument.legend()) == data["sweep"][0].sizes["series"]


def test_lines_of_a_cubic_are_known():
    class Cubic(nn.Module):
        def forward(self, z):
            return z + z**3

    sweep = amplitude_sweep(Cubic(), [0.01, 0.03, 0.1], (1, 16, 16), (1, 3), 8, dtype=torch.float64)
    lines = drive_lines(sweep, str(sweep.layer.values[-1]))
    assert lines.label.values.tolist() == ["order 1", "order 3"]
    np.testing.assert_allclose(lines.anchor, 20 * np.log10([1, 1 / 4]) - 10 * np.log10(2), atol=0.01)
    with pytest.raises(ValueError, match="no layer 'Tan'"):
        drive_lines(sweep, "Tan")
