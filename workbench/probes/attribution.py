"""How the measured energy of a layer divides into orders with their causes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from workbench.probes.lattice import (
    IMAGE,
    Grid,
    Pair,
    direct_bin,
    distinct_orders,
    highest_order,
    lines,
    mirrored,
    order_period,
    principal,
)

LATTICE_SHARE = 0.25  # where the lattice fills so much of the bins, leakage can hardly be told from images
TAIL_SHARE = 0.01  # where so much lies in the highest orders, more of them fold in phase

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """The energy of one layer, divided.

    Attributes
    ----------
    table : ndarray, shape (2K + 1, causes)
        Power of order −K … K; columns direct, folded, image_1 … image_D, leakage.
    total : float
        All of it.
    by_phase : ndarray
        Power of the phase orders 0, ±1, ±2, … together.
    tail : float
        Share of the top quarter of phase orders.
    spur : float
        Power of the strongest ± pair of bins besides DC and the direct fundamental.
    period, phases : int
        Orders that differ by `period` are one; phase orders are modulo `phases`.
    real : bool
        Whether the layer is real.
    filled : float
        Share of the bins that lie on the lattice of one phase order.
    ambiguity : str
        What could not be told apart, empty if everything was.
    """

    table: Array
    total: float
    by_phase: Array
    tail: float
    spur: float
    period: int
    phases: int
    real: bool
    filled: float
    ambiguity: str

    @property
    def highest(self) -> int:
        """K."""
        return len(self.table) // 2

    def listed(self, by_class: Array) -> Array:
        """Place powers of the classes −⌊P/2⌋ … ⌈P/2⌉−1 modulo `period` where the measured ones are listed."""
        result = np.zeros(len(self.table))
        for order, weight in distinct_orders(self.period, self.real):
            shown = order if abs(order) <= self.highest else principal(order, self.phases)
            result[shown + self.highest] += weight * by_class[(order + self.period // 2) % self.period]
        return result


def attribute(energy: Array, spectrum: Grid, phases: int, real: bool) -> Share:
    """Divide a layer's energy by order and cause.

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
    """
    highest = highest_order(spectrum, phases)
    columns = IMAGE + len(spectrum.levels) + 1
    cells = np.zeros((2 * highest + 1) * columns)
    flat = energy.reshape(-1)
    for block in lines(spectrum, phases, real):
        cells += np.bincount(block.cell, weights=flat[block.index] * block.weight, minlength=cells.size)
    table = cells.reshape(-1, columns)
    explained = np.zeros(phases)
    np.add.at(explained, np.arange(-highest, highest + 1) % phases, table.sum(1))
    rows = energy.sum((1, 2))
    if real:
        rows = rows[np.minimum(np.arange(phases), phases - np.arange(phases))]
    for row, rest in enumerate(np.maximum(rows - explained, 0.0)):
        for order, weight in _shown(row, phases, real):
            table[order + highest, -1] += weight * rest
    total = float(rows.sum())
    by_phase = np.zeros(phases // 2 + 1)
    np.add.at(by_phase, np.minimum(np.arange(phases), phases - np.arange(phases)), rows)
    top = int(np.floor(3 * phases / 8)) + 1
    period = order_period(spectrum, phases)
    filled = period // phases / math.prod(spectrum.lowest)
    tail = float(by_phase[top:].sum()) / total if total else 0.0
    return Share(
        table=table,
        total=total,
        by_phase=by_phase,
        tail=tail,
        spur=_largest_spur(energy, spectrum, phases, real),
        period=period,
        phases=phases,
        real=real,
        filled=filled,
        ambiguity=_ambiguity(spectrum, filled, tail, period),
    )


def _shown(row: int, phases: int, real: bool) -> list[tuple[int, float]]:
    """Signed phase order(s) of a row: J/2 of a real layer is half +J/2, half −J/2."""
    if real and 2 * row == phases:
        return [(row, 0.5), (-row, 0.5)]
    return [(principal(row, phases) if 2 * row != phases else -row, 1.0)]


def _largest_spur(energy: Array, spectrum: Grid, phases: int, real: bool) -> float:
    both = np.full(len(energy), 2.0 if real else 1.0)
    if real:  # rows 0 and J/2 are their own mirror images
        both[0] = 1.0
        both[-1] = 2.0 if phases % 2 else 1.0
    bins = both @ energy.reshape(len(energy), -1)
    mirror, count = _pairs(spectrum.window)
    pairs = (bins + bins[mirror]) * count
    pairs[0] = 0.0
    for sign in (1, -1):
        fundamental = direct_bin(spectrum, sign)
        if fundamental:
            pairs[fundamental[0] * spectrum.window[1] + fundamental[1]] = 0.0
    return float(pairs.max())


@lru_cache(maxsize=64)
def _pairs(window: Pair) -> tuple[npt.NDArray[np.int64], Array]:
    """Flat index of every bin's mirror image, and 1 (1/2 for a bin that is its own)."""
    here = np.arange(math.prod(window))
    mirror = mirrored(here, window)
    return mirror, np.where(mirror == here, 0.5, 1.0)


def _ambiguity(spectrum: Grid, filled: float, tail: float, period: int) -> str:
    lowest, notes = spectrum.lowest, []
    if filled >= LATTICE_SHARE:
        notes.append(
            f"the lattice of the lowest rate passed ({lowest[0]}×{lowest[1]} per frame) fills "
            f"{100 * filled:.0f} % of the bins: so much of any border leakage counts as folded or image; "
            "compare with circular padding"
        )
    if tail > TAIL_SHARE:
        notes.append(
            f"{100 * tail:.2g} % of the power lies in the highest orders: orders that differ by {period} are "
            "counted under the smaller one; raise phases"
        )
    return "; ".join(notes)
