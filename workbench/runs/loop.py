"""How a training runs under control: recorded, checkpointed, paused, stopped."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.runs.checkpoints import load_newest, save_checkpoint
from workbench.runs.commands import Command, take
from workbench.runs.spec import RunSpec
from workbench.runs.status import Board, RunStatus, read_status
from workbench.runs.workspace import is_run
from workbench.runs.writer import StoreWriter

if TYPE_CHECKING:
    from workbench.training import Record, Trainer

log = logging.getLogger("workbench.runs")

_CHECKPOINT_SECONDS = 30.0
_CHECKPOINT_SHARE = 0.03  # of the time: large networks are saved more rarely
_PAUSE_POLL = 0.02  # s
_SCORES = ("corrected_mean", "mean")


class RunGoneError(RuntimeError):
    """The run's folder was deleted or moved: there is nothing left to write to."""


@dataclass(frozen=True)
class Prepared:
    """A training ready to go, where it trains, the labels stored with its records."""

    training: Trainer
    device: str
    attrs: Mapping[str, Any]


Recorder = Callable[["Record"], None]
Prepare = Callable[[RunSpec, Path, Recorder], Prepared]
"""Sets up the training of a run; it hands every record to the function it is given."""


class Loop:
    """Drives one training in the process that holds the run's lease.

    Parameters
    ----------
    run : the run directory
    spec : its specification
    """

    def __init__(self, run: Path, spec: RunSpec) -> None:
        self._run = run
        self._spec = spec
        self._device = ""
        self._score = math.nan
        self._training: Trainer | None = None
        self._writer: StoreWriter | None = None
        self._pause_at: int | None = None
        self._stopping = False
        self._saved_step = -1
        self._save_after = 0.0
        self._terminated = threading.Event()
        self.board = Board(run, self._progress)

    @property
    def writer(self) -> StoreWriter:
        """Writer of the run's records, opened when first used."""
        if self._writer is None:
            self._writer = StoreWriter(self._run)
        return self._writer

    def record(self, record: Record) -> None:
        """Store what the trainer hands out; note the score that ranks checkpoints."""
        self.writer.append(record.group, record.step, record.values)
        if record.group == "coherence":
            scores = [float(record.values[name]) for name in _SCORES if name in record.values]
            self._score = scores[0] if scores else math.nan

    def terminate(self) -> None:
        """Ask for a checkpoint and an orderly end after the current step (safe in a signal handler)."""
        self._terminated.set()

    def run(self, prepare: Prepare) -> str:
        """Train to the end or until stopped; return the final state, not yet published.

        Raises
        ------
        RunGoneError
            If the run's folder is no longer there.
        """
        self.board.publish("running", "setting up")
        prepared = prepare(self._spec, self._run, self.record)
        training = prepared.training
        self._training, self._device = training, prepared.device
        self._restore(training)
        self.writer.add_groups(training.templates(), prepared.attrs)
        if self.writer.last["scalars"] < training.step or training.step == 0:
            training.observe()
        if self._saved_step != training.step:
            self._save(training)
        # Committed first: whoever sees the run go on finds in its events how, even if it is killed at once.
        self.writer.flush()
        self.board.publish("running", "")
        while not training.done:
            self._obey(training)
            if self._stopping:
                break
            training.advance()
            if time.monotonic() > self._save_after:
                self._save(training)
        return self._finish(training)

    def close_store(self) -> None:
        """Commit what waits, then close the store; raises `StoreError` if that fails."""
        if self._writer is not None:
            self._writer.close()

    def abandon_store(self) -> None:
        """Close the store without committing what waits."""
        if self._writer is not None:
            self._writer.abandon()

    # ------------------------------------------------------------------ inside
    def _progress(self) -> RunStatus:
        training = self._training
        if training is None:
            return replace(read_status(self._run), steps=self._spec.steps)
        rate = training.rate
        left = (training.steps - training.step) / rate if rate > 0 else math.nan
        return RunStatus(
            "running",
            training.step,
            training.steps,
            rate if rate > 0 else math.nan,
            left,
            training.observing_share,
            device=self._device,
        )

    def _restore(self, training: Trainer) -> None:
        found = load_newest(self._run)
        if found is None:
            self.writer.event(training.step, "started", f"{training.steps} steps on {self._device}")
            return
        checkpoint, tensors, meta, problems = found
        parent = self._spec.parent
        branched = parent is not None and checkpoint.step == parent["step"]
        left_out = training.load_state(tensors, meta, strict=not branched)
        self._saved_step = checkpoint.step
        self._score = checkpoint.score
        self._schedule_save(0.0)
        for problem in problems:
            log.warning("%s; the one before it is used", problem)
            self.writer.event(training.step, "damaged", problem)
        if branched:
            count = len(tensors)
            carried = f"{count - len(set(left_out) & set(tensors))} of {count} tensors carried over"
            self.writer.event(training.step, "branch", meta.get("branched", carried))
        else:
            self.writer.event(training.step, "resumed", f"from the checkpoint of step {checkpoint.step}")

    def _obey(self, training: Trainer) -> None:
        """Carry out what is asked; returns when training may go on or has to stop."""
        paused = False
        while True:
            if not is_run(self._run):
                raise RunGoneError(f"the folder of run {self._run.name} is gone")
            for command in take(self._run):
                self._carry_out(command, training)
            if self._terminated.is_set():
                self._stopping = True
            if self._stopping:
                return
            due = self._pause_at is not None and training.step >= self._pause_at
            if not due:
                if paused:
                    self.writer.event(training.step, "continued")
                    self.board.publish("running")
                return
            if not paused:
                self._pause(training)
                paused = True
            self._terminated.wait(_PAUSE_POLL)

    def _carry_out(self, command: Command, training: Trainer) -> None:
        if command.kind == "pause":
            self._pause_at = training.step
        elif command.kind == "resume":
            self._pause_at = None
        elif command.kind == "advance":
            self._pause_at = training.step + int(command.value or 1)
        elif command.kind == "stop":
            self._stopping = True
        elif command.kind == "checkpoint":
            self._save(training, pinned=True)
        elif command.kind == "observe" and command.value is not None:
            training.observing_budget = command.value
            self.writer.event(training.step, "cadence", f"observing budget {command.value:g}")

    def _pause(self, training: Trainer) -> None:
        training.observe()
        self._save(training)
        self.writer.event(training.step, "paused")
        self.writer.flush()
        self.board.publish("paused")

    def _finish(self, training: Trainer) -> str:
        state = "finished" if training.done else "stopped"
        if state == "stopped":
            self.board.publish("stopping")
        training.observe()
        self._save(training)
        self.writer.event(training.step, state)
        self.writer.flush()
        return state

    def _save(self, training: Trainer, *, pinned: bool = False) -> None:
        if self._saved_step == training.step and not pinned:
            return
        # Records first: were a checkpoint ahead of what is stored, a resumed run would have a gap.
        self.writer.flush()
        began = time.monotonic()
        tensors, meta = training.state()
        save_checkpoint(self._run, tensors, meta, score=self._score, pinned=pinned)
        self._saved_step = training.step
        self._schedule_save(time.monotonic() - began)
        self.writer.event(training.step, "checkpoint", "kept" if pinned else "")

    def _schedule_save(self, seconds: float) -> None:
        self._save_after = time.monotonic() + max(_CHECKPOINT_SECONDS, seconds / _CHECKPOINT_SHARE)
