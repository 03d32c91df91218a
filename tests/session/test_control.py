from pathlib import Path
from types import SimpleNamespace

import pytest

from workbench.session.control import Control, may_control
from workbench.session.form import run_form
from workbench.session.words import banner, status_parts

ACTIONS = {
    "pause": (),
    "resume": (),
    "stop": (),
    "advance": (5,),
    "checkpoint": (),
    "branch": (100,),
    "launch": ({"system": "pix2pix"},),
}


class Recorder:
    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return lambda *args, **options: self.calls.append((name, args, options))


@pytest.mark.parametrize("action", ACTIONS)
def test_a_viewer_is_refused_every_action(action):
    run = Recorder()
    with pytest.raises(PermissionError, match="look but not start"):
        getattr(Control(run, can_control=False), action)(*ACTIONS[action])
    assert run.calls == []


@pytest.mark.parametrize("action", [name for name in ACTIONS if name != "launch"])
def test_an_owner_reaches_the_run(action):
    run = Recorder()
    getattr(Control(run), action)(*ACTIONS[action])
    assert run.calls == [(action, ACTIONS[action], {})]


def test_without_a_run_there_is_a_clear_message():
    with pytest.raises(RuntimeError, match="No run is chosen"):
        Control(None).pause()


def test_launch_passes_the_form_on(monkeypatch):
    import workbench.runs

    asked = []
    monkeypatch.setattr(workbench.runs, "launch", lambda system, **options: asked.append((system, options)))
    values = {"system": "pix2pix", "steps": 3, "path": " "}
    Control(None).launch(values)
    assert asked.pop() == ("pix2pix", {"steps": 3})
    Control(None).launch({**values, "scene": "onetone", "path": "/data/slc.npy"})
    assert asked.pop() == ("pix2pix", {"steps": 3, "scene": Path("/data/slc.npy")})
    assert values["system"] == "pix2pix", "the caller's values stay as they are"
    Control(None).launch({"system": "pix2pix", "depth": "4", "coherence_window": "global"})
    assert asked.pop() == ("pix2pix", {"depth": 4, "coherence_window": "global"})
    with pytest.raises(ValueError, match=r"Coherence window: needs a whole number of at least 3 or global"):
        Control(None).launch({"system": "pix2pix", "coherence_window": "2.5"})
    assert asked == []


def test_owners(monkeypatch):
    monkeypatch.delenv("WORKBENCH_OWNERS", raising=False)
    assert may_control(None)
    monkeypatch.setenv("WORKBENCH_OWNERS", '["ada"]')
    assert may_control("ada")
    assert not may_control("bob")
    assert not may_control(None)


def test_the_form_offers_what_exists():
    from workbench.mappings import MAPPINGS
    from workbench.scenes import SCENES
    from workbench.systems import SYSTEMS

    form = {field.name: field for field in run_form()}
    assert form["mapping"].choices == tuple(MAPPINGS)
    assert set(form["scene"].choices) == set(SCENES) - {"domains"}  # pictures, not complex images
    declared = {option.name: option for option in SYSTEMS["pix2pix"].options}
    assert set(declared) - set(form) == {"scale"}
    assert (form["depth"].kind, form["depth"].default) == (str, "")
    assert form["depth"].help.endswith("a whole number of at least 2")
    assert (form["coherence_window"].kind, form["coherence_window"].default) == (str, "5")
    assert (form["discriminator_layers"].kind, form["discriminator_layers"].minimum) == (int, 0)
    for name in ("activation", "up", "down", "coherence_weight"):
        assert form[name].choices == declared[name].choices
        assert form[name].help == declared[name].description
    for field in form.values():
        if field.choices and field.default is not None:
            assert field.default in field.choices
        if field.minimum is not None and field.default is not None:
            assert field.default >= field.minimum


def test_the_status_line_leaves_out_what_is_unknown():
    status = SimpleNamespace(
        state="running", step=3, steps=9, rate=float("nan"), seconds_left=float("nan"),
        observing_share=0.0, device="", message="setting up",
    )  # fmt: skip
    assert status_parts(status) == ["training", "3 / 9", "observing 0 %", "setting up"]
    status.state = "finished"
    assert status_parts(status) == ["finished", "3 / 9"]


def test_the_banner_of_a_killed_run_says_what_is_kept():
    severity, sentence = banner(SimpleNamespace(state="lost", message=""), 412, "", 77)
    assert severity == "error"
    assert sentence == "The training process is gone (pid 77). Everything recorded until step 412 is kept."
    assert banner(SimpleNamespace(state="running", message=""), 412, "", 77) == ("", "")
    assert banner(None, 0, "OSError: no", None)[0] == "warning"
