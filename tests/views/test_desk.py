import numpy as np
import panel as pn
import pytest
from bokeh.models import ColumnDataSource

from workbench.session import DeskState
from workbench.views import TrainingDesk, dashboard

GONE = "The training process is gone (pid 4242). Everything recorded until step 200 is kept."


def data_of(desk):
    """The data of every source on the page that feeds a figure."""
    sources = desk.__panel__().get_root().select({"type": ColumnDataSource})
    return {source.id: dict(source.data) for source in sources}


def test_every_figure_has_data_and_every_card_a_sentence(desk):
    found = data_of(desk)
    assert len(found) == 12
    for data in found.values():
        assert all(len(column) for column in data.values())
    for name, card in desk.cards.items():
        assert "step " in card.caption, name
        assert not card._empty.visible


def test_the_slider_moves_all_panels(desk):
    before = data_of(desk)
    histories = [desk.cards["history"].instruments[n].instrument for n in ("losses", "coherence_history")]
    real = desk.cards["band"].instruments["band"].pictures["real"]
    fixed = {one.source.id for one in (*histories, real)}
    desk.steps.slider.value = 60
    assert (desk.state.step, desk.state.live) == (60, False)
    after = data_of(desk)
    for name in before:
        same = all(after[name][column] is before[name][column] for column in before[name])
        assert same == (name in fixed)
    assert [history.cursor.location for history in histories] == [60, 60]
    for name, card in desk.cards.items():
        assert "step 60" in card.caption, name
    assert desk.steps.live.value is False


def test_nothing_is_sent_twice(desk, monkeypatch):
    sent = []
    for card in desk.cards.values():
        for instrument in card.instruments.values():
            monkeypatch.setattr(instrument, "update", lambda data: sent.append(data))
    desk.draw()
    assert sent == []
    desk.state.sample = 2
    assert len(sent) == 3, "band, coherence map and sheet"


def test_new_records_move_a_live_desk_and_leave_a_held_one(make_desk, run, hub):
    live, held = make_desk(), make_desk(held=80)
    run.train(40)
    hub.refresh()
    live.draw()
    held.draw()
    assert (live.steps.slider.value, live.steps.slider.end) == (240, 240)
    assert "step 240" in live.cards["lineup"].caption
    assert (held.steps.slider.value, held.steps.slider.end) == (80, 240)
    assert "step 80" in held.cards["lineup"].caption


def test_live_goes_back_to_the_newest_record(desk):
    desk.steps.slider.value = 60
    desk.steps.live.value = True
    assert desk.state.step == 200
    assert "step 200" in desk.cards["sheet"].caption


def test_play_walks_through_the_frames(desk):
    desk.steps.slider.value = 140
    desk.steps._played(None)
    assert desk.state.playing
    for expected in (160, 180, 200):
        desk._next_frame()
        assert desk.steps.slider.value == expected
    desk._next_frame()
    assert not desk.state.playing
    assert desk.steps.play.label == "Play"


def test_a_killed_runner_is_told_with_what_is_kept_and_what_can_be_done(desk, run, hub, monkeypatch):
    assert not desk.runs.alert.visible
    run.state = "lost"
    hub.refresh()
    desk.draw()
    assert desk.runs.alert.visible
    assert GONE in desk.runs.banner.text
    assert desk.runs.resume.visible
    assert desk.runs.stop.disabled
    asked = []
    monkeypatch.setattr(run, "resume", lambda: asked.append(1), raising=False)
    desk.runs.resume.param.trigger("clicks")
    assert asked == [1]
    run.state = "running"
    hub.refresh()
    desk.draw()
    assert not desk.runs.alert.visible


def test_a_viewer_sees_no_controls_and_is_refused(make_desk, run):
    desk = make_desk(can_control=False)
    names = {
        button.label for button in desk.__panel__().select(pn.widgets.Button) if hasattr(button, "label")
    }
    labels = {w.label for w in desk.runs._bar.select(lambda o: hasattr(o, "label"))} | names
    assert not labels & {"Pause", "Stop", "Checkpoint", "Branch", "Resume"}
    assert "Share" in labels
    run.stop = lambda: pytest.fail("a viewer stopped the run")
    desk.runs._asks(desk.control.stop)()
    assert "look but not start" in desk.runs.banner.text
    desk.drawer.open()
    assert desk.drawer.widgets == {}
    desk.drawer.start()
    assert "look but not start" in desk.drawer.message.text


