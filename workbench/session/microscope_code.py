"""The notebook code that repeats what the microscope shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.session.microscope_state import Replacement

__all__ = ["analysis_arguments", "fresh_code", "recorded_code"]


def analysis_arguments(attrs: dict[str, Any]) -> str:
    """Return the arguments of the analysis that left these attributes.

    >>> print(analysis_arguments({"shape": [1, 64, 64], "tone": [5, 11], "phases": 16, "amplitude": 1.0,
    ...                           "offset": 0.0, "channels": [1.0]}))
    shape=(1, 64, 64), tone=(5, 11), phases=16, amplitude=1.0, offset=0.0, channels=(1.0,)
    """
    names = ("shape", "tone", "phases", "amplitude", "offset", "channels")
    return ", ".join(f"{name}={_literal(attrs[name])!r}" for name in names if name in attrs)


def recorded_code(path: str, layer: str, step: int | None) -> str:
    """Return code that reads a recorded analysis.

    Parameters
    ----------
    path
        The run's directory.
    layer
        Layer under the lens.
    step
        Step held, None while live.
    """
    select = "" if step is None else f".sel(step=slice(0, {step}))"
    return "\n".join(
        [
            "import workbench as wb",
            "",
            f"run = wb.open_run({path!r})",
            f"orders = run.orders(){select}.isel(step=-1)",
            f"print(wb.figures_of_merit(orders).sel(layer={layer!r}))",
        ]
    )


def fresh_code(
    specimen: Any, replacements: tuple[Replacement, ...], layer: str, orders: xr.Dataset, threshold: float
) -> str:
    """Return code that loads a network, changes it, analyses it, lists the lines of one layer.

    Parameters
    ----------
    specimen
        The network.
    replacements
        What replaces its layers.
    layer
        Layer under the lens.
    orders
        The analysis shown: its attributes are the arguments.
    threshold
        Lowest level listed, dBc.
    """
    known = {name: value for name, value in specimen.to_dict().items() if value is not None}
    if "run" not in known:
        known.pop("network", None)
    where = ", ".join(f"{name}={value!r}" for name, value in known.items())
    arguments = analysis_arguments(orders.attrs)
    lines = [
        "import workbench as wb",
        "from workbench.runs.specimen import Specimen",
        "from workbench.runs.specimen_loading import load_specimen",
        "",
        f"network = load_specimen(Specimen({where})).module",
        *(f"network = wb.replace_layer(network, {name!r}, {kind!r})" for name, kind in replacements),
        f"orders = wb.analyse_orders(network, {arguments})",
        f"print(wb.figures_of_merit(orders).sel(layer={layer!r}))",
    ]
    if np.ndim(orders.attrs.get("tone", [0, 0])) == 1:
        lines += [
            f"spectrum = wb.order_spectra(network, {arguments}, layers=[{layer!r}])[{layer!r}]",
            f"print(wb.find_lines(spectrum.to_dataset(), floor={threshold!r}).to_dataframe())",
        ]
    return "\n".join(lines)


def _literal(value: Any) -> Any:
    """Turn lists, numpy's too, into tuples of plain numbers."""
    if isinstance(value, list | tuple | np.ndarray):
        return tuple(_literal(item) for item in value)
    return value.item() if isinstance(value, np.generic) else value
