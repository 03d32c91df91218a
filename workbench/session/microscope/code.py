"""The notebook code that repeats what the microscope shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.runs import split_target
from workbench.session.microscope.scenes import scene_source
from workbench.session.microscope.scope import Scene, Scope
from workbench.session.microscope.state import Replacement

__all__ = ["analysis_arguments", "code_of", "fresh_code", "recorded_code"]


IMAGE_OUT = 'orders["power"] = orders["power"].where(orders["order"] != 0, 0.0)  # 0 is the image judged'


def analysis_arguments(attrs: dict[str, Any]) -> str:
    """Return the arguments of the analysis that left these attributes.

    >>> print(analysis_arguments({"shape": [1, 64, 64], "tone": [5, 11], "phases": 16, "amplitude": 1.0,
    ...                           "offset": 0.0, "channels": [1.0]}))
    shape=(1, 64, 64), tone=(5, 11), phases=16, amplitude=1.0, offset=0.0, channels=(1.0,)
    """
    names = ("shape", "tone", "phases", "amplitude", "offset", "channels")
    return ", ".join(f"{name}={_literal(attrs[name])!r}" for name in names if name in attrs)


def recorded_code(path: str, layer: str, step: int | None, passed: str = "") -> str:
    """Return code that reads a recorded analysis.

    Parameters
    ----------
    path
        The run's directory.
    layer
        Layer under the lens.
    step
        Step held, None while live.
    passed
        Pass of another network, "" for the generator.
    """
    select = "" if step is None else f".sel(step=slice(0, {step}))"
    records = f"pass_orders()[{passed!r}].to_dataset()" if passed else "orders()"
    return "\n".join(
        [
            "import workbench as wb",
            "",
            f"run = wb.open_run({path!r})",
            f"orders = run.{records}{select}.isel(step=-1)",
            *([IMAGE_OUT] if passed else []),
            f"print(wb.figures_of_merit(orders).sel(layer={layer!r}))",
        ]
    )


def code_of(scope: Scope, scene: Scene) -> str:
    """Return notebook code that repeats the analysis shown, with its lines."""
    state = scope.state
    if scene.fresh and scene.orders is not None:
        return fresh_code(
            scene.specimen, state.replacements, scene.layer, scene.orders, float(state.threshold), state.scene
        )
    path = str(getattr(scope.run, "path", state.run))
    return recorded_code(path, scene.layer, state.held, state.passed)


def fresh_code(
    specimen: Any,
    replacements: tuple[Replacement, ...],
    layer: str,
    orders: xr.Dataset,
    threshold: float,
    scene: str = "",
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
    scene
        Name of the scene that was fed, "" for tones.
    """
    lines = [
        *_loading(specimen),
        *(f"network = wb.replace_layer(network, {name!r}, {kind!r})" for name, kind in replacements),
    ]
    if scene:
        size = _literal(orders.attrs["shape"][-2:])
        mapping, phases = str(orders.attrs["mapping"]), int(orders.attrs["phases"])
        lines += [
            "from workbench.runs.specimen_inputs import open_complex",
            "",
            f"scene = open_complex({scene_source(scene)!r}, {size}, {mapping!r})",
        ]
        arguments = f"scene=scene, mapping={mapping!r}, phases={phases}"
    else:
        arguments = analysis_arguments(orders.attrs)
    lines += [
        f"orders = wb.analyse_orders(network, {arguments})",
        f"print(wb.figures_of_merit(orders).sel(layer={layer!r}))",
    ]
    if not scene and np.ndim(orders.attrs.get("tone", [0, 0])) == 1:
        lines += [
            f"spectrum = wb.order_spectra(network, {arguments}, layers=[{layer!r}])[{layer!r}]",
            f"print(wb.find_lines(spectrum.to_dataset(), floor={threshold!r}).to_dataframe())",
        ]
    return "\n".join(lines)


def _loading(specimen: Any) -> list[str]:
    """Return the lines that load a network: of a run's checkpoint, or from the user's own file."""
    if specimen.run is not None:
        step = "" if specimen.step is None else f", {specimen.step}"
        return [
            "import workbench as wb",
            "",
            f"network = wb.open_run({specimen.run!r}).network({specimen.network!r}{step})",
        ]
    path, model = split_target(specimen.file)
    if not (model and path.stem.isidentifier()):  # which of its names is the model is found, not told
        return [
            "import workbench as wb",
            "from workbench.runs.specimen import Specimen",
            "from workbench.runs.specimen_loading import load_specimen",
            "",
            f"specimen = Specimen(file={specimen.file!r}, weights={specimen.weights!r})",
            "network = load_specimen(specimen).module  # executes the file",
        ]
    weights = specimen.weights is not None
    return [
        "import sys",
        *(["from pathlib import Path"] if weights else []),
        "",
        "import torch",
        "import workbench as wb",
        *(["from workbench.runs.specimen_weights import load_state"] if weights else []),
        "",
        "torch.manual_seed(0)",
        f"sys.path.insert(0, {str(path.parent)!r})",
        f"import {path.stem}  # executes the file",
        "",
        f"network = {path.stem}.{model}",
        "if not isinstance(network, torch.nn.Module):",
        "    network = network()  # a function or a class that makes the model",
        *([f"network.load_state_dict(load_state(Path({specimen.weights!r})))"] if weights else []),
    ]


def _literal(value: Any) -> Any:
    """Turn lists, numpy's too, into tuples of plain numbers."""
    if isinstance(value, list | tuple | np.ndarray):
        return tuple(_literal(item) for item in value)
    return value.item() if isinstance(value, np.generic) else value
