"""The theory: folding, harmonics, resampling, spectra, figures of merit, in float64 with closed forms.

Rarely used parts of scipy are named in full (``scipy.signal.firwin``): scipy then loads them at their first
use, which spares every process of the workbench a second.
"""

from workbench.signals.activations import ACTIVATIONS
from workbench.signals.chain import chain_lines, chain_spectrum, filter_gain, layer_chain, oversampled
from workbench.signals.checks import host_array
from workbench.signals.comparison import compare_orders
from workbench.signals.folding import fold
from workbench.signals.formula import parse_formula
from workbench.signals.groups import grouped_power
from workbench.signals.harmonics import harmonic_amplitude_field, harmonic_amplitudes
from workbench.signals.increments import order_increments
from workbench.signals.intercepts import checked_amplitudes, drive_figures
from workbench.signals.lines import predict_spectrum
from workbench.signals.looks import coherence_bias, coherence_null_quantile, coherence_unbiased
from workbench.signals.merit import figures_of_merit
from workbench.signals.narration import describe_increments, describe_origins
from workbench.signals.peaks import find_lines
from workbench.signals.periodograms import power_spectral_density
from workbench.signals.rate_change import (
    change_rate,
    convolution_size,
    follow_line,
    overlap_counts,
    transposed_size,
)
from workbench.signals.registry import Registry
from workbench.signals.resampling import RESAMPLERS, resample_response
from workbench.signals.spectra import power_db, spectrum
from workbench.signals.taylor import taylor_coefficients, taylor_radius

__all__ = [
    "ACTIVATIONS",
    "RESAMPLERS",
    "Registry",
    "chain_lines",
    "chain_spectrum",
    "change_rate",
    "checked_amplitudes",
    "coherence_bias",
    "coherence_null_quantile",
    "coherence_unbiased",
    "compare_orders",
    "convolution_size",
    "describe_increments",
    "describe_origins",
    "drive_figures",
    "figures_of_merit",
    "filter_gain",
    "find_lines",
    "fold",
    "follow_line",
    "grouped_power",
    "harmonic_amplitude_field",
    "harmonic_amplitudes",
    "host_array",
    "layer_chain",
    "order_increments",
    "overlap_counts",
    "oversampled",
    "parse_formula",
    "power_db",
    "power_spectral_density",
    "predict_spectrum",
    "resample_response",
    "spectrum",
    "taylor_coefficients",
    "taylor_radius",
    "transposed_size",
]
