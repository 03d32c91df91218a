"""What a spectral bin of a layer stands for: its order, its cause.

All frequencies are in bins of the analysed window: whole numbers, so every congruence is exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from workbench.probes.lineage import Rate

Pair = tuple[int, int]
Order = int | tuple[int, int]  # (k, l) of two tones
DIRECT, FOLDED, IMAGE = 0, 1, 2  # image_1 is IMAGE, image_2 is IMAGE + 1, …


def folded(frequency: int, rate: int) -> Pair:
    """Exact `workbench.signals.fold` of whole numbers: (folded, alias index), interval [−rate/2, rate/2[.

    Examples
    --------
    >>> folded(32, 64), folded(13, 16)
    ((-32, 1), (-3, 1))
    """
    alias = (2 * frequency + rate) // (2 * rate)
    return frequency - rate * alias, alias


def rational_gcd(values: Sequence[Fraction]) -> Fraction:
    """Largest fraction of which every value is a whole multiple.

    Examples
    --------
    >>> rational_gcd([Fraction(64), Fraction(64, 3), Fraction(0)])
    Fraction(64, 3)
    """
    scale = math.lcm(*(value.denominator for value in values))
    return Fraction(math.gcd(*(int(value * scale) for value in values)), scale)


@dataclass(frozen=True)
class Grid:
    """The frequencies of one layer, in bins of the window that is analysed.

    Attributes
    ----------
    window : pair of int
        Samples analysed along y and x.
    tone : pair of int
        The input tone, the first of two.
    rates : tuple of pairs of int
        Every rate passed on a path from the input, highest first.
    own, frame : pair of int
        The layer's own rate and the input's.
    scale : pair of Fraction
        Window bins per cycle of the input frame.
    second : pair of int, optional
        The second of two tones.
    """

    window: Pair
    tone: Pair
    rates: tuple[Pair, ...]
    own: Pair
    frame: Pair
    scale: tuple[Fraction, Fraction]
    second: Pair | None = None

    @cached_property
    def lowest(self) -> Pair:
        """The spacing of the lattice that all rates passed span: the lowest, where they divide each other."""
        return math.gcd(*(q[0] for q in self.rates)), math.gcd(*(q[1] for q in self.rates))

    @property
    def collinear(self) -> bool:
        """Whether two tones lie on one line through 0, so that different orders have equal frequencies."""
        return self.second is not None and self.tone[0] * self.second[1] == self.tone[1] * self.second[0]

    @cached_property
    def tone_period(self) -> int:
        """Orders that differ by this share the lattice (before phases tell them apart)."""
        return math.lcm(*(r // math.gcd(r, m) for r, m in zip(self.lowest, self.tone, strict=True)))

    @cached_property
    def levels(self) -> tuple[Pair, ...]:
        """Rate of image level 1, 2, …: the frame's halved ones, then other rates passed."""
        lowest = self.lowest
        levels: list[Pair] = []
        while True:
            before = levels[-1] if levels else self.frame
            after = tuple(
                b // 2 if b % 2 == 0 and (b // 2) % r == 0 else b for b, r in zip(before, lowest, strict=True)
            )
            if after == before:
                break
            levels.append((after[0], after[1]))
        rest = [q for q in (*self.rates, lowest) if q not in levels and math.prod(q) < math.prod(self.frame)]
        return tuple(sorted({*levels, *rest}, key=math.prod, reverse=True)) or (lowest,)


@lru_cache(maxsize=1024)
def grid(
    rate: Rate,
    passed: frozenset[Rate],
    size: Pair,
    frame: Pair,
    tone: Pair,
    second: Pair | None = None,
) -> tuple[Grid | None, str]:
    """Frequencies of a layer, or the reason why it cannot be analysed.

    Parameters
    ----------
    rate, passed
        Its rate and all rates passed, samples per input pixel.
    size : pair of int
        Its samples.
    frame : pair of int
        Pixels of the input frame.
    tone, second : pair of int
        Cycles per frame of the tone, and of a second one where there are two.

    Notes
    -----
    The window is one whole frame where the layer holds it; a layer that was cropped (or whose frame is no
    whole number of samples) is analysed on the largest crop that holds whole periods of tone and lattice.
    """
    windows, scales, missing = [], [], []
    tones = [tone] if second is None else [tone, second]
    for axis in range(2):
        own = rate[axis] * frame[axis]
        rates = [q[axis] * frame[axis] for q in passed]
        # Samples after which tone and lattice repeat: a whole number, as the layer's own rate is one of the
        # rates.
        period = int(own / rational_gcd([*(Fraction(m[axis]) for m in tones), *rates]))
        window = int(min(Fraction(size[axis]), own) // period) * period
        if window == 0:
            missing.append(f"{size[axis]} samples along {'yx'[axis]} of a period of {period}")
        windows.append(window)
        scales.append(window / own)
    if missing:
        return None, (
            f"holds no whole period of the tone and of the rates passed ({', '.join(missing)}): choose a "
            "tone with a common divisor with the frame, or a frame that every stride divides"
        )
    scale = (scales[0], scales[1])

    def bins(value: tuple[Fraction, Fraction] | Rate) -> Pair:
        return int(value[0] * frame[0] * scale[0]), int(value[1] * frame[1] * scale[1])

    return Grid(
        window=(windows[0], windows[1]),
        tone=_scaled(tone, scale),
        rates=tuple(sorted((bins(q) for q in passed), key=lambda q: (-math.prod(q), q))),
        own=bins(rate),
        frame=bins((Fraction(1), Fraction(1))),
        scale=scale,
        second=None if second is None else _scaled(second, scale),
    ), ""


def _scaled(tone: Pair, scale: tuple[Fraction, Fraction]) -> Pair:
    return int(tone[0] * scale[0]), int(tone[1] * scale[1])


@lru_cache(maxsize=256)
def folding_rates(spectrum: Grid, highest: int) -> npt.NDArray[np.float64]:
    """Rate, in samples per frame, at which each order −K … K is folded first; NaN where none is.

    It is the highest of the rates passed that cannot represent the order's frequency. Where the rates along y
    and x differ, the axis that folds counts. For two tones an array over (k, l).
    """
    order = np.arange(-highest, highest + 1)
    orders = order if spectrum.second is None else (order[:, None], order[None, :])
    frequency = true_frequency(spectrum, orders)  # type: ignore[arg-type]
    result = np.full(np.shape(frequency[0]), np.nan)
    for q in reversed(spectrum.rates):
        for axis in sorted(range(2), key=lambda axis: q[axis] / spectrum.scale[axis]):
            alias = (2 * frequency[axis] + q[axis]) // (2 * q[axis])
            result[alias != 0] = float(q[axis] / spectrum.scale[axis])
    return result


def true_frequency(spectrum: Grid, order: Order) -> Pair:
    """Frequency of an order before any folding: k·m, or k·m₁ + l·m₂ of two tones."""
    if spectrum.second is None:
        return order * spectrum.tone[0], order * spectrum.tone[1]  # type: ignore[return-value]
    k, l = order  # type: ignore[misc]  # noqa: E741
    return (
        k * spectrum.tone[0] + l * spectrum.second[0],
        k * spectrum.tone[1] + l * spectrum.second[1],
    )


def direct_bin(spectrum: Grid, order: Order) -> Pair | None:
    """Bin of an order at its true frequency, None if the layer's rate cannot represent it."""
    f = true_frequency(spectrum, order)
    if folded(f[0], spectrum.own[0])[1] or folded(f[1], spectrum.own[1])[1]:
        return None
    return f[0] % spectrum.window[0], f[1] % spectrum.window[1]


def order_period(spectrum: Grid, phases: int) -> int:
    """Orders that differ by this agree in phase and in lattice: they count as one."""
    return math.lcm(phases, spectrum.tone_period)


def highest_order(spectrum: Grid, phases: int) -> int:
    """Largest |order| that is listed of its own."""
    return min(order_period(spectrum, phases) // 2, max(64, phases))


def mirrored(flat: npt.NDArray[np.int64], window: Pair) -> npt.NDArray[np.int64]:
    """Flat index of the bins of opposite frequency."""
    y, x = np.divmod(flat, window[1])
    return -y % window[0] * window[1] + -x % window[1]


def principal(order: int, phases: int) -> int:
    """Return the phase order −⌊J/2⌋ … ⌈J/2⌉−1 of an order; J/2 keeps the sign of the order.

    Examples
    --------
    >>> principal(9, 16), principal(-9, 16), principal(8, 16), principal(-8, 16)
    (-7, 7, 8, -8)
    """
    inside = (order + phases // 2) % phases - phases // 2
    return -inside if 2 * inside == -phases and order > 0 else inside


def distinct_orders(period: int, real: bool) -> list[tuple[int, float]]:
    """One order per class modulo `period`, with its weight: a real signal's ±period/2 share theirs."""
    half = period // 2
    if period % 2:
        return [(k, 1.0) for k in range(-half, half + 1)]
    if real:
        return [(k, 0.5 if abs(k) == half else 1.0) for k in range(-half, half + 1)]
    return [(k, 1.0) for k in range(-half, half)]


def explain(spectrum: Grid, order: Order) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    """Bins on the lattice of one order (flat, unshifted), and the cause of each.

    ``direct`` at its true frequency if the layer's own rate represents it; ``folded`` at its alias of any
    rate passed; ``image_d`` elsewhere, d the smallest level whose rate divides the offset from one of those.
    """
    window, lowest = spectrum.window, spectrum.lowest
    true = true_frequency(spectrum, order)
    start = (true[0] % lowest[0], true[1] % lowest[1])
    levels = spectrum.levels
    cause = np.full((window[0] // lowest[0], window[1] // lowest[1]), IMAGE + len(levels) - 1, dtype=np.int8)

    def place(base: Pair, spacing: Pair, code: int) -> None:
        steps = [math.gcd(s, w) // r for s, w, r in zip(spacing, window, lowest, strict=True)]
        first = [((b - a) // r) % s for b, a, r, s in zip(base, start, lowest, steps, strict=True)]
        cause[first[0] :: steps[0], first[1] :: steps[1]] = code

    aliases = [
        (y[0], x[0])
        for q in spectrum.rates
        if (y := folded(true[0], q[0]), x := folded(true[1], q[1])) and (y[1] or x[1])
    ]
    for level in range(len(levels), 0, -1):
        for base in {true, *aliases}:
            place(base, levels[level - 1], IMAGE + level - 1)
    for alias in aliases:
        place(alias, window, FOLDED)
    direct = direct_bin(spectrum, order)
    if direct:
        place(direct, window, DIRECT)
    rows = start[0] + lowest[0] * np.arange(cause.shape[0])
    columns = start[1] + lowest[1] * np.arange(cause.shape[1])
    return (rows[:, None] * window[1] + columns[None, :]).ravel(), cause.ravel()
