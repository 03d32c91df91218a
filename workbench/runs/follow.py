"""What has been recorded since one last looked."""

from __future__ import annotations

import os
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

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Follower(folder).poll()
    {}
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._reader = Reader(self.path)
        self._seen: dict[str, int] = {}

    def poll(self) -> dict[str, xr.Dataset | xr.DataTree]:
        """Return the records committed since the last poll, by group, in memory.

        Static variables come with every part. Parts follow each other without gap or overlap along ``step``.
        """
        if not self._reader.refresh():
            return {}
        news = {}
        for group in self._reader.groups():
            count, seen = self._reader.count(group), self._seen.get(group, 0)
            if count > seen:
                news[group] = self._reader.rows(group, seen, count)
                self._seen[group] = count
        return news

    def status(self) -> RunStatus:
        """Say what the run is doing now."""
        return read_status(self.path)
