"""The pages on a server that forgets closed sessions at once: ``python -m benchmarks.pages --port 5094``."""

from __future__ import annotations

import argparse
import gc
import json
import os
from typing import Any

import panel as pn
import psutil
from bokeh.document import Document
from tornado.web import RequestHandler

from workbench.cli.server import applications, origins
from workbench.views import make_ready, send_at_once
from workbench.views.explorers import ExplorerDesk

CLOSED = 3000  # ms until a closed session is let go, else 15 s; one that is opened connects within them


class Memory(RequestHandler):
    """What the server holds, after collecting its garbage: memory, documents, explorers."""

    def get(self) -> None:
        """Answer with one JSON object."""
        gc.collect()
        held = gc.get_objects()
        self.write(
            json.dumps(
                {
                    "megabytes": psutil.Process().memory_info().rss / 1024**2,
                    "documents": sum(isinstance(one, Document) for one in held),
                    "explorers": sum(type(one) is ExplorerDesk for one in held),
                }
            )
        )


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workspace", required=True)
    options = parser.parse_args()
    os.environ["WORKBENCH_WORKSPACE"] = options.workspace
    routes: list[Any] = [("/memory", Memory)]
    send_at_once()
    make_ready()
    pn.serve(
        applications(),
        port=options.port,
        address="localhost",
        websocket_origin=origins("localhost", options.port, []),
        show=False,
        verbose=False,
        extra_patterns=routes,
        unused_session_lifetime_milliseconds=CLOSED,
        check_unused_sessions_milliseconds=1000,
    )


if __name__ == "__main__":
    main()
