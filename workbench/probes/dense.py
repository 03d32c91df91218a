"""How the measured energy of every bin divides into orders with their causes."""

from __future__ import annotations

from collections.abc import Iterable
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


def pair_powers(energy: Array, found: Partition) -> dict[Order, float]:
    """Power of each pair of orders of two tones, the strongest first; arguments as of `divide_pairs`."""
    pair, _, times = _pairs_of(found)
    total: Array = np.bincount(pair, energy.reshape(-1) * times, minlength=_count(found)).astype(np.float64)
    if found.real:
        total = (total + total[::-1]) / 2
    strongest = np.argsort(-total, kind="stable")
    return {_order(found, number): float(total[number]) for number in strongest.tolist()}


def divide_pairs(energy: Array, found: Partition, orders: Iterable[Order], total: float) -> Dense:
    """Give every bin of some pairs of orders of two tones its power and cause.

    Parameters
    ----------
    energy : ndarray, shape (row, y, x)
        As of `divide`; row k·J + l is the phase order (k, l).
    found : Partition
        What these bins stand for.
    orders : iterable of pairs of int
        Those wanted; of a real layer with their negatives.
    total : float
        Power of the layer.
    """
    pair, cause, times = _pairs_of(found)
    window, bins = found.spectrum.window, energy[0].size
    flat = energy.reshape(-1) * times
    order = np.argsort(pair, kind="stable")
    edges = np.searchsorted(pair[order], np.arange(_count(found) + 1))
    result = Dense(causes_of(found.spectrum), found.real, total)
    both = 0.5 if found.real else 1.0  # a real layer's bins stand for both signs
    for wanted in orders:
        power, named = result.at(wanted, window)
        number = _number(found, wanted)
        here = order[edges[number] : edges[number + 1]]
        np.add.at(power, here % bins, flat[here] * both)
        named[here % bins] = cause[here]
        if found.real:
            number = _count(found) - 1 - number
            there = order[edges[number] : edges[number + 1]]
            opposite = mirrored(there % bins, window)
            np.add.at(power, opposite, flat[there] * both)
            named[opposite] = cause[there]
    return result


def _pairs_of(found: Partition) -> tuple[npt.NDArray[np.int64], Codes, Array]:
    """Return of every stored bin the number of its pair of orders, its cause, how many bins it stands for."""
    cell, weight = np.empty(found.number, np.int64), np.empty(found.number)
    cell[found.share_of], weight[found.share_of] = found.cell, found.weight
    pair, cause = np.divmod(cell, found.shape[-1])
    codes = found.codes.cpu().numpy()
    return pair[codes], cause.astype(np.int8)[codes], weight[codes]


def _count(found: Partition) -> int:
    return found.shape[0] * found.shape[1]


def _order(found: Partition, number: int) -> Order:
    k, l = (index - found.shape[0] // 2 for index in divmod(number, found.shape[0]))  # noqa: E741
    return k, l


def _number(found: Partition, order: Order) -> int:
    k, l = (index + found.shape[0] // 2 for index in order)  # type: ignore[union-attr]  # noqa: E741
    return k * found.shape[0] + l


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
