"""What each layer of a network added to the lines it was given."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.signals.groups import grouped_power, input_power
from workbench.signals.spectra import power_db

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
INPUT = "input"
# What is linear (or affine) in its inputs acts on every order by itself: it weighs orders, it creates none.
_LINEAR = frozenset(
    (
        *(
            "conv2d",
            "convolution",
            "subpixelconvolution",
            "convtranspose2d",
            "transposedconvolution",
            "border",
        ),
        *("batchnorm2d", "batch_norm", "avgpool2d", "avg_pool2d", "adaptiveavgpool2d", "adaptive_avg_pool2d"),
        *("upsample", "upsamplingnearest2d", "upsamplingbilinear2d", "interpolate", "pixelshuffle"),
        *("pixel_shuffle", "pixelunshuffle", "pixel_unshuffle", "filteredupsample", "filtereddownsample"),
        *(
            "lowpass",
            "dropout",
            "dropout2d",
            "alphadropout",
            "identity",
            "zeropad2d",
            "reflectionpad2d",
            "pad",
        ),
        *("replicationpad2d", "circularpad2d", "constantpad2d", "conv_transpose2d", "cat", "concat", "add"),
        *("concatenate", "iadd", "radd", "sub", "isub", "rsub", "neg", "getitem", "permute", "transpose"),
        *("flip", "roll", "narrow", "chunk", "split", "stack", "mean", "sum", "unfold", "fold", "reshape"),
        *("view", "flatten", "linear"),
    )
)
# A rate that rose cannot be seen where the layers before were too small to be analysed.
_EXPANDING = frozenset(
    (
        *("convtranspose2d", "transposedconvolution", "conv_transpose2d", "upsample", "upsamplingnearest2d"),
        *("upsamplingbilinear2d", "interpolate", "pixelshuffle", "pixel_shuffle", "filteredupsample"),
    )
)


def order_increments(orders: xr.Dataset, at: str | None = None) -> xr.Dataset:
    """Say what each layer added to every family of lines, relative to what it was given.

    For a layer L with inputs I(L), a family g of lines (see `grouped_power`; they overlap) of power P(g), all
    power except DC P(all), and the fundamental P(1):

    ``share     = 100 · P_L(g) / P_L(all)``
    ``share_in  = 100 · Σ_I P_i(g) / Σ_I P_i(all)``: the inputs' shares, weighted by their power
    ``added     = share − share_in``, percentage points
    ``level     = 10 log10(P_L(g) / P_L(1))``, ``level_in`` the same with the inputs' sums, ``change`` their
    difference in dB
    ``rise      = max(added, 0) / Σ_L' max(added_L', 0)`` over the layers L' that lead to `at`

    This is bookkeeping of shares, exact for one input and for concatenation; for a sum of branches it leaves
    out their interference, and a filter that weakens the fundamental raises the share of all else. What a
    layer cannot create does not count in `rise` and ``created_by``: a linear layer makes no orders, folds
    only where it decimates, makes images only where it expands. The causal test is to replace the layer:
    `workbench.probes.replace_layer`, `compare_orders`.

    Parameters
    ----------
    orders : Dataset
        From `analyse_orders`, with the coordinate ``inputs(layer)``; further dimensions such as `step` stay.
    at : str, optional
        Layer whose lines are traced back, the last one by default.

    Returns
    -------
    Dataset
        The variables above over ``layer`` and ``group``; ``gain(layer)``: fundamental re that of the inputs,
        dB; ``linear(layer)``, ``ambiguous(layer)``; ``created_by(group)``: the layer with the largest `rise`,
        "" if nothing rose, and ``created(group)``: its `rise`, 0 to 1. NaN where inputs are not known.
        attrs["at"].

    Raises
    ------
    ValueError
        If `orders` is no order analysis, does not know its layers' inputs, or has no layer `at`.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> rows = [[[0.0], [0.5], [0.0], [0.5], [0.0]], [[0.1], [0.2], [0.1], [0.2], [0.1]]]
    >>> power = xr.DataArray(
    ...     np.array(rows),
    ...     dims=("layer", "order", "cause"),
    ...     coords={"layer": ["conv", "act"], "order": np.arange(-2, 3), "cause": ["direct"]},
    ... ).assign_coords(
    ...     inputs=("layer", ["input", "conv"]), module_type=("layer", ["Conv2d", "ReLU"])
    ... )
    >>> orders = power.to_dataset(name="power").assign_attrs(input_power=1.0, input_order_1_power=1.0)
    >>> increments = order_increments(orders)
    >>> round(increments.added.sel(layer="act", group="harmonic").item(), 9)
    33.333333333
    >>> increments.created_by.sel(group="order_2").item()
    'act'
    """
    power = grouped_power(orders)
    if "inputs" not in orders.coords:
        raise ValueError(
            "this order analysis does not know the inputs of its layers: it is of an older version"
        )
    layers = [str(name) for name in power.layer.values]
    at = layers[-1] if at is None else at
    if at not in layers:
        raise ValueError(f"no layer {at!r}; layers: {', '.join(layers)}")
    feeds = _feeds([str(text) for text in orders["inputs"].values], layers)
    groups = [str(group) for group in power.group.values]
    given = _given(power, feeds, input_power(orders, groups))
    with np.errstate(divide="ignore", invalid="ignore"):
        share, share_in = (100 * p / p.sel(group="all") for p in (power, given))
        level, level_in = (power_db(p / p.sel(group="fundamental")) for p in (power, given))
        change = level - level_in
        gain = power_db(power.sel(group="fundamental") / given.sel(group="fundamental"))
    added = share - share_in
    kinds = _kinds(orders, layers)
    linear = np.array([kind in _LINEAR for kind in kinds])
    decimates, expands = _rate_changes(orders, feeds)
    able = _able(groups, linear, decimates, expands | np.array([kind in _EXPANDING for kind in kinds]))
    leads = np.array(_ancestors(at, feeds, layers))
    rise = _rise(added, xr.DataArray(able & leads[:, None], dims=("layer", "group")))
    result = xr.Dataset(
        {"share": share, "share_in": share_in, "added": added, "level": level, "level_in": level_in}
        | {"change": change, "gain": gain.drop_vars("group"), "rise": rise, "linear": ("layer", linear)}
    )
    if "ambiguous" in orders and orders["ambiguous"].dims == ("layer",):
        result["ambiguous"] = orders["ambiguous"]
    result = result.assign(_creators(rise)).assign_attrs({**orders.attrs, "at": at})
    for name, (meaning, unit) in _LABELS.items():
        result[name].attrs = {"long_name": meaning, "units": unit}
    return result


_LABELS = {
    "share": ("share of all power except DC", "percent"),
    "share_in": ("the same of the inputs", "percent"),
    "added": ("what the layer added to the share", "percentage points"),
    "level": ("level re the fundamental", "dBc"),
    "level_in": ("the same of the inputs", "dBc"),
    "change": ("change of the level", "dB"),
    "gain": ("fundamental re that of the inputs", "dB"),
    "rise": ("part of all rises of this share", "1"),
    "created": ("part of the rise made by created_by", "1"),
}


def _kinds(orders: xr.Dataset, layers: list[str]) -> list[str]:
    if "module_type" not in orders.coords:
        return [""] * len(layers)
    return [str(k).removeprefix("Parametrized").strip("_").lower() for k in orders["module_type"].values]


def _feeds(texts: list[str], layers: list[str]) -> Array:
    """Matrix (layer, source): the sources are the layers, then the input; NaN where they are not known."""
    position = {name: i for i, name in enumerate([*layers, INPUT])}
    feeds = np.zeros((len(layers), len(layers) + 1))
    for row, text in zip(feeds, texts, strict=True):
        names = text.split(" + ") if text else []
        if not names or any(name not in position for name in names):
            row[:] = np.nan
            continue
        row[[position[name] for name in names]] = 1.0
    return feeds


def _given(power: xr.DataArray, feeds: Array, at_input: Array) -> xr.DataArray:
    """Powers of each layer's inputs together."""
    values = power.values
    start = np.broadcast_to(at_input, (*values.shape[:-2], 1, values.shape[-1]))
    sources = np.concatenate([values, start], axis=-2)
    known = np.isfinite(feeds).all(1)
    total = np.full_like(values, np.nan, dtype=float)
    for i in np.flatnonzero(known):
        total[..., i, :] = sources[..., feeds[i] > 0, :].sum(-2)
    return power.copy(data=total)


