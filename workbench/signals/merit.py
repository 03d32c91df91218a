"""The figures of merit that summarise an order analysis."""

from __future__ import annotations

import re

import numpy as np
import xarray as xr

from workbench.signals.spectra import power_db

_DB = {
    "gain": ("order 1 over order 1 of the input", "dB"),
    "hd": ("harmonic distortion of each order", "dBc"),
    "thd": ("total harmonic distortion", "dBc"),
    "sfdr": (
        "spurious-free dynamic range: order 1, direct, over the largest other pair of bins without DC",
        "dB",
    ),
    "sinad": ("order 1, direct, over everything else except DC", "dB"),
    "alias": ("folded power over all power except DC", "dB"),
    "image": ("image power over all power except DC; level 0 is all levels together", "dB"),
    "leakage": ("position-dependent power over all power except DC", "dB"),
}
_SHARES = {
    "thd_ratio": "total harmonic distortion as an amplitude ratio",
    "checkerboard": "share of image level 1 in all power except DC",
    "linear_order_share": "share of order 1 in all power",
    "phase_fidelity": "share of order +1 in all power of a complex output",
}


def figures_of_merit(orders: xr.Dataset) -> xr.Dataset:
    """Figures of merit of every layer of an order analysis (the terms of IEEE Std 1241).

    ====================  ====================================================================
    gain                  P(order 1) / P(order 1 at the input), dB
    hd (order)            P(order k) / P(order 1), k = 2 ... K, dBc
    thd, thd_ratio        sum of P(order k), k = 2 ... K, over P(order 1), dBc; its square root as a ratio
    sfdr                  P(order 1, direct) / largest other pair of bins without DC, dB
    sinad                 P(order 1, direct) / (everything else except DC), dB
    alias, leakage        P(cause) / (P(total) - DC), dB
    image (level)         the same for image_1, image_2, ...; level 0 is all of them together, dB
    checkerboard          P(image_1) / (P(total) - DC)
    linear_order_share    P(order 1) / P(total)
    phase_fidelity        P(order +1) / P(total), complex outputs only
    ====================  ====================================================================

    P(order k) sums the orders +k and -k of a real output. Of a complex output order 1 is +1 alone (-1 is the
    mirror image, a distortion), and the higher orders sum both signs. DC is order 0, direct.

    Parameters
    ----------
    orders : Dataset
        ``power(layer, order, cause)`` with signed orders, as made by ``analyse_orders``; further dimensions
        such as `step` are kept. NaN powers count as zero unless a layer has no others. Optional:
        ``largest_spur(layer)``, attrs input_order_1_power and real; what they are needed for is NaN without
        them (`real` counts as True).

    Returns
    -------
    Dataset
        The variables of the table over `layer`, each with units. Zero powers give -inf or NaN without
        warnings. attrs["highest_order"] is K.

    Raises
    ------
    ValueError
        If power, one of its dimensions, or order 1 is missing, or a power is negative.

    Notes
    -----
    Source: IEEE Std 1241 for the terms; seed paper (Sibler et al.), section 3, for what causes each of them.

    Examples
    --------
    >>> k = np.arange(-3, 4)
    >>> amplitudes = np.array([0.01, 0.1, 0.5, 0.0, 0.5, 0.1, 0.01])
    >>> power = xr.DataArray(
    ...     amplitudes[None, :, None] ** 2,
    ...     dims=("layer", "order", "cause"),
    ...     coords={"layer": ["act"], "order": k, "cause": ["direct"]},
    ... )
    >>> figures = figures_of_merit(power.to_dataset(name="power"))
    >>> round(float(figures.thd_ratio.sel(layer="act")), 4)
    0.201
    """
    power = _checked(orders)
    analysed = power.notnull().any(["order", "cause"])
    real = bool(orders.attrs.get("real", True))
    by_order = power.sum("cause")
    total = by_order.sum("order")
    dc_line = (power.order == 0) & (power.cause == "direct")
    fundamental = (power.order.isin([1, -1] if real else [1])) & (power.cause == "direct")
    signal = power.where(~dc_line, 0.0).sum(["order", "cause"])
    rest = power.where(~(dc_line | fundamental), 0.0).sum(["order", "cause"])
    first, direct = _order_1(by_order, real), _order_1(_cause(power, "direct"), real)
    highest = int(abs(power.order).max())
    higher = _pairs(by_order, np.arange(2, max(highest, 2) + 1))
    images = _images(power)
    spur = orders["largest_spur"] if "largest_spur" in orders else xr.full_like(total, np.nan)
    ratios = {
        "gain": _ratio(first, float(orders.attrs.get("input_order_1_power", np.nan))),
        "hd": _ratio(higher, first),
        "thd": _ratio(higher.sum("order"), first),
        "sfdr": _ratio(direct, spur),
        "sinad": _ratio(direct, rest),
        "alias": _ratio(_cause(power, "folded").sum("order"), signal),
        "image": _ratio(images, signal),
        "leakage": _ratio(_cause(power, "leakage").sum("order"), signal),
    }
    result = xr.Dataset({name: power_db(ratio) for name, ratio in ratios.items()})
    result["thd_ratio"] = np.sqrt(ratios["thd"])
    result["checkerboard"] = _ratio(_cause(power, "image_1").sum("order"), signal)
    result["linear_order_share"] = _ratio(first, total)
    result["phase_fidelity"] = _ratio(first, total) * (np.nan if real else 1.0)
    result = result.where(analysed)
    for name in result.data_vars:
        meaning, unit = _DB[str(name)] if name in _DB else (_SHARES[str(name)], "1")
        result[name].attrs = {"long_name": meaning, "units": unit}
    result["level"].attrs = {"long_name": "image level, 0 for all of them together", "units": "1"}
    along = {
        name: c for name, c in orders.coords.items() if set(c.dims) <= {*total.dims} and name not in c.dims
    }
    attrs = {name: value for name, value in orders.attrs.items() if name != "units"}
    return result.assign_coords(along).assign_attrs(attrs | {"highest_order": highest})


