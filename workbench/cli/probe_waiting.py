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


def wait_for(answer: Any, *, quiet: bool = False) -> Any:
    """Return an answer's result; what it does, with the time left, stands on standard error meanwhile."""
    begun = told = time.monotonic()
    since: dict[tuple[str, int], tuple[float, float]] = {}
    live = sys.stderr.isatty()
    shown = False
    while not answer.done():
        try:
            return answer.result(_TICK)
        except TimeoutError:
            now = time.monotonic()
        progress = answer.progress
        start, share = since.setdefault((progress.doing, progress.round), (now, progress.share))
        sentence = progress.doing + (f", round {progress.round}" if progress.round > 1 else "")
        if progress.share > share and now - start > _PATIENCE:
            left = (now - start) * (1 - progress.share) / (progress.share - share)
            sentence += f": {100 * progress.share:.0f} %, {clock(left)} left"
        if quiet or now - begun < _PATIENCE:
            continue
        if live:
            typer.echo(f"\r\033[K{sentence}", err=True, nl=False)
            shown = True
        elif now - told > _RARELY:
            typer.echo(f"{sentence} ({clock(now - begun)})", err=True)
            told = now
    if shown:
        typer.echo("\r\033[K", err=True, nl=False)
    return answer.result(0)
