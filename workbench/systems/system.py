"""What a system is: networks, who trains them, by which objectives, in which order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

Context = dict[str, Tensor]


@dataclass(frozen=True)
class Optimiser:
    """Which optimiser a player uses, with its settings.

    Attributes
    ----------
    kind : str
        "adam".
    learning_rate : float
        Step size at the start of a training.
    betas : tuple of float
        Decay rates of Adam's two moving averages.
    """

    kind: str = "adam"
    learning_rate: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)


@dataclass(frozen=True)
class Term:
    """One objective of a player: ``weight · function(system, context)``, a scalar."""

    name: str
    weight: float
    function: Callable[[System, Context], Tensor]


@dataclass(frozen=True)
class Player:
    """The networks one optimiser owns, with the objectives it minimises the sum of."""

    networks: tuple[str, ...]
    terms: tuple[Term, ...]
    optimiser: Optimiser = Optimiser()


@dataclass(frozen=True)
class System(ABC):
    """Networks, players, schedule: all that one engine needs to train any of them.

    Attributes
    ----------
    name : str
        Key in ``SYSTEMS``.
    networks : dict
        Name -> module. The methods look networks up here at every call, so an engine may wrap them.
    players : dict
        Name -> player.
    schedule : tuple of str
        Names of the players in the order of their turns within one step.
    options : dict
        JSON-able; ``build(name, **options)`` makes an equal system (with other random weights).
    hooks : tuple of callable
        ``hook(system, player_name)``, called after each turn.
    """

    name: str
    networks: dict[str, nn.Module]
    players: dict[str, Player]
    schedule: tuple[str, ...]
    options: dict[str, Any]
    hooks: tuple[Callable[[System, str], None], ...] = ()

    @abstractmethod
    def forward(self, batch: dict[str, Tensor]) -> Context:
        """Compute once per step what all terms share.

        ``batch`` has ``condition`` (B, Cc, N, N), ``target`` (B, Ct, N, N), both in [−1, 1], and
        ``reference`` (B, P, Q) complex.
        """

    @abstractmethod
    def generate(self, condition: Tensor) -> Tensor:
        """Return the mapped image, (B, Ct, N, N) in [−1, 1], for a condition (B, Cc, N, N)."""
