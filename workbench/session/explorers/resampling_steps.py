"""The resampling explorer's steps: their responses at the frequencies that reach them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from workbench.session.explorers.pictures import plane
from workbench.session.frame import Frame
from workbench.signals import fold, overlap_counts, power_db, resample_response

__all__ = ["FLOOR", "Stage", "low_rate", "overlap_frame", "passes", "response_frame", "test_frequencies"]

FLOOR = -100.0
_IN_A_PICTURE = 0.25
"""Cycles per sample of the lower rate at which a step is judged where no tone goes in."""


@dataclass(frozen=True)
class Stage:
    """One change of rate that the page offers.

    Attributes
    ----------
    kind : str
        Name in `signals.RESAMPLERS`, or "max_pool".
    factor : int
        R.
    options : dict
        Of the resampler.
    kernel : int
        Taps of the layer it stands for, for its output size; 0 where it is no convolution.
    """

    kind: str
    factor: int = 2
    options: dict[str, Any] = field(default_factory=dict)
    kernel: int = 0

    @property
    def linear(self) -> bool:
        """Whether it is a filter at all."""
        return self.kind != "max_pool"

    @property
    def up(self) -> bool:
        """Whether it raises the rate."""
        return self.kind in ("zero_stuff", "nearest", "bilinear", "transposed") or (
            self.options.get("direction") == "up"
        )


def low_rate(frequency: float, stage: Stage) -> float:
    """Return a frequency in front of a step in cycles per sample of its lower rate.

    >>> low_rate(0.375, Stage("decimate")), low_rate(0.375, Stage("nearest"))
    (-0.25, 0.375)
    """
    return frequency if stage.up else float(fold(frequency * stage.factor, 1.0)[0])


def test_frequencies(stages: Sequence[Stage], tone: float | None) -> list[float]:
    """Return where a tone arrives at each step, cycles per sample in front of it; None stands for a picture.

    >>> test_frequencies([Stage("decimate"), Stage("nearest")], 0.125)
    [0.125, 0.25]
    """
    found = []
    for stage in stages:
        if tone is None:
            found.append(_IN_A_PICTURE / (1 if stage.up else stage.factor))
        else:
            found.append(tone)
            tone = tone / stage.factor if stage.up else low_rate(tone, stage)
    return found


def response_frame(chain: Sequence[tuple[str, Stage]], tests: Sequence[float]) -> Frame:
    """Return the gain of every step that is a filter, with what it does to the frequency that reaches it."""
    steps = [(name, stage, f) for (name, stage), f in zip(chain, tests, strict=True) if stage.linear]
    if not steps:
        return Frame(None, "Choose a step of the chain that is a filter: max pooling and nothing have none.")
    parts, sentences = {}, []
    for i, (name, stage, frequency) in enumerate(steps):
        response = resample_response(stage.kind, stage.factor, at=low_rate(frequency, stage), **stage.options)
        gain = np.abs(response.response.values) ** 2 / (stage.factor**2 if stage.up else 1)
        parts[f"level_{i}"] = ("frequency", np.maximum(power_db(gain), FLOOR))
        sentences.append(f"{name}: {_said(stage, abs(frequency), response)}")
    data = xr.Dataset(parts, coords={"frequency": response.frequency}, attrs={"floor": FLOOR})
    data.attrs["names"] = [name for name, _, _ in steps]
    return Frame(data, ("; ".join(sentences) + ".").replace("-", "−"))


def _said(stage: Stage, frequency: float, response: xr.Dataset) -> str:
    """Say in words what a step leaves at a frequency in front of it, cycles per sample."""
    if stage.up:
        return f"the image of f = {frequency:.3g} is at {_level(float(response.image_level_db.max()))} re it"
    if not passes(stage, frequency):
        return f"what folds onto f = {frequency:.3g} comes at {_level(float(response.image_level_db.max()))}"
    waves = np.exp(-2j * np.pi * frequency * response.tap.values)
    gain = _level(float(power_db(np.abs(np.sum(response.kernel.values * waves)) ** 2)))
    if frequency == 0.5 / stage.factor:
        return f"f = {frequency:.3g}, the new Nyquist frequency, does not fold; the gain there is {gain}"
    return f"f = {frequency:.3g} folds, and comes through at {gain}"


def passes(stage: Stage, frequency: float) -> bool:
    """Return whether a step is judged by its gain at a frequency in front of it, as that one is to go.

    Elsewhere it is judged by what it puts beside the frequency: images, or what folds onto it.

    >>> passes(Stage("decimate"), 0.3), passes(Stage("decimate"), 0.1), passes(Stage("nearest"), 0.3)
    (True, False, False)
    """
    return not stage.up and abs(frequency) >= 0.5 / stage.factor


def _level(level: float) -> str:
    """Write a level.

    >>> _level(-7.656), _level(-0.0), _level(float("-inf"))
    ('-7.7 dB', '0.0 dB', 'nothing')
    """
    return "nothing" if not level > -250 else f"{round(level, 1) + 0.0:.1f} dB"


def overlap_frame(pixels: int, taps: int, stride: int) -> Frame:
    """Return how many products every output pixel of a transposed convolution is the sum of."""
    counts = overlap_counts(pixels, taps, stride)
    data = xr.Dataset({"counts": plane(counts.astype(float), "counts", scale=(0.0, float(counts.max())))})
    data.attrs["most"] = int(counts.max())
    words = f"{pixels} × {pixels} pixels become {counts.shape[0]} × {counts.shape[0]}; "
    words += f"every output pixel is the sum of so many products. {_verdict(taps, stride)}"
    inside = slice(max(taps - stride, 0), pixels * stride)  # no pixel beyond the border would reach here
    if set(np.unique(counts[inside, inside]).tolist()) < set(_inside(taps, stride)):
        words += "; so few pixels have too little inside to see it"
    return Frame(data, f"{words}.")


def _inside(taps: int, stride: int) -> tuple[int, int]:
    """Return the smallest and largest count where no border is near."""
    return (taps // stride) ** 2, (-(-taps // stride)) ** 2


def _verdict(taps: int, stride: int) -> str:
    """Say what the counts are inside, where borders reach nothing: even if the stride divides the kernel.

    >>> _verdict(4, 2), _verdict(3, 2)
    ('k = 4 is a multiple of s = 2: 4 everywhere inside, no checkerboard from overlap',
    'k = 3 is no multiple of s = 2: from 1 to 4 inside, a checkerboard')
    """
    fewest, most = _inside(taps, stride)
    if fewest == most:
        even = f"{most} everywhere inside, no checkerboard from overlap"
        return f"k = {taps} is a multiple of s = {stride}: {even}"
    return f"k = {taps} is no multiple of s = {stride}: from {fewest} to {most} inside, a checkerboard"
