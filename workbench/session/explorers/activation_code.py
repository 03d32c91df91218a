"""The activation explorer's settings as notebook code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["code_of"]

Tones = Sequence[tuple[int, float]]


def code_of(
    function: str,
    parameters: Mapping[str, float],
    kernel: Sequence[float],
    bias: float,
    oversampling: int,
    drive: float,
    tones: Tones,
    filtered: Tones,
    markers: Sequence[tuple[float, ...]] = (),
) -> str:
    """Return code, public names only, that repeats the chain and compares its lines with the prediction.

    Parameters
    ----------
    function : str
        Python expression of the activation: ``"'relu'"``, ``"parse_formula('z**2')"``.
    parameters : mapping
        Of the activation.
    kernel, bias, oversampling
        As in `workbench.signals.layer_chain`.
    drive : float
        Amplitude of 0 dB.
    tones, filtered : sequence of (cycles, amplitude)
        In front of and behind the filter; empty for the photograph.
    markers : sequence of (frequency,)
        Lines to be read, cycles/sample.

    >>> code = code_of("'relu'", {}, (1.0,), 0.0, 1, 1.0, [(12, 1.0)], [(12, 1.0)])
    >>> "x = 1.0 * np.cos(12 * phase)" in code
    True
    """
    options = "".join(f", {name}={value!r}" for name, value in parameters.items())
    shared = f"bias={bias!r}, oversampling={oversampling}{options}"
    imported = ["chain_spectrum"] * bool(filtered) + ["layer_chain"]
    imported += ["parse_formula"] * function.startswith("parse_formula")
    lines = [
        "import numpy as np",
        f"from workbench.signals import {', '.join(imported)}",
        "",
        *_signal(drive, tones),
        f"activation = {function}",
        f"chain = layer_chain(x, activation, kernel={tuple(kernel)!r}, {shared})",
        'measured = np.fft.rfft(chain.y, norm="forward")',
        "partners = np.where(np.arange(measured.size) % (measured.size - 1), 4, 2)  # DC has none at -f",
        "with np.errstate(divide='ignore'):",
        f"    level = 10 * np.log10(partners * abs(measured / {drive!r}) ** 2)",
        "print(level.round(2))  # dB re a tone of amplitude A",
    ]
    if filtered:
        lines += [
            f"tones = {list(filtered)!r}  # behind the filter: (cycles, amplitude)",
            f"predicted = chain_spectrum(activation, tones, len(x), {shared})",
            "print(abs(measured - predicted).max())",
        ]
    if markers:
        lines += [
            f"markers = {[place[0] for place in markers]!r}  # cycles/sample",
            "print([float(level[round(f * len(x))]) for f in markers])",
        ]
    return "\n".join(lines)


def _signal(drive: float, tones: Tones) -> list[str]:
    if not tones:
        return [
            "from skimage import data",
            "",
            "picture = data.camera()[::4, ::4] / 127.5 - 1",
            "row = (picture - picture.mean())[50]",
            f"x = {drive!r} * (row - row.mean())",
        ]
    waves = " + ".join(f"{amplitude!r} * np.cos({cycles} * phase)" for cycles, amplitude in tones)
    return ["phase = 2 * np.pi * np.arange(128) / 128", f"x = {waves}"]
