"""What other filters would make of a chain's last step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.session.explorers.pictures import level_picture, plane, signed_picture
from workbench.session.explorers.resampling_steps import Stage
from workbench.session.frame import Frame
from workbench.signals import change_rate, power_db

__all__ = ["RIVALS", "rivals_frame", "unwanted_power"]

RIVALS = 4
"""Filters side by side."""

_DOWN = {
    "no filter": ("decimate", {}),
    "average": ("average_pool", {}),
    "blurpool": ("blurpool", {}),
    "Kaiser, 60 dB": ("kaiser", {"direction": "down"}),
}
_UP = {
    "no filter": ("zero_stuff", {}),
    "nearest": ("nearest", {}),
    "bilinear": ("bilinear", {}),
    "Kaiser, 60 dB": ("kaiser", {"direction": "up"}),
}

Array = npt.NDArray[Any]


def rivals_frame(image: Array, last: tuple[str, Stage] | None) -> Frame:
    """Return what four filters make of the image in front of the last step, none and the best among them.

    ``picture_0 …`` and ``level_0 …`` in dB re the image's strongest line, attrs names. The caption says what
    each lets through: aliases re the step's input, images as a share of its output.
    """
    if last is None:
        return Frame(None, "Choose a step: others are then shown in its place.")
    name, stage = last
    reference = float((np.abs(np.fft.fft2(image, norm="forward")) ** 2).max())
    scale = signed_picture(image, "given").attrs["scale"]
    parts: dict[str, xr.DataArray] = {}
    said = []
    for i, (title, (kind, options)) in enumerate((_UP if stage.up else _DOWN).items()):
        rival = Stage(kind, stage.factor, options)
        output = change_rate(image, kind, stage.factor, **options)
        parts[f"picture_{i}"] = plane(output, f"picture_{i}", scale=scale)  # one for all: weak is pale
        parts[f"level_{i}"] = level_picture(output, f"level_{i}", reference)
        said.append((title, unwanted_power(image, rival), float(np.mean(np.square(output)))))
    if stage.up:
        what = "images, as a share of the output's power"
        amounts = [f"{title} {100 * part / (whole or 1.0):.1f} %" for title, part, whole in said]
    else:
        what = "aliases, re the step's input power"
        given = float(np.mean(np.square(image))) or 1.0
        amounts = [f"{title} {_decibel(part / given)}" for title, part, _ in said]
    words = f"In place of “{name}”: {what}: {', '.join(amounts)}."
    return Frame(xr.Dataset(parts, attrs={"names": [title for title, _, _ in said]}), words.replace("-", "−"))


def _decibel(ratio: float) -> str:
    return f"{round(float(power_db(ratio)), 1) + 0.0:.1f} dB" if ratio > 1e-15 else "none"


def unwanted_power(image: Array, stage: Stage) -> float:
    """Return the mean square of the aliases (down) or images (up) in a linear step's output.

    Down, it is what the step makes of the frequencies beyond the new Nyquist frequency alone; up, what lies
    beyond the old one.

    >>> wave = np.cos(2 * np.pi * 6 / 16 * np.arange(16)) * np.ones((16, 1))
    >>> [round(unwanted_power(wave, Stage(kind)), 3) for kind in ("decimate", "average_pool", "nearest")]
    [0.5, 0.073, 0.154]
    """
    fine = image if not stage.up else change_rate(image, stage.kind, stage.factor, **stage.options)
    f = np.abs(np.fft.fftfreq(fine.shape[0]))
    outside = (f[:, None] > 0.5 / stage.factor) | (f[None, :] > 0.5 / stage.factor)
    part = np.fft.ifft2(np.fft.fft2(fine) * outside).real
    if not stage.up:
        part = change_rate(part, stage.kind, stage.factor, **stage.options)
    return float(np.mean(np.square(part)))
