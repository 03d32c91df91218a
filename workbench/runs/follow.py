"""What has been recorded since one last looked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import xarray as xr

from workbench.runs.reader import Reader
from workbench.runs.status import RunStatus, read_status


class Follower:
    """Follows one run from any process, without ever touching its lease.

    A poll that finds nothing new reads one small file (the branch's newest commit).

    Parameters
    ----------
    path : the run directory
    without : groups that `poll` leaves out until they are asked for by `want`

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Follower(folder).poll()
    {}
    """

    def __init__(self, path: str | os.PathLike[str], without: Iterable[str] = ()) -> None:
        self.path = Path(path)
        self._reader = Reader(self.path)
        self._seen: dict[str, int] = {}
        self._without = set(without)
        self._wanted = False

    def poll(self) -> dict[str, xr.Dataset | xr.DataTree]:
        """Return the records committed since the last poll, by group, in memory.

        Static variables come with every part. Parts follow each other without gap or overlap along ``step``.
        """
        wanted, self._wanted = self._wanted, False
        if not self._reader.refresh() and not wanted:
            return {}
        news = {}
        for group in self._reader.groups():
            if group in self._without:
                continue
            count, seen = self._reader.count(group), self._seen.get(group, 0)
            if count > seen:
                news[group] = self._reader.rows(group, seen, count)
                self._seen[group] = count
        return news

    def want(self, group: str) -> None:
        """Have `poll` return `group` from now on, first with all that it holds already."""
        if group in self._without:
            self._without.discard(group)
            self._wanted = True

    def left_out(self) -> dict[str, list[str]]:
        """Name the parts of the recorded groups that `poll` leaves out, without reading their records."""
        return {
            group: list(dict.fromkeys(column.node for column in self._reader.columns(group)))
            for group in self._reader.groups()
            if group in self._without
        }

    def status(self) -> RunStatus:
        """Say what the run is doing now."""
        return read_status(self.path)
