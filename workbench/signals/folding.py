"""Where a frequency reappears after sampling."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.signals.checks import finite_real


def fold(frequency: npt.ArrayLike, sampling_rate: npt.ArrayLike) -> tuple[Any, Any]:
    """Fold a frequency into the interval that a sampling rate can represent.

    ``folded = f - fs * a`` with the alias index ``a = floor(f / fs + 1/2)``. Ties go down, so the interval
    is [-fs/2, fs/2[ (rounding half to even, as numpy's ``rint`` does, would send fs/2 and 3 fs/2 to different
    ends). The field's Nyquist zone is ``floor(2 |f| / fs) + 1``.

    Parameters
    ----------
    frequency : array_like
        Any real frequencies, in the unit of `sampling_rate`.
    sampling_rate : array_like
        Positive rates; the two broadcast against each other.

    Returns
    -------
    folded, alias_index
        Two arrays of the broadcast shape (float64 and int64); two scalars (float and int) for scalar input.

    Raises
    ------
    ValueError
        If a rate is not positive and finite, or a frequency is not finite and real.

    Notes
    -----
    Source: seed paper (Sibler et al.), eq. 5, its bracket read as ``floor(x + 1/2)``.

    Examples
    --------
    >>> fold(0.75, 1.0)
    (-0.25, 1)
    >>> fold([5, 32, 33, -32], 64)
    (array([  5., -32., -31., -32.]), array([0, 1, 1, 0]))
    """
    f = finite_real(frequency, "frequency")
    rate = finite_real(sampling_rate, "sampling_rate")
    if not np.all(rate > 0):
        raise ValueError(f"sampling_rate must be positive, found {rate[~(rate > 0)].flat[0]}")
    f, rate = np.broadcast_arrays(f, rate)
    alias = np.floor(f / rate + 0.5)
    # f / rate + 0.5 and the product below round: compare with the interval's ends, then stay inside them
    alias = alias - (f < rate * (alias - 0.5)) + (f >= rate * (alias + 0.5))
    folded = np.clip(f - rate * alias, -rate / 2, np.nextafter(rate / 2, 0.0))
    if folded.ndim == 0:
        return float(folded), int(alias)
    return folded, alias.astype(np.int64)
