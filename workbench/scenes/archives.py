"""What is let in of what is stored compressed."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from workbench.scenes.containers import UnsuitableError

LARGEST = 16 * 2**30
"""Bytes that all members of an archive may have when unpacked."""
HARMLESS = 256 * 2**20
"""Bytes below which no ratio is suspicious: an image of zeros shrinks a thousandfold."""
RATIO = 50
"""Times a packed part's own size that it may have unpacked: complex images shrink to a half or so."""
MEMBERS = 200_000


def require_harmless(path: Path) -> list[zipfile.ZipInfo]:
    """Return the members of a zip archive after judging their table, before anything is unpacked.

    Raises
    ------
    UnsuitableError
        For an encrypted member, one whose name leads out of the archive, a link, or more data than a
        scene could be (16 GiB in all; `require_plausible`).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, IndexError) as error:
        raise UnsuitableError(f"is no readable zip archive: {error}") from None
    if len(members) > MEMBERS:
        raise UnsuitableError(f"holds {len(members)} members; at most {MEMBERS} are read")
    for member in members:
        name = member.filename.replace("\\", "/")
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or ":" in name[:2]:
            raise UnsuitableError(f"its member {member.filename!r} leads out of the archive")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise UnsuitableError(f"its member {member.filename!r} is a link; plain files are needed")
        if member.flag_bits & 1:
            raise UnsuitableError(f"its member {member.filename!r} is encrypted; unpack it yourself first")
    total, packed = sum(m.file_size for m in members), max(path.stat().st_size, 1)
    if total > LARGEST:
        raise UnsuitableError(f"would unpack {total} bytes from {packed}; at most {LARGEST} are read")
    require_plausible("the archive", total, packed)
    return members


def require_plausible(what: str, unpacked: int, packed: int) -> None:
    """Refuse what would fill the memory from next to nothing, before it is unpacked.

    Parameters
    ----------
    what : str
        What the message calls it.
    unpacked, packed : int
        Bytes in memory, on disk.

    Raises
    ------
    UnsuitableError
        Above 256 MiB, for more than 50 times what is on disk.

    Examples
    --------
    >>> require_plausible("slc", 2**28, 0), require_plausible("slc", 2**32, 2**31)
    (None, None)
    >>> require_plausible("slc", 2**32, 2**22)
    Traceback (most recent call last):
    workbench.scenes.containers.UnsuitableError: slc would unpack 4294967296 bytes from 4194304; \
at most 50 times as many are read
    """
    if unpacked > HARMLESS and unpacked > RATIO * packed:
        raise UnsuitableError(
            f"{what} would unpack {unpacked} bytes from {packed}; at most {RATIO} times as many are read"
        )


def read_member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Return one member's bytes, never more than it declares or the limit allows.

    Raises
    ------
    UnsuitableError
        If it is larger, or damaged.
    """
    info = archive.getinfo(name)
    if info.file_size > limit:
        raise UnsuitableError(f"its member {name!r} has {info.file_size} bytes; at most {limit} are read")
    try:
        with archive.open(info) as stream:
            data = stream.read(limit + 1)
    except Exception as error:  # zlib, lzma and bz2 raise errors of their own
        raise UnsuitableError(f"its member {name!r} is damaged: {error}") from None
    if len(data) > limit:
        raise UnsuitableError(f"its member {name!r} holds more than the {info.file_size} bytes it declares")
    return data
