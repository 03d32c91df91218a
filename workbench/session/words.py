"""A run's status in words for the status line."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["COLOURS", "banner", "duration", "status_parts"]

COLOURS = {
    "queued": "#8C8C8C",
    "running": "#2E9E5B",
    "paused": "#C79A10",
    "stopping": "#C79A10",
    "finished": "#4393C3",
    "stopped": "#8C8C8C",
    "failed": "#D6604D",
    "lost": "#D6604D",
}
_WORDS = {"running": "training"}


def duration(seconds: float) -> str:
    """Write a duration.

    >>> duration(144.2), duration(3 * 3600 + 120), duration(float("nan"))
    ('2:24', '3 h 02', '–')
    """
    if not math.isfinite(seconds):
        return "–"
    whole = int(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}"


def status_parts(status: Any) -> list[str]:
    """Return what the status line says, most important first.

    >>> from types import SimpleNamespace as S
    >>> status_parts(S(state="running", step=412, steps=3000, rate=18.2, seconds_left=144.0,
    ...                observing_share=0.031, device="cpu", message=""))
    ['training', '412 / 3000', '18 it/s', '2:24 left', 'observing 3 %', 'cpu']
    """
    parts = [_WORDS.get(status.state, status.state), f"{status.step} / {status.steps}"]
    if status.state == "running":
        if math.isfinite(status.rate):
            parts.append(f"{status.rate:.0f} it/s" if status.rate >= 10 else f"{status.rate:.1f} it/s")
        if math.isfinite(status.seconds_left):
            parts.append(f"{duration(status.seconds_left)} left")
        parts.append(f"observing {100 * status.observing_share:.0f} %")
    if status.device:
        parts.append(str(status.device))
    if status.message and status.state in ("running", "paused", "stopping"):
        parts.append(status.message)
    return parts


def banner(status: Any, last_step: int, trouble: str, pid: int | None) -> tuple[str, str]:
    """Return (severity, sentence) of what needs the viewer's attention, ("", "") where nothing does.

    Parameters
    ----------
    status
        The run's status, None before the first.
    last_step
        Newest recorded step.
    trouble
        Why the run cannot be read, empty where it can.
    pid
        The training process last seen alive.
    """
    if trouble:
        return "warning", f"The run cannot be read just now ({trouble}). Trying again."
    state = getattr(status, "state", "")
    if state == "lost":
        who = f" (pid {pid})" if pid else ""
        return "error", (
            f"The training process is gone{who}. Everything recorded until step {last_step} is kept."
        )
    if state == "failed":
        return "error", f"Training failed: {status.message or 'see the run directory’s log.txt'}"
    if state == "queued" and status.message:
        return "info", f"Waiting to start: {status.message}"
    return "", ""
