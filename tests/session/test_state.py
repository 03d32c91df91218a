import param
import pytest

from workbench.session import DeskState


def test_live_follows_and_a_chosen_step_holds():
    state = DeskState()
    state.reach(100)
    assert (state.step, state.live, state.held) == (100, True, None)
    state.step = 40
    assert (state.live, state.held) == (False, 40)
    state.reach(200)
    assert (state.step, state.last) == (40, 200)
    state.live = True
    assert (state.step, state.held) == (200, None)


def test_the_url_value_alone_restores_both_modes():
    held = DeskState(held=60)
    held.reach(100)
    assert (held.live, held.step) == (False, 60)
    held.held = None
    assert (held.live, held.step) == (True, 100)
    held.held = 20
    assert (held.live, held.step) == (False, 20)


def test_instances_do_not_share_values():
    DeskState(held=60, layer="a")
    assert DeskState().settings() == {}


def test_settings_rebuild_the_state():
    state = DeskState(run="demo", sample=3, layer="up1.conv", floor=-60)
    state.step = 20
    assert DeskState(**state.settings()).settings() == state.settings()


def test_playing_walks_the_recorded_steps_and_ends():
    state = DeskState()
    state.reach(50)
    state.step = 0
    state.playing = True
    visited = []
    while state.advance([0, 20, 40]):
        visited.append(state.step)
    assert visited == [20, 40]
    assert not state.playing


@pytest.mark.parametrize("bad", [{"sample": 0}, {"step": -1}, {"floor": 3}, {"sample": "x"}])
def test_bad_choices_are_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        DeskState(**bad)


def test_the_code_runs_and_names_the_view(hub, run, monkeypatch):
    asked = {}

    class Public:
        @staticmethod
        def open_run(path):
            asked["path"] = path
            return run

        @staticmethod
        def figures_of_merit(orders):
            asked["step"] = int(orders["step"])
            return orders["power"].sum(["order", "cause"])

        @staticmethod
        def dashboard(run, **settings):
            asked["settings"] = settings

    monkeypatch.setitem(__import__("sys").modules, "workbench", Public)
    code = DeskState(run="r", held=95, layer="up1.activation", sample=2).as_code("/some/where")
    exec(compile(code, "view", "exec"), {})
    assert asked == {
        "path": "/some/where",
        "step": 80,
        "settings": {"held": 95, "layer": "up1.activation", "sample": 2},
    }


def test_settings_know_no_unknown_name():
    with pytest.raises(TypeError):
        DeskState(stepp=3)
    assert issubclass(DeskState, param.Parameterized)
