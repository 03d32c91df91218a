"""What the frequency of fringes says of a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import isnan, nan
from typing import Any

from workbench.signals import fold

__all__ = ["RESOLVED", "Fringes", "changed_words", "distance_words", "turn_words"]

RESOLVED = 0.5 / 512
"""Frequencies nearer to zero, cycles/sample, count as none: half a bin of the spectra."""


@dataclass(frozen=True)
class Fringes:
    """What is known of a pair's fringes; by default nothing, as of two files.

    Attributes
    ----------
    baseline, critical : float
        Perpendicular baseline and the critical one, m.
    oversampling : float
        Pixels per resolution cell: fringes of the critical baseline turn once in so many pixels.
    flattened : bool
        Whether they were removed.
    offset : float
        By which the second image's frequencies were raised, cycles/sample; it takes from the fringes.

    >>> round(Fringes(6000.0, 6828.0).left, 3), round(Fringes(6000.0, 6828.0).seen, 3)
    (0.879, -0.121)
    """

    baseline: float = nan
    critical: float = nan
    oversampling: float = 1.0
    flattened: bool = False
    offset: float = 0.0

    @property
    def left(self) -> float:
        """Frequency of the interferogram's line, cycles/sample, NaN if not known."""
        return self.share / self.oversampling * (not self.flattened) - self.offset

    @property
    def seen(self) -> float:
        """The same as a spectrum shows it, in [-1/2, 1/2[."""
        return self.left if isnan(self.left) else float(fold(self.left, 1.0)[0])

    @property
    def share(self) -> float:
        """Baseline over the critical one."""
        return self.baseline / self.critical

    def baselines(self, frequency: float) -> list[float]:
        """Return the baselines within the critical one, m, with fringes of a frequency: it is known modulo 1.

        >>> [round(metres) for metres in Fringes(6000.0, 6828.0).baselines(-0.125)]
        [-854, 5974]
        """
        if isnan(self.critical) or self.flattened or self.offset:
            return []
        shares = [(frequency + whole) * self.oversampling for whole in (0, -1, 1)]
        return [share * self.critical for share in shares if abs(share) < 1]

    def attrs(self) -> dict[str, float]:
        """Return it as attributes of a Dataset."""
        return {name: float(value) for name, value in asdict(self).items()}

    @classmethod
    def read(cls, attrs: Mapping[Any, Any]) -> Fringes:
        """Return what `attrs` wrote."""
        found = {one.name: attrs[one.name] for one in fields(cls)}
        return cls(**found | {"flattened": bool(found["flattened"])})


def turn_words(apart: float) -> str:
    """Say how often fringes of a frequency turn.

    >>> turn_words(-0.25), turn_words(0.0)
    ('a fringe in 4 pixels, backwards', 'no fringes')
    """
    if abs(apart) < RESOLVED:
        return "no fringes"
    return f"a fringe in {1 / abs(apart):.3g} pixels" + (", backwards" if apart < 0 else "")


def distance_words(apart: float, fringes: Fringes, known: str = "modulo 1") -> str:
    """Say what a frequency of fringes stands for, of two baselines how far it is known.

    Two antennas B apart across the line of sight see spectra of the ground that are shifted by f = B / Bc of
    the bandwidth, and fringes of that frequency (F. Gatelli et al., "The wavenumber shift in SAR
    interferometry", IEEE TGRS 1994). Once fringes are removed, or shifted, it says nothing of a baseline.

    >>> c_band = Fringes(682.8, 6828.0)
    >>> distance_words(0.1, c_band)
    'a fringe in 10 pixels, a baseline of +683 m, 10.0 % of the critical one, or −6145 m (modulo 1)'
    >>> distance_words(0.1, Fringes(682.8, 6828.0, oversampling=2.0))
    'a fringe in 10 pixels, a baseline of +1366 m, 20.0 % of the critical one'
    >>> distance_words(0.0, c_band)
    'no fringes, no baseline'
    >>> distance_words(0.0, Fringes(682.8, 6828.0, flattened=True))
    'no fringes; they were removed, the baseline of 683 m is 10.0 % of the critical one'
    >>> distance_words(-0.25, Fringes())
    'a fringe in 4 pixels, backwards; of what baseline, these files do not say'
    """
    turns = turn_words(apart)
    if isnan(fringes.critical):
        words = "" if abs(apart) < RESOLVED else "; of what baseline, these files do not say"
    elif changed := changed_words(fringes):
        words = f"; {changed}"
    elif abs(apart) < RESOLVED:
        words = ", no baseline"
    else:
        words = _baseline_words(fringes.baselines(apart), fringes.critical, known)
    return f"{turns}{words}".replace("-", "−")


def changed_words(fringes: Fringes) -> str:
    """Say why the baseline is not what a line's frequency says, and what it is; "" where it is.

    >>> changed_words(Fringes(150.0, 6828.0, offset=0.25))
    'the second image is +0.250 cycles/sample off, the baseline of 150 m is 2.2 % of the critical one'
    """
    if isnan(fringes.critical) or not (fringes.flattened or fringes.offset):
        return ""
    shifted = f"{'and ' * fringes.flattened}the second image is {fringes.offset:+.3f} cycles/sample off"
    why = ["they were removed"] * fringes.flattened + [shifted] * bool(fringes.offset)
    share = f"{100 * fringes.share:.1f} % of the critical one"
    return f"{' '.join(why)}, the baseline of {fringes.baseline:.0f} m is {share}"


def _baseline_words(metres: list[float], critical: float, known: str) -> str:
    if not metres:
        return ", more than a baseline makes within the critical one"
    words = f", a baseline of {metres[0]:+.0f} m, {100 * abs(metres[0]) / critical:.1f} % of the critical one"
    return words + "".join(f", or {other:+.0f} m ({known})" for other in metres[1:])
