"""How a terminal shows what it waits for."""

from __future__ import annotations

import sys
import time
from typing import Any

import typer

from workbench.cli.jobs import clock

__all__ = ["wait_for"]

_TICK = 0.1  # s
_PATIENCE = 1.0  # s before anything is shown
_RARELY = 30.0  # s between two lines where the output is no terminal


def wait_for(answer: Any) -> Any:
    """Return an answer's result; what it does, with the time left, stands on standard error meanwhile."""
    begun = told = time.monotonic()
    since: dict[tuple[str, int], tuple[float, float]] = {}
    live, shown = sys.stderr.isatty(), ""
    try:
        while True:
            try:
                return answer.result(_TICK)
            except TimeoutError:
                now = time.monotonic()
            sentence = described(answer.progress, now, since)
            if live and sentence != shown and now - begun > _PATIENCE:
                typer.echo(f"\r\033[K{sentence}", err=True, nl=False)
                shown = sentence
            elif not live and now - told > _RARELY:
                typer.echo(f"{sentence} ({clock(now - begun)})", err=True)
                told = now
    finally:
        if shown:
            typer.echo("\r\033[K", err=True, nl=False)


def described(progress: Any, now: float, since: dict[tuple[str, int], tuple[float, float]]) -> str:
    """Say what is done, how far it is, how long it still takes.

    Parameters
    ----------
    progress
        With ``doing``, ``share``, ``round``.
    now
        Seconds of a monotonic clock.
    since
        When each round was seen first, with its share then; filled in here.

    >>> from workbench.runs.specimen_workshop import Progress
    >>> first, later = Progress("analysing", 0.0, 1), Progress("analysing", 0.2, 1)
    >>> seen = {}
    >>> described(first, 0.0, seen), described(later, 16.0, seen)
    ('analysing', 'analysing: 20 %, 1:04 left')
    """
    start, share = since.setdefault((progress.doing, progress.round), (now, progress.share))
    sentence = progress.doing + (f", round {progress.round}" if progress.round > 1 else "")
    if progress.share > share and now - start > _PATIENCE:
        left = (now - start) * (1 - progress.share) / (progress.share - share)
        sentence += f": {100 * progress.share:.0f} %, {clock(left)} left"
    return sentence