@pytest.mark.parametrize(
    ("button", "call"),
    [("pause", "pause"), ("stop", "stop"), ("advance", "advance"), ("checkpoint", "checkpoint")],
)
def test_buttons_reach_the_run(desk, run, monkeypatch, button, call):
    asked = []
    monkeypatch.setattr(run, call, lambda *args: asked.append(args), raising=False)
    getattr(desk.runs, button).param.trigger("clicks")
    assert asked == [(10,) if call == "advance" else ()]


def test_pause_becomes_resume(desk, run, hub, monkeypatch):
    run.state = "paused"
    hub.refresh()
    desk.draw()
    assert desk.runs.pause.label == "Resume"
    asked = []
    monkeypatch.setattr(run, "resume", lambda: asked.append(1), raising=False)
    desk.runs.pause.param.trigger("clicks")
    assert asked == [1]


def test_what_the_run_refuses_is_said(desk, run, monkeypatch):
    def refuse():
        raise RuntimeError("run synthetic is finished: it cannot be asked to stop")

    monkeypatch.setattr(run, "stop", refuse, raising=False)
    desk.runs.stop.param.trigger("clicks")
    assert "cannot be asked to stop" in desk.runs.banner.text
    assert desk.runs.alert.visible


def test_waiting_is_said_in_words(synthetic):
    from workbench.session import DeskState, Hub

    run = synthetic.SyntheticRun(upto=-1)
    hub = Hub(run)
    hub.refresh()
    desk = TrainingDesk(DeskState(run="x"), lambda _name: (hub, run), lambda: [run])
    desk.draw()
    for card in desk.cards.values():
        assert card._empty.visible
        assert "Waiting for the first" in card._empty.text
    run.train(1)
    hub.refresh()
    desk.draw()
    assert not any(card._empty.visible for card in desk.cards.values())


def test_the_layer_under_the_lens(desk):
    assert desk.layer.value == "down2.activation"
    assert desk.state.layer == "", "the default is nobody's choice"
    desk.layer.value = "up3.norm"
    assert desk.state.layer == "up3.norm"
    assert "up3.norm" in desk.cards["orders"].caption
    assert "up3.norm" in desk.cards["spectrum"].caption
    desk.cards["lineup"].instruments["lineup"]._on_layer("out")
    assert desk.layer.value == "out"


def test_samples_wrap_around(desk):
    assert "1 of 4" in desk.samples.text.text
    desk.samples.back.param.trigger("clicks")
    assert desk.state.sample == 4
    desk.samples.on.param.trigger("clicks")
    desk.samples.on.param.trigger("clicks")
    assert desk.state.sample == 2
    assert "Sample 2:" in desk.cards["sheet"].caption


def test_an_unknown_run_is_said(run, hub):
    from workbench.session import DeskState

    def open_hub(name):
        if name == run.name:
            return hub, run
        raise ValueError(f"no run {name!r}; there are: synthetic")

    desk = TrainingDesk(DeskState(run="nope"), open_hub, lambda: [run])
    assert "there are: synthetic" in desk.runs.banner.text
    desk._choose("synthetic")
    desk.draw()
    assert "step 200" in desk.cards["lineup"].caption


def test_another_run_is_shown_live_from_its_newest_record(make_desk, run):
    desk = make_desk(held=60, layer="out", sample=3)
    desk._choose("other")
    assert desk.state.settings() == {"run": "other"}
    assert desk.state.live


def test_share_shows_the_code(desk, run):
    desk.steps.slider.value = 60
    desk.runs.share.param.trigger("clicks")
    assert desk._dialog.open
    assert "wb.dashboard(run, held=60)" in desk._dialog.objects[0].object.text


