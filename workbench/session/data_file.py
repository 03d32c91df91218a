"""A setting that names one of the user's own files."""

from __future__ import annotations

import param

from workbench.session.user_scenes import data_folder, user_scenes

__all__ = ["DataFile", "file_stamp"]


class DataFile(param.String):
    """Name of a file in the workspace's data folder; any text may be typed, reading it says what is wrong."""

    def files(self) -> list[str]:
        """Names of the files there now."""
        return user_scenes()


def file_stamp(name: str) -> int:
    """Tell one state of a file from the next, or one state of the folder where there is no such file.

    >>> file_stamp("no such file.npy") == file_stamp("")
    True
    """
    for path in (data_folder() / name, data_folder()):
        try:
            return path.stat().st_mtime_ns
        except (OSError, ValueError):  # ValueError: a name with a null byte
            continue
    return -1
