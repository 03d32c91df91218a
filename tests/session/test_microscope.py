"""The microscope's choices, questions and words, without a screen."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from workbench.probes import analyse_orders, order_spectra
from workbench.runs.specimen import Specimen, registered
from workbench.runs.specimen_loading import load_specimen
from workbench.runs.specimen_request import Request
from workbench.session.control import OWNERS, Control
from workbench.session.drive_frames import drive_caption, drive_lines
from workbench.session.files import netcdf_file
from workbench.session.microscope.code import fresh_code
from workbench.session.microscope.compare import Pair, changes, largest_change
from workbench.session.microscope.export import lines_csv, orders_csv
from workbench.session.microscope.frames import network_rows, order_waterfall
from workbench.session.microscope.model import open_model
from workbench.session.microscope.questions import questions
from workbench.session.microscope.recorded import recorded_spectrum
from workbench.session.microscope.state import (
    URL_NAMES,
    MicroscopeState,
    read_replacements,
    write_replacements,
)
from workbench.signals import drive_figures, find_lines

NET = """
import torch
from torch import nn

torch.manual_seed(3)
net = nn.Sequential(
    nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 2, 4, stride=2, padding=1), nn.Tanh()
)
"""


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    ring = {"padding": 1, "padding_mode": "circular"}
    parts = (nn.Conv2d(1, 4, 3, **ring), nn.ReLU(), nn.Conv2d(4, 4, 3, stride=2, **ring), nn.ReLU())
    return nn.Sequential(*parts, nn.Upsample(scale_factor=2)).double()


@pytest.fixture(scope="module")
def orders(net):
    return analyse_orders(net, (1, 32, 32), (3, 7), 32)


# ------------------------------------------------------------------ choices
NAMES = st.text("abc.#_12", min_size=1, max_size=6)


@given(st.lists(st.tuples(NAMES, st.sampled_from(["tanh", "blurpool", "leaky_relu(0.1)"])), max_size=5))
def test_replacements_survive_the_address(pairs):
    assert read_replacements(write_replacements(tuple(pairs))) == tuple(pairs)


@given(st.lists(st.sampled_from(["replace a", "replace b", "undo", "redo", "restore"]), max_size=20))
def test_undo_and_redo_are_a_line_one_walks_along(moves):
    state = MicroscopeState()
    line, at = [()], 0
    for move in moves:
        if move.startswith("replace"):
            after = (*line[at], (move[-1], "tanh"))
            if line[at][-1:] != after[-1:]:
                line, at = [*line[: at + 1], after], at + 1
            state.replace(move[-1], "tanh")
        elif move == "restore":
            if line[at]:
                line, at = [*line[: at + 1], ()], at + 1
            state.restore()
        else:
            at = max(at - 1, 0) if move == "undo" else min(at + 1, len(line) - 1)
            getattr(state, move)()
        assert state.replacements == line[at]
        assert (state.can_undo, state.can_redo) == (at > 0, at < len(line) - 1)


def test_one_chip_is_taken_out_and_another_run_forgets_all():
    state = MicroscopeState(run="one", replaced="a=tanh;a=circular;b=relu", marker="0.1,0.2", order=3)
    state.restore(1)
    assert state.replacements == (("a", "tanh"), ("b", "relu"))
    state.turn_to("two")
    assert (state.run, state.replaced, state.marker, state.order, state.can_undo) == (
        "two",
        "",
        "",
        None,
        False,
    )


def test_the_address_holds_the_whole_view():
    state = MicroscopeState(
        run="demo", held=40, layer="down2.conv", source="checkpoint", tone_y=3, tone_x=9, phases=32,
        amplitude=0.5, replaced="down2.conv=blurpool", threshold=-80, linear=True, order=3, units="pixel",
        marker="0.1,0.2", a="demo@20@out",
    )  # fmt: skip
    differing = state.differing()
    assert set(differing) <= set(URL_NAMES)
    again = MicroscopeState(**differing)
    assert again.differing() == differing
    assert (again.step, again.live) == (40, False)


# ------------------------------------------------------------------ questions
def test_questions_take_the_recorded_tone_unless_one_is_chosen():
    recorded = {"tone": [5, 11], "shape": [3, 64, 48]}
    asked = questions(MicroscopeState(), "out", recorded)
    assert (asked.orders.tone, asked.orders.size, asked.before) == ((5, 11), (64, 48), None)
    assert asked.spectra.layers == ("out",)
    state = MicroscopeState(tone_y=2, tone_x=3, second_x=4, replaced="a=tanh;a=circular")
    asked = questions(state, "", recorded)
    assert (asked.orders.tone, asked.orders.tone2) == ((2, 3), (0, 4))
    assert asked.orders.replacements == (("a", "tanh"), ("a", "circular"))
    assert asked.before == Request(**{**asked.orders.to_dict(), "replacements": ()})
    assert questions(state, "out", recorded).spectra.tone2 == (0, 4)


def test_a_sweep_is_a_question_of_its_lens_only():
    assert questions(MicroscopeState(), "out", {}).sweep is None
    asked = questions(MicroscopeState(lens="drive", drive_from=-20, drive_to=0, amplitude=0.3), "out", {})
    assert asked.sweep.amplitudes == pytest.approx([0.1, 10**-0.75, 10**-0.5, 10**-0.25, 1.0])
    assert (asked.sweep.dtype, asked.all()[1]) == ("float64", asked.sweep)
    assert asked.sweep == questions(MicroscopeState(lens="drive", drive_from=-20, drive_to=0), "", {}).sweep


def test_a_cubic_meets_its_first_order_at_twice_the_unit_drive():
    A = np.array([0.001, 0.01, 0.1, 1.0, 2.0])
    values = np.stack([0 * A, (A + 0.75 * A**3) ** 2 / 2, (A**3 / 4) ** 2 / 2], axis=-1)[:, None]
    coords = {"amplitude": A, "layer": ["cubic"], "order": [0, 1, 3]}
    power = xr.DataArray(values, dims=("amplitude", "layer", "order"), coords=coords)
    caption = drive_caption(drive_lines(drive_figures(power, power.sum("order")), "cubic"))
    assert "order 3 rises 3.00 dB per dB" in caption
    assert "at 6.0 dB, its intercept point" in caption
    assert "not compressed" in caption


# ------------------------------------------------------------------ lines from records
@pytest.mark.parametrize("layer", ["1", "2", "3", "4"])
def test_direct_and_folded_lines_are_placed_where_the_dense_spectrum_has_them(net, orders, layer):
    placed = recorded_spectrum(orders, layer)
    dense = order_spectra(net, (1, 32, 32), (3, 7), 32, layers=[layer])[layer].to_dataset()
    names = dense.cause.attrs["flag_meanings"].split()
    known = dense.cause.isin([names.index("direct"), names.index("folded")])
    ks = [k for k in placed.order.values if k in dense.order.values]
    expected, found = dense.power.where(known, 0.0).sel(order=ks).values, placed.power.sel(order=ks).values
    assert found.max() > 0
    # what is placed is right; an alias that two rates put on different bins is not placed
    assert found[found > 0] == pytest.approx(expected[found > 0], rel=1e-9)
    assert float((expected - found).sum()) == pytest.approx(
        sum(v for name, v in placed.attrs["unplaced"].items() if name == "folded"), abs=1e-9 * expected.sum()
    )
    assert float(placed.power.sum()) + sum(placed.attrs["unplaced"].values()) == pytest.approx(
        float(dense.power.sum()), rel=1e-9
    )
    mine, theirs = (find_lines(one, floor=-60, count=500) for one in (placed, dense))
    labels = dict(zip(theirs.label.values.tolist(), theirs.level.values, strict=True))
    for label, level in zip(mine.label.values.tolist(), mine.level.values, strict=True):
        assert labels[label] == pytest.approx(level, abs=1e-6)


def test_a_layer_that_was_not_analysed_is_named_with_those_that_were(orders):
    with pytest.raises(ValueError, match=r"'up9' was not analysed; there are: 0, 1, 2, 3, 4"):
        recorded_spectrum(orders, "up9")


def test_the_list_of_layers_adds_up_to_a_hundred_percent(orders):
    rows = network_rows(orders)
    assert rows["layers"][2] == ["2", "Conv2d", "16×16", "rate 1/2"]
    assert np.sum(rows["shares"], axis=1) == pytest.approx(100, abs=0.5)


def test_the_waterfall_is_relative_to_order_one(synthetic):
    records = synthetic.SyntheticRun().orders()
    fall = order_waterfall(records, "up2.activation", -100.0)
    assert fall.level.sel(order=1).values == pytest.approx(0.0)
    theory = 10 * np.log10(4 * (2 / (3 * np.pi)) ** 2)  # order 2 of a ReLU at zero bias, re order 1
    assert fall.level.isel(step=0).sel(order=2).item() == pytest.approx(theory, abs=0.3)
    assert fall.level.sel(order=2).values[-1] < fall.level.sel(order=2).values[0], "it fades while it learns"


# ------------------------------------------------------------------ code
def test_the_code_repeats_the_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # loading a file changes to its folder
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "toy.py").write_text(NET, encoding="utf-8")
    specimen = Specimen(file=f"{tmp_path / 'toy.py'}:net")
    arguments = {"shape": (1, 16, 24), "tone": (2, 5), "phases": 8, "amplitude": 0.7, "offset": 0.1}
    from workbench.probes import replace_layer

    changed = replace_layer(load_specimen(specimen).module, "1", "tanh")
    shown = analyse_orders(changed, **arguments)
    code = fresh_code(specimen, (("1", "tanh"),), "2", shown, -60.0)
    space = {}
    exec(compile(code, "microscope", "exec"), space)
    xr.testing.assert_allclose(space["orders"], shown)
    assert "spectrum" in space
    assert "wb.replace_layer(network, '1', 'tanh')" in code


# ------------------------------------------------------------------ A beside B
def test_a_change_of_one_cause_is_found_and_said(orders):
    halved = orders.copy(deep=True)
    halved["power"].loc[{"cause": "folded"}] *= 0.01
    pair = Pair("before", "after", orders, halved, "2", "2")
    rows = {what: (a, b) for what, a, b in changes(pair)}
    level = 10 * np.log10(float(halved.power.sel(layer="2").sum() / orders.power.sel(layer="2").sum()))
    folded = rows["folded"][1] - rows["folded"][0]
    assert folded == pytest.approx(-20 - (rows["level"][1] - rows["level"][0]), abs=1e-9)
    assert level < 0
    assert "folded share of 2 falls from" in largest_change(pair, changes(pair))


# ------------------------------------------------------------------ files
def test_exports_hold_all_the_power(orders):
    import pandas as pd

    table = pd.read_csv(orders_csv(orders), dtype={"layer": str})
    assert table.power.sum() == pytest.approx(float(orders.power.sum()))
    again = xr.open_dataset(netcdf_file(orders), engine="h5netcdf").load()
    assert again.power.values == pytest.approx(orders.power.values)
    assert again.attrs["phases"] == 32
    lines = find_lines(recorded_spectrum(orders, "2"))
    assert len(pd.read_csv(lines_csv(lines))) == lines.sizes["line"]


# ------------------------------------------------------------------ model files
@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "ws"))
    monkeypatch.delenv(OWNERS, raising=False)
    (tmp_path / "ws").mkdir()
    (tmp_path / "outside.py").write_text("raise SystemExit", encoding="utf-8")
    (tmp_path / "ws" / "toy.py").write_text("raise SystemExit", encoding="utf-8")
    (tmp_path / "ws" / "link.py").symlink_to(tmp_path / "outside.py")
    return tmp_path / "ws"


def test_a_model_is_registered_but_not_executed(workspace):
    token = open_model(Control(None), "toy.py:net", "", sure=True)
    assert registered(token).file == f"{workspace / 'toy.py'}:net"


@pytest.mark.parametrize("target", ["../outside.py:net", "link.py:net", "/etc/passwd.py:net"])
def test_no_way_leads_out_of_the_workspace(workspace, target):
    with pytest.raises(PermissionError, match="not in the workspace folder"):
        open_model(Control(None), target, "", sure=True)


def test_a_model_needs_an_owner_a_server_of_ones_own_and_a_tick(workspace, monkeypatch):
    with pytest.raises(ValueError, match="tick the box"):
        open_model(Control(None), "toy.py:net", "", sure=False)
    with pytest.raises(PermissionError):
        open_model(Control(None, can_control=False), "toy.py:net", "", sure=True)
    monkeypatch.setenv(OWNERS, '["ada"]')
    with pytest.raises(PermissionError, match="server of their own machine"):
        open_model(Control(None), "toy.py:net", "", sure=True)


def test_metres_need_a_scene_that_knows_them():
    from workbench.session.microscope.spacing import pixel_spacing

    spec = SimpleNamespace(scene="flat_earth", mapping="real_imag", scene_options={})
    assert pixel_spacing(spec) == (3.0, 3.0)
    assert pixel_spacing(None) is None
