"""One player's turn: its loss, its gradients, its optimiser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from torch import nn

    from workbench.systems import Context, Optimiser, Player, System


def _adam(parameters: list[nn.Parameter], spec: Optimiser) -> torch.optim.Optimizer:
    # the fused kernel: the same arithmetic in one pass, several times cheaper per step on small networks
    return torch.optim.Adam(parameters, lr=spec.learning_rate, betas=spec.betas, fused=True)


OPTIMISERS = {"adam": _adam}


class Turn:
    """A player with its optimiser: one call is one update of its own networks and of nothing else.

    Parameters
    ----------
    name : str
        The player's name.
    player : Player
        Its networks, terms and optimiser, as the system states them.
    networks : Mapping of str to Module
        The system's networks, on their device. A parameter that needs no gradient now is never trained.
    fabric : Fabric
        Runs the backward pass and the optimiser.

    Raises
    ------
    ValueError
        If the player names a network or an optimiser that does not exist, or has nothing to train or to
        minimise.
    """

    def __init__(self, name: str, player: Player, networks: Mapping[str, nn.Module], fabric: Fabric) -> None:
        missing = [network for network in player.networks if network not in networks]
        if missing:
            raise ValueError(
                f"player {name} owns {', '.join(missing)}, but the networks are {', '.join(networks)}"
            )
        if player.optimiser.kind not in OPTIMISERS:
            known = ", ".join(OPTIMISERS)
            raise ValueError(f"player {name} asks for optimiser {player.optimiser.kind!r}; there are {known}")
        self.name = name
        self.player = player
        self.parameters = trainable(networks, player.networks)
        if not self.parameters:
            raise ValueError(f"player {name} has no parameter to train")
        if not player.terms:
            raise ValueError(f"player {name} has no term to minimise")
        self.optimiser = OPTIMISERS[player.optimiser.kind](list(self.parameters.values()), player.optimiser)
        self._stepper: Any = fabric.setup_optimizers(self.optimiser)
        self._fabric = fabric

    def step(
        self, system: System, context: Context, factor: float, others: list[nn.Parameter]
    ) -> list[torch.Tensor]:
        """Update the player's networks.

        Parameters
        ----------
        system : System
            With the networks that the terms call.
        context : Mapping
            The step's forward results.
        factor : float
            Learning-rate factor.
        others : list of Parameter
            What the other players train: gets no gradient.

        Returns
        -------
        list of Tensor
            The total and then each term, unweighted; detached scalars.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = self.player.optimiser.learning_rate * factor
        with frozen(others):
            self.optimiser.zero_grad(set_to_none=True)
            terms = [term.function(system, context) for term in self.player.terms]
            weighted = [t.weight * value for t, value in zip(self.player.terms, terms, strict=True)]
            loss = reduce(add, weighted)
            self._fabric.backward(loss)
        self._stepper.step()
        return [loss.detach(), *(value.detach() for value in terms)]


def trainable(networks: Mapping[str, nn.Module], names: tuple[str, ...]) -> dict[str, nn.Parameter]:
    """Collect the parameters that need a gradient, each once, as ``{"<network>.<parameter>": parameter}``."""
    found: dict[str, nn.Parameter] = {}
    known: set[int] = set()
    for network in names:
        for name, parameter in networks[network].named_parameters():
            if parameter.requires_grad and id(parameter) not in known:
                known.add(id(parameter))
                found[f"{network}.{name}"] = parameter
    return found


@contextmanager
def frozen(parameters: list[nn.Parameter]) -> Iterator[None]:
    """Ask no gradient of these parameters inside."""
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
