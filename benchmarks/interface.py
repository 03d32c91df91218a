"""How long a person waits: from a key on the step slider, or a trained step, to the repainted page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil

import workbench as wb
from benchmarks.machine import median, print_table, quantile

STEPS, PRESSES, OPENINGS = 24, 20, 3
LIVE_SECONDS = 15.0
PATIENCE = 90.0  # s that anything may take before the benchmark says what it waits for, and ends
BROWSER = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
QUIET = ("--disable-background-networking", "--disable-component-update")

Row = tuple[str, str, str]

# Notes when the page last got new data, and when the frame after it was painted.
WATCH = """() => {
  window.log = {key: 0, painted: 0, repaints: 0, steps: []};
  window.addEventListener('keydown', () => { window.log.key = performance.now() }, true);
  const paint = () => requestAnimationFrame(() => requestAnimationFrame(() => {
    window.log.painted = performance.now(); window.log.repaints += 1;
    let last = 0;
    for (const div of captions()) {
      const at = /class="at">step (\\d+)/.exec(div.text);
      if (at) last = Math.max(last, Number(at[1]));
    }
    const seen = window.log.steps;
    if (!seen.length || seen[seen.length - 1][0] < last) seen.push([last, Date.now() / 1000]);
  }));
  const captions = () => Bokeh.documents.flatMap((doc) =>
    [...doc._all_models.values()].filter((model) => model.type === 'Div'));
  const sources = [];
  for (const doc of Bokeh.documents) for (const model of doc._all_models.values())
    if (model.type === 'ColumnDataSource') {
      sources.push(model);
      model.properties.data.change.connect(paint);
    }
  return sources.length;
}"""


@contextmanager
def served(
    workspace: Path, port: int, module: Sequence[str] = ("workbench.cli", "serve")
) -> Iterator[psutil.Process]:
    """Serve the pages from a process of their own while the block runs."""
    command = [
        sys.executable,
        "-m",
        *module,
        "--port",
        str(port),
        "--workspace",
        str(workspace),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until(lambda: answers(f"http://localhost:{port}/desk"), "the server's first answer")
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


def answers(address: str) -> bool:
    """Tell whether a server answers at `address`."""
    try:
        urlopen(address, timeout=10).close()
    except OSError:
        return False
    return True


def say(began: float, words: str) -> None:
    """Tell on the error stream how far the benchmark is."""
    print(f"  [{time.monotonic() - began:5.1f} s] {words}", file=sys.stderr, flush=True)


def until(condition: Callable[[], bool], what: str, state: Callable[[], object] = lambda: "") -> None:
    """Wait for `condition`; after `PATIENCE` seconds say what did not come."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"benchmark: {what} did not come within {PATIENCE:.0f} s: {state()}")
        time.sleep(0.1)


def cpu(process: psutil.Process) -> float:
    """Return the CPU seconds a process has used."""
    times = process.cpu_times()
    return times.user + times.system


def browser_cpu() -> float:
    """Return the CPU seconds of all processes of the browser."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if any("chromium" in part for part in process.cmdline()[:1]):
                total += cpu(process)
        except psutil.Error:
            continue
    return total


def new_page(browser: Any, foreign: list[str]) -> Any:
    """Return an empty page at laptop size that notes requests beyond localhost."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    inside = ("http://localhost:", "data:", "blob:")
    page.on(
        "request", lambda request: None if request.url.startswith(inside) else foreign.append(request.url)
    )
    page.set_default_timeout(1000 * PATIENCE)
    return page


def open_page(browser: Any, address: str, foreign: list[str]) -> tuple[Any, float, float]:
    """Open the desk at laptop size; return the page, and the seconds to its first status and picture."""
    page = new_page(browser, foreign)
    began = time.monotonic()
    page.goto(address)
    page.locator(".status b").first.wait_for()
    status = time.monotonic() - began
    page.locator(".caption .at").first.wait_for()
    return page, status, time.monotonic() - began


def press(page: Any, server: psutil.Process, key: str, presses: int) -> tuple[list[float], float, float]:
    """Press a key on the focused slider so often, and once before, which does not count.

    Returns the milliseconds from key to paint of the last panel, and the CPU seconds of server and browser
    per press.
    """
    page.evaluate(WATCH)
    page.keyboard.press(key)
    page.wait_for_timeout(1500)
    waits, began, painting = [], cpu(server), browser_cpu()
    for _ in range(presses):
        page.keyboard.press(key)
        page.wait_for_function("() => window.log.painted > window.log.key", polling=50)
        page.wait_for_timeout(400)  # later panels of the same move count too
        waits.append(page.evaluate("() => window.log.painted - window.log.key"))
    return waits, (cpu(server) - began) / presses, (browser_cpu() - painting) / presses


