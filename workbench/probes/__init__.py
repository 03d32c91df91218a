"""Taps on any torch module: order analysis, layer spectra."""

from workbench.probes.driving import amplitude_sweep
from workbench.probes.forward import evaluate, further_inputs
from workbench.probes.guard import original, placement, undisturbed
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
from workbench.probes.taps import Layer

__all__ = [
    "REPLACEMENTS",
    "Layer",
    "amplitude_sweep",
    "analyse_orders",
    "evaluate",
    "further_inputs",
    "layer_spectra",
    "listed_replacements",
    "order_spectra",
    "original",
    "placement",
    "possible_replacements",
    "replace_layer",
    "replace_layers",
    "replaced_layers",
    "replacement_notes",
    "undisturbed",
]