def test_branch_offers_the_checkpoints_and_passes_only_what_was_changed(desk, run, monkeypatch):
    asked = []
    places = [(0, "step 0"), (50, "step 50, kept"), (150, "step 150")]
    monkeypatch.setattr(desk.control, "checkpoints", lambda: places)
    monkeypatch.setattr(
        run, "branch", lambda step, **changes: asked.append((step, changes)) or run, raising=False
    )
    desk.steps.slider.value = 60
    desk.runs.branch.param.trigger("clicks")
    fields = {w.label: w for w in desk._dialog.objects if hasattr(w, "label")}
    assert fields["From"].value == "step 50, kept", "the newest at or before the step shown"
    fields["Steps in all"].value = "many"
    fields["Start the branch"].param.trigger("clicks")
    assert "Steps in all: needs a whole number" in desk._dialog.objects[-1].object.text
    assert desk._dialog.open
    fields["Steps in all"].value = ""
    fields["Coherence weight"].value = "3"
    fields["Start the branch"].param.trigger("clicks")
    assert asked == [(50, {"coherence_weight": 3.0})]
    assert not desk._dialog.open


def test_without_a_checkpoint_there_is_nothing_to_branch_from(desk, monkeypatch):
    monkeypatch.setattr(desk.control, "checkpoints", list)
    desk.runs.branch.param.trigger("clicks")
    assert "no checkpoint yet" in desk.runs.banner.text
    assert not desk._dialog.open


def test_the_form_starts_a_run_and_goes_to_it(desk, run, monkeypatch):
    from types import SimpleNamespace

    import workbench.runs

    asked = []

    def launch(system, **options):
        asked.append((system, options))
        return SimpleNamespace(name="fresh")

    monkeypatch.setattr(workbench.runs, "launch", launch)
    desk.drawer.open()
    desk.drawer.widgets["steps"].value = 50
    desk.drawer.widgets["up"].value = "nearest"
    desk.drawer.start()
    ((system, options),) = asked
    assert (system, options["steps"], options["up"], options["scene"]) == (
        "pix2pix",
        50,
        "nearest",
        "onetone",
    )
    assert "activation" not in options, "an empty choice is left to the system"
    assert desk.state.run == "fresh"


def test_a_form_that_is_refused_says_why(desk, monkeypatch):
    import workbench.runs

    def launch(system, **options):
        raise ValueError("size 33: needs an even number")

    monkeypatch.setattr(workbench.runs, "launch", launch)
    desk.drawer.open()
    desk.drawer.start()
    assert "needs an even number" in desk.drawer.message.text


def test_every_widget_has_a_name(desk):
    desk.drawer.open()
    for part in (desk.__panel__(), desk.drawer.__panel__()):
        for widget in part.select(pn.widgets.base.WidgetBase):
            assert widget.label, widget


def test_dashboard_in_a_notebook(run, hub, monkeypatch):
    from workbench.views import dashboards

    monkeypatch.setattr(dashboards, "hub_of", lambda _run: hub)
    desk = dashboard(run, held=60, sample=2)
    assert "step 60" in desk.cards["lineup"].caption
    assert "Sample 2" in desk.cards["sheet"].caption
    assert isinstance(desk, pn.viewable.Viewer)
    with pytest.raises(ValueError, match="no setting 'smaple'; there are: held"):
        dashboard(run, smaple=2)


def test_pixels_reach_the_browser_as_bytes(desk):
    root = desk.__panel__().get_root()
    images = [d["image"][0] for s in root.select({"type": ColumnDataSource}) if "image" in (d := s.data)]
    assert len(images) == 5
    assert all(image.dtype == np.uint8 for image in images)
    tiles = desk.cards["sheet"].instruments["sheet"].tiles
    pixels = [p["rows"] * p["columns"] * (p["channels"] or 1) for p in tiles.places]
    assert len(tiles.pixels) == sum(pixels), "one byte per pixel, three for colours"
    assert len(tiles.places) == len(tiles.palettes) == 11


def painted(desk):
    """Answer for a browser until nothing is under way."""
    while desk.pump.waiting:
        desk.pump.beat.painted = desk.pump.beat.sent


