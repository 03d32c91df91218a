"""What is said of a mapped image's spectrum: its guard, its sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.mappings import GUARD_LEVEL, Guard
from workbench.session.explorers.pictures import FLOOR
from workbench.session.frame import Frame

__all__ = ["guard_attributes", "guard_words", "region_names", "sides_frame"]

_SEEN = 0.01
"""cycles/sample; a narrower guard is not worth moving a spectrum for."""
_EQUAL = 1e-6
"""dB; levels that differ by less are those of one line and its partner."""


def guard_attributes(guard: Guard | None) -> dict[str, Any]:
    """Return where the spectrum lies in its band, for pictures to draw the guard around; {} without one."""
    if guard is None or not guard.exists:
        return {}
    return {"occupied_x": guard.occupied.frequency_x, "occupied_y": guard.occupied.frequency_y}


def guard_words(guard: Guard | None) -> str:
    """Say how wide the guard is; "" where there is no band that could have one.

    >>> from workbench.mappings import Rectangle
    >>> guard_words(Guard(Rectangle((0.0, 0.5), (0.05, 0.45)), (0.1, 0.05)))
    ' Guard (20 dB down), cycles/sample: along x 0.050 below, 0.050 above; along y none, 0.100 on each side if
    centred.'
    """
    if guard is None:
        return ""
    said = []
    edges = (guard.occupied.frequency_x, guard.occupied.frequency_y)
    for axis, (low, high), centred in zip("xy", edges, guard.centred[::-1], strict=True):
        if (low, high) != (0.0, 0.5):
            said.append(f"along {axis} {low:.3f} below, {0.5 - high:.3f} above")
        else:
            more = f", {centred:.3f} on each side if centred" if centred > _SEEN else ""
            said.append(f"along {axis} none{more}")
    return f" Guard ({-GUARD_LEVEL:.0f} dB down), cycles/sample: {'; '.join(said)}."


def region_names(level: xr.DataArray, edge: str) -> xr.DataArray:
    """Name what every bin (y, x) of a Nyquist-mapped image's spectrum belongs to.

    Band and mirror are [0, 1/2[² and ]-1/2, 0]²; with ``edge="pack"`` the bin at (-1/2, -1/2) is in use too.

    >>> f = [-0.5, -0.25, 0.0, 0.25]
    >>> region_names(xr.DataArray(np.zeros((4, 4)), {"y": f, "x": f}, ("y", "x")), "pack").values[:2]
    array([['packed bin', 'outside', 'outside', 'outside'],
           ['outside', 'mirror', 'mirror', 'outside']], dtype='<U10')
    """
    y, x = level[level.dims[0]].values[:, None], level[level.dims[1]].values
    band = (y >= 0) & (x >= 0)
    mirror = (y <= 0) & (y > -0.5) & (x <= 0) & (x > -0.5)
    packed = (y == -0.5) & (x == -0.5) & (edge == "pack")
    names = np.select([band, mirror, packed], ["band", "mirror", "packed bin"], "outside")
    return level.copy(data=names)


def sides_frame(level: xr.DataArray, regions: xr.DataArray | None) -> Frame:
    """Return a spectrum seen from its two sides: at each frequency the strongest over the other one.

    Parameters
    ----------
    level : DataArray (y, x)
        In dB, over two frequencies in cycles/sample.
    regions : DataArray (y, x), optional
        As `region_names` returns them; None for an image that is not Nyquist-mapped.

    Returns
    -------
    Frame
        ``along_x (frequency_x)``, ``along_y (frequency_y)`` in dB.
    """
    values = level.values
    y, x = (level[dim].values for dim in level.dims)
    units = {"units": "cycles per sample"}
    data = xr.Dataset(
        {
            "along_x": ("frequency_x", values.max(axis=0), {"units": "dB"}),
            "along_y": ("frequency_y", values.max(axis=1), {"units": "dB"}),
        },
        {"frequency_x": ("frequency_x", x, units), "frequency_y": ("frequency_y", y, units)},
        {"floor": FLOOR},
    )
    # a real image has every line twice, at f and at -f; -1/2 is its own partner
    strongest = np.argwhere(values >= values.max() - _EQUAL).tolist()
    row, column = max(strongest, key=lambda at: (y[at[0]] >= 0 and x[at[1]] >= 0, y[at[0]], x[at[1]]))
    words = f"The strongest line is at ({x[column]:+.3f}, {y[row]:+.3f}) cycles/sample (x, y)"
    if regions is not None:
        outside = float(values[regions.values == "outside"].max())
        found = (
            f"the strongest is {outside:.1f} dB" if outside > FLOOR else f"nothing is above {FLOOR:.0f} dB"
        )
        words += f"; outside band and mirror {found}"
    return Frame(data, f"{words}.".replace("-", "−"))
