"""The resampling explorer's chain as notebook code."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.session.explorers.resampling_steps import Stage, low_rate, passes

__all__ = ["code_of"]


def code_of(
    image: Sequence[str],
    stages: Sequence[Stage],
    tests: Sequence[float],
    markers: Sequence[tuple[float, ...]] = (),
) -> str:
    """Return code, public names only, that repeats the chain, prints its lines and what each step leaves.

    Parameters
    ----------
    image : sequence of str
        Lines that make ``image`` with ``np`` at hand.
    stages : sequence of Stage
        In order.
    tests : sequence of float
        Frequency at which each is judged, cycles per sample in front of it.
    markers : sequence of (frequency,)
        Lines behind the chain to be read, cycles/sample.

    >>> code = code_of(["image = np.eye(8)"], [Stage("nearest")], [0.25])
    >>> "wb.resample_response('nearest', 2, at=0.25)" in code
    True
    """
    lines = [
        "import numpy as np",
        "import workbench as wb",
        "from workbench.signals import change_rate",
        "",
        *image,
        "reference = (abs(np.fft.fft2(image, norm='forward')) ** 2).sum(axis=0).max()",
    ]
    for stage, frequency in zip(stages, tests, strict=True):
        options = "".join(f", {name}={value!r}" for name, value in stage.options.items())
        lines += [f"image = change_rate(image, {stage.kind!r}, {stage.factor}{options})"]
        if stage.linear:
            at = low_rate(frequency, stage)
            lines += [
                f"response = wb.resample_response({stage.kind!r}, {stage.factor}, at={at!r}{options})",
                *_printed(stage, frequency),
            ]
    lines += [
        "power = abs(wb.spectrum(image)) ** 2",
        "level = 10 * np.log10(np.maximum(power.sum('frequency_y').values / reference, 1e-30))  # along x",
        "print(image.shape, level.max())",
        "edge = [abs(power.coords[name]) == 0.5 for name in power.dims]",
        "board = power.where(edge[0] | edge[1]).sum() / power.sum()",
        "print('checkerboard', 100 * float(board), '% of power')",
    ]
    if markers:
        lines += [
            f"markers = {[place[0] for place in markers]!r}  # cycles/sample",
            "size = image.shape[1]",
            "print([float(level[(round(f * size) + size // 2) % size]) for f in markers])",
        ]
    return "\n".join(lines)


def _printed(stage: Stage, frequency: float) -> list[str]:
    """Print what the page says of a step: its gain at what folds, else the strongest image or alias."""
    if not passes(stage, frequency):
        return ["print(float(response.image_level_db.max()), 'dB re the line itself')"]
    return [
        f"wave = np.exp(-2j * np.pi * {abs(frequency)!r} * response.tap.values)",
        "gain = abs(response.kernel.values @ wave)",
        "print(20 * np.log10(max(gain, 1e-15)), 'dB: the gain')",
    ]
