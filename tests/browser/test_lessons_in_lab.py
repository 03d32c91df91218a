"""The lessons in a real JupyterLab, started as users start it, without a network."""

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
PATIENCE = 120_000  # ms: JupyterLab starts slowly where others have the machine
LESSONS = Path(__file__).parents[2] / "notebooks"
IDLE = "() => document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status == 'idle'"
# One number for all that the figures of the page show; 0 until they show something.
DIGEST = """() => {
  let sum = 0, i = 0
  const walk = (v) => {
    if (typeof v == "number") { i = (i + 1) % 9973; if (Number.isFinite(v)) sum += v * (1 + i / 100) }
    else if (v != null && typeof v == "object" && v.length != null) for (const one of v) walk(one)
  }
  const columns = ({data}) => data instanceof Map ? [...data.values()] : Object.values(data)
  for (const doc of window.Bokeh?.documents ?? []) for (const model of doc._all_models.values())
    if (model.type == "ColumnDataSource") columns(model).forEach(walk)
  return Math.round(sum * 1e4) / 1e4
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """One JupyterLab for all lessons, on a copy of them: ``(address, token)``."""
    folder, workspace = tmp_path_factory.mktemp("lessons"), tmp_path_factory.mktemp("workspace")
    for lesson in sorted(LESSONS.glob("0[3-6]*.ipynb")):
        shutil.copy(lesson, folder)
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"JUPYTER_TOKEN": "lesson", "WORKBENCH_WORKSPACE": str(workspace)}
    command = [sys.executable, "-m", "workbench.cli", "lab", str(folder), "--port", str(port), "--no-show"]
    with (workspace / "lab.log").open("w") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True, cwd=workspace
        )
    address = f"http://localhost:{port}"
    end = time.monotonic() + PATIENCE / 1000
    while not _answers(f"{address}/api/status?token=lesson"):
        assert process.poll() is None, (workspace / "lab.log").read_text()
        assert time.monotonic() < end, "JupyterLab did not start"
        time.sleep(0.2)
    yield address
    os.killpg(process.pid, signal.SIGTERM)  # the kernels with it
    process.wait(timeout=60)


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def changed(page, before):
    page.wait_for_function(f"(before) => ({DIGEST})() != before", arg=before, timeout=PATIENCE)
    page.wait_for_timeout(500)  # the rest of the frame
    return page.evaluate(DIGEST)


@pytest.mark.parametrize("lesson", ["03_activations", "06_coherence"])
def test_a_slider_moves_the_figures_of_a_lesson(visit, lab, lesson):
    one = visit(f"{lab}/lab/tree/{lesson}.ipynb?token=lesson&reset", selector=".jp-Notebook .jp-Cell")
    page = one.page
    page.wait_for_function(IDLE, timeout=PATIENCE)
    page.locator(".jp-Notebook .jp-Cell").first.click()
    for _ in range(4):  # title, imports, words, the explorer
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(100)
    drawn = changed(page, 0)
    slider = page.locator(".jp-OutputArea input[type=range]:visible").first
    slider.focus()
    slider.press("ArrowRight")
    changed(page, drawn)
    assert page.locator(".jp-OutputArea [data-mime-type*='stderr']").count() == 0
