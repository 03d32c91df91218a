"""Taps on any torch module: order analysis, layer spectra."""

from workbench.probes.layers import layer_spectra
from workbench.probes.line_spectra import order_spectra
from workbench.probes.orders import analyse_orders

__all__ = ["analyse_orders", "layer_spectra", "order_spectra"]
