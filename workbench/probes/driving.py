"""How the orders in every layer rise with the amplitude of the tone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from workbench.probes.drive_checks import checked_dtype
from workbench.probes.guard import original, placement
from workbench.probes.orders import analyse_orders
from workbench.signals import checked_amplitudes, drive_figures

_ROUNDING = 30.0  # units in the last place that a deep network's sums may be off


def amplitude_sweep(
    module: nn.Module,
    amplitudes: Sequence[float],
    shape: Sequence[int] = (1, 64, 64),
    tone: Sequence[Any] = (5, 11),
    phases: int = 32,
    *,
    highest: int = 5,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> xr.Dataset:
    """Measure the power of every order in every layer against the drive, as RF engineers read it.

    A product of order k of a smooth nonlinearity rises k dB per dB while the drive is small; where its line
    meets that of order 1 is its intercept point (`drive_figures` has the formulas). A homogeneous network,
    such as ReLUs without bias, has no small-signal region: every order rises 1 dB per dB, and the intercept
    is NaN with that reason.

    Parameters
    ----------
    module : Module
        Any network; it is left as it was. Small drives ask for float64: ``module.double()``.
    amplitudes : sequence of float
        Drive amplitudes in units of the input, at least three, ascending.
    shape, tone, phases
        As of `analyse_orders`. Two tones give products (k, l) over ``product`` instead of orders.
    highest : int
        Last order listed; of two tones |k| + |l|.
    progress : callable, optional
        Called with (amplitudes done, amplitudes in all) after each.
    **options
        Further arguments of `analyse_orders`: ``offset``, ``channels``, ``inputs``, ``layers`` …

    Returns
    -------
    Dataset
        ``power(amplitude, layer, order)``, orders 0 … `highest` with both signs and every cause; slopes,
        intercept points, compression as of `drive_figures`. Layers listed are those of every amplitude.

    Raises
    ------
    ValueError
        For amplitudes that are not positive and ascending, and as `analyse_orders`.

    Examples
    --------
    >>> class Square(nn.Module):
    ...     def forward(self, z):
    ...         return z + z.square()
    >>> sweep = amplitude_sweep(Square(), [0.001, 0.01, 0.1], (1, 16, 16), (1, 3), 8, dtype=torch.float64)
    >>> last = sweep.isel(layer=-1).sel(order=2)
    >>> last.slope_db_per_db.round(6).item(), round(10 ** (last.input_intercept.item() / 20), 6)
    (2.0, 2.0)
    """
    drives = checked_amplitudes(amplitudes)
    if isinstance(highest, bool) or not isinstance(highest, int) or highest < 1:
        raise ValueError(f"highest must be an order of at least 1, found {highest!r}")
    if "amplitude" in options:
        raise ValueError("a sweep takes amplitudes, not one amplitude")
    module = original(module)
    powers, totals = [], []
    for done, amplitude in enumerate(drives, start=1):
        analysis = analyse_orders(module, shape, tone, phases, float(amplitude), **options)
        powers.append(_by_order(analysis.power.sum("cause"), highest))
        totals.append(analysis.power.sum([dim for dim in analysis.power.dims if dim != "layer"]))
        if progress is not None:
            progress(done, len(drives))
    axis = xr.Variable("amplitude", drives, {"long_name": "drive amplitude", "units": "units of the input"})
    power, total = (xr.concat(parts, axis, join="inner") for parts in (powers, totals))
    precision = checked_dtype(options.get("dtype")) or placement(module)[1]
    floor = (_ROUNDING * float(torch.finfo(precision).eps)) ** 2
    along = "product" if "product" in power.dims else "order"
    result = drive_figures(power, total, floor, along)
    kept = ("tone", "shape", "phases", "offset", "channels", "real", "units", "not_analysed")
    return result.assign_attrs({name: analysis.attrs[name] for name in kept if name in analysis.attrs})


def _by_order(power: xr.DataArray, highest: int) -> xr.DataArray:
    """Power of ±k together, k = 0 … highest; of two tones of ±(k, l) together, |k| + |l| <= highest."""
    if "order" in power.dims:
        magnitudes = np.arange(highest + 1)
        both = power.groupby(abs(power.order)).sum() if power.order.size else power
        return both.reindex(order=magnitudes, fill_value=0.0).transpose("layer", "order")
    signed = np.arange(-highest, highest + 1)
    power = power.reindex(order_1=signed, order_2=signed, fill_value=0.0)
    products = [
        (k, m)
        for k in range(highest + 1)
        for m in range(-highest, highest + 1)
        if k + abs(m) <= highest and (k > 0 or m >= 0)
    ]
    parts = []
    for k, m in products:
        part = power.sel(order_1=k, order_2=m, drop=True)
        parts.append(part + power.sel(order_1=-k, order_2=-m, drop=True) if k or m else part)
    labels = xr.Variable("product", [f"{k},{m}" for k, m in products], {"long_name": "orders of both tones"})
    return xr.concat(parts, labels).assign_coords(
        order_1=("product", [k for k, _ in products]),
        order_2=("product", [m for _, m in products]),
        order=("product", [k + abs(m) for k, m in products]),
    )
