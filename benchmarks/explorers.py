"""What the explorers cost: a slider move, a session, 25 viewers, closed sessions, what axe finds wrong."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil

import workbench as wb
from benchmarks.axe import axe_source, counted, findings
from benchmarks.clients import Viewer, crowd, open_and_close
from benchmarks.interface import BROWSER, PATIENCE, QUIET, cpu, new_page, press, say, served, until
from benchmarks.machine import median, print_table, quantile

PORT = 5094
PRESSES, VIEWERS, RATE, SECONDS, SESSIONS = 10, 25, 2.0, 8.0, 40
STEPS = 2
#: page -> (its address, the slider that is moved, goal of key to repaint in ms)
PAGES = {
    "activations": ("activations", "Tone m", 150),
    "resampling": ("resampling", "Frequency along x", 200),
    "nyquist": ("nyquist?scene=one+tone", "Frequency along x", 200),
    "coherence": ("coherence", "Temporal coherence", 200),
}
LOOKED_AT = ("desk?run=run", "microscope?run=run", *PAGES)

COLUMNS = (
    "page",
    "key to repaint p50 / p95 (goal), ms",
    "server CPU per move, ms (goal 15)",
    "browser CPU per move, ms",
    "server CPU per session, s (goal 0.7)",
    "first figures, s",
    "models",
    "load",
)

_SEEN = """() => {
  for (const model of Bokeh.documents[0]._all_models.values())
    if (model.data?.properties?.seen != null) return model.data.seen
  return null
}"""


def beside(work: Coroutine[Any, Any, Any]) -> Any:
    """Run `work` in a thread: playwright keeps this thread's event loop."""
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(asyncio.run(asyncio.wait_for(work, PATIENCE))))
    thread.start()
    thread.join()
    if not result:
        sys.exit(f"benchmark: the light clients did not end within {PATIENCE:.0f} s, or failed: see above")
    return result[0]


def load() -> str:
    """Return the machine's load over the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def one_page(
    browser: Any, server: psutil.Process, name: str, foreign: list[str]
) -> tuple[list[str], dict[str, bool] | None]:
    """Open a page, look at its cost, move its slider; return the table's row and the slots in view."""
    path, label, goal = PAGES[name]
    costs, pictures = [], []
    for last in (False, True):  # the first opening also pays for what the process keeps
        page, before, began = new_page(browser, foreign), cpu(server), time.monotonic()
        page.goto(f"http://localhost:{PORT}/{path}")
        page.locator(".readout b").first.wait_for()
        pictures.append(time.monotonic() - began)
        page.wait_for_timeout(2000)
        costs.append(cpu(server) - before)
        if not last:
            page.close()
    models = page.evaluate("() => Bokeh.documents[0]._all_models.size")
    seen = page.evaluate(_SEEN)
    page.get_by_role("slider", name=label).first.focus()
    waits, used, painting = press(page, server, "ArrowRight", PRESSES)
    page.close()
    return [
        name,
        f"{median(waits):.0f} / {quantile(waits, 0.95):.0f} ({goal})",
        f"{1e3 * used:.0f}",
        f"{1e3 * painting:.0f}",
        f"{costs[-1]:.2f}",
        f"{pictures[-1]:.1f}",
        f"{models}",
        load(),
    ], seen


def many(server: psutil.Process, name: str, seen: dict[str, bool] | None) -> list[list[str]]:
    """Let many light clients move the slider of one page at once."""
    path, label, _ = PAGES[name]
    viewers = [Viewer(f"http://localhost:{PORT}/{path}", label, seen) for _ in range(VIEWERS)]

    async def measure() -> tuple[list[float], float]:
        for viewer in viewers:
            await viewer.open()
        began, clock = cpu(server), time.monotonic()
        waits = await crowd(viewers, RATE, SECONDS)
        share = (cpu(server) - began) / (time.monotonic() - clock)
        for viewer in viewers:
            viewer.close()
        return waits, share

    waits, share = beside(measure())
    spread = f"{1e3 * median(waits):.0f} / {1e3 * quantile(waits, 0.95):.0f} ms"
    reached = len(waits) / SECONDS
    return [
        [
            f"{VIEWERS} viewers of {name} at {RATE:.0f} Hz: server CPU",
            f"{share:.0%} of a core",
            "40 %",
            load(),
        ],
        ["from slider to picture's arrival, p50 / p95", spread, "300 ms", load()],
        ["moves per second, of all viewers", f"{reached:.0f}", f"{VIEWERS * RATE:.0f}", load()],
    ]


