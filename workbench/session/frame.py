"""What one panel shows at one moment: labelled arrays, a sentence, the step they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

__all__ = ["Choice", "Frame", "record_at", "waiting"]


@dataclass(frozen=True)
class Choice:
    """The part of a viewer's state that decides what is computed.

    Parameters
    ----------
    step
        Training step; each panel shows its newest record at or before it.
    layer
        Layer under the lens; empty: the first with a theory.
    sample
        Held-out sample, counted from 0.
    floor
        Lowest level drawn, dB.
    """

    step: int = 0
    layer: str = ""
    sample: int = 0
    floor: float = -80.0


@dataclass(frozen=True, eq=False)
class Frame:
    """One panel's content; `data` is None while there is nothing to draw, and `caption` says why."""

    data: xr.Dataset | None
    caption: str
    step: int | None = None


def record_at(steps: np.ndarray, step: int) -> int | None:
    """Return the index of the newest record at or before `step`, None where there is none.

    >>> record_at(np.array([0, 20, 40]), 39)
    1
    >>> record_at(np.array([20, 40]), 5) is None
    True
    """
    index = int(np.searchsorted(steps, step, side="right")) - 1
    return None if index < 0 else index


def waiting(what: str, steps: np.ndarray, step: int) -> Frame:
    """Return the frame of a panel that has nothing to show at `step`, with the reason in words."""
    if steps.size:
        return Frame(None, f"No {what} before step {steps[0]}: this is step {step}.")
    return Frame(None, f"Waiting for the first {what}.")
