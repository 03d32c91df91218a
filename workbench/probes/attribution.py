"""How the measured energy of a layer divides into orders with their causes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.probes.lattice import Grid, distinct_orders, order_period, principal
from workbench.probes.partition import Partition

ROUNDING = 1e-12  # share of a layer's power below which nothing leaked
LATTICE_SHARE = 0.25  # where the lattice fills so much of the bins, leakage can hardly be told from images
TAIL_SHARE = 0.01  # where so much lies in the highest orders, more of them fold in phase

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """The energy of one layer, divided.

    Attributes
    ----------
    table : ndarray, shape (2K + 1, causes) or (2K + 1, 2K + 1, causes)
        Power of the orders −K … K (of each tone); columns direct, folded, image_1 … image_D, leakage.
    total : float
        All of it.
    by_phase : ndarray
        Power of the phase orders 0, ±1, ±2, … together (of the first tone).
    tail : float
        Share of the top quarter of phase orders.
    spur : float
        Power of the strongest ± pair of bins besides DC and the direct fundamentals.
    period, phases : int
        Orders of one tone that differ by `period` are one; phase orders are modulo `phases`.
    real : bool
        Whether the layer is real.
    filled : float
        Share of the bins that lie on the lattices of one phase order.
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

    @property
    def higher(self) -> float:
        """Share of the phase orders other than 0 and ±1; 1 for a complex layer."""
        return 1 - float(self.by_phase[:2].sum()) / (self.total or 1.0) if self.real else 1.0

    def listed(self, by_class: Array) -> Array:
        """Place powers of the classes −⌊P/2⌋ … ⌈P/2⌉−1 modulo `period` where the measured ones are listed."""
        result = np.zeros(len(self.table))
        for order, weight in distinct_orders(self.period, self.real):
            shown = order if abs(order) <= self.highest else principal(order, self.phases)
            result[shown + self.highest] += weight * by_class[(order + self.period // 2) % self.period]
        return result


def attribute(found: Partition, sums: Array) -> Share:
    """Divide a layer's energy by order and cause.

    Parameters
    ----------
    found : Partition
        What its stored bins stand for.
    sums : ndarray
        `Partition.sums` of its energies.
    """
    spectrum, phases, real = found.spectrum, found.phases, found.real
    rows = sums[found.number : -1].reshape(-1, *(phases,) * (found.axes - 1))
    every = np.arange(phases)
    least = np.minimum(every, phases - every)
    if real:
        rows = rows[least]  # of two tones mirrored along l too, which no sum below tells
    total = float(rows.sum())
    top = least >= 3 * phases // 8 + 1
    tail = rows[top].sum() if found.axes == 1 else rows[top[:, None] | top].sum()
    by_phase = np.zeros(phases // 2 + 1)
    np.add.at(by_phase, least, rows.reshape(phases, -1).sum(1))
    period, share = order_period(spectrum, phases), float(tail) / total if total else 0.0
    table = found.table(sums[: found.number])
    notes = [_ambiguity(spectrum, found.filled, share, phases, period), _mistakable(table, phases)]
    return Share(
        table=table,
        total=total,
        by_phase=by_phase,
        tail=share,
        spur=float(sums[-1]),
        period=period,
        phases=phases,
        real=real,
        filled=found.filled,
        ambiguity="; ".join(note for note in notes if note),
    )


def _mistakable(table: Array, phases: int) -> str:
    """Say so where the orders above J/2 are weaker than what leaked: it may be leakage itself."""
    highest = len(table) // 2
    leaked, lines = float(table[..., -1].sum()), table[..., :-1].sum(-1)
    upper = np.abs(np.arange(-highest, highest + 1)) > phases // 2
    beyond = upper if table.ndim == 2 else upper[:, None] | upper
    counted = float(lines[beyond].sum())
    if not ROUNDING * float(table.sum()) < counted < leaked:
        return ""
    return (
        f"orders above {phases // 2} are weaker than the border leakage: what leaks onto a bin of an order "
        f"that differs by {phases} counts as that order; raise phases or compare with circular padding"
    )


def _ambiguity(spectrum: Grid, filled: float, tail: float, phases: int, period: int) -> str:
    lowest, notes = spectrum.lowest, []
    if filled >= LATTICE_SHARE:
        notes.append(
            f"the lattice of the lowest rate passed ({lowest[0]}×{lowest[1]} per frame) fills "
            f"{100 * filled:.0f} % of the bins: so much of any border leakage counts as folded or image; "
            "compare with circular padding"
        )
    if spectrum.collinear:
        notes.append(
            "the tones lie on one line: orders of equal frequency are told apart by their phase alone, those "
            f"that differ by {phases} not at all"
        )
    if tail > TAIL_SHARE:
        apart = period if spectrum.second is None else phases
        notes.append(
            f"{100 * tail:.2g} % of the power lies in the highest orders: orders that differ by {apart} are "
            "counted under the smaller one; raise phases"
        )
    return "; ".join(notes)
