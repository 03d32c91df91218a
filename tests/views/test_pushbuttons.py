"""Push buttons that are one component."""

from __future__ import annotations

from workbench.views.pushbuttons import PushButtons


def made():
    done = []
    actions = {"Undo": lambda: done.append("undo"), "Save": lambda: done.append("save")}
    return PushButtons("Tools", actions), done


def test_a_press_in_the_browser_calls_its_function_every_time():
    buttons, done = made()
    buttons.pressed = {"name": "Save", "count": 1}
    buttons.pressed = {"name": "Save", "count": 2}
    assert done == ["save", "save"]


def test_what_is_disabled_or_hidden_is_not_done_though_a_late_browser_asks():
    buttons, done = made()
    buttons.change({"Undo": {"disabled": True}, "Save": {"hidden": True}})
    buttons.pressed = {"name": "Undo", "count": 1}
    buttons.pressed = {"name": "Save", "count": 2}
    assert done == []
    buttons.change({"Undo": {"disabled": False}})
    buttons.pressed = {"name": "Undo", "count": 3}
    assert done == ["undo"]


def test_what_nobody_made_is_not_done():
    buttons, done = made()
    buttons.pressed = {"name": "Format the disk", "count": 1}
    assert done == []


def test_a_change_that_changes_nothing_is_not_sent():
    buttons, _ = made()
    sent = []
    buttons.param.watch(sent.append, "states")
    buttons.change({"Save": {"label": "Save"}})
    assert sent == []
    buttons.change({"Save": {"label": "Keep"}})
    assert len(sent) == 1
    assert buttons.state("Save") == {"label": "Keep", "disabled": False, "hidden": False, "chosen": None}
