"""How a request is answered, in the process that holds the network."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from workbench.probes import (
    Layer,
    amplitude_sweep,
    analyse_orders,
    evaluate,
    further_inputs,
    layer_spectra,
    order_spectra,
    placement,
    possible_replacements,
    replace_layers,
    replacement_notes,
    undisturbed,
)
from workbench.runs.specimen import Specimen, SpecimenError
from workbench.runs.specimen_files import write_result
from workbench.runs.specimen_inputs import fixed_inputs, open_complex
from workbench.runs.specimen_loading import Loaded, latent_numbers, load_specimen
from workbench.runs.specimen_progress import watched
from workbench.runs.specimen_request import Request
from workbench.signals import find_lines
from workbench.training import fitting_tone, resolve_device

__all__ = ["Bench"]

TONE = (5, 11)
PHASES = 32
PAIR_PHASES, SCENE_PHASES = 8, 16  # of each of two tones, of a scene
DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
Tell = Callable[..., None]


class Bench:
    """One network, with the variants of it that were asked for.

    Parameters
    ----------
    specimen : what to load
    """

    def __init__(self, specimen: Specimen) -> None:
        self.loaded: Loaded = load_specimen(specimen)
        self._variant: tuple[Any, nn.Module] = (None, self.loaded.module)

    def answer(self, request: Request, target: Path, tell: Tell) -> None:
        """Write the answer to `target`."""
        write_result(target, HANDLERS[request.kind](self, request, tell))

    def module(self, request: Request) -> nn.Module:
        """Return the network with the request's replacements, in its precision, on its device."""
        device = torch.device(resolve_device(request.device))
        wanted = (request.replacements, request.dtype, device)
        if self._variant[0] != wanted:
            module = self.loaded.module
            if request.replacements:
                module = replace_layers(module, request.replacements)
            if request.dtype is not None or device.type != "cpu" or self._variant[0] is not None:
                module = _placed(module, request.dtype, device, copy=module is self.loaded.module)
            self._variant = (wanted, module)
        return self._variant[1]

    def shape(self, request: Request) -> tuple[int, int, int]:
        """Return channels, height, width of the input."""
        height, width = request.size or self.loaded.size
        return request.channels or self.loaded.channels, height, width

    def excitation(self, request: Request, module: nn.Module) -> dict[str, Any]:
        """Return the arguments of an analysis: input, phases, further inputs."""
        numbers = latent_numbers(module)
        if numbers is not None and request.size is None and request.scene is None:
            raise SpecimenError(
                f"{self.loaded.title} looks like a generator that makes images of {numbers} numbers: "
                f"no image, so no tone. --latent {numbers} shows the spectra of its layers; "
                "--size gives it an image nonetheless"
            )
        shape = self.shape(request)
        common: dict[str, Any] = {"inputs": fixed_inputs(module, request.inputs, shape, request.tone_input)}
        if request.tone_input is not None:
            common["tone_input"] = request.tone_input
        if request.scene is not None:
            return common | {
                "scene": open_complex(request.scene, shape[1:], request.mapping),
                "mapping": request.mapping,
                "phases": request.phases or SCENE_PHASES,
            }
        tone: Any = request.tone or fitting_tone(TONE, shape[1:])
        if request.tone2 is not None:
            tone = (tone, request.tone2)
        return common | {
            "shape": shape,
            "tone": tone,
            "phases": request.phases or (PHASES if request.tone2 is None else PAIR_PHASES),
            "amplitude": request.amplitude,
            "offset": request.offset,
            "channels": request.weights,
        }


def _placed(module: nn.Module, dtype: str | None, device: torch.device, copy: bool) -> nn.Module:
    if dtype is not None and dtype not in DTYPES:
        raise SpecimenError(f"unknown dtype {dtype!r}; there are: {', '.join(DTYPES)}")
    module = deepcopy(module) if copy else module
    return module.to(device) if dtype is None else module.to(device, DTYPES[dtype])


def _about(bench: Bench, request: Request, tell: Tell) -> dict[str, Any]:  # noqa: ARG001
    return bench.loaded.about()


