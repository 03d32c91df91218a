"""Where a training can go on from: whole files of named tensors."""

from __future__ import annotations

import json
import math
import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.runs.files import sync_folder

if TYPE_CHECKING:
    from torch import Tensor

CHECKPOINTS_FOLDER = "checkpoints"
_SUFFIX = ".safetensors"
_KEPT = 2  # the last one, with the one before it in case the last is damaged


class CheckpointError(RuntimeError):
    """A checkpoint could not be read."""


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint on the disk.

    Attributes
    ----------
    path : the file
    step : steps done when it was made
    score : held-out coherence then, NaN if none was known
    pinned : asked for by a user, therefore kept
    """

    path: Path
    step: int
    score: float
    pinned: bool


def list_checkpoints(run: Path) -> list[Checkpoint]:
    """List a run's readable checkpoints, oldest first; needs no torch."""
    found = []
    for path in sorted((run / CHECKPOINTS_FOLDER).glob(f"[0-9]*{_SUFFIX}")):
        about = _header(path)
        if about is not None:
            found.append(
                Checkpoint(path, int(about["step"]), float(about["score"]), about["pinned"] == "True")
            )
    return found


def save_checkpoint(
    run: Path,
    tensors: Mapping[str, Tensor],
    meta: Mapping[str, Any],
    *,
    score: float = math.nan,
    pinned: bool = False,
) -> Checkpoint:
    """Write one checkpoint whole or not at all, then drop those that are neither last, best nor pinned.

    Parameters
    ----------
    run : the run directory
    tensors, meta : what `workbench.training.Trainer.state` returned; `meta` has ``step``
    score : held-out coherence now
    pinned : keep it for good
    """
    from safetensors.torch import save_file

    folder = run / CHECKPOINTS_FOLDER
    folder.mkdir(exist_ok=True)
    step = int(meta["step"])
    path = folder / f"{step:09d}{_SUFFIX}"
    if path.exists():
        pinned = pinned or any(old.pinned for old in list_checkpoints(run) if old.path == path)
    about = {
        "step": str(step),
        "score": str(score),
        "pinned": str(pinned),
        "meta": json.dumps(meta),
        "sum": _checksum(tensors),
    }
    temporary = folder / f".{path.name}.tmp"
    try:
        save_file(dict(tensors), temporary, metadata=about)
        descriptor = os.open(temporary, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    _drop_superseded(run)
    return Checkpoint(path, step, score, pinned)


def load_checkpoint(checkpoint: Checkpoint) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read one checkpoint.

    Raises
    ------
    CheckpointError
        If the file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(checkpoint.path, framework="pt") as file:
            about = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        if _checksum(tensors) != about["sum"]:
            raise CheckpointError("its contents do not give its checksum")
        return tensors, json.loads(about["meta"])
    except (OSError, SafetensorError, KeyError, TypeError, json.JSONDecodeError, CheckpointError) as error:
        raise CheckpointError(f"checkpoint {checkpoint.path.name} is damaged: {error}") from error


def tensor_shapes(checkpoint: Checkpoint) -> dict[str, tuple[int, ...]]:
    """Shapes of a checkpoint's tensors by name, from its header alone; needs no torch.

    Raises
    ------
    CheckpointError
        If the header cannot be read.
    """
    header = _read_header(checkpoint.path)
    if header is None:
        raise CheckpointError(f"checkpoint {checkpoint.path.name} is damaged: its header cannot be read")
    return {name: tuple(about["shape"]) for name, about in header.items() if name != "__metadata__"}


def load_newest(run: Path) -> tuple[Checkpoint, dict[str, Tensor], dict[str, Any], list[str]] | None:
    """Read the newest sound checkpoint, or return None where there never was one.

    Returns
    -------
    checkpoint, tensors, meta : of the newest one that is sound
    problems : one message per damaged newer one

    Raises
    ------
    CheckpointError
        If there are checkpoints, but none is sound.
    """
    files = sorted((run / CHECKPOINTS_FOLDER).glob(f"[0-9]*{_SUFFIX}"), reverse=True)
    readable = {checkpoint.path: checkpoint for checkpoint in list_checkpoints(run)}
    problems: list[str] = []
    for path in files:
        try:
            if path not in readable:
                raise CheckpointError(f"checkpoint {path.name} is damaged: its header cannot be read")
            return readable[path], *load_checkpoint(readable[path]), problems
        except CheckpointError as error:
            problems.append(str(error))
    if problems:
        raise CheckpointError(f"no checkpoint of run {run.name} can be read: {'; '.join(problems)}")
    return None


def _drop_superseded(run: Path) -> None:
    known = list_checkpoints(run)
    scored = [checkpoint for checkpoint in known if not math.isnan(checkpoint.score)]
    keep = {checkpoint.path for checkpoint in known if checkpoint.pinned} | {c.path for c in known[-_KEPT:]}
    if scored:
        keep.add(max(scored, key=lambda checkpoint: (checkpoint.score, checkpoint.step)).path)
    for checkpoint in known:
        if checkpoint.path not in keep:
            checkpoint.path.unlink(missing_ok=True)


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    total = 0
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        flat = tensor.reshape(-1).view(dtype=_byte_type())
        total = zlib.crc32(flat.numpy().data, zlib.crc32(name.encode(), total))
    return f"{total:08x}"


def _byte_type() -> Any:
    import torch

    return torch.uint8


def _header(path: Path) -> dict[str, str] | None:
    about = (_read_header(path) or {}).get("__metadata__")
    return about if isinstance(about, dict) and {"step", "score", "pinned"} <= about.keys() else None


def _read_header(path: Path) -> dict[str, Any] | None:
    # A safetensors file begins with its header's length (8 bytes, little-endian), then the header as JSON.
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length)) if length <= path.stat().st_size else None
    except (OSError, struct.error, json.JSONDecodeError, UnicodeDecodeError):
        return None
    return header if isinstance(header, dict) else None
