"""How an acquisition is made: paths, speckle, noise, processing, second antenna."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.scenes.raytracing.focusing import spectral_window
from workbench.scenes.raytracing.tracing import require_bounces
from workbench.scenes.validity import require_whole


@dataclass(frozen=True)
class Acquisition:
    """What is received of a scene, and how it is processed.

    Attributes
    ----------
    bounces : int
        Longest paths, 1 … 5.
    rays : int
        Rays per pixel and axis on flat ground.
    speckle : bool
        Whether every echo has a circular Gaussian factor of mean power 1; without, its phase is its range
        alone.
    snr_db : float or None
        Power of flat ground over thermal noise in dB; None for no noise.
    psf, bandwidth
        Point-spread function, "sinc" or "hamming", and the processed share of the spectrum.
    baseline : float or None
        Perpendicular baseline of a second antenna in metres; None for none.
    temporal : float
        γ of the scatterers between the two acquisitions, 0 … 1: ``q2 = γ q1 + sqrt(1 − γ²) q'``.

    Raises
    ------
    ValueError
        For a value out of its range.
    """

    bounces: int = 3
    rays: int = 2
    speckle: bool = True
    snr_db: float | None = 20.0
    psf: str = "hamming"
    bandwidth: float = 0.8
    baseline: float | None = None
    temporal: float = 1.0

    def __post_init__(self) -> None:
        require_bounces(self.bounces)
        require_whole("an acquisition", rays=self.rays)
        if self.rays > 16:
            raise ValueError(f"an acquisition takes at most 16 rays per pixel and axis, found {self.rays}")
        spectral_window(8, self.psf, self.bandwidth)
        if self.snr_db is not None and not np.isfinite(self.snr_db):
            raise ValueError(
                f"a finite signal-to-noise ratio in dB is needed, or None, found {self.snr_db!r}"
            )
        if self.baseline is not None and not np.isfinite(self.baseline):
            raise ValueError(f"a finite baseline in metres is needed, or None, found {self.baseline!r}")
        if not 0 <= self.temporal <= 1:
            raise ValueError(f"a temporal coherence between 0 and 1 is needed, found {self.temporal!r}")
