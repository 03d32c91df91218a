"""What the microscope's panels show of an order analysis."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import xarray as xr

from workbench.session.decibels import decibel
from workbench.session.history_frames import thin
from workbench.session.microscope.scenes import families, is_scene
from workbench.session.order_frames import fold_orders, lineup

__all__ = ["data_rows", "network_rows", "of_the_tone", "one_axis", "order_waterfall", "rate_words"]

COLUMNS = 400  # of the waterfall: more steps than pixels show nothing more


def rate_words(rate_y: float, rate_x: float) -> str:
    """Write a layer's rate in samples per input pixel.

    >>> rate_words(0.5, 0.5), rate_words(1.0, 1.0), rate_words(2.0, 1 / 3)
    ('rate 1/2', 'rate 1', 'rate 2 × 1/3')
    """
    y, x = (str(Fraction(rate).limit_denominator(4096)) for rate in (rate_y, rate_x))
    return f"rate {y}" if y == x else f"rate {y} × {x}"


def one_axis(orders: xr.Dataset) -> xr.Dataset:
    """Return an analysis of two tones over one order axis, |k| + |l|; of a scene, by families of orders.

    >>> power = xr.DataArray(
    ...     np.ones((1, 3, 3, 1)), dims=("layer", "order_1", "order_2", "cause"),
    ...     coords={"layer": ["act"], "order_1": [-1, 0, 1], "order_2": [-1, 0, 1], "cause": ["direct"]},
    ... )
    >>> one_axis(power.to_dataset(name="power")).power.values.ravel()
    array([1., 4., 4.])
    """
    if is_scene(orders):
        return families(orders)
    if "order" in orders.dims:
        return orders
    power = orders["power"].transpose("layer", "order_1", "order_2", "cause")
    magnitude = np.add.outer(np.abs(power["order_1"].values), np.abs(power["order_2"].values))
    summed = np.zeros((power.sizes["layer"], magnitude.max() + 1, power.sizes["cause"]))
    for order in range(summed.shape[1]):
        summed[:, order] = power.values[:, magnitude == order].sum(axis=1)
    kept = orders.drop_vars([name for name in orders.variables if {"order_1", "order_2"} & set(
        orders[name].dims)])  # fmt: skip
    notes = ["two tones: no closed form for the sum of all products"] * power.sizes["layer"]
    result = kept.assign(
        power=(("layer", "order", "cause"), summed),
        theory=(("layer", "order"), np.full(summed.shape[:2], np.nan)),
        theory_note=("layer", notes),
    ).assign_coords(order=np.arange(summed.shape[1]))
    return result.assign_attrs(
        input_order_1_power=float(np.sum(orders.attrs.get("input_order_1_power", 1.0)))
    )


def of_the_tone(orders: xr.Dataset) -> xr.Dataset:
    """Return the recorded analysis of a pass without order 0, which is what the image under the tone makes.

    A tone on top of an image is no single tone: theory of every order is unknown.
    """
    power = orders["power"].where(orders["order"] != 0, 0.0)
    dims = [dim for dim in power.dims if dim != "cause"]
    nothing = np.full([power.sizes[dim] for dim in dims], np.nan)
    notes = ["a small tone on top of an image: no closed form"] * power.sizes["layer"]
    found = orders.assign(power=power, theory=(dims, nothing), theory_note=("layer", notes))
    return found.assign_attrs(on_image=True)


def network_rows(orders: xr.Dataset) -> dict[str, list[Any]]:
    """Return the network as its list shows it: who each layer is, its causes in percent, what is unsure."""
    size = orders["size"].transpose("layer", "axis").values
    layers = [
        [str(name), str(kind), f"{int(y)}×{int(x)}", rate_words(float(rate_y), float(rate_x))]
        for name, kind, (y, x), rate_y, rate_x in zip(
            orders["layer"].values, orders["module_type"].values, size,
            orders["rate_y"].values, orders["rate_x"].values, strict=True,
        )
    ]  # fmt: skip
    percent = 100 * np.nan_to_num(lineup(orders)["share"].transpose("layer", "cause").values)
    unsure = [str(why) for why in orders["ambiguity"].values] if "ambiguity" in orders else []
    return {"layers": layers, "shares": np.round(percent, 1).tolist(), "unsure": unsure}


def data_rows(tree: dict[str, xr.Dataset]) -> dict[str, list[Any]]:
    """Return the list of a network whose layers have spectra of data, but no orders."""
    layers = []
    for name, spectrum in tree.items():
        y, x = spectrum.sizes["frequency_y"], spectrum.sizes["frequency_x"]
        layers.append([name, "", f"{y}×{x}", ""])
    return {"layers": layers, "shares": [[] for _ in layers], "unsure": []}


def order_waterfall(records: xr.Dataset, layer: str, floor: float) -> xr.Dataset:
    """Level of every order of one layer against the training step, dB re its order 1 at that step.

    Parameters
    ----------
    records
        Recorded order analyses, `step` first.
    layer
        Name of the layer.
    floor
        Lowest level, dB.

    Returns
    -------
    Dataset
        level (step, order) for order 0, 1, 2, …; neighbouring steps are averaged where there are many.
    """
    names = [str(name) for name in records["layer"].values]
    one = records["power"].isel(layer=names.index(layer))
    power = one.transpose("order", "step", "cause").values.sum(axis=-1)
    folded = fold_orders(power, records["order"].values)
    steps = records["step"].values
    kept = [thin(steps, row, COLUMNS) for row in folded]
    values = np.stack([row for _, row, _ in kept], axis=1)
    carrier = np.where(values[:, 1] > 0, values[:, 1], np.nan)[:, None]
    return xr.Dataset(
        {
            "level": (
                ("step", "order"),
                decibel(values / carrier, floor),
                {"units": "dBc", "long_name": "order level re order 1"},
            )
        },
        coords={"step": kept[0][0], "order": np.arange(values.shape[1])},
        attrs={"floor": floor, "layer": layer},
    )
