"""The theory: folding, harmonics, resampling, spectra, figures of merit, in float64 with closed forms."""

from workbench.signals.activations import ACTIVATIONS
from workbench.signals.folding import fold
from workbench.signals.harmonics import harmonic_amplitude_field, harmonic_amplitudes
from workbench.signals.looks import coherence_bias, coherence_null_quantile, coherence_unbiased
from workbench.signals.spectra import power_db, spectrum

__all__ = [
    "ACTIVATIONS",
    "coherence_bias",
    "coherence_null_quantile",
    "coherence_unbiased",
    "fold",
    "harmonic_amplitude_field",
    "harmonic_amplitudes",
    "power_db",
    "spectrum",
]
