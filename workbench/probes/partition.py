"""To which order, by which cause, the energy of every stored bin of a layer belongs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from workbench.probes.lattice import (
    DIRECT,
    FOLDED,
    IMAGE,
    Grid,
    Order,
    direct_bin,
    distinct_orders,
    explain,
    folded,
    highest_order,
    mirrored,
    order_period,
    principal,
    true_frequency,
)
from workbench.probes.reduction import stored_rows

_KEPT_BINS = 1 << 20  # stored bins of a layer whose partition is remembered

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Partition:
    """What the stored bins of a layer (row, y, x) stand for, as classes of bins.

    Attributes
    ----------
    spectrum : Grid
        The layer's frequencies.
    phases, real
        J, and whether negative phase orders are the mirror image of the stored ones.
    codes : Tensor of int64
        Class of every stored bin, flat.
    number : int
        Of classes.
    share_of, cell, weight : ndarray
        Class share_of[i] adds its energy times weight[i] to cell[i] of the flat table.
    shape : tuple of int
        Of the table: orders −K … K of each tone, causes.
    filled : float
        Share of the bins that lie on the lattices of one phase order.
    twice : Tensor
        How many phase orders each stored row stands for.
    mirror, counted : Tensor
        Flat index of every bin's mirror image; factor of the ± pair it makes with it (0 for DC and the
        fundamentals).
    """

    spectrum: Grid
    phases: int
    real: bool
    codes: Tensor
    number: int
    share_of: Whole
    cell: Whole
    weight: npt.NDArray[np.float64]
    shape: tuple[int, ...]
    filled: float
    twice: Tensor
    mirror: Tensor
    counted: Tensor

    @property
    def axes(self) -> int:
        """Number of tones."""
        return len(self.shape) - 1

    def sums(self, energy: Tensor) -> Tensor:
        """Sum energies (row, y, x) up, on their device: of the classes, of the rows, of the largest spur.

        The spur is the strongest ± pair of bins besides DC and the direct fundamentals.
        """
        by_class = energy.new_zeros(self.number).scatter_add_(0, self.codes, energy.reshape(-1))
        rows = energy.flatten(1)
        bins = self.twice @ rows
        spur = ((bins + bins[self.mirror]) * self.counted).max()
        return torch.cat([by_class, rows.sum(1), spur[None]])

    def table(self, by_class: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Power of the orders −K … K (of each tone) by cause."""
        table = np.zeros(self.shape)
        np.add.at(table.reshape(-1), self.cell, by_class[self.share_of] * self.weight)
        if self.real and self.axes == 2:
            # Every bin has one owner, for both signs; where orders tie, the signs share it.
            table = (table + table[::-1, ::-1]) / 2
        return table


def partition(spectrum: Grid, phases: int, real: bool, device: torch.device) -> Partition:
    """Divide the stored bins of a layer into classes, each of one order (or two) and one cause.

    A bin of phase order k mod J belongs to the smallest order whose lattice it lies on: to what is congruent
    to its true frequency modulo the lowest rate passed. Orders that agree in phase and lattice merge under
    the smallest; those beyond the ones that are listed count under their phase order, with their cause. What
    lies on no lattice is leakage of the phase order.
    """
    axes = 1 if spectrum.second is None else 2
    bins = stored_rows(phases, axes, real) * math.prod(spectrum.window)
    make = _remembered if bins <= _KEPT_BINS else _partition
    return make(spectrum, phases, real, device)


def listed_orders(spectrum: Grid, phases: int) -> int:
    """K: the table lists the orders −K … K; of two tones no more than J."""
    return highest_order(spectrum, phases) if spectrum.second is None else phases


