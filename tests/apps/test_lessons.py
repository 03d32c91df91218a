"""Lessons: the right prediction is called right, a wrong one is not, nothing is given away."""

import json
import re
from pathlib import Path

import pytest

LESSONS = Path(__file__).parents[2] / "notebooks"
SOLUTIONS = {
    "03_activations": {
        "my_order_2": 0.406, "my_order_4": 0.1875, "my_order_6": 0.219,
        "my_order_2_level": -7.4, "depends_on_the_drive": False, "order_15_is_better": False,
    },
    "04_resampling": {
        "my_frequency": 0.3125, "my_twin": 0.15625, "my_image": 0.375, "my_level": -7.7,
        "checkerboard_with_3_taps": True, "checkerboard_with_4_taps": False,
        "checkerboard_with_random_taps": True,
    },
    "05_nyquist_band": {
        "my_x": 0.4, "my_y": 0.3, "my_frequency_that_ends_at_0": -0.5, "my_frequency_of_the_constant": 0.5,
        "my_variance_nyquist": 1.0, "my_variance_real_imag": 2.0, "if_the_band_were_the_cause": "real_imag",
    },
    "06_coherence": {
        "my_mean_3": 0.3, "my_mean_5": 0.18, "my_mean_9": 0.1, "my_fringe": 0.2,
        "my_coherence_of_the_real_part": 0.75, "my_coherence_of_the_wrong_amplitude_and_phase": 1.0,
    },
}  # fmt: skip


def cells(name):
    return json.loads((LESSONS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]


def code_of(name):
    """Everything but the live explorer, which has tests of its own."""
    sources = ["".join(cell["source"]) for cell in cells(name) if cell["cell_type"] == "code"]
    return [text.replace("pn.extension()", "") for text in sources if "explore(" not in text]


def played(name, answers, capsys):
    """Run a lesson with these predictions; returns what it said and how many predictions it asked for."""
    space, asked = {}, 0
    for text in code_of(name):
        exec(text, space)
        if set(re.findall(r"^(\w+) = ", text, re.M)) <= set(SOLUTIONS[name]):
            asked += 1
            space.update(answers)
    return capsys.readouterr().out, asked


@pytest.mark.parametrize("name", SOLUTIONS)
def test_right_predictions_are_called_right(name, capsys):
    said, asked = played(name, SOLUTIONS[name], capsys)
    assert asked >= 3
    assert len(re.findall(r"\bright\b", said)) == len(SOLUTIONS[name])
    assert not re.findall(r"\bno[:,]|is not where|is not it|look again|think:", said)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_what_is_there_to_begin_with_is_not_the_answer(name, capsys):
    said, _ = played(name, {}, capsys)
    assert len(re.findall(r"\bright\b", said)) <= 1, "a guess of two may be right by chance"


@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_lesson_holds_no_output_no_definition_and_hides_its_solutions(name):
    lesson = cells(name)
    for cell in lesson:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
            assert not re.search(r"^\s*(def|class) |lambda", text, re.M)
            assert set(re.findall(r"^(?:import|from) (\S+)", text, re.M)) <= {
                "holoviews", "numpy", "panel", "workbench",
            }  # fmt: skip
        elif "Solution" in text:
            assert text.startswith("<details><summary>Solution")
    assert sum("<details>" in "".join(cell["source"]) for cell in lesson) >= 3
    assert sum("wb.explore(" in "".join(cell["source"]) for cell in lesson) == 1
