"""What is written about the measures of an image."""

from __future__ import annotations

import numpy as np

from workbench.session.explorers import Readout
from workbench.session.frame import Frame
from workbench.session.scenes.shelf import View

__all__ = ["histogram_frame", "readouts", "spectrum_frame"]


def _signed(value: float) -> str:
    """Write three places with a sign, none of what is left of rounding.

    >>> _signed(0.349), _signed(-0.0002)
    ('+0.349', '0.000')
    """
    return f"{value:+.3f}" if abs(value) >= 0.0005 else "0.000"


def spectrum_frame(view: View) -> Frame:
    """Return the spectrum with centroid, occupied band, in words where both lie."""
    found = view.statistics
    centroid, occupied = found["centroid"].values, found["occupied_bandwidth"].values
    data = view.spectrum.to_dataset(name="level")
    level = data["level"].values
    data["level"].attrs["scale"] = (
        float(np.clip(10 * np.floor(np.percentile(level, 2) / 10), -80, -20)),
        0.0,
    )
    data.attrs |= {"centroid": centroid.tolist(), "occupied": occupied.tolist()}
    if not np.isfinite(centroid).all():
        return Frame(data, "There is no power.")
    words = (
        f"99 % of the power lies within {occupied[0]:.2f} × {occupied[1]:.2f} cycles/sample (y, x) around "
        f"({_signed(centroid[0])}, {_signed(centroid[1])})"
    )
    moved = [float(view.image.attrs.get(f"recentred_{axis}", 0.0)) for axis in "yx"]
    if any(moved):
        words += f"; moved there from ({_signed(moved[0])}, {_signed(moved[1])})"
    return Frame(data, words.replace("-", "−") + ".")


def histogram_frame(view: View) -> Frame:
    """Return the distribution of the amplitude, in words how far it is from that of speckle."""
    data, cv = view.histogram, float(view.statistics["intensity_cv"])
    if not np.isfinite(cv):
        return Frame(data, "There is no power.")
    words = (
        f"The intensity varies by {cv:.2f} of its mean; fully developed speckle (Rayleigh amplitude) has 1"
    )
    above = 100 * float(data.attrs["above"])
    if above:
        words += f". {above:.2g} % of the pixels lie beyond the axis"
    return Frame(data, words + ".")


def readouts(view: View) -> tuple[Readout, ...]:
    """Return the numbers that stand over the panels; NaN where there is no power to measure."""
    found = view.statistics
    centroid, occupied = found["centroid"].values, found["occupied_bandwidth"].values
    looks = float(found["looks"]) if np.isfinite(found["intensity_cv"]) else np.nan
    where = "on the middle 512 × 512 pixels" if max(view.image["slc"].shape) > 512 else "on all pixels"
    result = [
        Readout(
            "speckle CV", float(found["intensity_cv"]), "", f"standard deviation over mean of |x|², {where}"
        ),
        Readout(
            "looks",
            np.inf if looks >= 1e6 else looks,
            "",
            "equivalent, where it is most homogeneous; below 1: it is nowhere",
        ),
        Readout(
            "phase uniformity",
            float(found["phase_chi2"]),
            "χ²/dof",
            "1 for uniform phase of independent pixels, more where neighbours are alike",
        ),
    ]
    for axis, f, width in zip(("y", "x"), centroid, occupied, strict=True):
        result += [
            Readout(f"centroid {axis}", float(f), "cycles/sample", "middle of the spectrum (Madsen 1989)"),
            Readout(f"bandwidth {axis}", float(width), "cycles/sample", "99 % of the power"),
        ]
    gone = 100 * float(found["zero_share"] + found["invalid_share"])
    return (*result, Readout("empty", gone, "% of pixels", "zero, NaN or infinite"))