def _orders(bench: Bench, request: Request, tell: Tell) -> xr.Dataset:
    module = bench.module(request)
    arguments = bench.excitation(request, module)
    with watched(module, arguments["phases"] ** (1 + (request.tone2 is not None)), tell):
        result = analyse_orders(module, **arguments, layers=request.layers, memory=request.memory)
    notes = list(replacement_notes(module))
    return result.assign_attrs(specimen=bench.loaded.title, step=bench.loaded.step, replaced=notes)


def _spectra(bench: Bench, request: Request, tell: Tell) -> xr.DataTree:
    module = bench.module(request)
    arguments = bench.excitation(request, module)
    if not request.layers:
        raise SpecimenError("spectra need the names of the layers to look at")
    with watched(module, arguments["phases"] ** (1 + (request.tone2 is not None)), tell):
        return order_spectra(module, **arguments, layers=request.layers, memory=request.memory)


def _lines(bench: Bench, request: Request, tell: Tell) -> xr.DataTree:
    name = (request.layers or ("",))[0]
    spectrum = _spectra(bench, request, tell)[name].to_dataset()
    lines = find_lines(spectrum, floor=request.floor, count=request.count)
    power = spectrum[["power"]].sum([dim for dim in spectrum["power"].dims if "frequency" not in str(dim)])
    return xr.DataTree.from_dict({"lines": lines, "spectrum": power})


def _layers(bench: Bench, request: Request, tell: Tell) -> list[dict[str, Any]]:
    module = bench.module(request)
    shape = bench.shape(request)
    device, dtype = placement(module)
    found: list[dict[str, Any]] = []

    def note(layer: Layer, output: torch.Tensor) -> None:
        rate = [float(value) for value in layer.lineage.rate]
        entry = {"name": layer.name, "module_type": layer.kind, "shape": list(output.shape[1:]), "rate": rate}
        found.append(entry)

    inputs = further_inputs(
        fixed_inputs(module, request.inputs, shape, request.tone_input), request.tone_input or 0
    )
    tell(doing="listing the layers")
    with undisturbed(module):
        evaluate(module, torch.zeros(1, *shape, device=device, dtype=dtype), inputs, note)
    return found


def _replacements(bench: Bench, request: Request, tell: Tell) -> dict[str, list[str]]:  # noqa: ARG001
    return {name: list(kinds) for name, kinds in possible_replacements(bench.module(request)).items()}


def _sweep(bench: Bench, request: Request, tell: Tell) -> xr.Dataset:
    module = bench.module(request)
    arguments = bench.excitation(request, module)
    arguments.pop("amplitude", None)
    frames = arguments["phases"] ** (1 + (request.tone2 is not None))
    with watched(module, frames * len(request.amplitudes), tell):
        return amplitude_sweep(
            module, request.amplitudes, **arguments, layers=request.layers, memory=request.memory
        )


def _latent(bench: Bench, request: Request, tell: Tell) -> list[dict[str, Any]]:
    module = bench.module(request)
    numbers = request.latent or latent_numbers(module) or 1
    flat = any(
        isinstance(part, nn.Linear) for part in list(module.modules())[:2] + list(module.children())[:1]
    )
    shape = (16, numbers) if flat else (16, numbers, 1, 1)
    tell(doing=f"making images of {numbers} random numbers")
    tree = layer_spectra(module, torch.randn(shape, generator=torch.Generator().manual_seed(0)))
    rows = []
    for name, node in tree.children.items():
        image = np.asarray(node["image"]).tolist() if "image" in node else []
        rows.append(
            {
                "name": name,
                "module_type": node.attrs["module_type"],
                "size": list(node["power"].shape),
                "rate": [float(value) for value in node.attrs["rate"]],
                "power": float(node["power"].sum()),
                "image": image,
            }
        )
    return rows


HANDLERS: dict[str, Callable[[Bench, Request, Tell], Any]] = {
    "about": _about,
    "layers": _layers,
    "orders": _orders,
    "spectra": _spectra,
    "lines": _lines,
    "replacements": _replacements,
    "sweep": _sweep,
    "latent": _latent,
}
