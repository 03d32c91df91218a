"""Sentences that say in plain words what each layer of a network did to a tone."""

from __future__ import annotations

import math

import xarray as xr

LEAST = 0.5  # percentage points that are worth a word


def describe_increments(increments: xr.Dataset, least: float = LEAST) -> dict[str, str]:
    """One sentence per layer on what it did, with numbers.

    Parameters
    ----------
    increments : Dataset
        From `order_increments`, of one step.
    least : float
        Changes of a share below so many percentage points are not mentioned.

    Returns
    -------
    dict of str to str
        Layer -> sentence.

    Raises
    ------
    ValueError
        If it holds several steps: select one.

    Examples
    --------
    >>> import numpy as np
    >>> added = xr.DataArray(
    ...     np.array([[0.0, 12.0]]),
    ...     dims=("layer", "group"),
    ...     coords={"layer": ["act"], "group": ["all", "harmonic"], "module_type": ("layer", ["ReLU"])},
    ... )
    >>> increments = xr.Dataset({"added": added, "share": added, "change": added, "rise": added})
    >>> increments = increments.assign(gain=("layer", [-6.02]), linear=("layer", [False]))
    >>> describe_increments(increments)["act"]
    'act (ReLU): creates harmonics, orders ≥ 2 rise by 12 points to 12 % of the power; fundamental −6.0 dB.'
    """
    _single(increments)
    return {
        str(name): _sentence(increments.sel(layer=name), str(name), least) for name in increments.layer.values
    }


def describe_origins(increments: xr.Dataset) -> list[str]:
    """Say which layer made most of each family of lines at the layer that was traced back.

    Parameters
    ----------
    increments : Dataset
        From `order_increments`, of one step.

    Returns
    -------
    list of str
        Families that never rose are left out.

    Raises
    ------
    ValueError
        If it holds several steps: select one.

    Examples
    --------
    >>> names = ["order_2", "folded"]
    >>> increments = xr.Dataset(
    ...     {"created_by": ("group", ["act", ""]), "created": ("group", [0.61, float("nan")])},
    ...     coords={"group": names, "layer": ["act", "out"]},
    ...     attrs={"at": "out"},
    ... )
    >>> describe_origins(increments)
    ['order 2: act made 61 % of its rises on the way to out']
    """
    _single(increments)
    found = []
    for group in (str(g) for g in increments.group.values):
        creator = str(increments.created_by.sel(group=group).item())
        if group in ("all", "fundamental", "dc") or not creator:
            continue
        part = 100 * float(increments.created.sel(group=group))
        found.append(
            f"{_NAMES.get(group, group.replace('_', ' '))}: {creator} made {_number(part)} % of its rises "
            f"on the way to {increments.attrs.get('at', 'the output')}"
        )
    return found


_NAMES = {
    "harmonic": "orders ≥ 2 together",
    "folded": "folded lines",
    "image": "images",
    "leakage": "border leakage",
    "mirror": "mirror image",
}


def _single(increments: xr.Dataset) -> None:
    extra = sorted({str(dim) for dim in increments.dims} - {"layer", "group", "axis"})
    if extra:
        raise ValueError(f"sentences are about one state: select one along {', '.join(extra)}")


def _sentence(row: xr.Dataset, name: str, least: float) -> str:
    kind = str(row.module_type.item()) if "module_type" in row.coords else ""
    who = f"{name} ({kind})" if kind else name
    if math.isnan(float(row.added.sel(group="all"))):
        silent = math.isnan(float(row.share.sel(group="all")))
        return f"{who}: nothing but DC." if silent else f"{who}: its inputs are not known."
    said = [text for group in _SPOKEN if group in row.group if (text := _change(row, group, least))]
    gain = float(row.gain)
    tail = f"fundamental {_signed(gain)} dB" if math.isfinite(gain) else ""
    if not said:
        said = [f"changes no share by more than {_number(least)} points"]
    if "ambiguous" in row and bool(row.ambiguous) and any("image" in t or "leakage" in t for t in said):
        said.append("causes are not all told apart here")
    return f"{who}: {'; '.join([*said, tail] if tail else said)}."


_SPOKEN = ("harmonic", "folded", "image", "leakage", "mirror")


def _change(row: xr.Dataset, group: str, least: float) -> str:
    added, share = (float(row[name].sel(group=group)) for name in ("added", "share"))
    if not abs(added) >= least:
        return ""
    up = added > 0
    amount = f"{'rise' if up else 'fall'} by {_number(abs(added))} points to {_number(share)} % of the power"
    creates = float(row.rise.sel(group=group)) > 0
    if group == "harmonic":
        how = "filters the harmonics" if bool(row.linear) else "weakens harmonics"
        return f"{'creates harmonics' if creates else how}, orders ≥ 2 {amount}{_strongest(row)}"
    if group == "folded":
        return f"{'folds, ' if creates else ''}folded lines {amount}"
    if group == "image":
        return f"{'makes images, ' if creates else ''}images {amount}{_level(row)}"
    if group == "leakage":
        return f"border leakage {'rises' if up else 'falls'}{amount[4:]}"
    return f"the mirror image {'rises' if up else 'falls'}{amount[4:]}"


def _strongest(row: xr.Dataset) -> str:
    """Name the order that changed most, where several are listed."""
    listed = [str(g) for g in row.group.values if str(g).startswith("order_")]
    if not listed:
        return ""
    total = float(row.added.sel(group="harmonic"))
    most = max(listed, key=lambda group: float(row.added.sel(group=group)) * math.copysign(1, total))
    return f", mostly order {most.removeprefix('order_')}"


def _level(row: xr.Dataset) -> str:
    levels = [str(g) for g in row.group.values if str(g).startswith("image_")]
    if len(levels) < 2:
        return ""
    most = max(levels, key=lambda group: abs(float(row.added.sel(group=group))))
    return f", mostly level {most.removeprefix('image_')}"


def _number(value: float) -> str:
    """Two significant digits, plainly written."""
    digits = max(1 - math.floor(math.log10(abs(value))), 0) if value else 0
    return f"{value:.{min(digits, 6)}f}"


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{abs(value):.1f}"
