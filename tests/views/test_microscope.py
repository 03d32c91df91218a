"""The microscope's page over made-up records and a workshop that answers at once, without a server."""

import os
import signal
import time

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from workbench.probes import (
    amplitude_sweep,
    analyse_orders,
    order_spectra,
    possible_replacements,
    replace_layer,
)
from workbench.runs.specimen import SpecimenError
from workbench.session import Hub
from workbench.session.microscope.state import URL_NAMES, MicroscopeState
from workbench.views.address import take_address
from workbench.views.microscope.lens import LENSES
from workbench.views.microscope.view import Microscope


def network():
    torch.manual_seed(1)
    down = nn.Sequential(nn.Conv2d(1, 4, 4, stride=2, padding=1), nn.LeakyReLU(0.2))
    up = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(4, 1, 3, padding=1), nn.Tanh())
    return nn.Sequential(down, up)


class Answer:
    def __init__(self, compute):
        self.compute = compute

    def done(self):
        return True

    def result(self, _timeout=None):
        return self.compute()

    def cancel(self):
        pass


class Workshop:
    """Answers in this process."""

    asked = ()
    failure = ""

    def __init__(self, _specimen):
        self.net = network()

    def close(self):
        pass

    def ask(self, request):
        Workshop.asked = (*Workshop.asked, request)
        return Answer(lambda: self.answer(request))

    def answer(self, request):
        if Workshop.failure:
            raise SpecimenError(Workshop.failure, "crash")
        net = self.net
        if request.kind == "about":
            return {"networks": ["generator", "discriminator"]}
        if request.kind == "replacements":
            return possible_replacements(net)
        for layer, kind in request.replacements:
            net = replace_layer(net, layer, kind)
        if request.scene is not None:
            scene = torch.randn(16, 16, generator=torch.Generator().manual_seed(2), dtype=torch.complex64)
            return analyse_orders(net, scene=scene / 3, mapping=request.mapping, phases=request.phases)
        tone = request.tone or (3, 5)
        excitation = {
            "shape": (1, 32, 32), "phases": request.phases,
            "tone": tone if request.tone2 is None else (tone, request.tone2),
            "amplitude": request.amplitude, "offset": request.offset,
        }  # fmt: skip
        if request.kind == "spectra":
            return order_spectra(net, **excitation, layers=list(request.layers))
        if request.kind == "sweep":
            del excitation["amplitude"]
            return amplitude_sweep(net.double(), request.amplitudes, **excitation)
        return analyse_orders(net, **excitation)


@pytest.fixture
def made(run, hub, monkeypatch, tmp_path):
    Workshop.asked, Workshop.failure = (), ""
    steps = [SteppedCheckpoint(0), SteppedCheckpoint(100)]
    monkeypatch.setattr("workbench.runs.list_checkpoints", lambda _path: steps)

    views = []

    def make(can_control=True, **settings):
        state = MicroscopeState(run=run.name, **settings)
        view = Microscope(state, lambda _name: (hub, run), lambda: [run], Workshop, can_control=can_control)
        views.append(view)
        settle(view)
        return view

    yield make
    for view in views:
        view.close()


class SteppedCheckpoint:
    def __init__(self, step):
        self.step, self.score, self.pinned = step, float("nan"), False


def settle(view):
    """Draw until nothing is awaited."""
    for _ in range(12):
        view.draw()
        if not view.bench.busy:
            return
    raise AssertionError("something is still awaited")


# ------------------------------------------------------------------ a run's records
def test_a_recorded_run_is_listed_and_its_lines_are_named(made):
    view = made()
    assert len(view.network.layers) == 27
    assert np.sum(view.network.shares, axis=1) == pytest.approx(100, abs=0.6)
    assert view.network.selected == view.scene.layer == "down2.activation"
    assert view.peaks.table.rows[0]["label"] == "order 1, direct"
    assert "lines above −60 dBc" in view.lens.cards["spectrum"].caption
    assert not view.lens.cards["spectrum"]._empty.visible
    assert "recorded at step 200" in view.bar.words.text
    assert Workshop.asked == (), "records cost nobody a process"


def test_the_page_is_small(made):
    view = made()
    assert len(list(view.__panel__().get_root().references())) < 350


