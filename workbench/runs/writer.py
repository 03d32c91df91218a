"""How records reach the store: queued by the trainer, committed in groups by one thread."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import icechunk
import numpy as np
import xarray as xr
import zarr

from workbench.runs.sealing import unseal
from workbench.runs.store import (
    BRANCH,
    NUMBERS,
    Column,
    add_group,
    columns_of,
    open_repository,
    remove_history,
    stored_columns,
)

EVENTS = "events"
log = logging.getLogger("workbench.runs")
_LINGER = 0.05  # s that a commit waits for company
_SPACING = (0.1, 0.25)  # s between the beginnings of two commits: at least, at most
_SHARE = 0.05  # of the time that commits may take, within these limits
_TIDY_COMMITS = 2000  # commits after which their history, five files each, is removed
_TIDY_AGE = 60.0  # s that a commit stays for whoever reads from it
_CAPACITY = 64_000_000  # bytes that may wait before `append` does


class StoreError(RuntimeError):
    """Records could not be stored; what was committed before is whole."""


def events_template() -> xr.Dataset:
    """Make the schema of the events: what happened to a run, when."""
    text = np.array("", dtype=np.dtypes.StringDType())
    return xr.Dataset(
        {
            "kind": ((), text, {"long_name": "kind of event"}),
            "message": ((), text, {"long_name": "what happened"}),
            "time": (
                (),
                np.float64(0),
                {"long_name": "seconds since 1970-01-01 UTC", "comment": "clock time"},
            ),
        },
        attrs={"recorded": ["kind", "message", "time"]},
    )


class StoreWriter:
    """The only writer of a run's records (the caller holds the lease).

    Parameters
    ----------
    run : the run directory

    Notes
    -----
    A group's rows have strictly rising steps: a record at or before the last stored step is dropped, because
    a resumed training replays what it had already recorded. Events are exempt.
    """

    def __init__(self, run: Path) -> None:
        unseal(run)
        self._run = run
        self._repository = open_repository(run, create=True)
        self._columns: dict[str, list[Column]] = {}
        self._rows: dict[str, int] = {}
        self.last: dict[str, int] = {}
        self._queue: list[tuple[str, int, list[np.ndarray[Any, Any]]]] = []
        self._waiting_bytes = 0
        self._accepted = 0
        self._commits = 0
        self._stored = 0
        self._hurry = False
        self._closed = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._committing = threading.Lock()  # laying out groups may meet the thread's commits
        self._read_back()
        self.add_groups({EVENTS: events_template()})
        self._thread = threading.Thread(target=self._work, name="group-commit", daemon=True)
        self._thread.start()

    def _read_back(self) -> None:
        root = zarr.open_group(self._repository.readonly_session(BRANCH).store, mode="r")
        for name, group in root.groups():
            steps: Any = group["step"]
            self._columns[name] = stored_columns(group)
            self._rows[name] = steps.shape[0]
            self.last[name] = int(steps[-1]) if steps.shape[0] else -1

    def add_groups(
        self, templates: Mapping[str, xr.Dataset | xr.DataTree], attrs: Mapping[str, Any] | None = None
    ) -> None:
        """Lay out the groups that are not stored yet, in one commit.

        Parameters
        ----------
        templates : schema by group, without the step dimension
        attrs : stored with every new group (code version, seed, device)

        Raises
        ------
        StoreError
            If a stored group records other variables or shapes than its template.
        """
        new = {name: template for name, template in templates.items() if name not in self._columns}
        for name in templates.keys() - new.keys():
            self._check_layout(name, templates[name])
        if not new:
            return
        try:
            with self._committing:
                session = self._repository.writable_session(BRANCH)
                for name, template in new.items():
                    add_group(session.store, name, template, attrs or {})
                session.commit(f"lay out {', '.join(new)}")
        except Exception as error:
            raise StoreError(f"the run's records could not be laid out: {error}") from error
        for name, template in new.items():
            self._columns[name] = columns_of(template)
            self._rows[name] = 0
            self.last[name] = -1

    def _check_layout(self, name: str, template: xr.Dataset | xr.DataTree) -> None:
        stored = {column.path: column.shape for column in self._columns[name]}
        wanted = {column.path: column.shape for column in columns_of(template)}
        if stored != wanted:
            differing = sorted(
                path for path in stored.keys() | wanted.keys() if stored.get(path) != wanted.get(path)
            )
            raise StoreError(
                f"the stored group {name!r} does not fit its template: {', '.join(differing)} differ; "
                "branch the run instead of resuming it with other instruments"
            )

    def append(self, group: str, step: int, values: Mapping[str, Any]) -> bool:
        """Hand over one record; returns False if the step is already stored.

        Waits only when 64 MB are ahead of it. Arrays are copied.

        Raises
        ------
        StoreError
            If an earlier record could not be stored.
        ValueError
            If the group is unknown, or names or shapes are not those of its template.
        """
        if group not in self._columns:
            raise ValueError(f"no group {group!r} is laid out; there are {', '.join(self._columns)}")
        if group != EVENTS and step <= self.last[group]:
            return False
        row = [_cell(group, column, values) for column in self._columns[group]]
        if len(values) != len(row):
            extra = sorted(set(values) - {column.path for column in self._columns[group]})
            raise ValueError(f"group {group!r} records no {', '.join(extra)}")
        size = sum(cell.nbytes for cell in row)
        with self._changed:
            while self._waiting_bytes and self._waiting_bytes + size > _CAPACITY and self._error is None:
                self._changed.wait()
            self._complain()
            self._queue.append((group, step, row))
            self._waiting_bytes += size
            self._accepted += 1
            self.last[group] = max(step, self.last[group])
            if len(self._queue) == 1:
                self._changed.notify_all()
        return True

    def event(self, step: int, kind: str, message: str = "") -> None:
        """Record that something happened."""
        self.append(EVENTS, step, {"kind": kind, "message": message, "time": time.time()})

    def flush(self) -> None:
        """Return when everything handed over before is committed."""
        with self._changed:
            target = self._accepted
            self._hurry = True
            self._changed.notify_all()
            while self._stored < target and self._error is None:
                self._changed.wait()
            self._complain()

    def close(self) -> None:
        """Commit what waits, then end the thread; raises `StoreError` if it could not be stored."""
        try:
            self.flush()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """End the thread without committing what waits (the commit under way is finished)."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _complain(self) -> None:
        if self._error is not None:
            raise StoreError(
                f"records could not be stored: {self._error} (all records before it are whole)"
            ) from self._error
        if self._closed:
            raise StoreError("the writer is closed")

    def _work(self) -> None:
        begun, spacing = 0.0, _SPACING[0]
        while True:
            with self._changed:
                while not self._queue and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                due = max(time.monotonic() + _LINGER, begun + spacing)
                while (left := due - time.monotonic()) > 0 and not self._hurry and not self._closed:
                    self._changed.wait(left)
                batch, self._queue = self._queue, []
                self._waiting_bytes, self._hurry = 0, False
                self._changed.notify_all()
            begun = time.monotonic()
            try:
                with self._committing:
                    self._commit(batch)
                    self._tidy()
            except BaseException as error:
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
                return
            spacing = min(max(_SPACING[0], (time.monotonic() - begun) / _SHARE), _SPACING[1])
            with self._changed:
                self._stored += len(batch)
                self._changed.notify_all()

    def _commit(self, batch: list[tuple[str, int, list[np.ndarray[Any, Any]]]]) -> None:
        if not self._run.is_dir():  # the store would make it anew
            raise FileNotFoundError(f"the run's folder {self._run} is gone")
        session = self._repository.writable_session(BRANCH)
        store = session.store
        by_group: dict[str, list[tuple[int, list[np.ndarray[Any, Any]]]]] = defaultdict(list)
        for group, step, row in batch:
            by_group[group].append((step, row))
        for group, records in by_group.items():
            self._append_rows(store, group, records)
        session.commit(", ".join(f"{group} +{len(records)}" for group, records in by_group.items()))
        for group, records in by_group.items():
            self._rows[group] += len(records)

    def _tidy(self) -> None:
        self._commits += 1
        if self._commits % _TIDY_COMMITS:
            return
        try:
            remove_history(self._repository, _TIDY_AGE)
        except icechunk.IcechunkError:
            log.warning("the history of the records could not be removed", exc_info=True)

    def _append_rows(
        self, store: Any, group: str, records: list[tuple[int, list[np.ndarray[Any, Any]]]]
    ) -> None:
        start = self._rows[group]
        arrays: dict[str, list[Any]] = {}
        numbers = []
        for index, column in enumerate(self._columns[group]):
            cells = [row[index] for _, row in records]
            if column.quantity is None:
                arrays[column.array] = cells
            else:
                numbers.append(cells)
        if numbers:
            arrays[NUMBERS] = list(np.stack(numbers, axis=1))
        arrays["step"] = [np.int64(step) for step, _ in records]
        for path, cells in arrays.items():
            array = zarr.open_array(store, path=f"{group}/{path}", mode="r+")
            array.resize((start + len(cells), *array.shape[1:]))
            array[start:] = np.stack(cells)


def _cell(group: str, column: Column, values: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    try:
        given = values[column.path]
    except KeyError:
        raise ValueError(f"a record of group {group!r} needs {column.path!r}") from None
    dtype: Any = np.dtypes.StringDType() if column.dtype.kind in "UOT" else column.dtype
    cell = np.array(given, dtype=dtype)
    if cell.shape != column.shape:
        raise ValueError(f"{group}/{column.path} has shape {column.shape}, found {cell.shape}")
    return cell
