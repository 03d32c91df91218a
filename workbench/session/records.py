"""Records of a run that grow in memory while it trains."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

__all__ = ["GrowingDataset", "Records"]

STEP = "step"


class GrowingDataset:
    """One group of records: arrays with `step` first that grow without copying everything each time.

    Buffers double when they are full. Datasets handed out are views of what was there at that moment:
    later records are written behind them, so a reader in another thread never sees half a record.

    >>> first = xr.Dataset({"loss": ("step", [2.0])}, coords={"step": [0]})
    >>> growing = GrowingDataset(first)
    >>> growing.append(xr.Dataset({"loss": ("step", [1.0])}, coords={"step": [20]}))
    >>> growing.dataset["loss"].values
    array([2., 1.])
    """

    def __init__(self, first: xr.Dataset) -> None:
        self._template = first.isel({STEP: slice(0, 0)})
        self._buffers: dict[str, np.ndarray] = {}
        self._dims: dict[str, tuple[str, ...]] = {}
        self._attrs: dict[str, dict[str, Any]] = {}
        for name, variable in first.variables.items():
            if STEP in variable.dims:
                key = str(name)
                self._dims[key] = (STEP, *(str(d) for d in variable.dims if d != STEP))
                self._attrs[key] = dict(variable.attrs)
                shape = tuple(first.sizes[d] for d in self._dims[key][1:])
                self._buffers[key] = np.empty((max(16, first.sizes[STEP]), *shape), variable.dtype)
        self._static = first.drop_vars(list(self._buffers))
        self._count = 0
        self._dataset: xr.Dataset | None = None
        self.append(first)

    def __len__(self) -> int:
        return self._count

    @property
    def last_step(self) -> int:
        """The newest recorded step, -1 before the first record."""
        return int(self._buffers[STEP][self._count - 1]) if self._count else -1

    def append(self, more: xr.Dataset) -> None:
        """Add the records of `more` whose step is newer than everything held."""
        steps = np.asarray(more[STEP].values)
        new = np.flatnonzero(steps > self.last_step)
        if not new.size:
            return
        end = self._count + new.size
        capacity = len(self._buffers[STEP])
        if end > capacity:
            capacity = max(end, 2 * capacity)
            for name, old in self._buffers.items():
                grown = np.empty((capacity, *old.shape[1:]), old.dtype)
                grown[: self._count] = old[: self._count]
                self._buffers[name] = grown
        for name, buffer in self._buffers.items():
            variable = more.variables[name]  # much cheaper than more[name], and there are hundreds a second
            buffer[self._count : end] = variable.transpose(*self._dims[name]).values[new]
        self._count = end
        self._dataset = None

    @property
    def dataset(self) -> xr.Dataset:
        """Everything recorded so far, as views."""
        if self._dataset is None:
            arrays = {
                name: (self._dims[name], buffer[: self._count], self._attrs[name])
                for name, buffer in self._buffers.items()
            }
            coords = {name: value for name, value in arrays.items() if name in self._template.coords}
            data = {name: value for name, value in arrays.items() if name not in coords}
            self._dataset = self._static.assign_coords(coords).assign(data)
        return self._dataset


class Records:
    """All groups of one run: `append` takes what a follower polled, `group` gives labelled arrays.

    A tree (the layer spectra, whose layers differ in size) is kept as one dataset per child.
    """

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, GrowingDataset]] = {}

    def append(self, polled: dict[str, xr.Dataset | xr.DataTree]) -> frozenset[str]:
        """Add new records; return the names of the groups that changed."""
        for name, more in polled.items():
            parts = self._groups.setdefault(name, {})
            for key, dataset in _parts(more).items():
                if STEP not in dataset.dims:
                    continue
                if key in parts:
                    parts[key].append(dataset)
                else:
                    parts[key] = GrowingDataset(dataset)
        return frozenset(polled)

    def __contains__(self, group: str) -> bool:
        return bool(self._groups.get(group))

    def dataset(self, group: str) -> xr.Dataset:
        """Return the one dataset of `group`; KeyError names the groups that exist."""
        return self._part(group)[""].dataset

    def tree(self, group: str) -> dict[str, xr.Dataset]:
        """Return the datasets of a tree group by child name."""
        return {key: part.dataset for key, part in self._part(group).items() if key}

    def steps(self, group: str) -> np.ndarray:
        """Return the recorded steps of `group`, ascending; empty where nothing is recorded."""
        if group not in self:
            return np.zeros(0, int)
        return np.asarray(next(iter(self._groups[group].values())).dataset[STEP].values)

    def last_step(self) -> int:
        """Return the newest step of any group, 0 before the first record."""
        return max((part.last_step for parts in self._groups.values() for part in parts.values()), default=0)

    def _part(self, group: str) -> dict[str, GrowingDataset]:
        if group not in self:
            raise KeyError(
                f"No records of group {group!r} yet; there are: {', '.join(self._groups) or 'none'}."
            )
        return self._groups[group]


def _parts(more: xr.Dataset | xr.DataTree) -> dict[str, xr.Dataset]:
    if isinstance(more, xr.Dataset):
        return {"": more}
    return {node.path.strip("/"): node.to_dataset() for node in more.leaves}
