"""Taps on any torch module: order analysis, layer spectra."""

from workbench.probes.driving import amplitude_sweep
from workbench.probes.layers import layer_spectra
from workbench.probes.line_spectra import order_spectra
from workbench.probes.orders import analyse_orders
from workbench.probes.replacing import (
    REPLACEMENTS,
    listed_replacements,
    possible_replacements,
    replace_layer,
    replace_layers,
    replaced_layers,
    replacement_notes,
)

__all__ = [
    "REPLACEMENTS",
    "amplitude_sweep",
    "analyse_orders",
    "layer_spectra",
    "listed_replacements",
    "order_spectra",
    "possible_replacements",
    "replace_layer",
    "replace_layers",
    "replaced_layers",
    "replacement_notes",
]