def _checked(orders: xr.Dataset) -> xr.DataArray:
    if not isinstance(orders, xr.Dataset) or "power" not in orders:
        found = type(orders).__name__
        if isinstance(orders, xr.Dataset):
            found = f"a Dataset with {', '.join(map(str, orders.data_vars)) or 'no variables'}"
        raise ValueError(f"figures of merit need a Dataset with power(layer, order, cause), found {found}")
    power = orders["power"]
    missing = [dim for dim in ("layer", "order", "cause") if dim not in power.dims or dim not in power.coords]
    if missing:
        need = "power needs labelled dimensions layer, order, cause"
        raise ValueError(f"{need}; {missing[0]!r} is missing or has no labels in {power.dims}")
    if not {1, -1} & set(power.order.values.tolist()):
        raise ValueError(f"power must hold order 1, found orders {power.order.values.tolist()}")
    if bool((power < 0).any()):
        raise ValueError(f"powers must not be negative, found {float(power.min()):.3g}")
    return power.drop_vars([name for name in power.coords if name not in power.dims])


def _select(power: xr.DataArray, order: int, cause: str | None = None) -> xr.DataArray:
    """One order (of one cause), zero where the analysis holds none."""
    chosen = power if cause is None else _cause(power, cause)
    return chosen.where(chosen.order == order, 0.0).sum("order")


def _cause(power: xr.DataArray, cause: str) -> xr.DataArray:
    return power.where(power.cause == cause, 0.0).sum("cause")


def _order_1(by_order: xr.DataArray, real: bool) -> xr.DataArray:
    return _select(by_order, 1) + (_select(by_order, -1) if real else 0.0)


def _pairs(by_order: xr.DataArray, k: np.ndarray) -> xr.DataArray:
    """Power of the orders +k and -k together."""
    pairs = sum(
        (by_order.reindex(order=sign * k, fill_value=0.0).assign_coords(order=k) for sign in (1, -1)),
        xr.zeros_like(by_order.reindex(order=k, fill_value=0.0)),
    )
    pairs["order"].attrs = {"units": "1", "long_name": "harmonic order"}
    return pairs


def _images(power: xr.DataArray) -> xr.DataArray:
    """Image power over level: all together at 0, then level by level."""
    matches = [re.fullmatch(r"image_(\d+)", str(cause)) for cause in power.cause.values]
    levels = sorted(int(match[1]) for match in matches if match)
    parts = [_cause(power, f"image_{level}").sum("order") for level in levels]
    together = sum(parts, 0.0 * power.sum(["order", "cause"]))
    return xr.concat([together, *parts], xr.Variable("level", [0, *levels])).transpose(..., "level")


def _ratio(numerator: xr.DataArray, denominator: xr.DataArray | float) -> xr.DataArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return numerator / denominator
