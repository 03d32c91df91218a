"""A real Chromium, and the training desk served to it."""

import os
import shutil
import time
import uuid
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",  # a route would turn the cache off
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium(playwright) -> str | None:
    """Path of a Chromium: the one asked for, the system's, or the one playwright installed."""
    asked = os.environ.get("WORKBENCH_CHROMIUM")
    candidates = [asked] if asked else [shutil.which(name) for name in NAMES]
    candidates.append(playwright.chromium.executable_path)
    return next((path for path in candidates if path and Path(path).exists()), None)


@pytest.fixture(scope="session")
def browser():
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            message = "no Chromium found (looked for $WORKBENCH_CHROMIUM, the system's and playwright's)"
            if os.environ.get("WORKBENCH_REQUIRE_BROWSER") == "1":
                pytest.fail(message)
            pytest.skip(message)
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium.new_context()
        chromium.close()


# One number for the data of sources, whatever they are made of.
DIGEST = """(tables) => {
  let sum = 0, i = 0
  const walk = (v) => {
    if (typeof v == "number") { i = (i + 1) % 9973; if (Number.isFinite(v)) sum += v * (1 + i / 100) }
    else if (v != null && typeof v == "object" && v.length != null) for (const one of v) walk(one)
  }
  for (const data of tables) {
    const columns = data instanceof Map ? [...data] : Object.entries(data)
    columns.sort(([a], [b]) => (a < b ? -1 : 1))  // what changed comes first in them
    for (const [, column] of columns) walk(column)
  }
  return Math.round(sum * 1e4) / 1e4
}"""


class Visit:
    """One page; requests beyond localhost find no host and are kept, so are console errors."""

    digest = DIGEST

    def __init__(
        self,
        context,
        url: str,
        width: int = 1440,
        height: int = 900,
        selector: str = ".run-bar, .readouts",
    ) -> None:
        self.external: list[str] = []
        self.errors: Counter = Counter()
        self.page = context.new_page()
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.on("request", self._note)
        self.page.on("websocket", self._note)  # no request tells of them
        self.page.on("console", lambda m: self.errors.update([m.text]) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.update([str(error)]))
        self.page.goto(url)
        self.page.wait_for_selector(selector, timeout=120_000)

    def _note(self, request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in (
            "localhost",
            "127.0.0.1",
        ):
            self.external.append(request.url)

    def until(self, expression: str, argument=None, timeout: float = 60_000):
        """Wait until a JavaScript expression is true, and return its value."""
        return self.page.wait_for_function(expression, arg=argument, timeout=timeout).json_value()

    def steps_shown(self) -> list[int]:
        """The step that each caption names."""
        return self.page.evaluate(
            """() => {
              const found = []
              const walk = (root) => {
                for (const e of root.querySelectorAll("*")) if (e.shadowRoot) walk(e.shadowRoot)
                for (const e of root.querySelectorAll(".caption .at")) found.push(e.textContent)
              }
              walk(document)
              return found.map((text) => parseInt(text.slice(5)))
            }"""
        )


@pytest.fixture
def visit(browser):
    """Open a page: ``visit(url, width, height)``; at the end nothing may have gone wrong on it."""
    visits: list[Visit] = []

    def open_page(url: str, *size: int, **options: str) -> Visit:
        visits.append(Visit(browser, url, *size, **options))
        return visits[-1]

    yield open_page
    browser.clear_cookies()  # they remember the theme
    for one in visits:
        one.page.close()
        assert one.external == [], "requests beyond localhost"
        assert not one.errors, one.errors


@pytest.fixture(scope="session")
def serve():
    """Serve an app from a thread, ``serve(app) -> address``; all are stopped at the end."""
    import panel as pn

    threads = []

    def start(app) -> str:
        name = uuid.uuid4().hex
        options = {"address": "localhost", "threaded": True, "show": False, "verbose": False}
        threads.append(pn.serve({"desk": app}, port=0, server_id=name, **options))
        end = time.monotonic() + 20
        while not (name in pn.state._servers and pn.state._servers[name][0].port):
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.05)
        return f"http://localhost:{pn.state._servers[name][0].port}/desk"

    yield start
    for thread in threads:
        thread.stop()


@pytest.fixture(scope="session")
def desk_server(synthetic, serve):
    """The desk over made-up runs; `run` is replaced by each test."""

    from workbench.session import DeskState, Hub
    from workbench.views import TrainingDesk
    from workbench.views.address import Address
    from workbench.views.dashboards import URL_NAMES

    stage = {}

    def app():
        state = DeskState()
        address = Address.of_page(state, URL_NAMES)
        state.run = state.run or stage["run"].name
        desk = TrainingDesk(
            state, lambda _name: (stage["hub"], stage["run"]), lambda: [stage["run"]], lazy=True
        )
        return desk.page(address)

    url = serve(app)

    def put(run):
        stage.update(run=run, hub=Hub(run, interval=0.1))
        return url

    return put


@pytest.fixture
def run(synthetic):
    return synthetic.SyntheticRun()


@pytest.fixture
def url(desk_server, run):
    return desk_server(run)
