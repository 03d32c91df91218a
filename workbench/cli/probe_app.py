"""How the microscope is opened on a network that was probed."""

from __future__ import annotations

import os
import threading
import webbrowser
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import typer

from workbench.cli.messages import refuse
from workbench.cli.server import applications, origins

if TYPE_CHECKING:
    from workbench.runs import Request, Specimen

__all__ = ["address", "open_app"]

_READY = 1.5  # s after which the server answers


def address(specimen: Specimen, request: Request, layer: str, port: int) -> str:
    """Return the microscope's address; of a file it holds only the token that this process knows."""
    query = specimen.located().to_query()
    query["source"] = "model" if specimen.file is not None else "checkpoint"
    if layer:
        query["layer"] = layer
    for name, tone in (("tone", request.tone), ("tone2", request.tone2)):
        if tone is not None:
            query |= {f"{name}_y": str(tone[0]), f"{name}_x": str(tone[1])}
    if request.phases is not None:
        query["phases"] = str(request.phases)
    return f"http://localhost:{port}/microscope?{urlencode(query)}"


def open_app(specimen: Specimen, request: Request, layer: str, port: int) -> None:
    """Serve the pages to this machine only, until Ctrl+C; the browser opens on the specimen."""
    import panel as pn

    os.environ.pop("WORKBENCH_OWNERS", None)  # nobody but this machine's user reaches it
    url = address(specimen, request, layer, port)
    typer.echo(f"Microscope: {url}   (Ctrl+C ends it)", err=True)
    opener = threading.Timer(_READY, webbrowser.open, [url])
    opener.daemon = True
    opener.start()
    try:
        pn.serve(
            applications(),
            port=port,
            address="localhost",
            websocket_origin=origins("localhost", port, []),
            show=False,
            verbose=False,
            admin=False,
            title="spectral workbench",
        )
    except OSError as error:
        opener.cancel()
        raise refuse(f"Cannot listen on localhost:{port} ({error}). Try --port.", 1) from None
