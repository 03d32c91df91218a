"""The lessons in a real JupyterLab, started as users start it, without a network."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
PATIENCE = 60_000  # ms: others have the machine as well
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
# Of each lesson a preset, and a slider with a way that it can be moved, which changes the figure beside it.
LESSONS = (
    ("03_activations", "tanh, hard driven", "Tone m, cycles per 128 samples", "ArrowRight"),
    ("04_resampling", "a U-Net's way", "Frequency along y, cycles/pixel", "ArrowRight"),
    ("05_nyquist_band", "one tone", "Frequency along y, cycles/pixel", "ArrowRight"),
    ("06_coherence", "mirror", "Temporal coherence γₜ", "ArrowLeft"),
)
CELL = ".jp-Notebook .jp-Cell"
# The sign in the notebook's corner says idle before there is a kernel, and a press of Run is lost.
READY = "() => document.querySelector('#jp-main-statusbar')?.textContent.includes('| Idle')"
TAKEN = f"(place) => /\\[[\\d*]+\\]/.test(document.querySelectorAll('{CELL}')[place].textContent)"
SELECTED = f"(place) => document.querySelectorAll('{CELL}')[place].classList.contains('jp-mod-active')"
# What the explorer shows: number of its frame, one number for all of its data, the chosen preset; nothing
# while a frame is under way. A frame arrives in pieces, the last of them is its number.
SHOWN = """([after, chosen, before, wanted]) => {
  const models = (window.Bokeh?.documents ?? []).flatMap((doc) => [...doc._all_models.values()])
  const beat = models.find((model) => model.class_name == "Heartbeat")?.data
  if (beat == null || beat.painted <= after || beat.painted != beat.sent) return null
  const plain = (v) => v instanceof Map ? Object.fromEntries([...v].map(([k, one]) => [k, plain(one)])) : v
  const buttons = models.filter((model) => model.class_name == "PushButtons")
  const rows = buttons.map((model) => plain(model.data.states))
  const preset = rows.flatMap((row) => Object.keys(row).filter((name) => plain(row[name]).chosen))[0] ?? ""
  if (chosen != null && preset != chosen) return null
  const sources = models.filter((model) => model.type == "ColumnDataSource")
  const number = (DIGEST)(sources.map((source) => source.data))
  return number == before || (wanted != null && number != wanted) ? null : [beat.painted, number]
}"""

# Where a slider stands, once that is where the kernel has it: it follows a little after the figures.
VALUE = """(label) => {
  const all = (root) =>
    [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])])
  const models = (window.Bokeh?.documents ?? []).flatMap((doc) => [...doc._all_models.values()])
  const told = models.find((model) => model.data?.label == label)?.data
  const input = all(document).find((e) => e.type == "range" && e.ariaLabel == label)
  return input != null && Math.abs(input.value - told.value) <= told.step / 2 ? input.value : null
}"""


def answers(url):
    """Whether anything answers there."""
    try:
        with urllib.request.urlopen(url, timeout=30):
            return True
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """One JupyterLab for all lessons, on a copy of them: its address."""
    folder, workspace = tmp_path_factory.mktemp("lessons"), tmp_path_factory.mktemp("workspace")
    for name, *_ in LESSONS:
        shutil.copy(NOTEBOOKS / f"{name}.ipynb", folder)
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"JUPYTER_TOKEN": "lesson", "WORKBENCH_WORKSPACE": str(workspace)}
    command = [sys.executable, "-m", "workbench.cli", "lab", str(folder), "--port", str(port), "--no-show"]
    with (workspace / "lab.log").open("w") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True, cwd=workspace
        )
    try:
        address = f"http://localhost:{port}"
        end = time.monotonic() + PATIENCE / 1000
        while not answers(f"{address}/api/status?token=lesson"):
            assert process.poll() is None, (workspace / "lab.log").read_text()
            assert time.monotonic() < end, "JupyterLab did not start"
            time.sleep(0.2)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # JupyterLab ends the kernels
        process.wait(timeout=60)


class Lesson:
    """A lesson in its tab, its kernel started."""

    def __init__(self, opened) -> None:
        self.page = opened.page
        self.until = opened.until
        self.output = self.page.locator(".jp-OutputArea")
        self.shown = SHOWN.replace("DIGEST", opened.digest)
        self.frame, self.data = -1, 0.0  # of what was looked at last

    def run(self, cells: int) -> None:
        """Press Run for the first `cells`; does not wait for what they do."""
        self.until(READY, timeout=PATIENCE)
        self.page.locator(CELL).first.click()
        for place in range(cells):
            self.page.locator("[data-command='notebook:run-cell-and-select-next']").first.click()
            self.until(SELECTED, place + 1, timeout=PATIENCE)
            if "jp-CodeCell" in self.page.locator(CELL).nth(place).get_attribute("class"):
                self.until(TAKEN, place, timeout=PATIENCE)

    def look(self, preset: str | None = None, same: float | None = None) -> float:
        """Wait for a later frame with other data, of that preset, with the `same`; returns their number."""
        wish = [self.frame, preset, self.data, same]
        self.frame, self.data = self.until(self.shown, wish, timeout=PATIENCE)
        return self.data

    def value(self, label: str) -> str:
        return self.until(VALUE, label, timeout=PATIENCE)


@pytest.mark.parametrize(("name", "preset", "label", "key"), LESSONS)
def test_a_preset_a_slider_and_undo_move_the_figures_of_a_lesson(visit, lab, name, preset, label, key):
    lesson = Lesson(visit(f"{lab}/lab/tree/{name}.ipynb?token=lesson&reset", selector=CELL))
    lesson.run(4)  # title, imports, words, the explorer
    lesson.look()
    # Only what is in view is drawn: from here on that stays the same.
    button = lesson.output.get_by_role("button", name=preset, exact=True)
    button.evaluate("(button) => button.scrollIntoView({block: 'start'})")
    button.click()
    chosen = lesson.look(preset)
    value = lesson.value(label)
    lesson.output.get_by_role("slider", name=label, exact=True).press(key)
    lesson.look("")
    assert lesson.value(label) != value
    lesson.output.get_by_role("button", name="Undo", exact=True).click()
    lesson.look(preset, same=chosen)
    assert lesson.value(label) == value
    assert lesson.output.locator("[data-mime-type*='stderr']").count() == 0
    if name == LESSONS[0][0]:  # a page opened anew on a kernel that lives: Panel takes its code for loaded
        lesson.page.close()
        lesson = Lesson(visit(f"{lab}/lab/tree/{name}.ipynb?token=lesson&reset", selector=CELL))
        lesson.run(4)
        lesson.look()


@pytest.mark.parametrize("lesson", sorted(NOTEBOOKS.glob("0*.ipynb")), ids=lambda path: path.stem)
def test_a_lesson_takes_the_code_of_its_figures_from_panel(lesson):
    # HoloViews alone asks a content network for it, whatever `workbench lab` has set: empty figures offline.
    code = "".join(
        "".join(cell["source"]) + "\n"
        for cell in json.loads(lesson.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    )
    assert 0 <= code.find("pn.extension(") < code.find("hv.extension(")
