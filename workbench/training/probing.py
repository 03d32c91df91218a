"""What happens to a signal in the generator's layers."""

from __future__ import annotations

import numpy as np
import xarray as xr

from workbench.probes import analyse_orders, layer_spectra
from workbench.training.bench import Bench
from workbench.training.observer import Instrument
from workbench.training.plan import Plan

RECORDED_ORDERS = ("power", "theory", "order_tail", "largest_spur", "folded_at")


def layers(bench: Bench) -> Instrument:
    """Watch every layer's spectrum on a fixed batch: the conditions of the samples that are shown."""
    batch = bench.patches.heldout.condition[: bench.plan.shown]

    def measure() -> xr.DataTree:
        tree = layer_spectra(bench.generator, batch)
        nodes = {
            # single precision is plenty for what is drawn, half of what is stored
            layer: node.to_dataset().astype(np.float32).assign_attrs(node.attrs, recorded=["power"])
            for layer, node in tree.children.items()
        }
        return xr.DataTree.from_dict({"/": xr.Dataset(attrs=tree.attrs), **nodes})

    return measure


def orders(bench: Bench) -> Instrument:
    """Watch the orders that a tone in all condition channels makes in every layer."""
    channels, height, width = bench.patches.heldout.condition.shape[1:]
    tone = fitting_tone(bench.plan.probe_tone, (height, width))

    def measure() -> xr.Dataset:
        analysis = analyse_orders(
            bench.generator,
            shape=(channels, height, width),
            tone=tone,
            phases=bench.plan.probe_phases,
            amplitude=bench.plan.probe_amplitude,
        )
        return analysis.assign_attrs(recorded=list(RECORDED_ORDERS))

    return measure


def fitting_tone(tone: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Return the test tone that an image of this size can hold.

    The plan's default tone is meant for 64 pixels; along an axis too small for it, it is scaled down. Any
    other tone is taken at its word.

    Parameters
    ----------
    tone, size : (int, int)
        Cycles per frame, pixels, along (y, x).

    Returns
    -------
    (int, int)
        Cycles per frame.

    Examples
    --------
    >>> fitting_tone((5, 11), (64, 64)), fitting_tone((5, 11), (16, 16)), fitting_tone((3, 9), (16, 16))
    ((5, 11), (5, 2), (3, 9))
    """
    if tone != Plan.probe_tone:
        return tone
    y, x = (m if 2 * m < n else max(1, m * n // 64) for m, n in zip(tone, size, strict=True))
    return y, x