def _ancestors(at: str, feeds: Array, layers: list[str]) -> list[bool]:
    """Which layers lead to `at`, itself included."""
    found = {layers.index(at)}
    waiting = list(found)
    while waiting:
        new = {int(i) for i in np.flatnonzero(feeds[waiting.pop()] > 0) if i < len(layers)} - found
        found |= new
        waiting += new
    return [i in found for i in range(len(layers))]


def _rate_changes(orders: xr.Dataset, feeds: Array) -> tuple[Flags, Flags]:
    """Which layers have a lower, which a higher rate than an input of theirs; all where rates are unknown."""
    count = len(feeds)
    if not {"rate_y", "rate_x"} <= set(orders.coords):
        return np.ones(count, bool), np.ones(count, bool)
    rates = np.stack([orders[name].values for name in ("rate_y", "rate_x")], axis=-1)
    sources = np.concatenate([rates, np.ones((1, 2))])
    fed = (feeds > 0)[:, :, None]
    lowest = np.where(fed, sources, np.inf).min(1)
    highest = np.where(fed, sources, -np.inf).max(1)
    return (rates < highest - 1e-9).any(1), (rates > lowest + 1e-9).any(1)


def _able(groups: list[str], linear: Flags, decimates: Flags, expands: Flags) -> Flags:
    """Whether a layer can create a family of lines at all, (layer, group)."""

    def column(group: str) -> Flags:
        if group == "harmonic" or group.startswith("order_"):
            return ~linear
        if group == "folded":
            return ~linear | decimates
        if group.startswith("image"):
            return ~linear | expands
        return np.ones(len(linear), bool)

    return np.stack([column(group) for group in groups], axis=1)


def _rise(added: xr.DataArray, counts: xr.DataArray) -> xr.DataArray:
    positive = added.clip(min=0).where(counts & np.isfinite(added), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rise = positive / positive.sum("layer")
    return rise.transpose(..., "layer", "group").where(added.notnull())


def _creators(rise: xr.DataArray) -> dict[str, Any]:
    filled = rise.fillna(-1.0)
    best = filled.max("layer")
    name = rise.layer.isel(layer=filled.argmax("layer")).drop_vars([*set(rise.layer.coords)], errors="ignore")
    return {"created_by": xr.where(best > 0, name, ""), "created": best.where(best > 0)}
