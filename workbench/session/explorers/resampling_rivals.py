"""What other filters would make of a chain's last step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.session.explorers.pictures import level_picture, signed_picture
from workbench.session.explorers.resampling_steps import Stage
from workbench.session.frame import Frame
from workbench.signals import change_rate

__all__ = ["RIVALS", "rival_share", "rivals_frame"]

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

    ``picture_0 …`` and ``level_0 …`` in dB re the image's strongest line, attrs names: what each is, and how
    much of its output is alias or image.
    """
    if last is None:
        return Frame(None, "Choose a step: others are then shown in its place.")
    name, stage = last
    reference = float((np.abs(np.fft.fft2(image, norm="forward")) ** 2).max())
    parts: dict[str, xr.DataArray] = {}
    said = []
    for i, (title, (kind, options)) in enumerate((_UP if stage.up else _DOWN).items()):
        rival = Stage(kind, stage.factor, options)
        output = change_rate(image, kind, stage.factor, **options)
        parts[f"picture_{i}"] = signed_picture(output, f"picture_{i}")
        parts[f"level_{i}"] = level_picture(output, f"level_{i}", reference)
        said.append((title, f"{100 * rival_share(image, rival):.1f} %"))
    what = "images" if stage.up else "aliases"
    words = ", ".join(f"{title} {share}" for title, share in said)
    return Frame(
        xr.Dataset(parts, attrs={"names": [title for title, _ in said]}),
        f"In place of “{name}”, share of the output's power that is {what}: {words}.",
    )


def rival_share(image: Array, stage: Stage) -> float:
    """Return the share of a linear step's output power that is aliases (down) or images (up), 0..1.

    Down, it is what the step makes of the frequencies beyond the new Nyquist frequency alone; up, what lies
    beyond the old one.

    >>> wave = np.cos(2 * np.pi * 6 / 16 * np.arange(16)) * np.ones((16, 1))
    >>> round(rival_share(wave, Stage("decimate")), 3), round(rival_share(wave, Stage("nearest")), 3)
    (1.0, 0.309)
    """
    output = change_rate(image, stage.kind, stage.factor, **stage.options)
    fine = output if stage.up else image
    f = np.abs(np.fft.fftfreq(fine.shape[0]))
    outside = (f[:, None] > 0.5 / stage.factor) | (f[None, :] > 0.5 / stage.factor)
    part = np.fft.ifft2(np.fft.fft2(fine) * outside).real
    if not stage.up:
        part = change_rate(part, stage.kind, stage.factor, **stage.options)
    total = float(np.sum(np.square(output)))
    return float(np.sum(np.square(part))) / total if total > 1e-20 * float(np.sum(np.square(image))) else 0.0
