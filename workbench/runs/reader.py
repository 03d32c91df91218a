"""How stored records are read: labelled, lazily, always from a whole commit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import xarray as xr
import zarr
from icechunk import IcechunkError
from xarray.backends import BackendArray
from xarray.core import indexing

from workbench.runs.store import BRANCH, STORE_FOLDER, Column, open_repository, stored_columns
from workbench.runs.together import read_together

Result = TypeVar("Result")
_ATTEMPTS = 10


class Reader:
    """Reads one run's records; any number of processes may, at any time.

    Every reading is of one commit (the *tip* at `refresh`), so groups and variables belong together.
    Sealing removes the commits before it: a reading that finds its commit gone moves to the newest one, where
    the same rows are, since rows never change.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._lock = threading.RLock()
        self._repository: Any = None
        self._root: zarr.Group | None = None
        self._statics: dict[str, dict[str, xr.Dataset]] = {}
        self._columns: dict[str, list[Column]] = {}
        self.tip = ""

    def refresh(self) -> bool:
        """Move to the newest commit; False if there is none newer, none at all yet, or none any more."""
        with self._lock:
            if self._repository is None:
                try:
                    self._repository = open_repository(self._run)
                except (FileNotFoundError, IcechunkError):
                    return False  # not there, or just being laid out
            for attempt in range(_ATTEMPTS):
                try:
                    tip = self._repository.lookup_branch(BRANCH)
                    if tip == self.tip:
                        return False
                    session = self._repository.readonly_session(snapshot_id=tip)
                    self._root = zarr.open_group(session.store, mode="r")
                except FileNotFoundError:
                    return False  # created, not begun
                except IcechunkError:
                    if self._gone():
                        return False
                    if attempt == _ATTEMPTS - 1:
                        raise
                    continue  # removed since it was looked up: there is a newer one
                self.tip = tip
                break
            return True

    def groups(self) -> list[str]:
        """Names of the groups at the tip, sorted."""
        return self._reading(lambda root: sorted(name for name, _ in root.groups())) if self.tip else []

    def count(self, group: str) -> int:
        """Count the records of `group` at the tip."""
        return self._reading(lambda root: _array(root, f"{group}/step").shape[0])

    def rows(self, group: str, start: int, stop: int) -> xr.Dataset | xr.DataTree:
        """Return records `start` to `stop` of a group, in memory."""
        columns = self.columns(group)

        def read(root: zarr.Group) -> dict[str, np.ndarray[Any, Any]]:
            paths = dict.fromkeys(f"{group}/{array}" for array in ("step", *(one.array for one in columns)))
            blocks = read_together(root.store, paths, slice(start, stop))
            return {path.removeprefix(f"{group}/"): _text(block) for path, block in blocks.items()}

        values = self._reading(read)

        def variable(column: Column) -> Any:
            block = values[column.array]
            return block if column.quantity is None else block[:, column.quantity]

        return self._assemble(group, values["step"], variable)

    def lazy(self, group: str) -> xr.Dataset | xr.DataTree:
        """Return all records of a group at the tip; values are read when they are used."""
        count = self.count(group)
        steps = self._reading(lambda root: np.asarray(_array(root, f"{group}/step")[:count]))
        return self._assemble(group, steps, lambda column: _lazy(self._run, group, column, count))

    def columns(self, group: str) -> list[Column]:
        """List the recorded variables of a group."""
        if group not in self._columns:
            self._columns[group] = self._reading(lambda root: stored_columns(_group(root, group)))
        return self._columns[group]

    def read(self, path: str, key: tuple[Any, ...]) -> np.ndarray[Any, Any]:
        """Return part of one array at the tip, by its path in the repository."""
        return self._reading(lambda root: np.asarray(_text(_array(root, path).oindex[key])))

    def _assemble(
        self, group: str, steps: np.ndarray[Any, Any], value: Callable[[Column], Any]
    ) -> xr.Dataset | xr.DataTree:
        columns = self.columns(group)
        nodes = {}
        for node, static in self._static(group).items():
            recorded = {
                column.name: (("step", *column.dims), value(column), column.attrs)
                for column in columns
                if column.node == node
            }
            nodes[node] = static.assign(recorded)
        labels = {"long_name": "training step", "units": "1"}
        nodes[""] = nodes[""].assign_coords(step=("step", steps, labels))
        if len(nodes) == 1:
            return nodes[""]
        return xr.DataTree.from_dict({f"/{node}": dataset for node, dataset in nodes.items()})

    def _static(self, group: str) -> dict[str, xr.Dataset]:
        if group not in self._statics:
            columns = self.columns(group)
            by_node = dict.fromkeys(["", *(column.node for column in columns)])
            self._statics[group] = {
                node: self._reading(partial(_static_node, group=group, node=node, columns=columns))
                for node in by_node
            }
        return self._statics[group]

    def _reading(self, read: Callable[[zarr.Group], Result]) -> Result:
        with self._lock:
            if self._root is None and not self.refresh():
                raise FileNotFoundError(f"run {self._run.name} has recorded nothing yet")
            for attempt in range(_ATTEMPTS):
                if self._gone():  # parts of it are remembered: half an answer would look whole
                    raise FileNotFoundError(
                        f"the records of run {self._run.name} are gone: its folder was deleted or moved"
                    )
                try:
                    return read(self._root)  # type: ignore[arg-type]
                except (IcechunkError, FileNotFoundError):
                    if attempt == _ATTEMPTS - 1 or not self.refresh():
                        raise
        raise AssertionError("unreachable")

    def _gone(self) -> bool:
        return not (self._run / STORE_FOLDER).is_dir()


