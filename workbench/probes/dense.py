"""How the measured energy of every bin divides into orders with their causes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from workbench.probes.lattice import (
    Grid,
    Order,
    distinct_orders,
    explain,
    highest_order,
    mirrored,
    order_period,
    principal,
)
from workbench.probes.partition import Partition

MOST = 256  # pairs of orders with dense spectra of their own

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
        By order (of two tones by pair of orders), unshifted bins.
    """

    causes: list[str]
    real: bool
    total: float
    power: dict[Order, Array] = field(default_factory=dict)
    cause: dict[Order, Codes] = field(default_factory=dict)

    def at(self, order: Order, window: tuple[int, int]) -> tuple[Array, Codes]:
        """Flat arrays of one order; what nothing explains is leakage."""
        if order not in self.power:
            self.power[order] = np.zeros(window)
            self.cause[order] = np.full(window, len(self.causes) - 1, dtype=np.int8)
        return self.power[order].reshape(-1), self.cause[order].reshape(-1)

    def by_order(self) -> dict[Order, float]:
        """Power of each order, ascending."""
        orders = sorted(self.power, key=lambda order: order if isinstance(order, tuple) else (order,))
        return {order: float(self.power[order].sum()) for order in orders}


def causes_of(spectrum: Grid) -> list[str]:
    """Names of the causes by their code."""
    images = [f"image_{level}" for level in range(1, len(spectrum.levels) + 1)]
    return ["direct", "folded", *images, "leakage"]


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
    rows = _all_rows(energy, phases) if real else energy
    result = Dense(causes_of(spectrum), real, float(rows.sum()))
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


def divide_pairs(energy: Array, found: Partition, least: float) -> Dense:
    """Give every bin of two tones to the pair of orders that the partition says.

    Parameters
    ----------
    energy : ndarray, shape (row, y, x)
        As of `divide`; row k·J + l is the phase order (k, l).
    found : Partition
        What these bins stand for.
    least : float
        Share of the layer's power that a pair must hold; no more than the strongest 256 are kept.
    """
    spectrum = found.spectrum
    bins = energy[0].size
    flat, codes = energy.reshape(-1), found.codes.cpu().numpy()
    cell, weight = np.empty(found.number, np.int64), np.empty(found.number)
    cell[found.share_of], weight[found.share_of] = found.cell, found.weight
    pair, cause = np.divmod(cell[codes], found.shape[-1])
    twice = weight[codes]  # 2: the row stands for its mirror image too, which is not stored
    side, count = found.shape[0], int(np.prod(found.shape[:2]))
    total = np.bincount(pair, flat * twice, minlength=count)
    both = (total + total[::-1]) / 2 if found.real else total
    result = Dense(causes_of(spectrum), found.real, float(both.sum()))
    strongest = np.argsort(-both, kind="stable")[:MOST]
    kept = set(strongest[both[strongest] > least * result.total].tolist())
    for number in kept | {count - 1 - number for number in kept if found.real}:
        k, l = (int(index) - side // 2 for index in divmod(number, side))  # noqa: E741
        power, named = result.at((k, l), spectrum.window)
        here = np.flatnonzero(pair == number)
        half = twice[here] / 2 if found.real else twice[here]
        np.add.at(power, here % bins, flat[here] * half)
        named[here % bins] = cause[here]
        if found.real:
            there = np.flatnonzero(pair == count - 1 - number)
            opposite = mirrored(there % bins, spectrum.window)
            np.add.at(power, opposite, flat[there] * twice[there] / 2)
            named[opposite] = cause[there]
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