def held() -> dict[str, float]:
    """Return what the server holds, once closed sessions are gone."""

    def ask() -> dict[str, float]:
        answer: dict[str, float] = json.loads(urlopen(f"http://localhost:{PORT}/memory", timeout=30).read())
        return answer

    end = time.monotonic() + 10
    while ask()["explorers"] and time.monotonic() < end:
        time.sleep(0.5)
    return ask()


def memory(tell: Callable[[str], None], seen: dict[str, dict[str, bool] | None]) -> list[list[str]]:
    """Open and close sessions of all explorers; return what stays."""

    def sessions(count: int) -> list[Viewer]:
        names = [list(PAGES)[k % len(PAGES)] for k in range(count)]
        return [Viewer(f"http://localhost:{PORT}/{PAGES[n][0]}", PAGES[n][1], seen.get(n)) for n in names]

    beside(open_and_close(sessions(len(PAGES))))
    before = held()
    tell(f"{before['megabytes']:.0f} MB; {SESSIONS} sessions, opened and closed")
    beside(open_and_close(sessions(SESSIONS)))
    after = held()
    growth = after["megabytes"] - before["megabytes"]
    return [
        [f"growth of memory over {SESSIONS} sessions", f"{growth:.1f} MB", "–", load()],
        ["the same for 200 sessions, extrapolated", f"{200 / SESSIONS * growth:.0f} MB", "25 MB", load()],
        ["explorers still held afterwards", f"{after['explorers']:.0f}", "0", load()],
        ["memory of the server then", f"{after['megabytes']:.0f} MB", "–", load()],
    ]


def accessibility(browser: Any, source: str, foreign: list[str]) -> list[list[str]]:
    """Let axe look at every page in both schemes; grave findings are told in full on the error stream."""
    rows = []
    for path in LOOKED_AT:
        row = [path.partition("?")[0]]
        page = new_page(browser, foreign)
        for theme in ("light", "dark"):
            cookie = {"name": "workbench-theme", "value": theme, "url": f"http://localhost:{PORT}"}
            page.context.add_cookies([cookie])
            page.goto(f"http://localhost:{PORT}/{path}")
            page.locator(".readout b, .caption, .status b").first.wait_for()
            page.wait_for_timeout(1500)
            found = findings(page, source)
            row.append(counted(found))
            for one in found:
                if one["impact"] in ("critical", "serious"):
                    print(f"    {path} {theme}: {one['rule']}: {one['where']}", file=sys.stderr)
        page.close()
        rows.append(row)
    return rows


def main() -> None:
    """Print the tables; needs Chromium and playwright."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        print("\n### Explorers\n\nNot measured: no chromium found (apt-get install chromium).")
        return
    began, foreign = time.monotonic(), list[str]()

    def tell(words: str) -> None:
        say(began, words)

    def in_time(part: str, latest: float) -> bool:
        """Tell whether there is time for a part: on a busy machine the last ones are left out, and say so."""
        late = time.monotonic() - began > latest
        tell(f"{part}: left out, the machine is too busy" if late else part)
        return not late

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Path(folder)
        browser = playwright.chromium.launch(executable_path=chromium, args=[*BROWSER, *QUIET])
        try:
            with served(workspace, PORT, ("benchmarks.pages",)) as server:
                rows, seen = [], {}
                for name in PAGES:
                    if in_time(f"{name}: two openings, {PRESSES} moves", 240):
                        row, seen[name] = one_page(browser, server, name, foreign)
                        rows.append(row)
                print_table("Explorers (one viewer, headless Chromium, 1440 x 900)", COLUMNS, rows)
                rows = []
                if in_time(f"{VIEWERS} viewers", 300):
                    rows += many(server, "activations", seen["activations"])
                if in_time("memory", 360):
                    rows += memory(tell, seen)
                title = "Explorers, many sessions (light websocket clients)"
                print_table(title, ("what", "measured", "goal", "load"), rows)
                if in_time("axe-core from npm; a short run, for desk and microscope", 420):
                    accessible(browser, workspace, foreign)
        finally:
            browser.close()
            from workbench.runs import down

            down(workspace, runs=True)
    print(f"\nRequests beyond localhost: {len(foreign)} (goal 0)")
    tell("done")


def accessible(browser: Any, workspace: Path, foreign: list[str]) -> None:
    """Print what axe finds on all pages, desk and microscope with a run to show."""
    source = axe_source(workspace)
    if not source:
        print("\nAxe: not measured, npm could not fetch axe-core.")
        return
    run = wb.launch("pix2pix", steps=STEPS, probe_every=1, name="run", bands=4, workspace=workspace)
    until(lambda: run.status().state in ("finished", "failed"), "the end of the run", run.status)
    rows = accessibility(browser, source, foreign)
    print_table("Findings of axe-core (elements)", ("page", "light", "dark"), rows)


if __name__ == "__main__":
    main()
