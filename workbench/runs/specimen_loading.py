"""How a specimen becomes a torch module, in the process that analyses it."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from workbench.probes import original
from workbench.runs.checkpoints import list_checkpoints, load_checkpoint
from workbench.runs.spec import RunSpec
from workbench.runs.specimen import Specimen, SpecimenError, split_target
from workbench.runs.specimen_modules import find_model, run_file
from workbench.runs.specimen_weights import load_state, put_state

__all__ = ["Loaded", "first_channels", "latent_numbers", "load_specimen"]

_ALONE = threading.Lock()  # a user's file is executed by one thread at a time
SIZE = 64  # pixels of a user's model that says nothing of its own


@dataclass(frozen=True)
class Loaded:
    """A network ready to be analysed.

    Attributes
    ----------
    module : Module
    title : str
    channels, size : what its input has, unless a request says otherwise
    network : str
        Name of the network in its system, "" for a user's model.
    networks : tuple of str
        All that the system has.
    step, steps : int
        Checkpoint taken, and those that exist.
    mapping : str
        Of the run, "" for a user's model.
    """

    module: nn.Module
    title: str
    channels: int
    size: tuple[int, int]
    network: str = ""
    networks: tuple[str, ...] = ()
    step: int | None = None
    steps: tuple[int, ...] = ()
    mapping: str = ""

    def about(self) -> dict[str, Any]:
        """Return what a screen says of it."""
        return {
            "title": self.title,
            "module_type": type(self.module).__name__,
            "parameters": sum(p.numel() for p in self.module.parameters()),
            "channels": self.channels,
            "size": list(self.size),
            "network": self.network,
            "networks": list(self.networks),
            "step": self.step,
            "steps": list(self.steps),
            "mapping": self.mapping,
        }


def load_specimen(specimen: Specimen) -> Loaded:
    """Load a specimen; a user's file is executed in this process.

    Raises
    ------
    SpecimenError
        If a file, name, checkpoint or weight is missing or does not fit; the message lists what exists.
    """
    loaded = _from_file(specimen) if specimen.file is not None else _from_run(specimen)
    try:
        loaded = replace(loaded, module=original(loaded.module))
    except ValueError as error:
        raise SpecimenError(f"{loaded.title}: {error}", "model") from None
    _check_finite(loaded.module, loaded.title)
    return loaded


def first_channels(module: nn.Module) -> int:
    """Return the input channels of the first convolution, else 1.

    Examples
    --------
    >>> first_channels(nn.Sequential(nn.ReLU(), nn.Conv2d(3, 8, 3)))
    3
    """
    kinds = (nn.Conv2d, nn.ConvTranspose2d, nn.LazyConv2d, nn.BatchNorm2d, nn.InstanceNorm2d)
    for part in module.modules():
        if isinstance(part, kinds):
            return int(getattr(part, "in_channels", 0) or getattr(part, "num_features", 0) or 1)
    return 1


def latent_numbers(module: nn.Module) -> int | None:
    """Return how many numbers a module that looks like a generator of images from a latent takes, else None.

    It looks so if its first layer is a transposed convolution of many channels that makes a whole first map
    of one sample (stride 1, no padding), or a linear one and a transposed convolution or a resize follows.

    Examples
    --------
    >>> latent_numbers(nn.Sequential(nn.ConvTranspose2d(16, 8, 4), nn.ReLU()))
    16
    >>> latent_numbers(nn.Sequential(nn.ConvTranspose2d(16, 8, 4, 2, 1))) is None
    True
    """
    parts = [part for part in module.modules() if not any(True for _ in part.children())]
    first, later = (parts[0], parts[1:]) if parts else (None, [])
    if isinstance(first, nn.ConvTranspose2d):
        whole = set(first.stride) == {1} and set(first.padding) == {0} and min(first.kernel_size) > 1
        return first.in_channels if whole and first.in_channels >= 8 else None
    growing = (nn.ConvTranspose2d, nn.Upsample, nn.PixelShuffle)
    if isinstance(first, nn.Linear) and any(isinstance(part, growing) for part in later):
        return first.in_features
    return None


def _from_file(specimen: Specimen) -> Loaded:
    path, name = split_target(str(specimen.file))
    if not path.is_file():
        raise SpecimenError(f"{path}: no such file")
    # As if the file were run from its own folder: its relative paths and its neighbours' imports work.
    os.chdir(path.parent)
    sys.path.insert(0, str(path.parent))
    torch.manual_seed(0)  # models without weights are drawn alike in every process
    with _ALONE:
        _fill_script_tables()
        module = find_model(run_file(path), name, path)
    if specimen.weights is not None:
        weights = Path(specimen.weights)
        put_state(module, load_state(weights), weights.name, specimen.title)
    size = getattr(module, "size", SIZE)
    side = size if isinstance(size, int) and not isinstance(size, bool) and size > 1 else SIZE
    return Loaded(module, specimen.title, first_channels(module), (side, side))


def _plain(x: Tensor) -> Tensor:
    return torch.relu(x)


def _fill_script_tables() -> None:
    # torch fills the table of what scripts may call at its first use; nobody else may see it half full.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(_plain)


def _from_run(specimen: Specimen) -> Loaded:
    run = Path(str(specimen.run))
    spec = RunSpec.read(run)
    known = {checkpoint.step: checkpoint for checkpoint in list_checkpoints(run)}
    if not known:
        raise SpecimenError(f"run {run.name} has no checkpoint yet: one is written at its first step")
    step = max(known) if specimen.step is None else specimen.step
    if step not in known:
        raise SpecimenError(
            f"run {run.name} has no checkpoint of step {step}; there are: {', '.join(map(str, known))}"
        )
    tensors, _ = load_checkpoint(known[step])
    system = _rebuilt(spec, tensors)
    if specimen.network not in system.networks:
        raise SpecimenError(
            f"run {run.name} has no network {specimen.network!r}; there are: {', '.join(system.networks)}"
        )
    prefix = f"networks/{specimen.network}/"
    state = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
    module = system.networks[specimen.network]
    put_state(module, state, f"checkpoint {known[step].path.name}", f"{run.name}, {specimen.network}")
    side = int(system.options["size"])
    return Loaded(
        module,
        replace(specimen, step=step).title,
        first_channels(module),
        (side, side),
        specimen.network,
        tuple(system.networks),
        step,
        tuple(known),
        spec.mapping,
    )


def _rebuilt(spec: RunSpec, tensors: Mapping[str, Tensor]) -> Any:
    from workbench.runs.assembly import build_system

    # The condition's channels come from the weights: the scene they were counted in may be gone.
    with torch.device("meta"):
        trial = build_system(spec, 1)
    for network, module in trial.networks.items():
        for name, value in module.state_dict().items():
            saved = tensors.get(f"networks/{network}/{name}")
            if saved is not None and saved.ndim > 1 and saved.shape != value.shape:
                return build_system(spec, int(saved.shape[1]) - int(value.shape[1]) + 1)
    return build_system(spec, 1)


def _check_finite(module: nn.Module, title: str) -> None:
    for name, parameter in module.named_parameters():
        if isinstance(parameter, nn.UninitializedParameter):
            continue
        bad = int((~torch.isfinite(parameter)).sum())
        if bad:
            raise SpecimenError(
                f"{title}: weight {name} holds {bad} NaN or infinite values of {parameter.numel()}", "model"
            )
