"""How networks with their optimisers become named tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import nn

    from workbench.training.turns import Turn


def weights(networks: Mapping[str, nn.Module], turns: Mapping[str, Turn]) -> dict[str, torch.Tensor]:
    """Copy all networks and optimisers to the CPU.

    Parameters
    ----------
    networks : Mapping of str to Module
        Saved as ``networks/<network>/<entry of its state_dict>``.
    turns : Mapping of str to Turn
        Their optimisers, saved as ``optimisers/<player>/<network>.<parameter>/<entry>``.

    Returns
    -------
    dict of str to Tensor
        Contiguous copies, none shares memory with another.
    """
    return {name: _copy(tensor) for name, tensor in _present(networks, turns).items()}


def load_weights(
    tensors: Mapping[str, torch.Tensor],
    networks: Mapping[str, nn.Module],
    turns: Mapping[str, Turn],
    *,
    strict: bool,
) -> list[str]:
    """Put saved tensors back in their places.

    Parameters
    ----------
    tensors : Mapping of str to Tensor
        As :func:`weights` returned them; other names are not looked at.
    networks, turns : Mapping
        Where they belong.
    strict : bool
        Whether names and shapes must agree exactly.

    Returns
    -------
    list of str
        Names of what found no place (saved) or nothing to fill it with (here); empty if strict.

    Raises
    ------
    ValueError
        If strict and the two do not agree; nothing has been changed then.
    """
    saved = {n: t for n, t in tensors.items() if n.startswith(("networks/", "optimisers/"))}
    places = {
        f"networks/{n}/{k}": v for n, network in networks.items() for k, v in network.state_dict().items()
    }
    misfits = [n for n in places if n not in saved]
    misfits += [n for n in saved if n.startswith("networks/") and n not in places]
    misfits += [n for n, place in places.items() if n in saved and saved[n].shape != place.shape]
    misfits += _optimiser_misfits(saved, turns)
    if strict and misfits:
        raise ValueError(
            f"the saved state does not fit this system: {len(misfits)} tensors have no counterpart of the "
            f"same name and shape, first {', '.join(misfits[:3])}; other networks or options made it"
        )
    with torch.no_grad():
        for name, place in places.items():
            if name not in misfits:
                place.copy_(saved[name])
    for name, turn in turns.items():
        _load_optimiser(f"optimisers/{name}/", turn, {n: t for n, t in saved.items() if n not in misfits})
    return misfits


def _present(networks: Mapping[str, nn.Module], turns: Mapping[str, Turn]) -> dict[str, torch.Tensor]:
    found = {
        f"networks/{n}/{k}": v for n, network in networks.items() for k, v in network.state_dict().items()
    }
    for player, turn in turns.items():
        for name, parameter in turn.parameters.items():
            for entry, value in turn.optimiser.state.get(parameter, {}).items():
                if isinstance(value, torch.Tensor):
                    found[f"optimisers/{player}/{name}/{entry}"] = value
    return found


def _optimiser_misfits(saved: Mapping[str, torch.Tensor], turns: Mapping[str, Turn]) -> list[str]:
    shapes = {f"optimisers/{n}/{p}": v.shape for n, turn in turns.items() for p, v in turn.parameters.items()}
    entries: dict[str, list[str]] = {}
    for name in saved:
        if name.startswith("optimisers/"):
            entries.setdefault(name.rpartition("/")[0], []).append(name)
    misfits = []
    for owner, names in entries.items():
        fitting = {shapes.get(owner), torch.Size([])}
        # a parameter's entries belong together: half an optimiser state is none
        if owner not in shapes or any(saved[name].shape not in fitting for name in names):
            misfits += names
    return misfits


def _copy(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().to("cpu", copy=True).contiguous()


def _load_optimiser(prefix: str, turn: Turn, saved: Mapping[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for index, name in enumerate(turn.parameters):
        start = f"{prefix}{name}/"
        entries = {n.removeprefix(start): t.clone() for n, t in saved.items() if n.startswith(start)}
        if entries:
            state[index] = entries
    # torch puts each entry on its parameter's device and keeps this run's own rates
    groups = turn.optimiser.state_dict()["param_groups"]
    turn.optimiser.load_state_dict({"state": state, "param_groups": groups})
