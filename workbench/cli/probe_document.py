"""What an analysis found, as one document of plain values: the schema of ``workbench probe --json``.

``schema_version`` rises when a field changes its meaning or goes; new fields may come at any time. Numbers
that do not exist (no such line, no power at all, no distortion) are null: the document is strict JSON.

``specimen``      title, file, weights, run, step, network, module_type, parameters
``settings``      shape, tones (cycles per frame along y, x), phases, amplitude, offset, channels, inputs,
                  replacements, scene, mapping, dtype, device, and what the replacements did
``units``         unit of every figure
``layers``        from input to output: name, module_type, inputs, size, rate (samples per input pixel),
                  ``figures`` by name (hd and imd by order, image by level, 0 is all of them), ``shares`` of
                  the power without DC by cause, ``level`` of it re the input tone in dB, ``order_tail``,
                  ``theory_residual`` (largest deviation from theory re order 1, dB), ``theory_note``,
                  ``ambiguity``
``lines``         of one layer, by falling level: order, cause, level, cycles per frame, label …
``arises``        per family of lines the layer that adds most on the way to the last layer, with its part
``before``        ``layers`` of the network without the replacements
``comparison``    per layer and family: level before and after re the input tone in dB, change
``sweep``         per layer: power of each order at each amplitude; of the small-signal region slopes (dB per
                  dB), intercept points at the input (dB re amplitude 1) or the layer (dB re power 1) with
                  notes where there is none, gain; the input level that compresses order 1 by 1 dB
``not_analysed``  "layer: reason"
"""

from __future__ import annotations

import math
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import xarray as xr

from workbench.runs import Request, Specimen
from workbench.signals import figures_of_merit, power_db

__all__ = ["SCHEMA", "comparison_rows", "document", "layer_rows", "line_rows", "plain", "sweep_rows"]

SCHEMA, VERSION = "spectral-workbench/probe", 1
ROUNDING = 1e-8  # % of a layer's power: what is below was not made by anything
FAMILIES = ("harmonic", "order_2", "order_3", "folded", "image", "leakage")


def plain(value: Any) -> Any:
    """Return what strict JSON can hold: numpy's types as Python's, numbers that are not finite as None.

    >>> plain({"a": np.float64("nan"), "b": (np.int64(3), -math.inf), "c": np.array(["x"])})
    {'a': None, 'b': [3, None], 'c': ['x']}
    """
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def document(
    specimen: Specimen, request: Request, about: dict[str, Any], orders: xr.Dataset
) -> dict[str, Any]:
    """Return the document of one analysis; lines, comparison, sweep are None until they are filled in."""
    attrs = orders.attrs
    tone = np.atleast_2d(attrs["tone"]).tolist() if attrs.get("tone") is not None else []
    figures = figures_of_merit(orders)
    content = {
        "schema": SCHEMA,
        "schema_version": VERSION,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "workbench": _version("spectral-workbench"),
            "torch": _version("torch"),
            "python": platform.python_version(),
        },
        "specimen": specimen.to_dict()
        | {name: about[name] for name in ("title", "module_type", "parameters", "step")},
        "settings": {
            "shape": attrs.get("shape"),
            "tones": tone,
            **{name: attrs.get(name) for name in ("phases", "amplitude", "offset", "channels")},
            "inputs": dict(request.inputs),
            "tone_input": request.tone_input,
            "replacements": [list(pair) for pair in request.replacements],
            "replaced": list(attrs.get("replaced", [])),
            "scene": request.scene,
            "mapping": request.mapping if request.scene else None,
            "dtype": request.dtype,
            "device": request.device,
        },
        "units": {str(name): figures[name].attrs.get("units", "1") for name in figures.data_vars},
        "layers": layer_rows(orders),
        "lines": None,
        "arises": arises(orders),
        "before": None,
        "comparison": None,
        "sweep": None,
        "not_analysed": list(attrs.get("not_analysed", [])),
    }
    result: dict[str, Any] = plain(content)
    return result


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def layer_rows(orders: xr.Dataset) -> list[dict[str, Any]]:
    """Return one dict per layer, from input to output."""
    figures = figures_of_merit(orders)
    shares, level = _shares(orders)
    rows = []
    for i, name in enumerate(map(str, orders["layer"].values)):
        one = orders.isel(layer=i)
        row = {
            "name": name,
            "module_type": str(one["module_type"].values),
            "inputs": str(one["inputs"].values) if "inputs" in one else "",
            "size": one["size"].values,
            "rate": [float(one["rate_y"]), float(one["rate_x"])],
            "level": float(level[i]),
            "shares": dict(zip(map(str, orders["cause"].values), shares[i], strict=True)),
            "figures": _figures(figures.isel(layer=i)),
            "order_tail": float(one["order_tail"]) if "order_tail" in one else None,
            "ambiguity": str(one["ambiguity"].values) if "ambiguity" in one else "",
            "theory_note": str(one["theory_note"].values) if "theory_note" in one else "",
            "theory_residual": _residual(one),
        }
        rows.append(plain(row))
    return rows


