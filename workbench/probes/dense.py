"""How the measured energy of every bin divides into orders with their causes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from workbench.probes.lattice import (
    Grid,
    distinct_orders,
    explain,
    highest_order,
    order_period,
    principal,
)

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]


@dataclass
class Dense:
    """Power and cause of every bin, for every order of one layer.

    Attributes
    ----------
    causes : list of str
        What the codes 0, 1, … mean.
    real : bool
        Whether the layer is real.
    total : float
        All power.
    power, cause : dict of ndarray, shape (y, x)
        By order, unshifted bins.
    """

    causes: list[str]
    real: bool
    total: float
    power: dict[int, Array] = field(default_factory=dict)
    cause: dict[int, Codes] = field(default_factory=dict)

    def at(self, order: int, window: tuple[int, int]) -> tuple[Array, Codes]:
        """Flat arrays of one order; what nothing explains is leakage."""
        if order not in self.power:
            self.power[order] = np.zeros(window)
            self.cause[order] = np.full(window, len(self.causes) - 1, dtype=np.int8)
        return self.power[order].reshape(-1), self.cause[order].reshape(-1)

    def by_order(self) -> dict[int, float]:
        """Power of each order, ascending."""
        return {order: float(self.power[order].sum()) for order in sorted(self.power)}


def divide(energy: Array, spectrum: Grid, phases: int, real: bool) -> Dense:
    """Give every bin of every phase order to the smallest order whose lattice it lies on.

    Parameters
    ----------
    energy : ndarray, shape (row, y, x)
        |DFT2|² summed over channels of the phase orders 0 … J//2 (real) or 0 … J−1, unshifted bins.
    spectrum : Grid
        The layer's frequencies.
    phases : int
        J.
    real : bool
        Whether negative phase orders are the mirror image of the positive ones.

    Notes
    -----
    Dense counterpart of `attribution.attribute`, with its rules: orders that phase and lattice do not tell
    apart merge; those beyond ``max(64, J)`` and what lies on no lattice count under the phase order.
    """
    images = [f"image_{level}" for level in range(1, len(spectrum.levels) + 1)]
    rows = _all_rows(energy, phases) if real else energy
    result = Dense(["direct", "folded", *images, "leakage"], real, float(rows.sum()))
    flat = rows.reshape(phases, -1)
    explained = np.zeros(flat.shape, dtype=bool)
    limit = highest_order(spectrum, phases)
    for order, weight in distinct_orders(order_period(spectrum, phases), real):
        where, cause = explain(spectrum, order)
        row = order % phases
        found = flat[row][where]
        explained[row, where] = True
        if not found.any():
            continue
        power, codes = result.at(order if abs(order) <= limit else principal(order, phases), spectrum.window)
        power[where] += weight * found
        codes[where] = cause
    for row in range(phases):
        rest = np.flatnonzero(~explained[row])
        if flat[row, rest].any():
            for order, weight in shown_orders(row, phases, real):
                power, _ = result.at(order, spectrum.window)
                power[rest] += weight * flat[row, rest]
    return result


def shown_orders(row: int, phases: int, real: bool) -> list[tuple[int, float]]:
    """Signed phase order(s) of a row: J/2 of a real layer is half +J/2, half −J/2.

    Examples
    --------
    >>> shown_orders(7, 8, True), shown_orders(4, 8, True), shown_orders(4, 8, False)
    ([(-1, 1.0)], [(4, 0.5), (-4, 0.5)], [(-4, 1.0)])
    """
    if real and 2 * row == phases:
        return [(row, 0.5), (-row, 0.5)]
    return [(principal(row, phases) if 2 * row != phases else -row, 1.0)]


def _all_rows(half: Array, phases: int) -> Array:
    """Phase orders 0 … J−1 of a real layer: those beyond J//2 are the mirror images of the others."""
    count, height, width = half.shape
    mirrored = half[:, -np.arange(height) % height][:, :, -np.arange(width) % width]
    return np.concatenate([half, mirrored[[phases - row for row in range(count, phases)]]])