def test_choosing_a_layer_draws_what_changed(made):
    view = made()
    before = view.lineup.caption
    view.network.selected = "up1.convolution"
    assert view.state.layer == "up1.convolution"
    assert "up1.convolution" in view.lens.cards["spectrum"].caption
    assert view.lineup.caption == before
    sent = []
    view.lens.cards["spectrum"].instruments["spectrum"].update = sent.append
    view.draw()
    assert sent == []


def test_new_records_move_a_live_microscope(made, run, hub):
    view = made(lens="waterfall")
    fall = view.lens.cards["waterfall"].instruments["waterfall"]
    assert fall.steps[-1] == 200
    run.train(40)
    hub.refresh()
    view.draw()
    assert (fall.steps[-1], view.steps.slider.value) == (240, 240)
    assert "step 240" in view.lineup.caption


@pytest.mark.parametrize("lens", LENSES.values())
def test_every_lens_shows_something_or_says_why_not(made, lens):
    view = made(lens=lens)
    card = view.lens.cards[lens]
    assert view.lens.stage[0] is card.__panel__()
    words = card._empty.text if card._empty.visible else card.caption
    assert len(words) > 60


def test_units_threshold_and_order_change_the_table(made):
    view = made(threshold=-40)
    count = len(view.peaks.table.rows)
    view.tools.order.value = "order ±2"
    assert {row["label"].split(",")[0] for row in view.peaks.table.rows} == {"order 2"}
    view.state.order = None
    view.tools._moved(type("Event", (), {"obj": view.tools.threshold, "new": -100})())
    assert len(view.peaks.table.rows) > count
    sample = view.peaks.table.rows[0]["frequency"]
    view.tools.units.value = "cycles/input pixel"
    pixel = view.peaks.table.rows[0]["frequency"]
    rate = view.scene.spectrum.attrs["rate"][1]
    number = [float(text.split(", ")[1].replace("−", "-")) for text in (sample, pixel)]
    assert number[1] == pytest.approx(rate * number[0], abs=1e-4)


def test_a_marker_keeps_its_input_frequency_from_layer_to_layer(made):
    view = made()
    view.peaks.mark_next("marker")
    assert view.peaks.table.marker == 0
    place = view.state.marker
    view.peaks.mark_next("delta")
    view.peaks.mark_next("delta")
    assert view.peaks.table.delta == 1
    assert "Δ:" in view.peaks.words.text
    view.choose_layer("out")
    assert view.state.marker == place
    assert view.peaks.table.marker == 0


def test_a_run_without_orders_shows_its_spectra_on_data(made, hub):
    del hub.records._groups["orders"]
    view = made(lens="data")
    stage = view.lens.stage[0]
    view.draw()
    assert view.lens.stage[0] is stage
    assert "no input image that could carry a tone" in view.lineup._empty.text
    assert len(view.network.layers) == 27
    assert "Largest line" in view.lens.cards["data"].caption


# ------------------------------------------------------------------ a fresh analysis
def test_a_checkpoint_is_analysed_with_the_recorded_tone(made):
    view = made(held=150)
    view._choose_source("checkpoint")
    settle(view)
    first = Workshop.asked[0]
    assert (first.kind, first.tone, first.size) == ("orders", (5, 11), (64, 64))
    assert view.scene.specimen.step == 100
    assert [row[0] for row in view.network.layers][:2] == ["0.0", "0.1"]
    assert view.what_if.kind.options
    asked = len(Workshop.asked)
    view.choose_layer("1.1")
    settle(view)
    view.choose_layer("0.0")
    settle(view)
    view.choose_layer("1.1")
    settle(view)
    assert len(Workshop.asked) == asked + 2, "going back asks nothing"


def test_a_replacement_shows_before_beside_after_and_can_be_taken_back(made):
    view = made(source="checkpoint", held=100, layer="1.2")
    settle(view)
    assert "Replace a layer" in view.compared.words.text
    view.what_if.kind.value = "circular borders everywhere"
    view.what_if.replace()
    settle(view)
    assert "Before and after" in view.compared.title.text
    assert "leaks from the borders falls from" in view.compared.words.text
    assert view.what_if.chips.items == [["*", "circular"]]
    assert view.what_if.train.disabled is False
    view.what_if.chips.removed = {"index": 0, "count": 1}
    settle(view)
    assert view.state.replacements == ()
    view.state.undo()
    assert view.state.replacements == (("*", "circular"),)
    view.state.lens = "compare"
    settle(view)
    assert not view.lens.cards["compare"]._empty.visible