def _group(root: zarr.Group, path: str) -> zarr.Group:
    found = root[path]
    assert isinstance(found, zarr.Group)
    return found


def _array(root: zarr.Group, path: str) -> zarr.Array[Any]:
    found = root[path]
    assert isinstance(found, zarr.Array)
    return found


def _text(values: Any) -> Any:
    # Variable-length text has its own dtype in the store; readers get ordinary numpy text.
    return (
        np.asarray(values.tolist(), dtype=str).reshape(values.shape) if values.dtype.kind == "T" else values
    )


def _static_node(root: zarr.Group, group: str, node: str, columns: list[Column]) -> xr.Dataset:
    recorded = {"step", "numbers"} if not node else set()
    recorded |= {column.name for column in columns if column.node == node}
    where = f"{group}/{node}".rstrip("/")
    dataset = xr.open_zarr(
        root.store, group=where, consolidated=False, chunks=None, drop_variables=list(recorded)
    ).load()
    for name, variable in dataset.variables.items():
        if variable.dtype.kind == "T":
            dataset[name] = (variable.dims, _text(variable.values), variable.attrs)
    dataset.attrs.pop("recorded", None)
    return dataset.drop_encoding()


@lru_cache(maxsize=64)
def shared_reader(run: Path) -> Reader:
    """Return the reader of a run that this process's lazy arrays share."""
    return Reader(run)


class _Rows(BackendArray):
    """The first rows of one recorded variable, read when indexed."""

    def __init__(self, run: Path, group: str, column: Column, count: int) -> None:
        self.run = run
        self.path = f"{group}/{column.array}"
        self.quantity = column.quantity
        self.shape = (count, *column.shape)
        self.dtype = np.dtype(object) if column.dtype.kind == "T" else column.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    def _read(self, key: tuple[Any, ...]) -> np.ndarray[Any, Any]:
        full = tuple(
            slice(*part.indices(size)) if isinstance(part, slice) else part
            for part, size in zip(key, self.shape, strict=True)
        )
        if self.quantity is not None:
            full = (*full, self.quantity)
        reversed_axes = [axis for axis, part in enumerate(full) if isinstance(part, slice) and part.step < 0]
        if reversed_axes:
            full = tuple(
                np.arange(self.shape[axis])[part] if axis in reversed_axes else part
                for axis, part in enumerate(full)
            )
        found = shared_reader(self.run).read(self.path, full)
        return found.astype(self.dtype, copy=False)


def _lazy(run: Path, group: str, column: Column, count: int) -> indexing.LazilyIndexedArray:
    return indexing.LazilyIndexedArray(_Rows(run, group, column, count))
