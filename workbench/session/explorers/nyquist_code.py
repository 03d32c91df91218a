"""The Nyquist-band explorer's settings as notebook code."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["code_of"]


def code_of(
    image: Sequence[str],
    mapping: str,
    interpolation: str,
    edge: str,
    error: str,
    amount: float,
    clip: bool,
    markers: Sequence[tuple[float, ...]] = (),
) -> str:
    """Return code, public names only, that maps an image, disturbs it, decodes it, compares.

    Parameters
    ----------
    image : sequence of str
        Lines that make ``slc`` with ``np`` and ``wb`` at hand.
    mapping, interpolation, edge, error, amount, clip
        As the explorer has them.
    markers : sequence of (x, y)
        Places in the spectrum of the image as it is Nyquist-mapped, without the error, cycles/sample.

    >>> code = code_of(["slc = ..."], "nyquist", "bilinear", "drop", "white noise", 0.3, True)
    >>> "nyquist_stages(slc, 'bilinear', edge='drop')" in code, "disturb(mapped, 'white noise', 0.3)" in code
    (True, True)
    """
    wrong = mapping == "nyquist" and interpolation != "ideal"
    names = ["disturb"] * (error != "none") + ["from_network"] * clip
    names += ["nyquist_stages"] * (wrong or bool(markers)) + ["to_network"] * clip
    lines = ["import numpy as np", "import workbench as wb"]
    if names:
        lines += [f"from workbench.mappings import {', '.join(names)}"]
    lines += ["", *image, f'mapping = wb.MAPPINGS["{mapping}"]']
    if wrong:
        lines += [f"mapped = nyquist_stages(slc, {interpolation!r}, edge={edge!r})['mapped'][None]"]
    else:
        lines += [f"mapped = mapping.encode(slc, edge={edge!r})"]
    if error != "none":
        lines += [f"mapped = disturb(mapped, {error!r}, {amount!r})"]
    if clip:
        lines += ["scaled, clipped = to_network(mapped)", "mapped = from_network(scaled)"]
    lines += [
        f"back = mapping.decode(mapped, edge={edge!r})",
        "share = np.sum(abs(back - slc) ** 2) / np.sum(abs(slc) ** 2)",
        "print(10 * np.log10(max(share, 1e-32)), 'dB')  # error over image, power",
        "coherence = wb.coherence(slc, back, window=5)",
        "print(float(coherence.magnitude.mean()))",
        "spectrum = wb.spectrum(mapped[0])",
    ]
    if markers:
        lines += [
            f"clean = nyquist_stages(slc, {interpolation!r}, edge={edge!r})['mapped']",
            "power = abs(np.fft.fft2(clean)) ** 2",
            "level = 10 * np.log10(np.maximum(power / power.max(), 1e-30))",
            f"markers = {list(markers)!r}  # (x, y), cycles/sample",
            "print([float(level[round(y * len(clean)), round(x * len(clean))]) for x, y in markers])",
        ]
    return "\n".join(lines)