def _partition(spectrum: Grid, phases: int, real: bool, device: torch.device) -> Partition:
    columns = IMAGE + len(spectrum.levels) + 1
    highest = listed_orders(spectrum, phases)
    axes = 1 if spectrum.second is None else 2
    shape = (*(2 * highest + 1,) * axes, columns)
    if axes == 1:
        owners = _owners_of_one(spectrum, phases, real, math.prod(shape))
    else:
        owners = _owners_of_two(spectrum, phases, real)
    values, codes = np.unique(owners, return_inverse=True)
    share_of, cell, weight = _decoded(values, math.prod(shape))
    if axes == 2:
        # Stored rows whose first index is neither 0 nor J/2 stand for their mirror images too.
        own = (cell // columns // (2 * highest + 1) - highest) % phases
        weight = np.where(_own_mirror(own, phases) | (not real), 1.0, 2.0)
    elif real:
        own = (cell // columns - highest) % phases
        shared = np.bincount(share_of)[share_of] == 2
        weight = np.where(_own_mirror(own, phases) & shared, 0.5, 1.0)
    first = np.arange(stored_rows(phases, 1, real))
    twice = np.where(_own_mirror(first, phases) | (not real), 1.0, 2.0).repeat(phases ** (axes - 1))
    mirror, counted = _pairs(spectrum)
    return Partition(
        spectrum=spectrum,
        phases=phases,
        real=real,
        codes=torch.from_numpy(codes.reshape(-1)).to(device),
        number=len(values),
        share_of=share_of,
        cell=cell,
        weight=weight,
        shape=shape,
        filled=_filled(spectrum, phases),
        twice=torch.from_numpy(twice).to(device),
        mirror=torch.from_numpy(mirror).to(device),
        counted=torch.from_numpy(counted).to(device),
    )


_remembered = lru_cache(maxsize=64)(_partition)


def _own_mirror(row: Any, phases: int) -> Any:
    """Whether phase orders are their own mirror image: 0 and J/2."""
    return (row == 0) | (2 * row == phases)


def _filled(spectrum: Grid, phases: int) -> float:
    if spectrum.second is None:
        met = order_period(spectrum, phases) // phases
    else:
        met = len(_smallest(spectrum, np.zeros(2, dtype=np.int64), _reach(spectrum, phases)))
    return met / math.prod(spectrum.lowest)


def _pairs(spectrum: Grid) -> tuple[Whole, npt.NDArray[np.float64]]:
    here = np.arange(math.prod(spectrum.window))
    mirror = mirrored(here, spectrum.window)
    counted = np.where(mirror == here, 0.5, 1.0)
    counted[0] = 0.0
    units: list[Order] = [1] if spectrum.second is None else [(1, 0), (0, 1)]
    for order in units:
        for f in (order, -order if isinstance(order, int) else (-order[0], -order[1])):
            fundamental = direct_bin(spectrum, f)
            if fundamental:
                counted[fundamental[0] * spectrum.window[1] + fundamental[1]] = 0.0
    return mirror, counted


def _decoded(values: Whole, cells: int) -> tuple[Whole, Whole, npt.NDArray[np.float64]]:
    """Which cells each class belongs to: the digits of its code, less 1, to the base cells + 1."""
    first, second = np.divmod(values, cells + 1)
    both = np.flatnonzero(first)
    share_of = np.concatenate([np.arange(len(values)), both])
    cell = np.concatenate([second, first[both]]) - 1
    return share_of, cell, np.ones(len(cell))


# ------------------------------------------------------------------ one tone
def _owners_of_one(spectrum: Grid, phases: int, real: bool, cells: int) -> Whole:
    """Code of every stored bin: its cell + 1, a second one in the next digit.

    A stored row of a real layer stands for k and −k, so its bins have two owners; those of the orders 0 and
    J/2, their own mirror images, have two where ±k are not told apart.
    """
    bins = math.prod(spectrum.window)
    owners = np.zeros(stored_rows(phases, 1, real) * bins, dtype=np.int64)
    columns = IMAGE + len(spectrum.levels) + 1
    highest = highest_order(spectrum, phases)
    explained = np.zeros((phases, bins), dtype=bool)
    for order, where, cause in _lines(spectrum, phases, real):
        row = order % phases
        explained[row, where] = True
        shown = order if abs(order) <= highest else principal(order, phases)
        index = row * bins + where
        if real and 2 * row > phases:
            index = (phases - row) * bins + mirrored(where, spectrum.window)
        owners[index] = owners[index] * (cells + 1) + (shown + highest) * columns + cause + 1
    for row in range(phases):
        rest = np.flatnonzero(~explained[row])
        index = row * bins + rest
        if real and 2 * row > phases:
            index = (phases - row) * bins + mirrored(rest, spectrum.window)
        for order in _shown(row, phases, real):
            owners[index] = owners[index] * (cells + 1) + (order + highest + 1) * columns
    return owners


def _lines(spectrum: Grid, phases: int, real: bool) -> Iterator[tuple[int, Whole, npt.NDArray[np.int8]]]:
    for order, _ in distinct_orders(order_period(spectrum, phases), real):
        where, cause = explain(spectrum, order)
        yield order, where, cause


def _shown(row: int, phases: int, real: bool) -> list[int]:
    """Signed phase order(s) of a row: J/2 of a real layer is half +J/2, half −J/2."""
    if real and 2 * row == phases:
        return [row, -row]
    return [principal(row, phases) if 2 * row != phases else -row]


# ------------------------------------------------------------------ two tones
def _owners_of_two(spectrum: Grid, phases: int, real: bool) -> Whole:
    """Code of every stored bin: its cell + 1."""
    reach = _reach(spectrum, phases)
    lines = [
        _owners_of_phase(spectrum, phases, divmod(row, phases), reach)
        for row in range(stored_rows(phases, 2, real))
    ]
    return np.concatenate(lines)


def _owners_of_phase(spectrum: Grid, phases: int, phase: tuple[int, int], reach: Whole) -> Whole:
    """Cell + 1 of every bin of one phase order."""
    columns, highest = IMAGE + len(spectrum.levels) + 1, listed_orders(spectrum, phases)
    steps = np.array([2 * highest + 1, 1]) * columns
    inside = np.array([principal(index, phases) for index in phase])
    base = (inside + highest) @ steps
    line = np.full(math.prod(spectrum.window), base + columns, dtype=np.int64)
    orders = _smallest(spectrum, inside, reach)
    listed = (np.abs(orders) <= highest).all(1)
    shown = np.where(listed, (orders + highest) @ steps, base)
    if spectrum.window == spectrum.lowest:  # one bin each: at its true frequency, or an alias
        true = true_frequency(spectrum, (orders[:, 0], orders[:, 1]))  # type: ignore[arg-type]
        alias = [np.asarray(folded(f, q)[1]) for f, q in zip(true, spectrum.own, strict=True)]
        where = true[0] % spectrum.window[0] * spectrum.window[1] + true[1] % spectrum.window[1]
        line[where] = shown + np.where((alias[0] != 0) | (alias[1] != 0), FOLDED, DIRECT) + 1
        return line
    for (first, second), cell in zip(orders.tolist(), shown.tolist(), strict=True):
        bins_of, cause = explain(spectrum, (first, second))
        line[bins_of] = cause.astype(np.int64) + cell + 1
    return line


def _reach(spectrum: Grid, phases: int) -> Whole:
    """Multiples of J, along both orders, within which every class of the lattice is met at its smallest."""
    periods = []
    for tone in (spectrum.tone, spectrum.second or spectrum.tone):
        steps = [r // math.gcd(r, phases * m) for r, m in zip(spectrum.lowest, tone, strict=True)]
        periods.append(math.lcm(*steps) // 2 + 1)
    a, b = np.mgrid[-periods[0] : periods[0] + 1, -periods[1] : periods[1] + 1]
    return phases * np.stack([a.ravel(), b.ravel()], axis=1)


def _smallest(spectrum: Grid, order: Whole, reach: Whole) -> Whole:
    """Select, of the orders that agree in phase with one, the smallest |k| + |l| on each lattice they lie on.

    Of equally small ones that of the lower frequency: so swapped tones give swapped orders.
    """
    orders = reach + order
    true = true_frequency(spectrum, (orders[:, 0], orders[:, 1]))  # type: ignore[arg-type]
    y, x = (np.asarray(f) for f in true)
    lowest = spectrum.lowest
    best = np.lexsort((x, y, np.abs(y), np.abs(y) + np.abs(x), np.abs(orders).sum(1)))
    _, first = np.unique((y % lowest[0] * lowest[1] + x % lowest[1])[best], return_index=True)
    return orders[best[first]]
