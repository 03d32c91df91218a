"""Where a training desk lives: a notebook cell, or a page of its own."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from importlib import import_module
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.session import DeskState, Hub, hub_of, may_control, warm_up
from workbench.views.address import Address
from workbench.views.desk import TrainingDesk
from workbench.views.kernel import adapt_to_kernel
from workbench.views.serialising import write_what_is_set

__all__ = ["connect_kernel", "dashboard", "desk_page", "make_ready"]

NOTEBOOK_MS = 600
READY = 2  # runs read when a server starts
URL_NAMES = {"run": "run", "held": "step", "sample": "sample", "layer": "layer", "floor": "floor"}


def dashboard(run: Any, **settings: Any) -> TrainingDesk:
    """Return a live view of `run`, for a notebook cell or to be served.

    Parameters
    ----------
    run : Run, str or path
        What `launch` or `open_run` returned, the name of a run in the workspace, or a run directory.
    **settings
        Fields of `DeskState`: held (the step to show; default: follow), layer, sample, floor.

    Raises
    ------
    ValueError
        For an unknown setting, or where there is no such run; the message names those that exist.
    TypeError
        If `run` is nothing of that kind.

    Examples
    --------
    >>> dashboard(None, stepp=3)
    Traceback (most recent call last):
    ValueError: dashboard has no setting 'stepp'; there are: held, layer, sample, floor
    """
    known = ("held", "layer", "sample", "floor")
    for name in settings:
        if name not in known:
            raise ValueError(f"dashboard has no setting {name!r}; there are: {', '.join(known)}")
    run = _opened(run)
    state = DeskState(run=run.name, **settings)
    hub = hub_of(run)
    desk = TrainingDesk(state, lambda _name: (hub, run), lambda: [run])
    if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
        pn.state.onload(desk.attach)
    else:
        live_in_notebook(desk, hub)
    return desk


def _opened(run: Any) -> Any:
    if isinstance(run, str | os.PathLike):
        from workbench.runs import open_run

        return open_run(run)
    if not all(hasattr(run, name) for name in ("name", "path", "status")):
        raise TypeError(
            "dashboard shows a run: what launch or open_run returned, its name or its folder; "
            f"found {type(run).__name__}"
        )
    return run


def connect_kernel(desk: Any) -> bool:
    """Send what `desk` draws from the kernel's event loop; False in a plain script: a still."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return False
    view = desk.__panel__()
    adapt_to_kernel(view, loop.call_soon_threadsafe)
    desk.pump.connect_notebook(lambda: pn.io.push_notebook(view), loop.call_soon_threadsafe)
    return True


def live_in_notebook(desk: TrainingDesk, hub: Hub) -> None:
    """Keep `desk` up to date from the kernel's own event loop, until the run has ended."""
    hub.refresh()
    desk.draw()
    if not connect_kernel(desk):
        return

    def tick() -> None:
        if hub.refresh():
            desk.pump.request()
        elif getattr(hub.status, "state", "") in ("finished", "stopped", "failed"):
            callback.stop()

    callback = pn.state.add_periodic_callback(tick, period=NOTEBOOK_MS)


def make_ready() -> None:
    """Prepare a server's process, so that its visitors wait less.

    The newest runs are read in a thread. All pages are imported, and left out of garbage collection: they
    stay, and looking through them took 0.1 s whenever somebody left.
    """
    for pages in ("explorers", "microscope", "scenes"):
        import_module(f"workbench.views.{pages}")
    write_what_is_set()
    gc.collect()
    gc.freeze()

    def read() -> None:
        from workbench.runs import list_runs

        runs = list_runs()
        going = [run for run in runs if run.state in ("running", "paused")]
        warm_up([*going, *runs][:READY])

    threading.Thread(target=read, name="workbench-ready", daemon=True).start()


def open_listed(name: str) -> tuple[Hub, Any]:
    """Return hub and run of a name in the workspace: an address must not open a folder outside of it.

    Raises
    ------
    ValueError
        If there is no such run; those that there are are listed.
    """
    from workbench.runs import list_runs

    known = {run.name: run for run in list_runs()}
    if name not in known:
        raise ValueError(f"no run {name!r} here; there are: {', '.join(known) or 'none'}")
    return hub_of(known[name]), known[name]


def desk_page() -> pmui.Page:
    """Return the training desk as a page: the run of the URL, else the newest one."""
    from workbench.runs import list_runs

    state = DeskState()
    address = Address.of_page(state, URL_NAMES)
    runs = list_runs()
    if not state.run and runs:
        state.run = runs[0].name

    desk = TrainingDesk(state, open_listed, list_runs, can_control=may_control(pn.state.user), lazy=True)
    if address.trouble:
        desk.runs.notify("warning", address.trouble)
    return desk.page(address)