def _shares(orders: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Shares (layer, cause) of the power without DC, and that power re the input tone in dB."""
    power = orders["power"]
    dims = [str(dim) for dim in power.dims if str(dim).startswith("order")]
    dc = power["cause"] == "direct"
    for dim in dims:
        dc = dc & (power[dim] == 0)
    kept = power.where(~dc, 0.0).sum(dims).transpose("layer", "cause").values
    total = kept.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = kept / total[:, None]
    given = orders.get("input_order_1_power", orders.attrs.get("input_order_1_power", np.nan))
    tone = given.values if isinstance(given, xr.DataArray) else float(np.sum(given))
    return shares, power_db(total / tone)


def _figures(figures: xr.Dataset) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, values in figures.data_vars.items():
        if values.ndim == 0:
            result[str(name)] = float(values)
        elif values.ndim == 1:
            keys = [str(key) for key in values[values.dims[0]].values.tolist()]
            result[str(name)] = dict(zip(keys, values.values.tolist(), strict=True))
    return result


def _residual(one: xr.Dataset) -> float | None:
    """Largest deviation of an order's amplitude from theory, re order 1, dB."""
    if "theory" not in one or not bool(np.isfinite(one["theory"]).any()):
        return None
    dims = [str(dim) for dim in one["theory"].dims]
    measured, theory = one["power"].sum("cause"), one["theory"]
    carrier = (
        float(measured.where(abs(measured[dims[0]]) == 1).max()) if len(dims) == 1 else float(measured.max())
    )
    deviation = float(abs(np.sqrt(measured) - np.sqrt(theory)).max())
    return float(power_db(deviation**2 / carrier)) if carrier > 0 else None


def arises(orders: xr.Dataset) -> list[dict[str, Any]]:
    """Return which layer added most to each family of lines on the way to the last layer."""
    from workbench.signals import order_increments

    if "inputs" not in orders.coords:
        return []
    increments = order_increments(orders)
    shares = increments["share"].isel(layer=-1)
    return [
        {
            "family": family,
            "layer": str(increments["created_by"].sel(group=family).values),
            "part": float(increments["created"].sel(group=family)),
        }
        for family in FAMILIES
        if family in increments["group"].values
        and str(increments["created_by"].sel(group=family).values)
        and float(shares.sel(group=family)) > ROUNDING
    ]


def line_rows(lines: xr.Dataset, layer: str, shape: list[int], floor: float) -> dict[str, Any]:
    """Return the named lines of one layer.

    Parameters
    ----------
    lines
        Of that layer, from `find_lines`.
    layer
        Its name.
    shape
        Channels, rows, columns of the network's input.
    floor
        Lowest level listed.
    """
    names = [name for name in ("order", "order_1", "order_2") if name in lines]
    rows = []
    for i in range(lines.sizes["line"]):
        one = lines.isel(line=i)
        rows.append(
            {
                **{name: int(one[name]) for name in names},
                "cause": str(one["cause"].values),
                "level": float(one["level"]),
                "cycles": [
                    round(float(one[f"input_frequency_{axis}"]) * pixels, 6)
                    for axis, pixels in zip("yx", shape[1:], strict=True)
                ],
                "frequency": [float(one["frequency_y"]), float(one["frequency_x"])],
                "folded_by": str(one["folded_by"].values),
                "zone": [int(one["zone_y"]), int(one["zone_x"])],
                "label": str(one["label"].values),
            }
        )
    attrs = lines.attrs
    found = {
        "layer": layer,
        "reference": attrs.get("reference", ""),
        "floor": floor,
        "lines": rows,
        "not_listed": int(attrs.get("not_listed", 0)),
        "problem": "",
    }
    result: dict[str, Any] = plain(found)
    return result


def comparison_rows(before: xr.Dataset, after: xr.Dataset) -> list[dict[str, Any]]:
    """Return what replacing changed: level of every family of lines in every layer."""
    from workbench.signals import compare_orders

    compared = compare_orders(before, after)
    rows = []
    for name in map(str, compared["layer"].values):
        one = compared.sel(layer=name)
        families = {
            str(group): {
                "before": float(one["level"].sel(state="before", group=group)),
                "after": float(one["level"].sel(state="after", group=group)),
                "change": float(one["change"].sel(group=group)),
            }
            for group in compared["group"].values
        }
        rows.append(
            plain({"name": name, "counterpart": str(one["counterpart"].values), "families": families})
        )
    return rows


def sweep_rows(sweep: xr.Dataset) -> dict[str, Any]:
    """Return how the orders of each layer grow with the drive, from `amplitude_sweep`."""
    along = "product" if "product" in sweep.dims else "order"
    chosen = sweep.isel({along: sweep["order"].values >= 1})
    rows = []
    for i, name in enumerate(map(str, sweep["layer"].values)):
        one = chosen.isel(layer=i)
        rows.append(
            {
                "name": name,
                "power": one["power"].transpose("amplitude", along).values,
                "slopes": one["slope_db_per_db"].values,
                "input_intercepts": one["input_intercept"].values,
                "output_intercepts": one["output_intercept"].values,
                "notes": [str(note) for note in one["intercept_note"].values],
                "gain": float(one["gain"]),
                "compression": float(one["compression"]),
            }
        )
    found = {
        "amplitudes": sweep["amplitude"].values,
        "orders": [str(label) for label in chosen[along].values],
        "layers": rows,
    }
    result: dict[str, Any] = plain(found)
    return result
