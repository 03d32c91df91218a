"""What changed between two order analyses, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from workbench.signals.groups import grouped_power
from workbench.signals.spectra import power_db

BEFORE, AFTER = "before", "after"


def compare_orders(before: xr.Dataset, after: xr.Dataset) -> xr.Dataset:
    """Compare two order analyses: two states of a network, two steps of a run, two runs.

    With P the power of a family of lines (see `grouped_power`), P_in that of the tone at the input and P_all
    all power except DC:

    ``level  = 10 log10(P / P_in)``, dB re input tone; ``change = level after − level before``, dB
    ``share  = 100 · P / P_all``, %; ``share_change`` in percentage points

    Layers are matched by name. A layer that became several (``replace_layer``: "down2.conv" →
    "down2.conv.conv", "down2.conv.pool") is matched with the last of them: its output. Layers that only one
    of the two has are NaN in the other.

    Parameters
    ----------
    before, after : Dataset
        From `analyse_orders`, with the same tone.

    Returns
    -------
    Dataset
        ``level(state, layer, group)``, ``share(state, layer, group)`` with state "before", "after";
        ``change(layer, group)``, ``share_change(layer, group)``; coordinate ``counterpart(layer)``: the name
        in `after`, "" if there is none. Layers in the order of `before`, then those that only `after` has.
        Zero powers give −inf, changes between two zeros NaN.

    Raises
    ------
    ValueError
        If one is no order analysis, or their tones differ.

    Examples
    --------
    >>> power = xr.DataArray(
    ...     np.array([[[2.0, 0.2], [2.0, 0.2]]]),
    ...     dims=("layer", "order", "cause"),
    ...     coords={"layer": ["conv"], "order": [-1, 1], "cause": ["direct", "folded"]},
    ... )
    >>> one = power.to_dataset(name="power").assign_attrs(input_order_1_power=4.0)
    >>> two = one.assign(power=one.power.where(one.power.cause == "direct", 0.02))
    >>> compare_orders(one, two).change.sel(layer="conv", group=["fundamental", "folded"]).values.round(9)
    array([  0., -10.])
    """
    for orders in (before, after):
        if not isinstance(orders, xr.Dataset):
            raise ValueError(f"two order analyses are compared, found {type(orders).__name__}")
    tones = [np.ravel(orders.attrs.get("tone", ())).tolist() for orders in (before, after)]
    if tones[0] != tones[1]:
        raise ValueError(f"orders of different tones cannot be compared: {tones[0]} before, {tones[1]} after")
    powers = [grouped_power(before), grouped_power(after)]
    names = [[str(name) for name in power.layer.values] for power in powers]
    partner = _partners(*names)
    powers[1] = powers[1].assign_coords(layer=[partner.get(name, name) for name in names[1]])
    layers = [*names[0], *(n for n in map(str, powers[1].layer.values) if n not in names[0])]
    richest = sorted(powers, key=lambda power: -power.sizes["group"])
    groups = list(dict.fromkeys(str(group) for power in richest for group in power.group.values))
    levels, shares = [], []
    for power, orders in zip(powers, (before, after), strict=True):
        missing = [group for group in groups if group not in power.group]
        power = power.drop_vars([n for n in power.coords if n not in power.dims])
        power = power.reindex(group=groups, fill_value=np.nan)
        power = xr.where(power.group.isin(missing), power.sel(group="all") * 0, power)  # none of these images
        power = power.transpose(..., "layer", "group").reindex(layer=layers)
        reference = float(np.sum(orders.attrs.get("input_order_1_power", np.nan)))
        levels.append(power_db(power / reference))
        with np.errstate(divide="ignore", invalid="ignore"):
            shares.append(100 * power / power.sel(group="all"))
    states = xr.Variable("state", [BEFORE, AFTER])
    with np.errstate(invalid="ignore"):
        result = xr.Dataset(
            {
                "level": xr.concat(levels, states),
                "share": xr.concat(shares, states),
                "change": levels[1] - levels[0],
                "share_change": shares[1] - shares[0],
            }
        )
    result = result.drop_vars([n for n in result.coords if n not in result.dims])
    labels = {
        "level": ("level re input tone", "dB"),
        "share": ("share of all power except DC", "percent"),
        "change": ("change of the level", "dB"),
        "share_change": ("change of the share", "percentage points"),
    }
    for name, (meaning, unit) in labels.items():
        result[name].attrs = {"long_name": meaning, "units": unit}
    seen = {partner.get(name, name): name for name in names[1]}
    counterparts = [seen.get(layer, "") for layer in layers]
    attrs = {key: before.attrs[key] for key in ("tone", "shape") if key in before.attrs}
    return result.assign_coords(counterpart=("layer", counterparts)).assign_attrs(attrs)


def _partners(before: Sequence[str], after: Sequence[str]) -> dict[str, str]:
    """Layers of `after` (of `before` in reverse) that are the output of one layer of the other."""
    partner: dict[str, str] = {}
    for name in before:
        inside = [other for other in after if other.startswith(f"{name}.")]
        if name not in after and inside:
            partner[inside[-1]] = name
    for name in after:
        inside = [other for other in before if other.startswith(f"{name}.")]
        if name not in before and inside:
            partner[name] = inside[-1]
    return partner
