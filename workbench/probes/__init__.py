"""Taps on any torch module: order analysis, layer spectra."""
