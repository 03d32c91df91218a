"""How a run's layers are replaced, its checkpoint carried over to the new ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from workbench.probes import replace_layers, replaced_layers, replacement_notes
from workbench.runs.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from workbench.systems import System

_NAMED = 6  # tensors that an event names one by one


def graft(system: System, replacements: Iterable[Sequence[str]]) -> System:
    """Return a system with layers replaced.

    Parameters
    ----------
    system : its networks are left as they are
    replacements : pairs (layer, kind) as of `workbench.probes.replace_layers`; a layer of another network
        than the generator bears its name in front ("discriminator.layer1.conv")

    Raises
    ------
    ValueError
        If a layer or kind does not exist, or the two do not go together.

    Examples
    --------
    >>> from workbench.systems import build
    >>> system = build("pix2pix", size=32, width=4, seed=0)
    >>> new = graft(system, [("up1.activation", "tanh"), ("discriminator.*", "circular")])
    >>> new.networks["generator"].up1.activation, new.networks["discriminator"].layer1.conv.padding_mode
    (Tanh(), 'circular')
    """
    by_network: dict[str, list[tuple[str, str]]] = {}
    for name, kind in replacements:
        network, layer = _address(system, name)
        by_network.setdefault(network, []).append((layer, kind))
    new = {network: replace_layers(system.networks[network], pairs) for network, pairs in by_network.items()}
    return dataclasses.replace(system, networks={**system.networks, **new})


def _address(system: System, name: str) -> tuple[str, str]:
    """Network and layer that a name means."""
    network, _, layer = name.partition(".")
    if layer and network in system.networks:
        return network, layer
    return ("generator" if "generator" in system.networks else next(iter(system.networks))), name


def carry_over(origin: Checkpoint, before: System, replacements: Sequence[Sequence[str]], run: Path) -> None:
    """Write the checkpoint that a run with replaced layers begins from.

    The weights go into the networks as they were, then the layers are replaced: what a new layer keeps or
    derives of the old one comes from trained weights. Only for replaced layers the optimiser begins anew.

    Parameters
    ----------
    origin : checkpoint of the run that is branched from
    before : the system without these replacements
    replacements : pairs (layer, kind)
    run : directory of the new run
    """
    tensors, meta = load_checkpoint(origin)
    used = _fill(before, tensors)
    after = graft(before, replacements)
    old = {name: len(replacement_notes(network)) for name, network in before.networks.items()}
    touched = tuple(
        f"{name}.{layer}."
        for name, network in after.networks.items()
        for layer in replaced_layers(network)[old[name] :]
    )
    parameters = {
        f"{name}.{key}" for name, network in after.networks.items() for key, _ in network.named_parameters()
    }
    result = {
        f"networks/{name}/{key}": value.detach().clone().contiguous()
        for name, network in after.networks.items()
        for key, value in network.state_dict().items()
    }
    for name, value in tensors.items():
        if name.startswith("optimisers/"):
            owner = name.split("/")[2]
            if owner not in parameters or f"{owner}.".startswith(touched):
                continue
        elif name.startswith("networks/"):
            continue
        result[name] = value
        used.add(name)
    notes = [
        f"{name}: {'; '.join(new)}"
        for name, network in after.networks.items()
        if (new := replacement_notes(network)[old[name] :])
    ]
    meta = meta | {"branched": _told(notes, [name for name in tensors if name not in used], len(tensors))}
    save_checkpoint(run, result, meta, pinned=origin.pinned)


def _fill(system: System, tensors: dict[str, Tensor]) -> set[str]:
    """Put saved weights where name and shape agree; returns which."""
    used = set()
    with torch.no_grad():
        for network, module in system.networks.items():
            for key, place in module.state_dict().items():
                saved = tensors.get(name := f"networks/{network}/{key}")
                if saved is not None and saved.shape == place.shape:
                    place.copy_(saved)
                    used.add(name)
    return used


def _told(notes: Sequence[str], left: Sequence[str], count: int) -> str:
    """Say what was replaced, what was carried over, what was not."""
    text = f"{'; '.join(notes)}. {count - len(left)} of {count} tensors carried over"
    if not left:
        return text
    owners = list(
        dict.fromkeys(name.rpartition("/")[0] if name.startswith("optim") else name for name in left)
    )
    more = f" and {len(owners) - _NAMED} more" if len(owners) > _NAMED else ""
    return f"{text}; begun anew: {', '.join(owners[:_NAMED])}{more}"
