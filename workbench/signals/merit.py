"""The figures of merit that summarise an order analysis."""

from __future__ import annotations

import re

import numpy as np
import xarray as xr

from workbench.signals.spectra import power_db

_DB = {
    "gain": ("order 1 over order 1 of the input", "dB"),
    "hd": ("harmonic distortion of each order", "dBc"),
    "imd": ("intermodulation distortion of each order", "dBc"),
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
_BY_CAUSE = ("sfdr", "sinad", "alias", "image", "leakage", "checkerboard")
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

    Of two tones, P(order 1) is that of both fundamentals, (1, 0) and (0, 1), together; hd counts the
    harmonics of either tone alone, (k, 0) and (0, k); sfdr compares the weaker fundamental; and there is

    ====================  ====================================================================
    imd (order)           sum of P(k, l), k and l not 0, |k| + |l| = order, over P(order 1), dBc
    ====================  ====================================================================

    Of a scene, whose power has one cause "all", the figures that need causes (and sfdr) are NaN.

    Parameters
    ----------
    orders : Dataset
        ``power(layer, order, cause)`` with signed orders, or ``power(layer, order_1, order_2, cause)`` of two
        tones, as made by ``analyse_orders``; further dimensions such as `step` are kept. NaN powers count as
        zero unless a layer has no others. Optional: ``largest_spur(layer)``, ``real(layer)`` and
        ``input_order_1_power(layer)``, the latter two also as attrs; what they are needed for is NaN without
        them (`real` counts as True).

    Returns
    -------
    Dataset
        The variables of the tables over `layer`, each with units. Zero powers give -inf or NaN without
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
    dims = _order_dims(power)
    analysed = power.notnull().any([*dims, "cause"])
    real = _bare(orders["real"]) if "real" in orders else xr.DataArray(bool(orders.attrs.get("real", True)))
    by_order, direct = power.sum("cause"), _cause(power, "direct")
    total = by_order.sum(dims)
    is_dc = _size(power) == 0
    fundamental = _fundamental(power, real)
    direct_line = power.cause == "direct"
    signal = power.where(~(is_dc & direct_line), 0.0).sum([*dims, "cause"])
    rest = power.where(~((is_dc | fundamental) & direct_line), 0.0).sum([*dims, "cause"])
    first = by_order.where(fundamental, 0.0).sum(dims)
    carriers = direct.where(fundamental, 0.0)
    highest = max(int(abs(power[dim]).max()) for dim in dims)
    harmonics, mixed = _by_size(by_order, highest)
    images = _images(power)
    spur = orders["largest_spur"] if "largest_spur" in orders else xr.full_like(total, np.nan)
    given = orders.get("input_order_1_power", orders.attrs.get("input_order_1_power", np.nan))
    ratios = {
        "gain": _ratio(
            first, float(orders.attrs.get("input_order_1_power", np.nan)) if given is None else given
        ),
        "hd": _ratio(harmonics, first),
        "thd": _ratio(harmonics.sum("order"), first),
        "sfdr": _ratio(_weaker(carriers), spur),
        "sinad": _ratio(carriers.sum(dims), rest),
        "alias": _ratio(_cause(power, "folded").sum(dims), signal),
        "image": _ratio(images, signal),
        "leakage": _ratio(_cause(power, "leakage").sum(dims), signal),
    }
    if len(dims) == 2:
        ratios["imd"] = _ratio(mixed, first)
    result = xr.Dataset({name: power_db(ratio) for name, ratio in ratios.items()})
    result["thd_ratio"] = np.sqrt(ratios["thd"])
    result["checkerboard"] = _ratio(_cause(power, "image_1").sum(dims), signal)
    result["linear_order_share"] = _ratio(first, total)
    result["phase_fidelity"] = _ratio(first, total).where(~real)
    if "direct" not in power.cause:
        for figure in _BY_CAUSE:
            result[figure] = xr.full_like(result[figure], np.nan)
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
    names = ("order_1", "order_2") if {"order_1", "order_2"} & set(power.dims) else ("order",)
    needed = ("layer", *names, "cause")
    missing = [dim for dim in needed if dim not in power.dims or dim not in power.coords]
    if missing:
        need = f"power needs labelled dimensions {', '.join(needed)}"
        raise ValueError(f"{need}; {missing[0]!r} is missing or has no labels in {power.dims}")
    for name in names:
        if not {1, -1} & set(power[name].values.tolist()):
            raise ValueError(f"power must hold order 1, found orders {power[name].values.tolist()}")
    if bool((power < 0).any()):
        raise ValueError(f"powers must not be negative, found {float(power.min()):.3g}")
    return _bare(power)


def _bare(values: xr.DataArray) -> xr.DataArray:
    return values.drop_vars([name for name in values.coords if name not in values.dims])


def _order_dims(power: xr.DataArray) -> list[str]:
    return ["order"] if "order" in power.dims else ["order_1", "order_2"]


def _size(power: xr.DataArray) -> xr.DataArray:
    """|k|, or |k| + |l| of two tones."""
    return sum((abs(power[dim]) for dim in _order_dims(power)), xr.DataArray(0))


def _fundamental(power: xr.DataArray, real: xr.DataArray) -> xr.DataArray:
    """Order 1 (of either tone); of real layers order -1 too."""
    signed = sum((power[dim] for dim in _order_dims(power)), xr.DataArray(0))
    return (_size(power) == 1) & ((signed == 1) | real)


def _cause(power: xr.DataArray, cause: str) -> xr.DataArray:
    return power.where(power.cause == cause, 0.0).sum("cause")


def _weaker(carriers: xr.DataArray) -> xr.DataArray:
    """Power of the fundamental, of two tones that of the weaker one."""
    dims = _order_dims(carriers)
    each = [carriers.where(carriers[dim] != 0, 0.0).sum(dims) for dim in dims]
    return each[0] if len(each) == 1 else xr.where(each[0] < each[1], each[0], each[1])


def _by_size(by_order: xr.DataArray, highest: int) -> tuple[xr.DataArray, xr.DataArray]:
    """Power over `order` = 2 ... K, of the harmonics (both signs) and of the products of two tones."""
    dims = _order_dims(by_order)
    power = by_order.transpose(..., *dims)
    kept = power.dims[: -len(dims)]
    sizes = _size(by_order).values.ravel()
    used = sum((abs(by_order[dim]) > 0 for dim in dims), xr.DataArray(0)).values.ravel()
    flat = power.values.reshape(*(by_order.sizes[dim] for dim in kept), -1)
    order = np.arange(2, max(highest, 2) + 1)
    along = ("order", order, {"units": "1", "long_name": "harmonic order"})
    both = []
    for tones in (1, 2):
        chosen = (used == tones) & (sizes >= 2) & (sizes <= order[-1])
        sums = np.zeros((order.size, *flat.shape[:-1]))
        np.add.at(sums, sizes[chosen] - 2, np.moveaxis(flat[..., chosen], -1, 0))
        coords = {name: c for name, c in power.coords.items() if set(c.dims) <= set(kept)}
        both.append(xr.DataArray(np.moveaxis(sums, 0, -1), coords | {"order": along}, (*kept, "order")))
    return both[0], both[1]


def _images(power: xr.DataArray) -> xr.DataArray:
    """Image power over level: all together at 0, then level by level."""
    matches = [re.fullmatch(r"image_(\d+)", str(cause)) for cause in power.cause.values]
    levels = sorted(int(match[1]) for match in matches if match)
    dims = _order_dims(power)
    parts = [_cause(power, f"image_{level}").sum(dims) for level in levels]
    together = sum(parts, 0.0 * power.sum([*dims, "cause"]))
    return xr.concat([together, *parts], xr.Variable("level", [0, *levels])).transpose(..., "level")


def _ratio(numerator: xr.DataArray, denominator: xr.DataArray | float) -> xr.DataArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return numerator / denominator
