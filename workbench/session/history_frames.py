"""Series against the training step, thinned to what a screen can show."""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["coherence_history", "loss_history", "thin"]

POINTS = 400


def thin(steps: np.ndarray, values: np.ndarray, points: int = POINTS) -> tuple[np.ndarray, np.ndarray, int]:
    """Average runs of neighbouring records so that at most `points` remain.

    Returns
    -------
    steps, values, width
        Last step and mean value of every run of `width` records; the newest run may be shorter.

    >>> thin(np.arange(5), np.array([0.0, 2.0, 4.0, 6.0, 9.0]), points=3)
    (array([1, 3, 4]), array([1., 5., 9.]), 2)
    """
    width = max(1, -(-len(steps) // points))
    if width == 1:
        return steps, values, 1
    starts = np.arange(0, len(steps), width)
    ends = np.minimum(starts + width, len(steps))
    return steps[ends - 1], np.add.reduceat(values, starts) / (ends - starts), width


def loss_history(scalars: xr.Dataset) -> xr.Dataset:
    """Losses and their terms against the step: value (series, step), thinned."""
    steps = scalars["step"].values
    names = [
        str(name)
        for name in scalars.data_vars
        if str(name).startswith(("loss_", "generator_", "discriminator_"))
    ]
    columns = {name: thin(steps, scalars[name].values.astype(float)) for name in names}
    if not columns:
        return xr.Dataset(attrs={"width": 1})
    thinned, _, width = next(iter(columns.values()))
    value = np.stack([values for _, values, _ in columns.values()])
    return xr.Dataset(
        {"value": (("series", "step"), value)},
        coords={"series": names, "step": thinned},
        attrs={"width": width},
    )


def coherence_history(coherence: xr.Dataset) -> xr.Dataset:
    """Mean coherence, held-out (also bias-corrected) and training, and its null level against the step."""
    names = {
        "training_mean": "training",
        "mean": "held-out",
        "corrected_mean": "held-out, bias-corrected",
        "null_level": "null level",
    }
    steps = coherence["step"].values
    found = {
        label: coherence[name].values.astype(float) for name, label in names.items() if name in coherence
    }
    columns = [thin(steps, values) for values in found.values()]
    return xr.Dataset(
        {"value": (("series", "step"), np.stack([values for _, values, _ in columns]))},
        coords={"series": list(found), "step": columns[0][0]},
        attrs={"width": columns[0][2]},
    )
