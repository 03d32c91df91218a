"""How long a person waits: from a key on the step slider, or a trained step, to the repainted page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil

import workbench as wb
from benchmarks.machine import median, print_table, quantile

PRESSES, LIVE_SECONDS = 40, 30.0
BROWSER = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
QUIET = ("--disable-background-networking", "--disable-component-update")

# Notes when the page last got new data, and when the frame after it was painted.
WATCH = """() => {
  window.log = {key: 0, painted: 0, repaints: 0, steps: []};
  window.addEventListener('keydown', () => { window.log.key = performance.now() }, true);
  const paint = () => requestAnimationFrame(() => requestAnimationFrame(() => {
    window.log.painted = performance.now(); window.log.repaints += 1;
    let last = 0;
    for (const source of sources) {
      const steps = source.data.steps;
      if (steps) for (const line of steps) if (line.length) last = Math.max(last, line[line.length - 1]);
    }
    const seen = window.log.steps;
    if (!seen.length || seen[seen.length - 1][0] < last) seen.push([last, Date.now() / 1000]);
  }));
  const sources = [];
  for (const doc of Bokeh.documents) for (const model of doc._all_models.values())
    if (model.type === 'ColumnDataSource') {
      sources.push(model);
      model.properties.data.change.connect(paint);
    }
  return sources.length;
}"""


@contextmanager
def served(workspace: Path, port: int) -> Iterator[psutil.Process]:
    """Serve the pages from a process of their own while the block runs."""
    command = [
        sys.executable,
        "-m",
        "workbench.cli",
        "serve",
        "--port",
        str(port),
        "--workspace",
        str(workspace),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urlopen(f"http://localhost:{port}/desk", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


def cpu(process: psutil.Process) -> float:
    """Return the CPU seconds a process has used."""
    times = process.cpu_times()
    return times.user + times.system


def open_page(browser: Any, address: str) -> Any:
    """Open the desk at laptop size and wait until its instruments hold data."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address)
    page.wait_for_function(
        "() => window.Bokeh && Bokeh.documents.length && Bokeh.documents[0].roots().length"
    )
    page.wait_for_selector("input[type=range]", state="attached")
    page.wait_for_timeout(3000)
    return page


def slider(page: Any, server: psutil.Process) -> list[tuple[str, str, str]]:
    """Press arrow keys on the step slider; time from key to paint of the last panel."""
    page.evaluate(WATCH)
    page.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(1500)
    waits, began = [], cpu(server)
    for _ in range(PRESSES):
        page.keyboard.press("ArrowLeft")
        page.wait_for_function("() => window.log.painted > window.log.key")
        page.wait_for_timeout(400)  # later panels of the same move count too
        waits.append(page.evaluate("() => window.log.painted - window.log.key"))
    used = (cpu(server) - began) / PRESSES
    return [
        (
            "slider key to repaint, p50 / p95",
            f"{median(waits):.0f} / {quantile(waits, 0.95):.0f} ms",
            "200 ms",
        ),
        ("server CPU per slider move", f"{1e3 * used:.0f} ms", "15 ms"),
    ]


def live(browser: Any, address: str, run: Any, server: psutil.Process) -> list[tuple[str, str, str]]:
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

    while run.step < 5:
        time.sleep(0.1)
    page = open_page(browser, f"{address}?run={run.name}")
    page.evaluate(WATCH)
    watcher = threading.Thread(target=follow, daemon=True)
    watcher.start()
    began, clock = cpu(server), time.monotonic()
    page.wait_for_timeout(1000 * LIVE_SECONDS)
    share = (cpu(server) - began) / (time.monotonic() - clock)
    painted = page.evaluate("() => window.log.steps")
    over.set()
    watcher.join()
    first = min(readable) + 20  # the watcher's own first read came late
    waits = [when - readable[int(step)] for step, when in painted if int(step) in readable and step > first]
    if not waits:
        return [("live step readable to painted", "nothing was painted", "300 ms")]
    spread = f"{1e3 * median(waits):.0f} / {1e3 * quantile(waits, 0.95):.0f} ms ({len(waits)} frames)"
    return [
        ("live step readable to painted, p50 / p95", spread, "300 ms + poll of 400 ms"),
        ("server CPU, one live viewer", f"{share:.0%} of a core", "-"),
    ]


def opening(browser: Any, address: str, server: psutil.Process) -> list[tuple[str, str, str]]:
    """Open the page again: CPU of the server for one more session."""
    costs = []
    for _ in range(3):
        began = cpu(server)
        page = open_page(browser, address)
        costs.append(cpu(server) - began)
        page.close()
    return [("server CPU to open a session", f"{median(costs):.2f} s", "0.7 s")]


def main() -> None:
    """Print the table; needs Chromium and playwright."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        print("\n### Interface\n\nNot measured: no chromium found (apt-get install chromium).")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Path(folder)
        os.environ["WORKBENCH_WORKSPACE"] = folder
        options = {"bands": 4, "coherence_weight": 10.0, "workspace": workspace}
        done = wb.launch("pix2pix", steps=60, probe_every=1, name="done", **options)
        done.wait(timeout=300)
        browser = playwright.chromium.launch(executable_path=chromium, args=[*BROWSER, *QUIET])
        try:
            with served(workspace, 5093) as server:
                address = "http://localhost:5093/desk"
                page = open_page(browser, f"{address}?run=done")
                rows = slider(page, server)
                page.close()
                rows += opening(browser, f"{address}?run=done", server)
                busy = wb.launch("pix2pix", steps=5000, name="busy", **options)
                rows += live(browser, address, busy, server)
        finally:
            browser.close()
            from workbench.runs import down

            down(workspace, runs=True)
    print_table("Interface (one viewer, headless Chromium, 1440 x 900)", ("what", "measured", "goal"), rows)


if __name__ == "__main__":
    main()