def slider(page: Any, server: psutil.Process) -> list[Row]:
    """Press arrow keys on the step slider; time from key to paint of the last panel."""
    page.locator("input[type=range]").first.focus()
    waits, used, painting = press(page, server, "ArrowLeft", PRESSES)
    spread = f"{median(waits):.0f} / {quantile(waits, 0.95):.0f} ms"
    return [
        ("slider key to repaint, p50 / p95", spread, "200 ms"),
        ("server CPU per slider move", f"{1e3 * used:.0f} ms", "15 ms"),
        ("browser CPU per slider move, all its processes", f"{1e3 * painting:.0f} ms", "–"),
    ]


def live(page: Any, run: Any, server: psutil.Process) -> list[Row]:
    """Follow a training run; time from a step readable in the store to the same step painted."""
    from workbench.runs import Follower

    readable: dict[int, float] = {}
    over = threading.Event()

    def follow() -> None:
        follower = Follower(run.path)
        while not over.is_set():
            scalars = follower.poll().get("scalars")
            if scalars is not None:
                for step in scalars["step"].values:
                    readable[int(step)] = time.time()
            time.sleep(0.01)

    page.evaluate(WATCH)
    watcher = threading.Thread(target=follow, daemon=True)
    watcher.start()
    began, clock = cpu(server), time.monotonic()
    page.wait_for_timeout(1000 * LIVE_SECONDS)
    share = (cpu(server) - began) / (time.monotonic() - clock)
    painted = page.evaluate("() => window.log.steps")
    over.set()
    watcher.join()
    first = min(readable, default=0) + 1  # the watcher's own first read came late
    waits = [when - readable[int(step)] for step, when in painted if int(step) in readable and step > first]
    if not waits:
        return [("live step readable to painted", "nothing was painted", "300 ms")]
    spread = f"{1e3 * median(waits):.0f} / {1e3 * quantile(waits, 0.95):.0f} ms ({len(waits)} frames)"
    return [
        ("live step readable to painted, p50 / p95", spread, "300 ms + poll of 400 ms"),
        ("server CPU, one live viewer", f"{share:.0%} of a core", "–"),
    ]


def opening(browser: Any, address: str, server: psutil.Process, foreign: list[str]) -> list[Row]:
    """Open the page again: CPU of the server for one more session, time to its picture, its models."""
    costs, pictures, models = [], [], 0
    for _ in range(OPENINGS):
        began = cpu(server)
        page, _status, picture = open_page(browser, address, foreign)
        page.wait_for_timeout(1500)
        costs.append(cpu(server) - began)
        pictures.append(picture)
        models = page.evaluate("() => Bokeh.documents[0]._all_models.size")
        page.close()
    return [
        ("server CPU to open a session", f"{median(costs):.2f} s", "0.7 s"),
        ("opening to the first picture, nothing training", f"{median(pictures):.1f} s", "–"),
        ("models on the page at 1440 × 900", str(models), "–"),
    ]


def main() -> None:
    """Print the table; needs Chromium and playwright."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        print("\n### Interface\n\nNot measured: no chromium found (apt-get install chromium).")
        return
    began, foreign = time.monotonic(), list[str]()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Path(folder)
        os.environ["WORKBENCH_WORKSPACE"] = folder
        run = wb.launch(
            "pix2pix",
            steps=STEPS,
            probe_every=1,
            name="run",
            bands=4,
            coherence_weight=10.0,
            workspace=workspace,
        )
        browser = playwright.chromium.launch(executable_path=chromium, args=[*BROWSER, *QUIET])
        try:
            say(began, "a run starts, then the server")
            until(lambda: run.step >= 1, "the run's first step", run.status)
            with served(workspace, 5093) as server:
                address = "http://localhost:5093/desk?run=run"
                say(began, "the page opens while the run trains")
                page, status, picture = open_page(browser, address, foreign)
                words = f"{status:.1f} / {picture:.1f} s"
                rows = [("opening to first status / picture, a run training", words, "3 s")]
                say(began, f"{words}; the page follows the run")
                rows += live(page, run, server)
                until(lambda: run.status().state != "running", "the end of the run", run.status)
                page.wait_for_timeout(1500)
                say(began, f"the run is {run.status().state}; slider")
                rows += slider(page, server)
                page.close()
                say(began, "openings")
                rows += opening(browser, address, server, foreign)
                rows.append(("requests beyond localhost", str(len(foreign)), "0"))
        finally:
            browser.close()
            from workbench.runs import down

            down(workspace, runs=True)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\nLoad of the machine at the end (1, 5, 15 min): {load}")
    print_table("Interface (one viewer, headless Chromium, 1440 x 900)", ("what", "measured", "goal"), rows)


if __name__ == "__main__":
    main()
