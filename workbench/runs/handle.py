"""A run as its users hold it, from any process."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.runs import commands
from workbench.runs.spec import RunSpec
from workbench.runs.status import ENDED, LIVE, RunStatus, read_status, write_status
from workbench.runs.workspace import find_run, run_paths

if TYPE_CHECKING:
    import xarray as xr
    from torch import nn

_POLL = 0.05  # s


class Run:
    """One run: what it does, what it recorded, what it is asked to do.

    Holding one costs nothing: everything is read from the run directory when asked for.

    Parameters
    ----------
    path : the run directory
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).resolve()
        self._spec = RunSpec.read(self.path)

    # ------------------------------------------------------------------ what it is
    @property
    def name(self) -> str:
        """Name of the run in its workspace."""
        return self.path.name

    @property
    def spec(self) -> RunSpec:
        """The frozen specification that made the run."""
        return self._spec

    def status(self) -> RunStatus:
        """State, step, rate, time left and more, as they are now."""
        return read_status(self.path)

    @property
    def state(self) -> str:
        """One of queued, running, paused, stopping, finished, stopped, failed, lost."""
        return self.status().state

    @property
    def step(self) -> int:
        """Steps done."""
        return self.status().step

    @property
    def steps(self) -> int:
        """Steps to do."""
        return self._spec.steps

    @property
    def pid(self) -> int | None:
        """Process that trains, or None."""
        return self.status().pid

    def __repr__(self) -> str:
        status = self.status()
        return f"<Run {self.name}: {status.state}, step {status.step} of {self.steps}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    # ------------------------------------------------------------------ what it recorded
    @cached_property
    def _reader(self) -> Any:
        from workbench.runs.reader import shared_reader

        return shared_reader(self.path)

    def _records(self, group: str) -> Any:
        self._reader.refresh()
        if group in self._reader.groups():
            return self._reader.lazy(group)
        import numpy as np
        import xarray as xr

        return xr.Dataset(
            coords={"step": ("step", np.arange(0), {"long_name": "training step", "units": "1"})}
        )

    def scalars(self) -> xr.Dataset:
        """Losses and other numbers of every step, lazily read; empty before the first."""
        return self._records("scalars")

    def layers(self) -> xr.DataTree:
        """Spectrum of every layer, lazily read: a tree (layers differ in size) with ``step`` at its root."""
        return self._tree("layers")

    def _tree(self, group: str) -> xr.DataTree:
        import xarray as xr

        found = self._records(group)
        return found if isinstance(found, xr.DataTree) else xr.DataTree(found)

    def orders(self) -> xr.Dataset:
        """Order analysis of every layer of the generator, lazily read."""
        return self._records("orders")

    def pass_orders(self) -> xr.DataTree:
        """Order analyses of what the terms call, one child per pass ("discriminator_real", …)."""
        return self._tree("pass_orders")

    def pass_layers(self) -> xr.DataTree:
        """Spectra of what the terms call: a tree of pass, then layer."""
        return self._tree("pass_layers")

    def coherence(self) -> xr.Dataset:
        """Coherence on held-out patches, lazily read."""
        return self._records("coherence")

    def images(self) -> xr.Dataset:
        """Sample images, lazily read."""
        return self._records("images")

    def events(self) -> xr.Dataset:
        """Events of the run's life, lazily read."""
        return self._records("events")

    def network(self, name: str = "generator", step: int | None = None) -> nn.Module:
        """Load one of its networks from a checkpoint (the last by default), to look at or to use.

        Raises
        ------
        SpecimenError
            If there is no such network or checkpoint; those that exist are listed.
        """
        from workbench.runs.specimen import Specimen
        from workbench.runs.specimen_loading import load_specimen

        return load_specimen(Specimen(run=str(self.path), step=step, network=name)).module

    # ------------------------------------------------------------------ what it is asked to do
    def pause(self) -> None:
        """Pause after the current step; ``paused`` is the state once everything recorded is readable."""
        self._ask("pause", ("queued", *LIVE))

    def stop(self) -> None:
        """Write a checkpoint and end (`resume` goes on from it); a queued run leaves the queue."""
        self._ask("stop", ("queued", *LIVE))
        status = self.status()
        if status.state == "queued":
            # Should it begin at this very moment, the runner's status replaces this one until it obeys.
            write_status(self.path, replace(status, state="stopped", message=""))

    def advance(self, steps: int) -> None:
        """Train `steps` more, then pause.

        Raises
        ------
        ValueError
            If `steps` is not a positive integer.
        """
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise ValueError(f"advance needs a number of steps of at least 1, found {steps!r}")
        self._ask("advance", ("queued", *LIVE), steps)

    def checkpoint(self) -> None:
        """Write a checkpoint after the current step that is kept for good: a place to branch from."""
        self._ask("checkpoint", ("queued", *LIVE))

    def observe(self, budget: float) -> None:
        """Let live observation take at most `budget` of the training time (0 to below 1) from now on."""
        if not 0 <= budget < 1:
            raise ValueError(f"an observing budget is a share of the time, 0 <= share < 1, found {budget!r}")
        self._ask("observe", ("queued", *LIVE), float(budget))

    def resume(self) -> None:
        """Go on: end a pause, or start again from the last checkpoint; does nothing to a run that trains.

        Raises
        ------
        RuntimeError
            If all its steps are done.
        """
        from workbench.runs.submit import enqueue

        state = self.state
        if state in ("paused", "running", "stopping", "queued"):
            self._ask("resume", ("queued", *LIVE))
        elif state == "finished":
            raise RuntimeError(
                f"run {self.name} has done all its {self.steps} steps: branch(steps=...) goes on from its end"
            )
        else:
            commands.take(self.path)
            enqueue(self.path)

    def branch(
        self,
        step: int | None = None,
        *,
        name: str | None = None,
        partial: bool = False,
        replacements: Mapping[str, str | Iterable[str]] | None = None,
        **changes: Any,
    ) -> Run:
        """Start a new run from a checkpoint of this one, with changed parameters or layers.

        Weights carry over where name and shape agree; all others begin anew. The first event of the new run
        says how many tensors were carried over.

        Parameters
        ----------
        step : a step that has a checkpoint; None takes the last
        name : the new run's name
        partial : whether most weights may begin anew because they have another shape (another ``width``)
        replacements : layers to replace, by kind, as of `workbench.probes.replace_layers`
            (``{"down2.conv": "blurpool"}``); those of another network than the generator as
            ``"discriminator.layer1.conv"``. Trained weights are kept where they fit; for replaced layers the
            optimiser begins anew
        **changes : arguments of `launch`

        Raises
        ------
        ValueError
            If there is no checkpoint of that step (those that exist are listed), if a change is not valid,
            or, unless `partial`, if more than half of the weights would have another shape.
        """
        from workbench.runs.launching import branch

        if replacements:
            changes["replacements"] = replacements
        return branch(self, step, name, changes, partial=partial)

    def wait(self, timeout: float | None = None, until: Iterable[str] = ()) -> RunStatus:
        """Return the status once the run has ended (finished, stopped, failed, lost) or is `until`.

        Raises
        ------
        TimeoutError
            After `timeout` seconds; what the run is doing is said.
        """
        awaited = (*ENDED, *until)
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.status()).state not in awaited:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(
                    f"run {self.name} is still {status.state} after {timeout} s, at step {status.step}"
                )
            time.sleep(_POLL)
        return status

    def _ask(self, kind: str, allowed: tuple[str, ...], value: float | None = None) -> None:
        status = self.status()
        if status.state not in allowed:
            raise RuntimeError(f"run {self.name} is {status.state}: it cannot be asked to {kind}")
        commands.send(self.path, kind, value)


def open_run(path: str | os.PathLike[str], workspace: str | os.PathLike[str] | None = None) -> Run:
    """Open a run by its directory or by its name in the workspace.

    Parameters
    ----------
    path : run directory, or name of a run
    workspace : folder of all runs; None takes ``WORKBENCH_WORKSPACE`` or ``~/spectral-workbench``

    Raises
    ------
    ValueError
        If it is not a run directory; the runs in the workspace are listed.

    Examples
    --------
    >>> open_run("/")
    Traceback (most recent call last):
    ValueError: / is not a run directory: it has no spec.json
    """
    return Run(find_run(path, workspace))


def list_runs(workspace: str | os.PathLike[str] | None = None) -> list[Run]:
    """List the runs of the workspace, newest first; those whose specification cannot be read are left out.

    Parameters
    ----------
    workspace : folder of all runs; None takes ``WORKBENCH_WORKSPACE`` or ``~/spectral-workbench``

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     list_runs(empty)
    []
    """
    runs = []
    for path in run_paths(workspace):
        with contextlib.suppress(ValueError):
            runs.append(Run(path))
    return runs