def test_training_goes_on_from_what_was_replaced(made, run, monkeypatch):
    asked = []
    branch = lambda step, **changes: asked.append((step, changes)) or run  # noqa: E731
    monkeypatch.setattr(run, "branch", branch, raising=False)
    view = made(source="checkpoint", held=120, replaced="0.1=tanh;1.2=relu")
    view._train()
    start = next(
        part for part in view.dialogs.dialog.objects if getattr(part, "label", "").startswith("Start")
    )
    start.param.trigger("clicks")
    assert asked == [(100, {"replacements": (("0.1", "tanh"), ("1.2", "relu")), "steps": 600})]
    assert not view.dialogs.dialog.open


def test_a_is_held_beside_another_step(made):
    view = made()
    view.hold()
    assert view.state.a == "synthetic@200@down2.activation"
    view.state.step = 20
    assert "A beside B" in view.compared.title.text
    assert "step 200" in view.compared.table.text
    view.hold()
    assert view.state.a == ""
    again = made(a="synthetic@40@out", held=180)
    assert "out, step 40, recorded" in again.compared.table.text


def test_what_failed_is_said_and_can_be_tried_again(made):
    Workshop.failure = "the process that analyses it crashed (SIGSEGV)"
    view = made(source="checkpoint")
    assert "SIGSEGV" in view.bar.words.text
    assert "SIGSEGV" in view.lineup._empty.text
    assert view.bar.cancel.label == "Try again"
    Workshop.failure = ""
    view.cancel()
    settle(view)
    assert not view.lineup._empty.visible
    assert not view.bar.cancel.visible


def test_a_viewer_looks_at_records_only(made):
    view = made(can_control=False, source="checkpoint")
    assert Workshop.asked == ()
    assert "not start its own" in view.lineup._empty.text
    assert view.what_if is None
    assert view.excitation is None
    assert "Open model" not in view.bar.buttons.states
    view.state.source = "recorded"
    assert not view.lineup._empty.visible


def test_a_sweep_is_asked_when_somebody_looks_at_it(made):
    view = made(source="checkpoint", held=100, layer="1.2", phases=8)
    assert "sweep" not in {request.kind for request in Workshop.asked}
    view.state.lens = "drive"
    settle(view)
    card = view.lens.cards["drive"]
    assert card._empty.visible is False
    assert "1.2: no order above 1" in card.caption, "with biases its small signals stay where it is linear"
    assert len(Workshop.asked[-1].amplitudes) == 11
    view.state.param.update(drive_from=-20, drive_to=-60)
    settle(view)
    assert Workshop.asked[-1].amplitudes[0] == pytest.approx(0.1)
    assert len(Workshop.asked[-1].amplitudes) == 3
    asked = len(Workshop.asked)
    view.choose_layer("0.1")
    settle(view)
    assert "0.1" in card.caption
    assert {request.kind for request in Workshop.asked[asked:]} == {"spectra"}, "one sweep, all layers"


def test_a_sweep_of_records_says_what_it_needs(made):
    view = made(lens="drive")
    assert "choose Checkpoint" in view.lens.cards["drive"]._empty.text
    assert Workshop.asked == ()


# ------------------------------------------------------------------ other networks
def test_a_pass_of_the_discriminator_is_read_when_it_is_chosen(made, hub, monkeypatch):
    wanted = []
    monkeypatch.setattr(hub, "want", wanted.append)
    hub.parts["pass_orders"] = ["discriminator_real", "discriminator_fake"]
    view = made()
    assert view.bar.network.options == ["generator", "discriminator: real", "discriminator: fake"]
    assert wanted == []
    view.bar.network.value = "discriminator: real"
    settle(view)
    assert set(wanted) == {"pass_orders"}
    assert "being read" in view.lineup._empty.text
    passes = hub.records.dataset("orders").drop_vars(["theory", "theory_note"])
    passes = passes.isel(layer=slice(0, 5)).assign_attrs(tone=[4, 4], shape=[4, 64, 64])
    hub.records.append({"pass_orders": xr.DataTree.from_dict({"/discriminator_real": passes})})
    settle(view)
    assert len(view.network.layers) == 5
    assert not view.lineup._empty.visible
    assert "tone (4, 4)" in view.bar.words.text
    assert "pass_orders()['discriminator_real']" in view.as_code()
    for lens in LENSES.values():
        view.state.lens = lens
        settle(view)
    view.bar.network.value = "generator"
    settle(view)
    assert len(view.network.layers) == 27
    lost = made(passed="discriminator_cycle")
    assert "there are: discriminator_real, discriminator_fake" in lost.lineup._empty.text