def test_cards_are_built_when_they_come_into_view_and_drawn_only_there(run, hub):
    desk = TrainingDesk(DeskState(run=run.name), lambda _name: (hub, run), lambda: [run], lazy=True)
    desk.draw()
    assert list(desk.cards) == ["lineup", "orders"]
    desk.pump.beat.seen = {"lineup": True, "orders": True, "sheet": True}
    desk.draw()
    assert list(desk.cards) == ["lineup", "orders"], "the page is loading still"
    desk.pump.connect_notebook(lambda: None, lambda call: call())
    desk.draw()
    assert list(desk.cards) == ["lineup", "orders", "sheet"]
    assert "step 200" in desk.cards["sheet"].caption, "a new card comes with its picture"
    desk.pump.beat.seen = {"sheet": True, "spectrum": True}
    painted(desk)
    desk.steps.slider.value = 60
    painted(desk)
    assert "step 60" in desk.cards["sheet"].caption
    assert "step 200" in desk.cards["lineup"].caption, "nobody sees it"
    desk.pump.beat.seen = {"lineup": True}
    desk.draw()
    assert "step 60" in desk.cards["lineup"].caption


def test_an_answer_stays_while_the_run_goes_on(desk, run, hub):
    desk.runs.notify("error", "a branch needs a checkpoint")
    run.train(20)
    hub.refresh()
    desk.draw()
    assert "needs a checkpoint" in desk.runs.banner.text
    assert desk.runs.alert.visible
    desk.runs._until = 0.0
    desk.draw()
    assert not desk.runs.alert.visible


def test_a_notebook_sends_what_it_draws(run, hub, monkeypatch):
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from workbench.views import dashboards

    monkeypatch.setattr(dashboards, "hub_of", lambda _run: hub)
    pushed = []
    monkeypatch.setattr(pn.io, "push_notebook", pushed.append)

    async def cell():
        desk = dashboard(run)
        desk.steps.slider.value = 60
        assert pushed == [], "the cell's output is not there yet"
        desk.pump.beat.painted = desk.pump.beat.sent
        assert pushed == [desk.__panel__()]
        assert "step 60" in desk.cards["lineup"].caption

    # In a thread of its own: browser tests before this one leave an event loop running in the main thread.
    with ThreadPoolExecutor(1) as kernel:
        kernel.submit(lambda: asyncio.run(cell())).result()


def test_the_page_without_any_run(monkeypatch):
    import workbench.runs
    from workbench.session import DeskState
    from workbench.views import desk_page

    desk = TrainingDesk(DeskState(), lambda name: pytest.fail(f"opened {name!r}"), list)
    desk.attach()
    assert "No run yet: open the drawer and start one." in desk.runs.banner.text
    assert desk.runs.alert.visible
    monkeypatch.setattr(workbench.runs, "list_runs", list)
    assert desk_page().sidebar_open is False, "closed, so that a narrow screen shows the instruments"


def test_the_list_of_runs_is_followed_while_the_drawer_is_open(desk, run, hub, monkeypatch):
    desk.drawer.open()
    ((_, state),) = desk.drawer._listed
    assert "running, 200 / 600" in state.text
    run.train(20)
    desk.draw()
    assert "running, 200 / 600" in state.text, "not at every frame"
    monkeypatch.setattr(desk.drawer, "_due", 0.0)
    desk.draw()
    assert "running, 220 / 600" in state.text
    desk.drawer.close()
    run.train(20)
    desk.draw()
    assert "running, 220 / 600" in state.text


def test_the_keys_of_another_run_do_not_stay(desk, synthetic):
    from workbench.session import Hub

    assert "null level 0.30" in desk.cards["coherence"]._key_pane.text
    desk.hub = Hub(synthetic.SyntheticRun(upto=-1))
    desk.hub.refresh()
    desk.draw()
    assert "null level" not in desk.cards["coherence"]._key_pane.text


def test_dashboard_takes_a_run_its_name_or_its_folder(tmp_path, hub, monkeypatch):
    from workbench.runs import RunSpec
    from workbench.views import dashboards

    folder = tmp_path / "runs" / "mine"
    folder.mkdir(parents=True)
    RunSpec("pix2pix", "onetone", plan={"steps": 5}).write(folder)
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(dashboards, "hub_of", lambda _run: hub)
    assert [dashboard(given).state.run for given in ("mine", folder)] == ["mine", "mine"]
    with pytest.raises(ValueError, match=r"no run at 'yours'.*runs there: mine"):
        dashboard("yours")
    with pytest.raises(TypeError, match="its name or its folder; found int"):
        dashboard(3)
