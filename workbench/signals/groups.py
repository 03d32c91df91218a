"""Families of lines that an order analysis is summed up to: harmonics, orders, causes."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import xarray as xr

ORDERS_LISTED = 5
_DIMS = (("order",), ("order_1", "order_2"))


def grouped_power(orders: xr.Dataset, highest: int = ORDERS_LISTED) -> xr.DataArray:
    """Power of each layer by family of lines. The families overlap: an alias of order 3 is in three of them.

    ==============  ===========================================================================
    all             everything except DC
    fundamental     order 1 at its true frequency (of a complex layer +1 alone; of two tones both)
    harmonic        orders of magnitude 2 and above, by whatever cause; of two tones |k| + |l| >= 2
    order_2 …       that order, by whatever cause
    folded          every order, where a decimation folded it to
    image           all levels together; image_1, image_2, … each
    leakage         position-dependent lines
    mirror          order −1 of a complex analysis
    dc              order 0, direct
    ==============  ===========================================================================

    Parameters
    ----------
    orders : Dataset
        As of `figures_of_merit`; of one tone (``order``) or two (``order_1``, ``order_2``). An analysis with
        the one cause "all" (of a scene) has only the families of orders; its order 0 counts as signal.
    highest : int
        Last of the orders listed one by one.

    Returns
    -------
    DataArray
        ``power(..., layer, group)``, NaN where nothing was analysed.

    Raises
    ------
    ValueError
        If `orders` has no such power.

    Examples
    --------
    >>> power = xr.DataArray(
    ...     np.array([[[1.0], [4.0], [2.0], [4.0], [1.0]]]),
    ...     dims=("layer", "order", "cause"),
    ...     coords={"layer": ["act"], "order": np.arange(-2, 3), "cause": ["direct"]},
    ... )
    >>> found = grouped_power(power.to_dataset(name="power"), highest=2)
    >>> found.sel(layer="act", group=["all", "fundamental", "harmonic", "dc"]).values
    array([10.,  8.,  2.,  2.])
    """
    power = _power(orders)
    dims = next(d for d in _DIMS if set(d) <= set(power.dims))
    lines = [*dims, "cause"]
    power = power.transpose(..., "layer", *lines)
    values = power.values.reshape(*power.shape[: -len(lines)], -1)
    known = np.isfinite(values).any(-1, keepdims=True)
    real = _real_layers(orders, power.sizes["layer"])
    names, sums = _summed(np.nan_to_num(values), power, dims, real, highest)
    kept = {
        name: coord
        for name, coord in orders.coords.items()
        if set(coord.dims) <= set(power.dims[: -len(lines)])
    }
    result = xr.DataArray(
        np.where(known, sums, np.nan),
        dims=(*power.dims[: -len(lines)], "group"),
        coords={**kept, "group": ("group", names, {"long_name": "family of lines"})},
        name="power",
    )
    return result.assign_attrs(power.attrs)


def _real_layers(orders: xr.Dataset, layers: int) -> npt.NDArray[np.bool_]:
    """Which layers are real: in a scene's analysis all but the decoded image."""
    if "real" in orders:
        return np.asarray(orders["real"].values, bool)
    return np.full(layers, bool(orders.attrs.get("real", True)))


def _summed(
    values: npt.NDArray[np.float64],
    power: xr.DataArray,
    dims: tuple[str, ...],
    real: npt.NDArray[np.bool_],
    highest: int,
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Sum lines (..., layer, line) to families; what is the fundamental differs between layers."""
    by_kind = {kind: _masks(power, dims, kind, highest) for kind in (True, False) if (real == kind).any()}
    names = list(by_kind.get(False, by_kind.get(True, {})))
    sums = np.full((*values.shape[:-1], len(names)), np.nan)
    for kind, masks in by_kind.items():
        nothing = np.zeros(values.shape[-1])
        table = np.stack([masks[name].ravel() if name in masks else nothing for name in names], axis=1)
        sums[..., real == kind, :] = values[..., real == kind, :] @ table
    return names, sums


def _masks(
    power: xr.DataArray, dims: tuple[str, ...], real: bool, highest: int
) -> dict[str, npt.NDArray[np.float64]]:
    """Which lines belong to each family: 1 or 0 over the orders and causes."""
    axes = np.meshgrid(*(power[d].values for d in dims), power.cause.values.astype(str), indexing="ij")
    *orders, cause = axes
    magnitude = sum(np.abs(order) for order in orders)
    positive = sum(orders) > 0
    causes = list(dict.fromkeys(cause.ravel().tolist()))
    tone = causes != ["all"]
    first = magnitude == 1 if real else (magnitude == 1) & positive
    dc = (magnitude == 0) & (cause == "direct")
    masks = {
        "all": ~dc,
        "fundamental": first & (cause == ("direct" if tone else "all")),
        "harmonic": magnitude >= 2,
        **{f"order_{k}": magnitude == k for k in range(2, highest + 1)},
    }
    if tone:
        levels = sorted(c for c in causes if re.fullmatch(r"image_\d+", c))
        masks |= {"folded": cause == "folded", "image": np.isin(cause, levels)}
        masks |= {level: cause == level for level in levels}
        masks |= {"leakage": cause == "leakage", "dc": dc}
    if not real:
        masks["mirror"] = (magnitude == 1) & ~positive
    return {name: mask.astype(float) for name, mask in masks.items()}


def _power(orders: xr.Dataset) -> xr.DataArray:
    if not isinstance(orders, xr.Dataset) or "power" not in orders:
        found = type(orders).__name__
        raise ValueError(f"needs an order analysis, a Dataset with power(layer, order, cause), found {found}")
    power = orders["power"]
    if not {"layer", "cause"} <= set(power.dims) or not any(set(d) <= set(power.dims) for d in _DIMS):
        raise ValueError(f"needs power over layer, order, cause (or order_1, order_2), found {power.dims}")
    return power.drop_vars([name for name in power.coords if name not in power.dims])


def input_power(orders: xr.Dataset, groups: list[str]) -> np.ndarray:
    """Power of the input by the same families: the tone is its fundamental, its offset is DC.

    Examples
    --------
    >>> orders = xr.Dataset(attrs={"input_power": 0.75, "input_order_1_power": 0.5})
    >>> input_power(orders, ["all", "fundamental", "folded", "dc"])
    array([0.5 , 0.5 , 0.  , 0.25])
    """
    first = float(np.sum(orders.attrs.get("input_order_1_power", np.nan)))
    constant = float(orders.attrs.get("input_power", np.nan)) - first
    known = {"all": first, "fundamental": first, "dc": constant if abs(constant) > 1e-12 * first else 0.0}
    return np.array([known.get(group, 0.0 if np.isfinite(first) else np.nan) for group in groups])