def test_the_discriminator_of_a_checkpoint_is_analysed(made):
    view = made(source="checkpoint", held=100, replaced="0.1=tanh")
    assert view.bar.network.options == ["generator", "discriminator"]
    view.bar.network.value = "discriminator"
    settle(view)
    assert (view.scene.specimen.network, view.state.replaced) == ("discriminator", "")
    assert next(r for r in reversed(Workshop.asked) if r.kind == "orders").size is None
    assert ".network('discriminator', 100)" in view.as_code()


# ------------------------------------------------------------------ scenes
def test_a_scene_shows_what_follows_its_phase(made):
    view = made(source="checkpoint", held=100)
    view.excitation.scene.value = "Onetone patch"
    assert view.excitation.fields["tone_y"].disabled
    view.excitation.analyse()
    settle(view)
    asked = next(r for r in reversed(Workshop.asked) if r.kind == "orders")
    assert (asked.scene, asked.mapping, asked.tone) == ("onetone", "nyquist", None)
    assert view.scene.layer == "0.0"
    assert "Phase fidelity of the output decoded by Nyquist" in view.lineup.caption
    assert "none tells a cause" in view.lineup.caption
    assert "no line is its own" in view.peaks.table.empty
    assert [row[0] for row in view.network.layers][-1] == "decoded"
    assert np.sum(view.network.shares, axis=1) == pytest.approx(100, abs=0.6)
    view.choose_layer("decoded")
    settle(view)
    assert "fidelity" in view.layer.figures.text
    for lens in LENSES.values():
        view.state.lens = lens
        settle(view)
        assert view.scope.trouble == ""
    view.state.replace("0.1", "tanh")
    settle(view)
    assert "mirror" in view.compared.table.text
    view.excitation.scene.value = "tones"
    view.excitation.analyse()
    settle(view)
    assert view.scene.orders.attrs["tone"] == [5, 11]


@pytest.mark.parametrize("name", ["data/../../etc/passwd", "data//etc/passwd", "elsewhere"])
def test_an_address_opens_no_other_file(made, name):
    view = made(source="checkpoint", scene=name)
    assert "no file" in view.lineup._empty.text or "no scene" in view.lineup._empty.text
    assert Workshop.asked == ()


def test_channel_weights_are_checked(made):
    view = made(source="checkpoint", held=100)
    for text, said in (("1, 2", "1 channel, but 2"), ("a", "numbers with commas"), ("0", "leave no tone")):
        view.excitation.weights.value = text
        view.excitation.analyse()
        assert said in view.excitation.note.text
        assert view.state.weights == ""
    view.excitation.weights.value = "0.5"
    view.excitation.analyse()
    settle(view)
    assert next(r for r in reversed(Workshop.asked) if r.kind == "orders").weights == (0.5,)
    broken = made(source="checkpoint", weights="x")
    assert "numbers with commas" in broken.lineup._empty.text


def test_the_cut_turns(made):
    view = made()
    before = view.lens.cards["spectrum"].caption
    view.tools.along.value = "radial"
    data = view.panels.compose(view.scene, ["spectrum"])["spectrum"].data
    assert (view.state.along, data.attrs["along"]) == ("radial", "radial")
    assert view.lens.cards["spectrum"].caption == before


