"""Coherence between complex images: estimator, null level, interferogram, loss.

`coherence_loss` is loaded when first used: estimates need no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.interferometry.estimator import coherence
from workbench.interferometry.null import NullHypothesis, effective_looks, null_hypothesis
from workbench.interferometry.pairs import (
    DISTURBANCES,
    disturb_pair,
    expected_loss,
    simulate_pair,
    tone_coherence,
    tone_fit,
)
from workbench.interferometry.products import interferogram
from workbench.interferometry.quality import (
    area_above,
    frequency_error_bins,
    magnitude_histogram,
    mean_coherence,
    mirror_ratio_db,
    phase_std,
    power_ratio_db,
    quality_figures,
)

if TYPE_CHECKING:
    from workbench.interferometry.objective import coherence_loss

__all__ = [
    "DISTURBANCES",
    "NullHypothesis",
    "area_above",
    "coherence",
    "coherence_loss",
    "disturb_pair",
    "effective_looks",
    "expected_loss",
    "frequency_error_bins",
    "interferogram",
    "magnitude_histogram",
    "mean_coherence",
    "mirror_ratio_db",
    "null_hypothesis",
    "phase_std",
    "power_ratio_db",
    "quality_figures",
    "simulate_pair",
    "tone_coherence",
    "tone_fit",
]


def __getattr__(name: str) -> Any:
    if name == "coherence_loss":
        return import_module("workbench.interferometry.objective").coherence_loss
    raise AttributeError(f"module 'workbench.interferometry' has no attribute {name!r}")
