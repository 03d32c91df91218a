"""Complex scenes as excitation: which there are, what their analyses show."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.session.captions import MAPPING_NAMES, number, percent
from workbench.session.decibels import decibel
from workbench.session.user_scenes import user_file, user_scenes

__all__ = [
    "NO_LINES", "families", "fidelity", "fidelity_caption", "is_scene", "scene_names", "scene_source",
    "scene_title"]  # fmt: skip

PRESETS = {"onetone": "Onetone patch", "flat_earth": "Flat earth", "ships": "Ships", "buildings": "Buildings"}
OWN = "data/"  # what the user's files are called after
FAMILIES = ("linear", "mirror", "constant", "higher")
NO_LINES = "A scene fills all bins: no line is its own. Choose tones to name lines."


def is_scene(orders: xr.Dataset) -> bool:
    """Tell whether an analysis is one of a scene: of its orders, not of causes."""
    return [str(cause) for cause in orders["cause"].values] == ["all"]


def scene_names() -> dict[str, str]:
    """Return what the scenes that can be chosen are called, by their name; the user's own files last."""
    return PRESETS | {f"{OWN}{name}": name for name in user_scenes()}


def scene_source(name: str) -> str:
    """Return what a request names: a made scene's name, or the path of a file of the data folder.

    Raises
    ------
    ValueError
        For anything else; a name that leads out of the data folder is refused.

    >>> scene_source("onetone")
    'onetone'
    """
    if name.startswith(OWN):
        return str(user_file(name.removeprefix(OWN)).resolve())
    if name not in PRESETS:
        raise ValueError(f"no scene {name!r}; there are: {', '.join(PRESETS)}, data/FILE")
    return name


def families(orders: xr.Dataset) -> xr.Dataset:
    """Return an analysis of a scene with families of orders in the place of causes.

    On a real layer the orders +1 and −1 are equal, both linear; on a complex one −1 is the mirror image.
    Order 0 is what does not turn with the scene's phase.
    """
    power = orders["power"].isel(cause=0).transpose("layer", "order").values
    order = orders["order"].values
    real = orders["real"].values.astype(bool)[:, None]
    parts = {
        "linear": power * ((order == 1) | ((order == -1) & real)),
        "mirror": power * ((order == -1) & ~real),
        "constant": power * (order == 0),
        "higher": power * (np.abs(order) > 1),
    }
    stacked = np.stack([parts[name] for name in FAMILIES], axis=-1)
    notes = ["a scene: theory is known for single tones only"] * len(power)
    return orders.drop_dims("cause").assign(
        power=(("layer", "order", "cause"), stacked),
        theory=(("layer", "order"), np.full(power.shape, np.nan)),
        theory_note=("layer", notes),
    ).assign_coords(cause=list(FAMILIES))  # fmt: skip


def fidelity(orders: xr.Dataset) -> xr.Dataset:
    """Shares of the families of orders in every layer: what the line-up shows of a scene.

    Parameters
    ----------
    orders
        Result of `analyse_orders` with a scene.

    Returns
    -------
    Dataset
        level (layer) in dB re order 1 of what the layer is compared with, share (layer, cause) 0..1.
    """
    power = families(orders)["power"].sum("order").transpose("layer", "cause").values
    total = power.sum(axis=1)
    reference = orders["input_order_1_power"].values.astype(float)
    kept = ("module_type", "rate_y", "rate_x")
    return xr.Dataset(
        {
            "share": (("layer", "cause"), power / np.where(total > 0, total, np.nan)[:, None]),
            "level": ("layer", decibel(total / np.where(reference > 0, reference, np.nan))),
            **{name: ("layer", orders[name].values) for name in kept if name in orders.variables},
        },
        {"layer": orders["layer"].values, "cause": list(FAMILIES)},
        {"level_unit": "dB re scene", "real": orders["real"].values.astype(bool).tolist(),
         "mapping": str(orders.attrs.get("mapping", "")),
         "clipped": float(orders.attrs.get("clipped_share", 0.0)),
         "not_analysed": list(orders.attrs.get("not_analysed", ()))},
    )  # fmt: skip


def fidelity_caption(data: xr.Dataset) -> str:
    """Say how much of the decoded output keeps the scene's phase, and why there are no causes."""
    share = data["share"].transpose("layer", "cause").values
    names = [str(name) for name in data["layer"].values]
    at = {name: FAMILIES.index(name) for name in FAMILIES}
    mapping = MAPPING_NAMES.get(data.attrs["mapping"], data.attrs["mapping"]).rstrip(",")
    if names[-1] == "decoded":
        said = (
            f"Phase fidelity of the output decoded by {mapping}: {percent(float(share[-1, at['linear']]))}; "
            f"{percent(float(share[-1, at['mirror']]))} is the mirror image"
        )
    else:
        said = (
            f"{percent(float(share[-1, at['linear']]))} of {names[-1]} follows the scene's phase linearly; "
            f"its output is none that {mapping} decodes"
        )
    worst = int(np.nanargmin(share[:, at["linear"]])) if np.isfinite(share).any() else 0
    clipped = data.attrs["clipped"]
    cut = f" {percent(clipped)} of the mapped pixels were clipped." if clipped > 0.001 else ""
    return (
        f"{said}. Least linear: {names[worst]}, {number(100 * float(share[worst, at['linear']]))} %.{cut} "
        "A scene fills all bins, so none tells a cause: these are orders of its phase."
    )


def scene_title(attrs: dict[str, Any]) -> str:
    """Say what a network was fed with, instead of tones."""
    mapping = str(attrs.get("mapping", ""))
    return f"scene through {MAPPING_NAMES.get(mapping, mapping).rstrip(',')}"