# ------------------------------------------------------------------ a real process
def test_a_process_that_is_killed_is_told_of_and_replaced(tmp_path):
    from workbench.runs.specimen import Specimen, register
    from workbench.runs.specimen_workshop import Workshop as Real

    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    opened = []
    token = register(Specimen(file=f"{tmp_path / 'slow.py'}:net"))
    state = MicroscopeState(source="model", model=token)
    view = Microscope(state, lambda _name: (None, None), list, lambda s: opened.append(Real(s)) or opened[-1])
    try:
        view.draw()
        wait_until(lambda: (tmp_path / "loading").exists())
        os.kill(opened[0].pid, signal.SIGKILL)
        wait_until(lambda: view.draw() or not view.bench.busy)
        assert "was killed" in view.bar.words.text
        assert view.bar.cancel.label == "Try again"
        (tmp_path / "quick").touch()
        view.cancel()
        wait_until(lambda: view.draw() or view.scene.orders is not None)
        assert [row[1] for row in view.network.layers] == ["ReLU"]
    finally:
        view.close()


SLOW = """
import time
from pathlib import Path
from torch import nn

here = Path(__file__).parent
(here / "loading").touch()
while not (here / "quick").exists():
    time.sleep(0.05)
net = nn.ReLU()
"""


def wait_until(what, seconds=120):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# ------------------------------------------------------------------ fields, addresses, files
def test_fields_are_taken_over_together(made):
    view = made(source="checkpoint")
    asked = len(Workshop.asked)
    view.excitation.choose("Along x: (0, 7)")
    assert len(Workshop.asked) == asked
    view.excitation.analyse()
    settle(view)
    assert view.scene.orders.attrs["tone"] == [0, 7]
    view.excitation.fields["amplitude"].value = 0.0
    view.excitation.analyse()
    assert "amplitude" in view.excitation.note.text.lower()
    view.excitation.choose("As recorded")
    assert [view.excitation.fields[name].value for name in ("tone_y", "tone_x")] == [5, 11]


def test_two_tones_give_products_of_both(made):
    view = made(source="checkpoint", tone_y=1, tone_x=3, second_y=2, second_x=5, phases=8, layer="0.1")
    settle(view)
    assert view.scope.trouble == ""
    assert "order_1" in view.scene.orders.dims
    labels = [row["label"] for row in view.peaks.table.rows]
    assert any(label.startswith("orders (") for label in labels), labels[:5]
    for lens in ("orders", "added"):
        view.state.lens = lens
        assert not view.lens.cards[lens]._empty.visible
    assert np.sum(view.network.shares, axis=1) == pytest.approx(100, abs=0.6)


def test_the_picture_stays_until_the_next_one_is_there(made, monkeypatch):
    view = made(held=100)
    monkeypatch.setattr(Answer, "done", lambda self: False)
    view._choose_source("checkpoint")
    assert view.state.source == "checkpoint"
    view.draw()
    assert view.bench.busy, view.scope.trouble
    assert not view.lineup._empty.visible
    assert "analysing" in view.bar.words.text
    assert view.bar.cancel.label == "Cancel"
    view.cancel()
    assert "Cancelled." in view.bar.words.text


def test_one_bad_value_in_the_address_loses_no_other():
    state = MicroscopeState()
    refused = take_address(state, URL_NAMES, "?layer=out&phases=1&units=furlong&order=3")
    assert [one.partition(" (needed")[0] for one in sorted(refused)] == ["phases=1", "units=furlong"]
    assert (state.layer, state.order) == ("out", 3)


def test_the_code_and_the_files_are_those_of_the_view(made):
    view = made(held=100, layer="out")
    assert ".sel(step=slice(0, 100))" in view.as_code()
    view._export()
    download = next(o for o in view.dialogs.dialog.objects[0] if o.filename.endswith(".nc"))
    data = xr.open_dataset(download.callback(), engine="h5netcdf")
    assert data.power.sum().item() == pytest.approx(float(view.scene.orders.power.sum()))


def test_without_any_run_the_page_says_so():
    view = Microscope(MicroscopeState(), lambda _name: (None, None), list, Workshop)
    view.draw()
    assert "start one on the training desk" in view.lineup._empty.text
    assert view.network.layers == []


def test_a_lost_run_keeps_its_records(made, run, hub):
    run.state = "lost"
    hub.refresh()
    view = made()
    assert not view.lineup._empty.visible


def test_two_microscopes_of_one_run_share_what_is_computed(run, hub, made):
    assert isinstance(hub, Hub)
    one, two = made(), made()
    frames = [view.panels.compose(view.scene, ["lineup"])["lineup"] for view in (one, two)]
    assert frames[0] is frames[1]
